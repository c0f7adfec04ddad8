"""The protocol of uvicorn with limits on the size of requests and on the time of clients.

Times are counted in ticks of the event loop, so that a busy server does not cut its clients.
"""

from __future__ import annotations

import http
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from noojee_fake.adapters.asgi import CUT

LARGEST_HEAD_BYTES = 64 * 1024
MOST_HEADERS = 100
"""Headers and trailers of one request; the limit of Python's and Tomcat's servers too."""
MOST_PIPELINED = 1000
PATIENCE_SECONDS = 20
"""The time limit for the head of a request, and for each `PACE_BYTES` of its body."""
PACE_BYTES = 64 * 1024
UNREAD_SECONDS = 300
"""The time limit for a client that reads nothing of its answer."""


_FRAMING = (b"content-length", b"transfer-encoding")


class _LimitExceeded(Exception):
    """Stops the parser. The connection has the status of the answer."""


class Connection(HttpToolsProtocol):
    """One connection: enforces the limits, ignores requests for an upgrade, offers `noojee.cut` to the application."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._status = 400
        self._head_bytes = 0  # of the current head: its URL and its complete headers
        self._raw_bytes = 0  # received since the last complete head or byte of a body
        self._heads = 0
        self._body_bytes = 0
        self._ignoring_upgrade = False
        self._mark: tuple[int, ...] = ()
        self._waited_seconds = 0

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        before, rest = (self._heads, self._body_bytes), memoryview(data)
        try:
            while rest:
                rest = self._feed(rest)
        except HttpParserError:
            self._refuse(self._status)
            return
        self._raw_bytes = self._raw_bytes + len(data) if before == (self._heads, self._body_bytes) else 0
        if self._raw_bytes > LARGEST_HEAD_BYTES + 1024:  # a header without an end; others are counted when complete
            self._refuse(431)

    def _feed(self, data: memoryview) -> memoryview:
        """Feed the parser. Returns the rest, since it stops after a request for an upgrade."""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._ignore_upgrade()
            return data[upgrade.args[0] :]
        return data[:0]

    @property
    def _latest(self) -> RequestResponseCycle | None:
        """The last request with a complete head, and its answer; None before the first."""
        return self.cycle

    def _ignore_upgrade(self) -> None:
        """Continue with HTTP/1.1 after a request for another protocol, with its body.

        Java's HTTP client asks for HTTP/2 in this way. The parser stops at such a request, and would lose its body.
        """
        framing = b"".join(b"%s: %s\r\n" % pair for pair in self.headers if pair[0] in _FRAMING)
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._ignoring_upgrade = True
        try:
            self.parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + b"\r\n")
        finally:
            self._ignoring_upgrade = False

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        if self._ignoring_upgrade:
            return
        self._head_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        if self._ignoring_upgrade:
            return
        self._count(len(url), 414)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._ignoring_upgrade:
            return
        self._count(len(name) + len(value) + 4, 431)
        if len(self.headers) >= MOST_HEADERS:
            self._stop(431)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._ignoring_upgrade:
            return
        if len(self.pipeline) >= MOST_PIPELINED:
            self._stop(400)
        self.scope["extensions"] = {CUT: {"cut": self.transport.abort}}
        super().on_headers_complete()
        self._heads += 1

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _count(self, size: int, status: int) -> None:
        self._head_bytes += size
        if self._head_bytes > LARGEST_HEAD_BYTES:
            self._stop(status)

    def _stop(self, status: int) -> None:
        self._status = status
        raise _LimitExceeded

    # End of a connection

    def _refuse(self, status: int) -> None:
        """Answer a request that cannot be read, and close. Answers to earlier requests are sent first."""
        cycle = self._latest
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:
                cycle.keep_alive = False
                return
            if cycle.response_started or self.pipeline:
                self.transport.abort()
                return
        if self.transport.is_closing():
            return
        text = f"{status} {http.HTTPStatus(status).phrase}\n".encode()
        lines = [STATUS_LINE[status], b"content-type: text/plain\r\nconnection: close\r\n"]
        lines += [b"%s: %s\r\n" % header for header in self.server_state.default_headers]
        lines.append(b"content-length: %d\r\n\r\n%s" % (len(text), text))
        self.transport.write(b"".join(lines))
        self.transport.close()

    def tick(self) -> None:
        """Cut a client that stops sending its request or reading its answer. Call it once a second."""
        cycle, unsent = self._latest, self.transport.get_write_buffer_size()
        answering = cycle is not None and not cycle.response_complete and not cycle.more_body
        mark = (unsent, self._heads, self._body_bytes // PACE_BYTES)
        if mark != self._mark or (answering and not unsent):
            self._mark, self._waited_seconds = mark, 0
            return
        self._waited_seconds += 1
        if unsent:
            if self._waited_seconds >= UNREAD_SECONDS:
                self.transport.abort()
        elif self._waited_seconds >= PATIENCE_SECONDS:
            if self._raw_bytes or (cycle is not None and cycle.more_body):
                self._refuse(408)
            else:
                self.transport.close()
