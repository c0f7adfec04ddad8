"""Redacts exchanges as bytes, before they are written: no number, name, credential or voice stays. Pure.

Fail-closed: what no table knows is replaced. The framing of both sides stays: the case and order of headers, wrong
lengths, chunk sizes, cut-offs.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from noojee_contract.model.wire import WireBody, WireExchange, WireMessage
from noojee_contract.redaction.framing import Chunked, chunked, resized
from noojee_contract.redaction.leaks import FILLER, LeakScan
from noojee_contract.redaction.rules import CLOCK_BODY, Rule
from noojee_contract.redaction.sound import is_sound, tone
from noojee_contract.redaction.stand_ins import StandInKey, StandIns
from noojee_contract.redaction.values import ValueRedactor, is_json

LARGEST_DECODED_BYTES = 64 * 1024 * 1024
BYTE_ORDER_MARK = "\ufeff"
_REQUEST_LINE = re.compile(r"([A-Za-z]{1,20})( +)(\S*)( +HTTP/[0-9.]{1,5})?( *)")
_STATUS_LINE = re.compile(r"(HTTP/[0-9.]{1,5} +[0-9]{3})( *)(.*)", re.DOTALL)
_FORM = re.compile(r"[^\s=&{}\[\]<>\"]{1,60}=[^\s&{}<>\"]*(?:&[^\s=&]{1,60}=[^\s&]*)*")
_HASH = re.compile("[0-9a-f]{64}", re.IGNORECASE)
_VERBS = frozenset(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
_REASONS = frozenset(status.phrase.lower() for status in HTTPStatus)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionRules:
    """How exchanges are redacted.

    `secrets` are the credentials of the run. `fields` are more names with their rules, such as those of a custom
    dialect; `path_words` more segments of paths that stay. `keep_sound` keeps voices, `keep_unparsed` keeps bodies that
    no parser understands.
    """

    secrets: Iterable[str] = ()
    fields: Mapping[str, Rule] = field(default_factory=dict)
    path_words: Iterable[str] = ()
    keep_sound: bool = False
    keep_unparsed: bool = False


class ExchangeRedactor:
    """Redacts exchanges with the stand-ins of one key. Equal values have equal stand-ins in all of them.

    `found` counts credentials that only the last look found: each is a fault of the tables.
    """

    def __init__(self, key: StandInKey, rules: RedactionRules | None = None) -> None:
        self.fingerprint = key.fingerprint
        self.found = 0
        self._rules = rules or RedactionRules()
        self.values = ValueRedactor(StandIns(key), fields=self._rules.fields, path_words=self._rules.path_words)
        self._secrets = set(self._rules.secrets)
        self._scan = LeakScan(self._secrets)

    def know(self, secrets: Iterable[str]) -> None:
        """Look for more credentials from now on. Hashes of this API are found by their form."""
        more = {secret for secret in secrets if not _HASH.fullmatch(secret)} - self._secrets
        if more:
            self._secrets |= more
            self._scan = LeakScan(self._secrets)

    def redact(self, exchange: WireExchange) -> WireExchange:
        """The exchange without personal values, credentials and voices."""
        error = exchange.transport_error
        return replace(
            exchange,
            request=self._message(exchange.request),
            response=None if exchange.response is None else self._message(exchange.response),
            transport_error=None if error is None else self._scanned(self.values.texts.text(error).encode()).decode(),
        )

    def _message(self, message: WireMessage) -> WireMessage:
        body = message.body
        head = self._head(message.head)
        if body.is_kept:
            before = body.read()
            content = self._scanned(self._framed(message, before))
            head = _with_length(head, len(content) - len(before))
            body = WireBody.of(content)
        return WireMessage(head=self._scanned(head), body=body)

    def _scanned(self, content: bytes) -> bytes:
        content, count = self._scan.without(content)
        self.found += count
        return content

    # Heads

    def _head(self, head: bytes) -> bytes:
        """The first line and the headers, each with its own line end."""
        lines = re.split(r"(\r?\n)", head.decode("latin-1"))
        shown = [self._first_line(lines[0])]
        for place, line in enumerate(lines[1:], 1):
            shown.append(line if place % 2 or not line else self._header_line(line))
        return "".join(shown).encode("latin-1", "replace")

    def _first_line(self, line: str) -> str:
        status = _STATUS_LINE.fullmatch(line)
        if status is not None:
            reason = status[3] if status[3].lower() in _REASONS else self._latin(status[3])
            return f"{status[1]}{status[2]}{reason}"
        request = _REQUEST_LINE.fullmatch(line)
        if request is None:
            return self._latin(line)
        verb = request[1] if request[1].upper() in _VERBS else self._latin(request[1])
        return f"{verb}{request[2]}{self.values.url(request[3])}{request[4] or ''}{request[5]}"

    def _latin(self, text: str) -> str:
        return self.values.texts.text(text).encode("latin-1", "replace").decode("latin-1")

    def _header_line(self, line: str) -> str:
        """A header with the blanks around its name and value as they came."""
        before, colon, after = line.partition(":")
        if not colon or line[0] in " \t":
            return self._latin(line)
        came, given = before.strip(" \t"), after.strip(" \t")
        name, value = self.values.header(came, given)
        start, end = after[: len(after) - len(after.lstrip(" \t"))], after[len(after.rstrip(" \t")) :]
        padding = before[len(before.rstrip(" \t")) :]
        return f"{name}{padding}:{start}{value}{end if given else ''}"

    # Bodies

    def _framed(self, message: WireMessage, body: bytes) -> bytes:
        if not message.is_chunked:
            return self._decoded(message, body)
        parts = chunked(body)
        if not parts.chunks and not parts.last:
            return self._unparsed(body)
        return self._chunks(parts, self._decoded(message, parts.content))

    def _chunks(self, parts: Chunked, content: bytes) -> bytes:
        written = [
            chunk.written(self._latin(chunk.extension.decode("latin-1")).encode("latin-1", "replace"))
            for chunk in resized(parts.chunks, content)
        ]
        rest = parts.rest
        if not parts.last:
            rest = self._unparsed(rest)
        elif rest not in (b"", b"\r\n", b"\n"):
            trailers, end, more = rest.partition(b"\r\n\r\n")
            rest = self._trailers(trailers) + end + self._unparsed(more)
        last = re.sub(rb"(?<=;)[^\r\n]*", lambda extension: FILLER * len(extension[0]), parts.last)
        return b"".join([*written, last, rest])

    def _trailers(self, trailers: bytes) -> bytes:
        return self._head(b"\r\n" + trailers)[2:]

    def _decoded(self, message: WireMessage, body: bytes) -> bytes:
        """The body with its content coding undone and made again."""
        coding = (message.field("content-encoding") or "").strip().lower()
        if not body or coding in ("", "identity"):
            return self._content(message, body)
        window = {"gzip": 31, "x-gzip": 31, "deflate": 15}.get(coding)
        plain = None if window is None else _inflated(body, window)
        if window is None or plain is None:
            return self._unparsed(body)
        again = zlib.compressobj(wbits=window)
        return again.compress(self._content(message, plain)) + again.flush()

    def _content(self, message: WireMessage, content: bytes) -> bytes:
        if not content or CLOCK_BODY.fullmatch(content):
            return content
        if is_sound(content):
            return self._sound(content)
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            return self._unparsed(content)
        if "\0" in text:
            return self._unparsed(content)
        return self._text(message, text, content)

    def _text(self, message: WireMessage, text: str, content: bytes) -> bytes:
        """A body that is text, by what it is, whatever its type says."""
        mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        plain = text[len(mark) :]
        kind = (message.field("content-type") or "").lower()
        if is_json(plain):
            return (mark + self.values.json(plain)).encode("utf-8", "surrogatepass")
        if plain.lstrip()[:1] == "<":
            return (mark + self.values.page(plain)).encode("utf-8", "surrogatepass")
        if _FORM.fullmatch(plain.strip()) and "json" not in kind:
            return self.values.form(content.decode("latin-1")).encode("latin-1", "replace")
        if kind.startswith("text/") and plain.lstrip()[:1] not in ("[", "{"):
            return (mark + self.values.texts.text(plain)).encode()
        return self._unparsed(content)

    def _sound(self, content: bytes) -> bytes:
        if self._rules.keep_sound:
            return content
        sound = tone(content)
        return FILLER * len(content) if sound is None else sound

    def _unparsed(self, content: bytes) -> bytes:
        return content if self._rules.keep_unparsed else FILLER * len(content)


def _with_length(head: bytes, more: int) -> bytes:
    """The head with each length changed by as much as the body: right ones stay right, wrong ones as wrong."""

    def changed(match: re.Match[bytes]) -> bytes:
        return match[1] + str(max(int(match[2]) + more, 0)).encode() + match[3]

    if not more:
        return head
    return re.sub(rb"(?im)^(content-length[ \t]*:[ \t]*)([0-9]{1,15})([ \t]*\r?)$", changed, head)


def _inflated(body: bytes, window: int) -> bytes | None:
    """A body without its compression, None if it is broken or too large."""
    try:
        inflater = zlib.decompressobj(wbits=window)
        plain = inflater.decompress(body, LARGEST_DECODED_BYTES)
    except zlib.error:
        return None
    return plain if inflater.eof and not inflater.unused_data else None
