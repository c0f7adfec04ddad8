"""Which parameters of recorded requests hold credentials: by the names of the dialect, or by usual names. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from noojee_contract.dialects.schemes import CREDENTIAL_PARAMETERS
from noojee_contract.redaction.redact import names_a_credential
from noojee_contract.targets.target import Target


def credential_names(target: Target) -> tuple[str, ...]:
    """The names of the parameters and headers that hold credentials in requests to a target, sorted."""
    return tuple(sorted({*target.api.scheme.names, *(name for name, _ in target.headers_env)}))


@dataclass(frozen=True, slots=True)
class CredentialNames:
    """The names of parameters whose values are credentials: the vendor's, and `names`.

    `names` is None for traffic of an unknown dialect: then each name counts that is usual for credentials.
    """

    names: frozenset[str] | None = None

    @classmethod
    def of(cls, *known: Collection[str] | None) -> Self:
        """All names of several sources. None stands for a source that does not know."""
        given = [names for names in known if names is not None]
        return cls(frozenset().union(*given) if given else None)

    def __contains__(self, name: str) -> bool:
        """Whether a parameter of this name holds a credential."""
        if name in CREDENTIAL_PARAMETERS:
            return True
        return names_a_credential(name) if self.names is None else name in self.names
