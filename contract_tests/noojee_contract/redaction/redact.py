"""Removes credentials from texts, exchanges and documents before they are shown or written. Pure.

Two rules: every credential that was sent is replaced everywhere, in any usual encoding; and every value with the name
of a credential (query parameters, headers, JSON keys) is replaced. The replacement is `[redacted]`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

from noojee_contract.model.exchange import Exchange, Headers
from noojee_contract.redaction.finder import WIDEST_CODING, Finder, joined
from noojee_contract.redaction.printable import escaped
from noojee_contract.redaction.views import Span, levels, whole

HIDDEN = "[redacted]"
LONGEST_VALUE = 16 * 1024
"""The longest text in a document that is shown whole."""
SHOWN_BYTES = 16 * 1024
MOST_HEADERS = 200  # headers of a message that are shown
MOST_CODED = 256  # bytes of a body that is shown in base64
MOST_DROPPED = 512  # characters at the end of a cut body

_NAMES = (
    r"api[-_]?key|hash|pass(?:word|wd)?|secret|token|access[-_]?token|client[-_]?secret|auth|authori[sz]ation"
    r"|session(?:[-_]?id)?|jsessionid|signature|credentials?"
)
_HEADER_NAME = re.compile(
    rf"(?:x-)?(?:{_NAMES})|(?:set-)?cookie2?|(?:proxy-)?authorization|.*(?:api-?key|token|secret|password).*",
    re.IGNORECASE,
)
_KEY_NAME = re.compile(rf"(?:{_NAMES})", re.IGNORECASE)
_PARAMETER = re.compile(rf"(?<![A-Za-z0-9_$])((?:{_NAMES})=)(?!\$)([^&\s\"'<>;,]+)", re.IGNORECASE)
_MEMBER = re.compile(rf'("(?:{_NAMES})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[0-9.eE+-]+)', re.IGNORECASE)
_USERINFO = re.compile(r"([a-z][a-z0-9+.-]{0,20}://)[^/\s\"']+@", re.IGNORECASE)
_SCHEMES = r"(?:Basic|Bearer|Digest|Token)"
_BEARER = re.compile(r"\b(Bearer|Basic)\s+(?!--)[A-Za-z0-9._~+/=-]{4,}", re.IGNORECASE)


def names_a_credential(name: str) -> bool:
    """Whether a name is that of a credential."""
    return _KEY_NAME.fullmatch(name) is not None or name.lower() in ("key", "keys")


def names_a_credential_header(name: str) -> bool:
    """Whether the header of a name holds a credential."""
    return _HEADER_NAME.fullmatch(name) is not None


class Redactor:
    """Hides the given credentials, and values with the name of a credential; `names` are more such names."""

    def __init__(self, secrets: Iterable[str] = (), *, names: Iterable[str] = ()) -> None:
        found = tuple(secrets)
        self._finder = Finder(found)
        self._longest = max(map(len, found), default=0)
        self.names = frozenset(name.lower() for name in names)
        own = "|".join(map(re.escape, sorted(self.names)))
        self._own = (
            re.compile(
                rf"(?<![A-Za-z0-9_$-])((?:{own})\s*[=:]\s*(?:{_SCHEMES}\s+)?)(?!\$|{_SCHEMES}\s)([^&\s\"'<>;,]+)",
                re.IGNORECASE,
            )
            if own
            else None
        )

    def text(self, text: str) -> str:
        """The text with credentials hidden."""
        text = _hidden(text, self._finder.spans(text))
        text = _hidden(text, _named_in_escapes(text))
        if "=" in text:
            text = _PARAMETER.sub(rf"\1{HIDDEN}", text)
        if '"' in text:
            text = _MEMBER.sub(rf'\1"{HIDDEN}"', text)
        if self._own is not None:
            text = self._own.sub(rf"\1{HIDDEN}", text)
        if " " in text:
            text = _BEARER.sub(rf"\1 {HIDDEN}", text)
        return _USERINFO.sub(rf"\1{HIDDEN}@", text) if "://" in text else text

    def line(self, text: str) -> str:
        """The text as one line with credentials hidden and control characters escaped, for a terminal or a log."""
        return escaped(self.text(text))

    def document(self, document: Any) -> Any:
        """A JSON document with credentials hidden, in keys, in values, and by the names of keys."""
        if isinstance(document, str):
            if len(document) <= LONGEST_VALUE:
                return self.text(document)
            return f"{self._cut(document[:LONGEST_VALUE])}... ({len(document)} characters)"
        if isinstance(document, Mapping):
            return {self.document(str(key)): self._member(str(key), value) for key, value in document.items()}
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
                "body": self._body(
                    exchange.body_start, size=exchange.body_bytes, is_cut=exchange.transport_error is not None
                ),
            },
            "transport_error": None if exchange.transport_error is None else self.text(exchange.transport_error),
            "at": exchange.at.isoformat(timespec="milliseconds"),
        }

    def _headers(self, headers: Headers) -> list[list[str]]:
        shown = [
            [
                self.text(name),
                HIDDEN if names_a_credential_header(name) or name.lower() in self.names else self.text(value),
            ]
            for name, value in headers[:MOST_HEADERS]
        ]
        more = len(headers) - MOST_HEADERS
        return [*shown, ["...", f"and {more} more"]] if more > 0 else shown

    def _body(self, body: bytes, *, size: int | None = None, is_cut: bool = False) -> dict[str, Any]:
        """A body; `size` is its length if only its beginning is given. `is_cut`: ended early, maybe in a credential."""
        shown, size = body[:SHOWN_BYTES], len(body) if size is None else size
        try:
            text = shown.decode("utf-8", "strict" if len(shown) == size and not is_cut else "ignore")
        except UnicodeDecodeError:
            return self._coded(body, size)
        if "\x00" in text or text.startswith("RIFF"):
            return self._coded(body, size)
        if len(shown) < size:
            return {"text": self._cut(text), "omitted_bytes": size - len(shown)}
        return {"text": self._unfinished(text)}

    def _unfinished(self, text: str) -> str:
        """Redact a text that a server may not have finished: also the first part of a credential at its end."""
        span = self._finder.unfinished(text)
        return self.text(text if span is None else f"{text[: span[0]]}{HIDDEN}")

    def _cut(self, text: str) -> str:
        """Redact a text whose end was cut off. Drop more of its end: it may hold a part of a credential."""
        harmless = self.text(text)
        last_parameter = harmless.rfind("&")
        end = max(len(harmless) - max(MOST_DROPPED, WIDEST_CODING * self._longest), 0)
        return harmless[: max(last_parameter, end)]

    def _coded(self, body: bytes, size: int) -> dict[str, Any]:
        """A body that is no text: in base64 if it is short and holds no credential."""
        codings = ("latin-1", "utf-8", "utf-16-le", "utf-16-be")
        if size > MOST_CODED or any(not self._is_harmless(body, coding) for coding in codings):
            return {"omitted_bytes": size}
        return {"base64": base64.b64encode(body).decode()}

    def _is_harmless(self, body: bytes, coding: str) -> bool:
        """Whether a body holds no credential in a coding, at an even or an odd byte."""
        texts = {part.decode(coding, "replace") for part in (body, body[1:], body.replace(b"\0", b""))}
        return all(self.text(text) == text for text in texts)


def _hidden(text: str, spans: Iterable[Span]) -> str:
    """A text with spans hidden; they are sorted and do not overlap."""
    shown, at = [], 0
    for start, end in spans:
        shown += [text[at:start], HIDDEN]
        at = end
    return "".join([*shown, text[at:]])


def _named_in_escapes(text: str) -> list[Span]:
    """Values with the name of a credential that are readable only after their text is unescaped."""
    found = set()
    for view in levels(whole(text))[1:]:
        for pattern in (_PARAMETER, _MEMBER):
            found |= {
                view.origin(match.span(2)) for match in pattern.finditer(view.text) if match[2].strip('"') != HIDDEN
            }
    return list(joined(sorted(found)))
