"""Authentication schemes: how a key becomes credentials of a request. Values and pure functions."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import ClassVar

from noojee_contract.model.exchange import Headers

HASH = "hash"
API_KEY = "api-key"
CREDENTIAL_PARAMETERS = frozenset({"apiKey", "timeStamp", "hash"})
"""The vendor's parameters whose values are credentials."""


@dataclass(frozen=True, slots=True)
class RequestCredentials:
    """Credentials as a request carries them: parameters of the query, and headers."""

    query: tuple[tuple[str, str], ...] = ()
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class KeyInHeader:
    """The key in a header; `template` has {key} in its place."""

    header: str
    template: str
    kind: ClassVar[str] = API_KEY

    @property
    def names(self) -> tuple[str, ...]:
        """The names whose values are credentials."""
        return (self.header,)

    def credentials(self, key: str) -> RequestCredentials:
        """The header with a key. Spaces around a header's value do not belong to it (RFC 9110, 5.5, 11.4)."""
        return RequestCredentials(headers=((self.header.lower(), self.template.replace("{key}", key.strip()).strip()),))


@dataclass(frozen=True, slots=True)
class KeyInQuery:
    """The key as a parameter of the query."""

    parameter: str
    kind: ClassVar[str] = API_KEY

    @property
    def names(self) -> tuple[str, ...]:
        """See `KeyInHeader.names`."""
        return (self.parameter,)

    def credentials(self, key: str) -> RequestCredentials:
        """The parameter with a key."""
        return RequestCredentials(query=((self.parameter, key),))


@dataclass(frozen=True, slots=True)
class KeyInBasic:
    """The key as the user or the password of HTTP Basic; `template` is user:password, with {key} for one of them."""

    template: str
    kind: ClassVar[str] = API_KEY
    names: ClassVar[tuple[str, ...]] = ("authorization",)

    def credentials(self, key: str) -> RequestCredentials:
        """The Authorization header with a key."""
        coded = base64.b64encode(self.template.replace("{key}", key).encode()).decode()
        return RequestCredentials(headers=(("authorization", f"Basic {coded}"),))


@dataclass(frozen=True, slots=True)
class VendorHash:
    """The vendor's time stamp and hash. `verb` and `path` request the PBX's time. Source: 1.0 Authentication (DOC)."""

    verb: str
    path: str
    kind: ClassVar[str] = HASH
    names: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class NoCredentials:
    """Requests carry no credentials. Source: Recording API version 2.7.14.x (W-27) (DOC)."""

    kind: ClassVar[str] = "none"
    names: ClassVar[tuple[str, ...]] = ()


Scheme = KeyInHeader | KeyInQuery | KeyInBasic | VendorHash | NoCredentials


def vendor_hash(key: str, time_stamp: str) -> str:
    """The vendor's hash: lower-case hex sha256 of key, colon, time stamp. Source: 1.0 Authentication (DOC)."""
    return hashlib.sha256(f"{key}:{time_stamp}".encode()).hexdigest()


def hash_parameters(key: str, time_stamp: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """The two parameters of the vendor's hash."""
    return ("timeStamp", time_stamp), ("hash", vendor_hash(key, time_stamp))
