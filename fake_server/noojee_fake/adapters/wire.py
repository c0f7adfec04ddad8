"""The server of `noojee-fake serve`: connections on asyncio that call `Sandboxes.handle` and write each response once.

Times are counted in ticks of the event loop, so that a busy server does not cut its clients.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

from noojee_fake.adapters.http_bytes import KEEP_ALIVE_SECONDS, Dates, connection_lines, head_bytes
from noojee_fake.adapters.long_poll import LongPolls
from noojee_fake.adapters.request_reader import Malformed, RequestReader
from noojee_fake.adapters.service import TOO_LARGE, Service
from noojee_fake.messages import Closed, Pending, Request, Response

MOST_PIPELINED = 1000
PATIENCE_SECONDS = 20
"""The time limit for the head of a request, and for each `PACE_BYTES` of its body."""
PACE_BYTES = 64 * 1024
UNREAD_SECONDS = 300
"""The time limit for a client that reads nothing of its answer."""
MOST_DROPPED_BYTES = 16 * 1024 * 1024
"""How much of a body is read and dropped after its refusal: a client that still sends would not see its answer."""
LARGE_BYTES = 64 * 1024
"""Larger bodies are written without a copy."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Shared:
    """What the connections of one server share."""

    def __init__(self, service: Service, *, secure: bool) -> None:
        self.service = service
        self.secure = secure
        self.connections: set[Connection] = set()
        self.dates = Dates()
        self.polls = LongPolls()
        self.tasks: set[asyncio.Task[None]] = set()
        self.is_ending = False


class Connection(asyncio.Protocol):
    """One connection: requests in order, responses in order, limits on size and time."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._reader: RequestReader = cast("RequestReader", None)
        self._waiting: deque[tuple[Request, bool, str]] = deque()
        self._left: asyncio.Future[None] | None = None  # a long poll waits for its answer, or for this
        self._is_paused = False
        self._is_dropping = False  # the rest of a refused request is read and dropped
        self._dropped_bytes = 0
        self._is_full = False  # too many requests wait: the connection ends after their responses
        self._has_answered = False
        self._mark: tuple[int, ...] = ()
        self._waited_seconds = 0

    # Callbacks of asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to read requests of a new client."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        client = peer[0] if isinstance(peer, tuple) else None
        self._reader = RequestReader(self, client=client, secure=self._shared.secure)
        self._shared.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the client."""
        self._shared.connections.discard(self)
        self._waiting.clear()
        if self._left is not None and not self._left.done():
            self._left.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Read requests, and answer the complete requests."""
        if self._is_full:
            return
        malformed = self._reader.feed(data)
        if malformed is not None:
            self._refuse(malformed)
        elif self._is_dropping:
            self._dropped_bytes += len(data)
            if self._dropped_bytes > MOST_DROPPED_BYTES:
                self._transport.abort()
        elif self._reader.length > self._shared.service.largest_body_bytes:
            self._refuse_body(TOO_LARGE)

    def pause_writing(self) -> None:
        """The client reads slowly: answer no further request until it catches up."""
        self._is_paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Continue with the requests that wait."""
        self._is_paused = False
        self._continue()

    # What the reader reads

    def on_head(self, head: Request, *, keep_alive: bool, length: int | None, is_expecting: bool) -> int:
        """Refuse a request that needs no look at its body. Returns how much of the body to keep."""
        if self._is_dropping:
            return 0
        refusal = self._shared.service.refusal(head, length)
        if refusal is not None and not self._is_busy:
            self._refuse_body(refusal, head)
            return 0
        if is_expecting and not self._is_busy:
            self._transport.write(_CONTINUE)
        return self._shared.service.kept_bytes(head.path)

    def on_request(self, request: Request, *, keep_alive: bool, version: str, body_bytes: int) -> None:
        """Answer a request, after those before it."""
        if self._is_dropping:
            self._transport.close()
            return
        if self._is_busy:
            self._is_full = self._is_full or len(self._waiting) >= MOST_PIPELINED
            if not self._is_full:
                self._waiting.append((request, keep_alive, version))
            return
        self._answer(request, keep_alive=keep_alive, version=version, body_bytes=body_bytes)

    @property
    def _is_busy(self) -> bool:
        return self._left is not None or self._is_paused or bool(self._waiting)

    def _answer(self, request: Request, *, keep_alive: bool, version: str, body_bytes: int) -> None:
        response = self._shared.service.answer(request, body_bytes)
        if type(response) is Pending:
            self._left = asyncio.get_running_loop().create_future()
            task = asyncio.ensure_future(self._poll(request, response, self._left, keep_alive, version))
            self._shared.tasks.add(task)
            task.add_done_callback(self._shared.tasks.discard)
            return
        self._respond(request, response, keep_alive=keep_alive, version=version)

    async def _poll(
        self, request: Request, pending: Pending, left: asyncio.Future[None], keep_alive: bool, version: str
    ) -> None:
        response = await self._shared.polls.wait(pending, left=left)
        self._left = None
        if response is not None:
            self._respond(request, response, keep_alive=keep_alive, version=version)
            self._continue()

    def _continue(self) -> None:
        """Answer the requests that wait, until one of them waits itself."""
        waiting = self._waiting
        while waiting and self._left is None and not self._is_paused and not self._transport.is_closing():
            request, keep_alive, version = waiting.popleft()
            self._answer(request, keep_alive=keep_alive, version=version, body_bytes=len(request.body))
        if self._is_busy or self._transport.is_closing():
            return
        if self._is_full:
            self._transport.close()
        else:
            self._transport.resume_reading()

    def _respond(
        self, request: Request, response: Response, *, keep_alive: bool, version: str, closes: bool = True
    ) -> None:
        """Write a response. `closes`: close the connection after it where it is not kept."""
        shared, transport = self._shared, self._transport
        if transport.is_closing():
            return
        self._has_answered = True
        if isinstance(response, Closed):
            transport.abort()
            shared.service.log(request, response)
            return
        keep_alive = keep_alive and not shared.is_ending
        head = head_bytes(response, shared.dates.line(), connection_lines(keep_alive=keep_alive, version=version))
        body = response.body
        if len(body) < LARGE_BYTES:
            transport.write(head + body)
        else:
            transport.writelines((head, body))
        if not keep_alive and closes:
            transport.close()
        shared.service.log(request, response)

    # End of a connection

    def _refuse_body(self, refusal: Response, head: Request | None = None) -> None:
        """Answer a request before its body is read, then drop the body."""
        request = head or self._reader.head
        if request is None:
            return
        self._respond(request, refusal, keep_alive=False, version="1.1", closes=False)
        self._is_dropping = True

    def _refuse(self, malformed: Malformed) -> None:
        """Answer a request that cannot be read, and close. Answers to earlier requests are sent first."""
        if self._transport.is_closing():
            return
        request, response = self._shared.service.malformed(
            malformed.status, malformed.reason, malformed.start, self._reader.client
        )
        if self._is_busy or self._is_dropping:
            self._transport.abort()
            return
        self._respond(request, response, keep_alive=False, version="1.1")

    def tick(self) -> None:
        """Cut a client that stops sending its request or reading its answer. Call it once a second."""
        reader, unsent = self._reader, self._transport.get_write_buffer_size()
        mark = (unsent, reader.heads, reader.body_bytes // PACE_BYTES)
        if mark != self._mark or (self._left is not None and not unsent):
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
        elif self._waited_seconds >= (KEEP_ALIVE_SECONDS if self._has_answered else PATIENCE_SECONDS):
            self._transport.close()

    def end(self) -> None:
        """Close the connection, unless it still has to answer."""
        if not self._is_busy and not self._reader.is_reading_body:
            self._transport.close()

    def abort(self) -> None:
        """Cut the connection."""
        self._transport.abort()
