"""Removes credentials from texts, exchanges and documents before they are shown or written. Pure.

Two rules: every credential that was sent is replaced everywhere, in any usual encoding; and every value with the name of
a credential (query parameters, headers, JSON keys) is replaced. The replacement is `[redacted]`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from ahocorasick_rs import AhoCorasick

from noojee_contract.model.exchange import Exchange, Headers

HIDDEN = "[redacted]"
SHORTEST = 4  # shorter values are hidden by name only: to replace "a" everywhere would destroy the text
COMMON = frozenset(
    [
        "admin",
        "administrator",
        "default",
        "demo",
        "empty",
        "guest",
        "nobody",
        "none",
        "null",
        "password",
        "root",
        "secret",
        "system",
        "test",
        "true",
        "false",
        "undefined",
        "user",
        "unknown",
    ]
)
"""Words that are hidden by name only: to replace them everywhere hides tags and user names, and gives away which word is a key."""
SHOWN_BYTES = 16 * 1024
LONG_CHARACTERS = 4096
MOST_CODED = 256  # bytes of a body that is shown in base64
MOST_DROPPED = 512  # characters at the end of a cut body

Span = tuple[int, int]

_NAMES = r"api[-_]?key|hash|pass(?:word|wd)?|secret|token|access[-_]?token|client[-_]?secret|auth|authori[sz]ation|session(?:[-_]?id)?|jsessionid|signature|credentials?"
_HEADER_NAME = re.compile(
    rf"(?:x-)?(?:{_NAMES})|(?:set-)?cookie2?|(?:proxy-)?authorization|.*(?:api-?key|token|secret|password).*",
    re.IGNORECASE,
)
_KEY_NAME = re.compile(rf"(?:{_NAMES})", re.IGNORECASE)
_PARAMETER = re.compile(rf"(?<![A-Za-z0-9_$])((?:{_NAMES})=)(?!\$)([^&\s\"'<>;,]+)", re.IGNORECASE)
_MEMBER = re.compile(rf'("(?:{_NAMES})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[0-9.eE+-]+)', re.IGNORECASE)
_HASH = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)  # a hash of this API, made of any key
_USERINFO = re.compile(r"(https?://)[^/\s@\"']+@", re.IGNORECASE)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{4,}", re.IGNORECASE)


def names_a_credential(name: str) -> bool:
    """Whether a name is that of a credential."""
    return _KEY_NAME.fullmatch(name) is not None or name.lower() in ("key", "keys")


def names_a_credential_header(name: str) -> bool:
    """Whether the header of a name holds a credential."""
    return _HEADER_NAME.fullmatch(name) is not None


class Redactor:
    """Hides the given credentials, and values with the name of a credential; `names` are more such names."""

    def __init__(self, secrets: Iterable[str] = (), *, names: Iterable[str] = ()) -> None:
        self._secrets = [secret for secret in secrets if _can_be_replaced(secret)]
        self.names = frozenset(name.lower() for name in names)
        own = "|".join(map(re.escape, sorted(self.names)))
        self._own = (
            re.compile(rf"(?<![A-Za-z0-9_$-])((?:{own})\s*[=:]\s*)(?!\$)([^&\s\"'<>;,]+)", re.IGNORECASE)
            if own
            else None
        )

    @cached_property
    def _forms(self) -> tuple[str, ...]:
        forms = dict.fromkeys(form for secret in self._secrets for form in _forms(secret))
        return tuple(sorted(forms, key=len, reverse=True))

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick(self._forms)

    def _spans(self, folded: str) -> list[Span]:
        """Where known secrets are in a text, also where they overlap. An automaton of all forms pays only for long texts."""
        if len(folded) < LONG_CHARACTERS:
            return sorted(span for form in self._forms if form in folded for span in _occurrences(form, folded))
        return sorted(match[1:] for match in self._automaton.find_matches_as_indexes(folded, overlapping=True))

    def _without_known(self, text: str) -> str:
        if not self._forms:
            return text
        shown, at = [], 0
        for start, end in _joined(self._spans(_folded(text))):
            shown += [text[at:start], HIDDEN]
            at = end
        return "".join([*shown, text[at:]])

    def text(self, text: str) -> str:
        """The text with credentials hidden."""
        text = self._without_known(text)
        text = _HASH.sub(HIDDEN, text)
        text = _PARAMETER.sub(rf"\1{HIDDEN}", text)
        text = _MEMBER.sub(rf'\1"{HIDDEN}"', text)
        if self._own is not None:
            text = self._own.sub(rf"\1{HIDDEN}", text)
        text = _BEARER.sub(rf"\1 {HIDDEN}", text)
        return _USERINFO.sub(rf"\1{HIDDEN}@", text)

    def document(self, document: Any) -> Any:
        """A JSON document with credentials hidden, in keys, in values, and by the names of keys."""
        if isinstance(document, str):
            return self.text(document)
        if isinstance(document, Mapping):
            return {self.text(str(key)): self._member(str(key), value) for key, value in document.items()}
        if isinstance(document, list | tuple):
            return [self.document(entry) for entry in document]
        return document

    def _member(self, key: str, value: Any) -> Any:
        is_plain = isinstance(value, str | int | float) and not isinstance(value, bool)
        return HIDDEN if is_plain and _KEY_NAME.fullmatch(key) else self.document(value)

    def exchange(self, exchange: Exchange) -> dict[str, Any]:
        """An exchange in the form of `schemas/own/exchange.schema.json`, redacted. Long bodies and audio are cut."""
        request, response = exchange.request, exchange.response
        return {
            "request": {
                "method": request.method,
                "url": self.text(request.url),
                "headers": self._headers(request.headers),
                "body": self._body(request.body),
            },
            "response": None
            if response is None
            else {
                "status": response.status,
                "headers": self._headers(response.headers),
                "body": self._body(response.body),
            },
            "transport_error": None if exchange.transport_error is None else self.text(exchange.transport_error),
            "at": exchange.at.isoformat(timespec="milliseconds"),
        }

    def _headers(self, headers: Headers) -> list[list[str]]:
        return [
            [name, HIDDEN if names_a_credential_header(name) or name.lower() in self.names else self.text(value)]
            for name, value in headers
        ]

    def _body(self, body: bytes) -> dict[str, Any]:
        shown = body[:SHOWN_BYTES]
        try:
            text = shown.decode("utf-8", "strict" if len(shown) == len(body) else "ignore")
        except UnicodeDecodeError:
            return self._coded(body)
        if "\x00" in text or text.startswith("RIFF"):
            return self._coded(body)
        cut = self._cut(text, len(shown) < len(body))
        if len(shown) < len(body):
            return {"text": cut, "omitted_bytes": len(body) - len(shown)}
        return {"text": cut}

    def _cut(self, text: str, is_cut: bool) -> str:
        """Redact a text. Drop the end of a cut one: it may hold a part of a credential."""
        harmless = self.text(text)
        if not is_cut:
            return harmless
        last_parameter = harmless.rfind("&")
        end = max(len(harmless) - MOST_DROPPED, 0)
        return harmless[: max(last_parameter, end)]

    def _coded(self, body: bytes) -> dict[str, Any]:
        """A body that is no text: in base64 if it is short and holds no credential, not even in UTF-16."""
        plain = body[: MOST_CODED + 1].replace(b"\0", b"")
        texts = (plain.decode("latin-1"), plain.decode("utf-8", "replace"))
        if len(body) > MOST_CODED or any(self.text(text) != text for text in texts):
            return {"omitted_bytes": len(body)}
        return {"base64": base64.b64encode(body).decode()}


def _folded(text: str) -> str:
    """A text in lower case with the same length.

    `str.lower` makes two characters of one (U+0130), and lowers a capital sigma by the letters around it.
    """
    return text.replace("\u0130", "i").replace("\u03a3", "\u03c3").lower()


def _occurrences(form: str, text: str) -> Iterator[Span]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    """Sorted spans, with overlapping spans joined."""
    if not spans:
        return
    start, end = spans[0]
    for next_start, next_end in spans[1:]:
        if next_start >= end:
            yield start, end
            start = next_start
        end = max(end, next_end)
    yield start, end


def _can_be_replaced(secret: str) -> bool:
    """Whether a secret can be replaced everywhere without the loss of other text; hashes are found by their form."""
    return len(secret) >= SHORTEST and secret.lower() not in COMMON and not _HASH.fullmatch(secret)


@lru_cache(maxsize=16_384)
def _forms(secret: str) -> tuple[str, ...]:
    """A credential in the encodings in which a server may repeat it, in lower case."""
    return tuple(_folded(form) for form in _encodings(secret))


def _encodings(secret: str) -> Iterable[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    yield secret[::-1]
    yield secret.replace("-", "") if len(secret.replace("-", "")) >= SHORTEST else secret
    raw = secret.encode()
    yield raw.hex()
    for shift in range(3):
        # base64 inside a longer text: only the characters that depend on the secret alone
        coded = base64.b64encode(b"\0" * shift + raw).decode()
        inner = coded[(0, 2, 3)[shift] : len(coded) - (0, 3, 2)[(shift + len(raw)) % 3] or None].rstrip("=")
        if len(inner) >= 8:
            yield inner
