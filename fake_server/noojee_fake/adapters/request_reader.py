"""Reads HTTP/1.1 requests from the bytes of one connection, within limits. No socket, no event loop."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import NoReturn, Protocol

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url

from noojee_fake.adapters.known_headers import KnownHeaders, known_headers
from noojee_fake.errors import MemoryBudgetError
from noojee_fake.messages import Request
from noojee_fake.pbx.memory_budget import MemoryBudget

LARGEST_HEAD_BYTES = 64 * 1024
MOST_HEADERS = 100
"""Headers and trailers of one request; the limit of Python's and Tomcat's servers too."""
SHOWN_BYTES = 2048
"""How much of a malformed request is kept for the log and the journal."""

_FRAMING = ("content-length", "transfer-encoding")
_HOST = re.compile(r"(?:\[[0-9A-Za-z:._%~!$&'()*+,;=-]+\]|[0-9A-Za-z._~!$&'()*+,;=%-]*)(?::[0-9]*)?")
"""A host of RFC 3986 with a port, or nothing."""
_AUTHORITY_END = re.compile("[/?#]")
_UPGRADED = b"POST / HTTP/1.1\r\nHost: upgrade.invalid\r\n"
_MOST_NAMES = 256
_NAMES: dict[bytes, str] = {}
"""Header names as they came, and in lower case: decoding each again would cost more than the lookup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A request that cannot be read: the status of its answer, the reason, and its first bytes."""

    status: int
    reason: str
    start: bytes


class Receiver(Protocol):
    """What a connection does with the requests that it reads."""

    def on_head(self, head: Request, *, keep_alive: bool, length: int | None, is_expecting: bool) -> int:
        """Take the head of a request with a body of `length` bytes (None: chunked). Returns how many bytes to keep."""
        ...

    def on_request(self, request: Request, body: Body | None, keep_alive: bool, version: str) -> None:
        """Take a whole request, and what is known of its body."""
        ...


class Body:
    """The body of a request as far as it was read: at most `kept_bytes` of it are kept, and count in the memory budget.

    `length` counts dropped bytes too. `is_over_budget`: it did not fit, and was dropped.
    """

    __slots__ = ("_kept", "held", "is_over_budget", "kept_bytes", "length")

    def __init__(self, budget: MemoryBudget) -> None:
        self.held = budget.reserve(0)
        self._kept = BytesIO()
        self.kept_bytes = 0
        self.length = 0
        self.is_over_budget = False

    def add(self, part: bytes) -> None:
        """Take the next part."""
        self.length += len(part)
        kept_bytes = self._kept.tell()
        part = part[: max(0, self.kept_bytes - kept_bytes)]
        if not part:
            return
        try:
            self.held.resize(kept_bytes + len(part))
        except MemoryBudgetError:
            self._kept, self.kept_bytes, self.is_over_budget = BytesIO(), 0, True
            self.held.release()
        else:
            self._kept.write(part)

    def take(self) -> bytes:
        """What is kept, without a copy of it. It goes on to count while somebody holds this object."""
        kept, self._kept = self._kept, BytesIO()
        return kept.getvalue()


class _Stop(Exception):
    """Stops the parser: the request is malformed."""


class RequestReader:
    """The requests of one connection; `client` is its peer. The methods `on_...` are callbacks of httptools."""

    def __init__(self, receiver: Receiver, *, client: str | None, secure: bool, budget: MemoryBudget) -> None:
        self._receiver = receiver
        self._budget = budget
        self.client = client
        self._secure = secure
        self._is_between = True  # no byte of a next request was read
        self._known: KnownHeaders | None = None
        self._last: Request | None = None  # the last whole request, if its headers may be known
        self._ignoring_upgrade = False
        self._parser = HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)  # after an upgrade to HTTP/2
        self.heads, self.body_bytes, self.raw_bytes = 0, 0, 0
        self.is_reading_body = False
        self._first = b""  # the first bytes of the request; none if it came together with an earlier one
        self._refusal: tuple[int, str] | None = None
        self._version = "1.1"
        self._keep_alive = False
        self._begin()

    def feed(self, data: bytes) -> Malformed | None:
        """Read the next bytes. Returns why the request cannot be read, None while everything is well."""
        if not self._is_between:
            return self._parse(data)
        request = None if self._known is None else self._known.read(data)
        if request is not None:
            self.heads += 1
            self.raw_bytes = 0
            self._receiver.on_request(request, None, True, "1.1")
            return None
        heads = self.heads
        malformed = self._parse(data)
        is_only_one = malformed is None and self.heads == heads + 1 and self._is_between
        if is_only_one and self._last is not None:  # it is whole, without a body
            self._known = known_headers(data, self._last, most_head_bytes=LARGEST_HEAD_BYTES) or self._known
        return malformed

    def _parse(self, data: bytes) -> Malformed | None:
        heads, body_bytes = self.heads, self.body_bytes
        if self._is_between:
            self._first = data[:SHOWN_BYTES]
        elif self._first:
            self._first = (self._first + data[:SHOWN_BYTES])[:SHOWN_BYTES]
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            return self._feed_upgraded(data, upgrade.args[0])
        except HttpParserError as error:
            return self._malformed(error)
        if heads != self.heads or body_bytes != self.body_bytes:
            self.raw_bytes = 0
            return None
        self.raw_bytes += len(data)
        if self.raw_bytes > LARGEST_HEAD_BYTES + 1024:  # a header without an end; others are counted when complete
            return Malformed(status=431, reason="the head of the request is too long", start=self.start)
        return None

    def drop(self) -> None:
        """Drop an incomplete request. Else it stays until the garbage collector runs: the parser refers to this."""
        self._begin()
        self._first, self._known, self._last = b"", None, None

    @property
    def start(self) -> bytes:
        """The first bytes of the request that is being read, as far as they are known."""
        if self.head is None and (self._first or not self._url):
            return self._first
        method = self._parser.get_method() if self.head is None else self.head.method.encode("latin-1")
        return method + b" " + self._url[:SHOWN_BYTES] + b" HTTP/1.1\r\n"

    def _malformed(self, error: HttpParserError) -> Malformed:
        status, reason = self._refusal or (400, _reason(error))
        return Malformed(status=status, reason=reason, start=self.start)

    def _feed_upgraded(self, data: bytes, at: int) -> Malformed | None:
        """Feed the rest of the bytes: the parser stops after the head of a request for an upgrade."""
        rest = memoryview(data)
        while True:
            try:
                self._ignore_upgrade()
                rest = rest[at:]
                self._parser.feed_data(rest)
            except HttpParserUpgrade as upgrade:
                at = upgrade.args[0]
            except HttpParserError as error:
                return self._malformed(error)
            else:
                self.raw_bytes = 0
                return None

    def _ignore_upgrade(self) -> None:
        """Continue with HTTP/1.1 after a request for another protocol, with its body.

        Java's HTTP client asks for HTTP/2 in this way. The parser stops at such a request, and would lose its body.
        """
        framing = "".join(f"{name}: {value}\r\n" for name, value in self._headers if name in _FRAMING)
        self._parser = HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._ignoring_upgrade = True
        try:
            self._parser.feed_data(_UPGRADED + framing.encode("latin-1") + b"\r\n")
        finally:
            self._ignoring_upgrade = False

    def _begin(self) -> None:
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._head_bytes = 0
        self.head: Request | None = None
        self.body: Body | None = None

    def on_message_begin(self) -> None:
        """Start a request."""
        if not self._ignoring_upgrade:
            self._is_between = False
            self._begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the request target."""
        if self._ignoring_upgrade:
            return
        self._head_bytes += len(url)
        if self._head_bytes > LARGEST_HEAD_BYTES:
            self._stop(414, "the request target is too long")
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer, which is dropped."""
        if self._ignoring_upgrade:
            return
        self._head_bytes += len(name) + len(value) + 4
        if self._head_bytes > LARGEST_HEAD_BYTES:
            self._stop(431, "the headers are too long")
        headers = self._headers
        if len(headers) >= MOST_HEADERS:
            self._stop(431, "the request has too many headers")
        text = _NAMES.get(name) or _lower(name)
        headers.append((text, value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Check the head, and take it if a body follows."""
        if self._ignoring_upgrade:
            return
        parser = self._parser
        self._version = version = parser.get_http_version()
        self._keep_alive = parser.should_keep_alive()
        refusal, framing = body_framing(self._headers, version)
        if refusal is not None:
            self._stop(*refusal)
        target = split_target(self._url)
        if target is None:
            self._stop(400, "the request target is malformed")
        path, query = target
        self.heads += 1
        self.head = Request(
            method=parser.get_method().decode("latin-1"),
            path=path,
            query=query,
            headers=tuple(_to_authority(self._url, self._headers)),
            client=self.client,
            secure=self._secure,
            head_bytes=self._head_bytes,
        )
        if framing is None:
            return
        self.is_reading_body = True
        self.body = body = Body(self._budget)
        body.kept_bytes = self._receiver.on_head(
            self.head,
            keep_alive=self._keep_alive,
            length=None if framing < 0 else framing,
            is_expecting=version == "1.1" and (self.head.header("expect") or "").lower() == "100-continue",
        )

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self.body_bytes += len(body)
        if self.body is not None:
            self.body.add(body)

    def on_message_complete(self) -> None:
        """Hand over the request. A request for an upgrade is complete when its body is."""
        head = self.head
        if head is None or self._parser.should_upgrade():
            return
        self.head, self._first = None, b""
        self.is_reading_body = False
        body, self.body = self.body, None  # an idle connection keeps no body
        kept = b"" if body is None else body.take()
        request = replace(head, body=kept) if kept else head
        self._is_between = True
        keep_alive = self._keep_alive and self._parser.should_keep_alive()  # a trailer may end the connection too
        self._last = request if body is None and keep_alive and self._version == "1.1" else None
        self._receiver.on_request(request, body, keep_alive, self._version)

    def _stop(self, status: int, reason: str) -> NoReturn:
        self._refusal = status, reason
        raise _Stop


def split_target(url: bytes) -> tuple[str, str] | None:
    """The path and the query of a request target, percent-encoded as they came; None for a malformed target."""
    if not url.startswith(b"/") and url != b"*":
        try:
            absolute = parse_url(url)
        except HttpParserError:
            return None
        return (absolute.path or b"/").decode("latin-1"), (absolute.query or b"").decode("latin-1")
    path, _, query = url.partition(b"#")[0].decode("latin-1").partition("?")
    return path, query


def _to_authority(url: bytes, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers of a request. The host of an absolute target replaces the header Host.

    Source: RFC 9112, section 3.2.2.
    """
    if url.startswith(b"/"):
        return headers
    _, scheme_end, rest = url.decode("latin-1").partition("://")
    host = _AUTHORITY_END.split(rest, maxsplit=1)[0].rpartition("@")[2]
    return [(name, host if name == "host" and scheme_end else value) for name, value in headers]


def body_framing(headers: Iterable[tuple[str, str]], version: str) -> tuple[tuple[int, str] | None, int | None]:
    """Why a head is refused, and the length of its body.

    The reason is a status and a text, None for a head that is accepted. The length is -1 for a chunked body, and None
    without a body.

    Source: RFC 9112, sections 3.2 (Host) and 6.1 to 6.3 (Transfer-Encoding and Content-Length).
    """
    if version not in ("1.1", "1.0"):
        return (505, "the only versions that are understood are HTTP/1.1 and HTTP/1.0"), None
    hosts, is_host_valid, codings, length = 0, True, "", None
    for name, value in headers:
        if name == "host":
            hosts += 1
            is_host_valid = is_host_valid and _HOST.fullmatch(value) is not None
        elif name == "content-length":
            length = int(value.lstrip("0") or "0")  # the parser has checked it; int takes only so many digits
        elif name == "transfer-encoding":
            codings = f"{codings},{value}" if codings else value
    if hosts > 1:
        return (400, "the request has more than one Host header"), None
    if not hosts and version == "1.1":
        return (400, "the request has no Host header"), None
    if not is_host_valid:
        return (400, "the Host header names no host"), None
    if not codings:
        return None, length or None
    if length is not None:
        return (400, "the request has both Transfer-Encoding and Content-Length"), None
    if version != "1.1":
        return (400, "a request of HTTP/1.0 has no Transfer-Encoding"), None
    if codings.strip().lower() != "chunked":
        return (501, "the only transfer coding that is understood is chunked"), None
    return None, -1


def _lower(name: bytes) -> str:
    text = name.decode("latin-1").lower()
    if len(_NAMES) < _MOST_NAMES:
        _NAMES[name] = text
    return text


def _reason(error: HttpParserError) -> str:
    """What the parser says, in words."""
    text = str(error).strip()
    if text.startswith("Expected HTTP/"):
        return "the request target contains a space, or the version is missing"
    return text[:200] or type(error).__name__
