"""The connections of `noojee-fake serve`: requests from a socket, with limits on size and time.

Times are counted in ticks of the event loop, so that a busy server does not cut its clients.
"""

from __future__ import annotations

import asyncio
from typing import cast

from noojee_fake.adapters.http_bytes import KEEP_ALIVE_SECONDS
from noojee_fake.adapters.request_reader import Body, Malformed, RequestReader
from noojee_fake.adapters.responder import Asked, Responder, Shared
from noojee_fake.messages import Request, Response

PATIENCE_SECONDS = 20
"""The time limit for the head of a request, and for each `PACE_BYTES` of its body."""
PACE_BYTES = 64 * 1024
UNREAD_SECONDS = 300
"""The time limit for a client that reads nothing of its answer."""
MOST_DROPPED_BYTES = 16 * 1024 * 1024
"""How much of a body is read and dropped after its refusal: a client that still sends would not see its answer."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(asyncio.Protocol):
    """One connection. `connections` are all connections of the server."""

    def __init__(self, shared: Shared, connections: set[Connection], *, secure: bool) -> None:
        self._shared = shared
        self._connections = connections
        self._secure = secure
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._reader: RequestReader = cast("RequestReader", None)
        self._responder: Responder = cast("Responder", None)
        self._is_dropping = False  # the rest of a refused request is read and dropped
        self._dropped_bytes = 0
        self._mark: tuple[int, ...] = ()
        self._waited_seconds = 0

    # Callbacks of asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to read requests of a new client."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        client = peer[0] if isinstance(peer, tuple) else None
        self._reader = RequestReader(self, client=client, secure=self._secure, budget=self._shared.service.budget)
        self._responder = Responder(self._shared, self._transport)
        self._connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the client."""
        self._connections.discard(self)
        self._reader.drop()
        self._responder.leave()

    def data_received(self, data: bytes) -> None:
        """Read requests, and answer the complete requests."""
        if self._responder.has_last_request:
            return
        malformed = self._reader.feed(data)
        if malformed is not None:
            self._refuse(malformed)
        elif self._is_dropping:
            self._dropped_bytes += len(data)
            if self._dropped_bytes > MOST_DROPPED_BYTES:
                self._transport.abort()
        elif self._reader.body is not None:
            self._check_body(self._reader.body)

    def eof_received(self) -> bool:
        """The client has ended its side, and may wait for responses under way. TLS has no such state."""
        return self._responder.finish() and not self._secure

    def _check_body(self, body: Body) -> None:
        """Refuse a body that is too large, before it is complete."""
        head = self._reader.head
        if head is None:
            return
        if body.length > self._shared.service.largest_body_bytes:
            self._refuse_body(self._shared.service.too_large(head))
        elif body.is_over_budget:
            self._refuse_body(self._shared.service.no_room(head))

    def pause_writing(self) -> None:
        """The client reads slowly."""
        self._responder.pause()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._responder.resume()

    # What the reader reads

    def on_head(self, head: Request, *, keep_alive: bool, length: int | None, is_expecting: bool) -> int:
        """Refuse a request that needs no look at its body. Returns how much of the body to keep."""
        if self._is_dropping or self._responder.has_last_request:
            return 0
        if not self._responder.is_busy:  # else the request is refused in its turn
            refusal = self._shared.service.refusal(head, length)
            if refusal is not None:
                self._refuse_body(refusal, head)
                return 0
            if is_expecting:
                self._transport.write(_CONTINUE)
        return self._shared.service.kept_bytes(head)

    def on_request(self, request: Request, body: Body | None, keep_alive: bool, version: str) -> None:
        """Answer a request, after those before it."""
        if self._is_dropping:
            self._transport.close()
            return
        asked = Asked(request, keep_alive, version, body)
        if body is not None and body.is_over_budget:
            asked.refusal, asked.keep_alive = self._shared.service.no_room(request), False
        self._responder.take(asked)

    # End of a connection

    def _refuse_body(self, refusal: Response, head: Request | None = None) -> None:
        """Answer a request before its body is read, then drop the body."""
        request = head or self._reader.head
        if request is None:
            return
        asked = Asked(request=request, keep_alive=False, refusal=refusal)
        if self._responder.is_busy:
            self._responder.take(asked)
            return
        self._responder.respond(asked, refusal, closes=False)
        self._is_dropping = True

    def _refuse(self, malformed: Malformed) -> None:
        """Answer a request that cannot be read, and close. Answers to earlier requests are sent first."""
        if self._transport.is_closing():
            return
        request, response = self._shared.service.malformed(
            malformed.status, malformed.reason, malformed.start, self._reader.client
        )
        if self._is_dropping:
            self._transport.abort()
            return
        self._responder.take(Asked(request=request, keep_alive=False, refusal=response))

    def tick(self) -> None:
        """Cut a client that stops sending its request or reading its answer. Call it once a second."""
        reader, unsent = self._reader, self._transport.get_write_buffer_size()
        mark = (unsent, reader.heads, reader.body_bytes // PACE_BYTES)
        if mark != self._mark or (self._responder.is_under_way and not unsent):
            self._mark, self._waited_seconds = mark, 0
            return
        self._waited_seconds += 1
        is_half = bool(reader.raw_bytes) or reader.is_reading_body
        if unsent:
            if self._waited_seconds >= UNREAD_SECONDS:
                self._transport.abort()
        elif self._is_dropping:
            self._transport.close()
        elif is_half and self._waited_seconds >= PATIENCE_SECONDS:
            self._refuse(
                Malformed(status=408, reason="the request did not come within the time limit", start=reader.start)
            )
        elif self._waited_seconds >= (KEEP_ALIVE_SECONDS if self._responder.has_responded else PATIENCE_SECONDS):
            self._transport.close()

    def end(self) -> None:
        """Close the connection, unless it still has to answer."""
        if not self._responder.is_busy and not self._reader.is_reading_body:
            self._transport.close()

    def abort(self) -> None:
        """Cut the connection."""
        self._transport.abort()
