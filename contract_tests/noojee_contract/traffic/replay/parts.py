"""What a request asks, however it is written or authenticated. Requests with equal parts get the same answers. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from noojee_contract.model.wire import WireMessage, dechunked
from noojee_contract.traffic.credential_names import CredentialNames
from noojee_contract.traffic.parameters import form_of, method_and_target

MATCHED_HEADERS = ("range",)
"""The headers that change an answer: a part of a sound is another answer."""
SHOWN_CHARACTERS = 60

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestParts:
    """A request. Parameters are sorted, without values of credentials; `body` is the hash of a body that is no form."""

    method: str
    path: str
    query: Pairs = ()
    form: Pairs = ()
    headers: Pairs = ()
    body: str = ""

    @property
    def key(self) -> int:
        """A number of 64 bits that requests with equal parts share."""
        return _number(
            self.method, self.path, *_flat(self.query), "", *_flat(self.form), "", *_flat(self.headers), self.body
        )

    @property
    def path_key(self) -> int:
        """A number of 64 bits that requests with equal paths share."""
        return _number(self.path)

    def differences(self, recorded: RequestParts) -> list[str]:
        """In words, how a recorded request differs from this one."""
        found = []
        for name, came, kept in (("method", self.method, recorded.method), ("path", self.path, recorded.path)):
            if came != kept:
                found.append(f"{name} {_shown(came)}, recorded {_shown(kept)}")
        found += _pair_differences("parameter", self.query, recorded.query)
        found += _pair_differences("form parameter", self.form, recorded.form)
        found += _pair_differences("header", self.headers, recorded.headers)
        if self.body != recorded.body:
            found.append("another body")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsReader:
    """Reads requests to parts. `base_path` is cut from paths; `ignored` are names of parameters that do not count.

    Of parameters with credentials, only the name and the place count.
    """

    base_path: str = ""
    ignored: frozenset[str] = frozenset()
    credentials: CredentialNames = field(default_factory=CredentialNames)

    def parts(self, request: WireMessage, body: bytes) -> RequestParts:
        """The parts of a request; `body` is its body as it was sent."""
        method, target = method_and_target(request)
        if request.is_chunked:
            body = dechunked(body) or body
        url = urlsplit(target) if target.startswith(("http://", "https://")) else urlsplit(f"//host{target}")
        form = form_of(request, body)
        return RequestParts(
            method=method,
            path=unquote(self._path(url.path)),
            query=self._counted(parse_qsl(url.query, keep_blank_values=True, errors="surrogateescape")),
            form=self._counted(form or ()),
            headers=tuple(sorted((n.lower(), v) for n, v in request.fields() if n.lower() in MATCHED_HEADERS)),
            body="" if form is not None or not body else hashlib.sha256(body).hexdigest(),
        )

    def _path(self, path: str) -> str:
        base = self.base_path.rstrip("/")
        return path.removeprefix(base) if base and path.startswith(f"{base}/") else path

    def _counted(self, pairs: Iterable[tuple[str, str]]) -> Pairs:
        counted = (
            (name, "" if name in self.credentials else value) for name, value in pairs if name not in self.ignored
        )
        return tuple(sorted(counted))


def _flat(pairs: Pairs) -> Iterable[str]:
    for name, value in pairs:
        yield name
        yield value


def _number(*texts: str) -> int:
    digest = hashlib.blake2b(digest_size=8)
    for text in texts:
        content = text.encode("utf-8", "surrogateescape")
        digest.update(len(content).to_bytes(4, "big") + content)
    return int.from_bytes(digest.digest(), "big")


def _pair_differences(what: str, came: Pairs, recorded: Pairs) -> list[str]:
    here, there = dict(came), dict(recorded)
    found = []
    for name in sorted(here.keys() | there.keys()):
        if name not in there:
            found.append(f"{what} {_shown(name)} was not recorded")
        elif name not in here:
            found.append(f"{what} {_shown(name)} is missing")
        elif here[name] != there[name]:
            found.append(f"{what} {_shown(name)} is {_shown(here[name])}, recorded {_shown(there[name])}")
    if not found and came != recorded:
        found.append(f"a repeated {what}")
    return found


def _shown(text: str) -> str:
    printable = text.encode("unicode_escape").decode("ascii")
    return printable if len(printable) <= SHOWN_CHARACTERS else f"{printable[:SHOWN_CHARACTERS]}..."
