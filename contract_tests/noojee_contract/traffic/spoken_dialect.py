"""Which of the vendor's dialects recorded traffic speaks, by the paths of its requests for recordings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from noojee_contract.dialects.vendor_dialect import BY_HOUR_METHOD, METHODS, REST_PATHS, VENDOR_DIALECTS
from noojee_contract.errors import TargetError
from noojee_contract.model.wire import WireExchange
from noojee_contract.traffic.parameters import all_parameters

OF_RECORDINGS = frozenset({*(method for method, _ in METHODS.values()), BY_HOUR_METHOD})
"""The methods that list recordings: the last part of their paths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenDialect:
    """A dialect, the path that replaces its usual prefix (None for the usual one), and whether hashes came."""

    name: str
    rest_path: str | None
    by_hash: bool


def _bases() -> Mapping[str, tuple[str, str | None]]:
    """The path of each dialect's methods under each prefix, with the name of the dialect and the unusual prefix."""
    return {
        f"{prefix}/{dialect.api}": (dialect.name, None if prefix == dialect.prefix else prefix)
        for dialect in VENDOR_DIALECTS.values()
        for prefix in (REST_PATHS if dialect.prefix in REST_PATHS else (dialect.prefix,))
    }


def spoken_dialect(exchanges: Iterable[WireExchange], path: Path) -> SpokenDialect:
    """The dialect that all requests for recordings are of. `path` is the file.

    Raises TargetError with the dialects to choose from, if the requests are of several, or of none.
    """
    bases, found, unknown, by_hash = _bases(), dict[tuple[str, str | None], None](), False, False
    for exchange in exchanges:
        base, _, method = urlsplit(exchange.url).path.rpartition("/")
        if method not in OF_RECORDINGS:
            continue
        if base in bases:
            found[bases[base]] = None
        unknown = unknown or base not in bases
        parameters = all_parameters(exchange.request, exchange.request.body.content or b"")
        by_hash = by_hash or any(parameter == "hash" for parameter, _ in parameters)
    if len(found) == 1 and not unknown:
        ((name, rest_path),) = found
        return SpokenDialect(name=name, rest_path=rest_path, by_hash=by_hash)
    names = list(dict.fromkeys(name for name, _ in found)) or [
        dialect.name for dialect in VENDOR_DIALECTS.values() if "by_tag" in dialect.capabilities
    ]
    raise TargetError(
        f"{path}: the file does not say which dialect it speaks; give --dialect: {', '.join(names)} or a dialect file"
    )
