"""A copy of what an HTTP client sends and gets, as bytes, from its connections."""

from __future__ import annotations

import hashlib
import re
import time

import httpx

from noojee_contract.clients.transport import BYTES
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.wire import WireBody, WireExchange, WireMessage

LONGEST_HEAD_BYTES = 256 * 1024
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_INFORMATIONAL = re.compile(rb"HTTP/[0-9.]+ 1(?!01)[0-9]{2}")


class WireCopy:
    """Follows an HTTP client with one request at a time. `taken` gives the exchange of the last request.

    Of a body that is longer than `largest_body_bytes`, only size and hash are kept.
    """

    def __init__(self, http: httpx.Client, *, largest_body_bytes: int) -> None:
        self._largest_body_bytes = largest_body_bytes
        self._last: _Bytes | None = None
        hooks = http.event_hooks
        http.event_hooks = {**hooks, "request": [*hooks["request"], self._on_request]}

    def taken(self, exchange: Exchange) -> WireExchange:
        """The last exchange as bytes; `exchange` is the same one as its sender understood it."""
        last, self._last = self._last, None
        if last is None or not last.request.size:
            return WireExchange(at=exchange.at, request=_unsent(exchange), transport_error=exchange.transport_error)
        return WireExchange(
            at=exchange.at,
            request=last.request.message(),
            response=last.response.message() if last.response.size else None,
            transport_error=exchange.transport_error,
            first_byte_seconds=last.seconds_to(last.first_byte),
            seconds=last.seconds_to(last.last_byte),
        )

    def _on_request(self, request: httpx.Request) -> None:
        self._last = _Bytes(self._largest_body_bytes)
        request.extensions[BYTES] = self._last


class _Bytes:
    """The bytes of one exchange, both ways, and when they came. See `BytesFollower`."""

    def __init__(self, largest_body_bytes: int) -> None:
        self._largest_body_bytes = largest_body_bytes
        self.opened()

    def opened(self) -> None:
        self.request = _Message(self._largest_body_bytes)
        self.response = _Message(self._largest_body_bytes)
        self._started: float | None = None
        self.first_byte: float | None = None
        self.last_byte: float | None = None

    def sent(self, content: bytes) -> None:
        if self._started is None:
            self._started = time.monotonic()
        self.request.add(content)

    def received(self, content: bytes) -> None:
        self.last_byte = time.monotonic()
        if self.first_byte is None and content:
            self.first_byte = self.last_byte
        self.response.add(content)

    def seconds_to(self, moment: float | None) -> float | None:
        """The seconds from the sending of the request to a moment."""
        return None if moment is None or self._started is None else moment - self._started


class _Message:
    """A head and a body, as they come. Informational answers before an answer are left out."""

    def __init__(self, largest_body_bytes: int) -> None:
        self._largest_body_bytes = largest_body_bytes
        self._head = bytearray()
        self._is_head_whole = False
        self._body = bytearray()
        self._body_size = 0
        self._hash = hashlib.sha256()
        self.size = 0

    def add(self, content: bytes) -> None:
        """Take the next bytes."""
        self.size += len(content)
        if self._is_head_whole:
            self._add_to_body(content)
            return
        self._head += content
        while (end := _END_OF_HEAD.search(self._head)) is not None:
            rest = bytes(self._head[end.end() :])
            if _INFORMATIONAL.match(self._head):
                self._head = bytearray(rest)
                continue
            del self._head[end.end() :]
            self._is_head_whole = True
            self._add_to_body(rest)
            return
        if len(self._head) > LONGEST_HEAD_BYTES:
            self._is_head_whole = True

    def message(self) -> WireMessage:
        """What came so far."""
        if self._body_size > self._largest_body_bytes:
            body = WireBody(content=None, size=self._body_size, sha256=self._hash.hexdigest())
        else:
            body = WireBody.of(bytes(self._body))
        return WireMessage(head=bytes(self._head), body=body)

    def _add_to_body(self, content: bytes) -> None:
        self._body_size += len(content)
        self._hash.update(content)
        if self._body_size > self._largest_body_bytes:
            self._body.clear()
        else:
            self._body += content


def _unsent(exchange: Exchange) -> WireMessage:
    """A request that was not sent, because no connection could be opened."""
    request = exchange.request
    lines = [f"{request.method} {request.url} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers)]
    head = "".join(f"{line}\r\n" for line in lines) + "\r\n"
    return WireMessage(head=head.encode("latin-1", "replace"), body=WireBody.of(request.body))
