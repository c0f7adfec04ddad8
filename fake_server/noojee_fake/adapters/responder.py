"""Answers the requests of one connection in their order, and writes each response once."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import deque
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from noojee_fake.adapters.http_bytes import HeadEnds, head_start
from noojee_fake.adapters.long_poll import LongPolls
from noojee_fake.adapters.request_reader import Body
from noojee_fake.adapters.service import Service
from noojee_fake.api.journal import HEADER_BYTES
from noojee_fake.errors import MemoryBudgetError
from noojee_fake.messages import Closed, Pending, Request, Response, Streamed

MOST_PIPELINED = 1000
MOST_PIPELINED_BYTES = 4 * 1024 * 1024
"""The heads of the requests of one connection that wait. They count in the memory budget."""
LARGE_BYTES = 64 * 1024
"""Larger bodies are written without a copy."""
LARGE_BODY_BYTES = 1024 * 1024
SLOW_WORKERS = 4
"""Threads for requests that take long: of the control API, and for sound."""


@dataclass(slots=True)
class Asked:
    """A request, with what its response needs. Its body counts in the memory budget as long as somebody holds `body`.

    `refusal` is the response to a request that is refused before it is read completely; None: the request is complete.
    Nobody changes an `Asked`; it is not frozen for the reason of `Request`.
    """

    request: Request
    keep_alive: bool
    version: str = "1.1"
    body: Body | None = None
    refusal: Response | None = None

    @property
    def body_bytes(self) -> int:
        """The length of the body, kept or not."""
        return 0 if self.body is None else self.body.length


class WithoutCollections:
    """Pauses the garbage collector of the process while at least one thread is in the context.

    A full collection while a million legs are read would stop all threads for a second.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            gc.disable()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                gc.freeze()  # the calls that were added stay
                gc.enable()


_without_collections = WithoutCollections()


class Shared:
    """What the connections of one server share."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.head_ends = HeadEnds()
        self.polls = LongPolls()
        self.tasks: set[asyncio.Task[None]] = set()
        self.workers = ThreadPoolExecutor(SLOW_WORKERS, thread_name_prefix="noojee-fake")
        self.is_ending = False


class Responder:
    """The responses of one connection.

    While a response takes long (a long poll, a thread, a stream), `_left` is set, and further requests wait.
    """

    def __init__(self, shared: Shared, transport: asyncio.Transport) -> None:
        self._shared = shared
        self._transport = transport
        self._log = shared.service.log
        self._waiting: deque[Asked] = deque()
        self._left: asyncio.Future[None] | None = None  # done when the client leaves
        self._is_polling = False
        self._held = shared.service.budget.reserve(0)  # for the heads of `_waiting`
        self._unsent = shared.service.budget.reserve(0)  # for a large body that the client has not read yet
        self._can_write = asyncio.Event()
        self._is_paused = False
        self.has_last_request = False  # no further request is read: the connection ends after the responses that wait
        self.has_responded = False

    @property
    def is_busy(self) -> bool:
        """Whether a further request must wait."""
        return self._left is not None or self._is_paused or bool(self._waiting)

    @property
    def is_under_way(self) -> bool:
        """Whether a response takes long."""
        return self._left is not None

    def take(self, asked: Asked) -> None:
        """Answer a request, after the requests before it. Requests after the last request are dropped."""
        if self._transport.is_closing() or self.has_last_request:
            return
        if self._left is None and not self._is_paused and not self._waiting:
            self._answer(asked)
            return
        is_full = len(self._waiting) >= MOST_PIPELINED or not self._hold(_head_bytes(asked.request))
        if not is_full:
            self._waiting.append(asked)
        self.has_last_request = is_full or asked.refusal is not None

    def _hold(self, more_bytes: int) -> bool:
        """Count a further head. Returns whether there is room for it."""
        size = self._held.size_bytes + more_bytes
        if size > MOST_PIPELINED_BYTES:
            return False
        try:
            self._held.resize(size)
        except MemoryBudgetError:
            return False
        return True

    def finish(self) -> bool:
        """The client sends nothing more. Returns whether it gets further responses: who ends a long poll has left."""
        self.has_last_request = True
        return self.is_busy and not self._is_polling

    def pause(self) -> None:
        """The client reads slowly: answer no further request until it catches up."""
        self._is_paused = True
        self._can_write.clear()
        self._transport.pause_reading()

    def resume(self) -> None:
        """Continue with the requests that wait."""
        self._is_paused = False
        self._unsent.release()
        self._can_write.set()
        self._continue()

    def leave(self) -> None:
        """Drop the requests that wait: the client has left."""
        self._waiting.clear()
        self._held.release()
        self._unsent.release()
        self._can_write.set()
        if self._left is not None and not self._left.done():
            self._left.set_result(None)

    def respond(self, asked: Asked, response: Response, *, closes: bool = True) -> None:
        """Write a response. `closes`: close the connection after it where it is not kept."""
        shared, transport = self._shared, self._transport
        if transport.is_closing():
            return
        self.has_responded = True
        if len(response.body) >= LARGE_BYTES:
            response = self._counted(asked, response)
        if self._log is not None:
            self._log(asked.request, response)
        if type(response) is Closed:
            transport.abort()
            return
        keep_alive = asked.keep_alive and not shared.is_ending
        end = shared.head_ends.end(keep_alive, asked.version)
        start = response.written
        if not start:
            start = response.written = head_start(response)
        body = response.body
        if len(body) < LARGE_BYTES:
            transport.write(b"".join((start, end, body)))
        else:
            transport.writelines((start, end, body))
            if not self._is_paused:
                self._unsent.release()
        if not keep_alive and closes:
            transport.close()

    def _counted(self, asked: Asked, response: Response) -> Response:
        """A response with a large body; its refusal if the memory budget has no room for it."""
        try:
            self._unsent.resize(self._unsent.size_bytes + len(response.body))
        except MemoryBudgetError:
            return self._shared.service.no_room_to_send(asked.request, response)
        return response

    def _answer(self, asked: Asked) -> None:
        service = self._shared.service
        try:
            response = asked.refusal or service.answer_at_once(asked.request, asked.body_bytes)
            if type(response) is Response:  # most responses; faster than isinstance
                self.respond(asked, response)
            elif response is None:
                self._begin(self._answer_in_thread(asked))
            else:
                self._begin(self._deliver(asked, response))
        except Exception as bug:  # noqa: BLE001 - outermost handler: else the parser takes it for a malformed request
            self._fail(bug)

    def _fail(self, bug: Exception) -> None:
        """Keep a bug of the fake, and cut the connection: its client must not wait without end."""
        self._shared.service.keep(bug)
        self._transport.abort()

    def _begin(self, responding: Coroutine[Any, Any, None]) -> None:
        """Respond in a task of its own. Further requests of the connection wait."""
        self._left = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(self._end(responding))
        self._shared.tasks.add(task)
        task.add_done_callback(self._shared.tasks.discard)

    async def _end(self, responding: Coroutine[Any, Any, None]) -> None:
        try:
            await responding
        except Exception as bug:  # noqa: BLE001 - outermost handler of the task
            self._fail(bug)
        self._left = None
        self._continue()

    async def _answer_in_thread(self, asked: Asked) -> None:
        shared = self._shared
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(shared.workers, self._slow_answer, asked)
        await self._deliver(asked, response)

    def _slow_answer(self, asked: Asked) -> Response:
        """The response to a request, in a thread. A large body pauses the garbage collector."""
        if asked.body_bytes < LARGE_BODY_BYTES:
            return self._shared.service.answer(asked.request, asked.body_bytes)
        with _without_collections:
            return self._shared.service.answer(asked.request, asked.body_bytes)

    async def _deliver(self, asked: Asked, response: Response) -> None:
        """Wait for the response to a long poll, then write it; a streamed one piece by piece."""
        delivered: Response | None = response
        if isinstance(response, Pending) and self._left is not None:
            self._is_polling = True
            delivered = await self._shared.polls.wait(response, left=self._left)
            self._is_polling = False
        if delivered is None:
            return
        if not isinstance(delivered, Streamed):
            self.respond(asked, delivered)
            return
        self.respond(asked, delivered, closes=False)
        for piece in delivered.pieces():
            if self._transport.is_closing():
                return
            self._transport.write(piece)
            if self._is_paused:
                await self._can_write.wait()
        if not asked.keep_alive:
            self._transport.close()

    def _continue(self) -> None:
        """Answer the requests that wait, until one of them takes long itself."""
        waiting = self._waiting
        while waiting and self._left is None and not self._is_paused and not self._transport.is_closing():
            asked = waiting.popleft()
            self._hold(-_head_bytes(asked.request))
            self._answer(asked)
        if self._is_paused or waiting or self._transport.is_closing():
            return
        if self.has_last_request and self._left is None:
            self._transport.close()
        else:
            self._transport.resume_reading()


def _head_bytes(head: Request) -> int:
    """About how much memory the head of a request takes."""
    return head.head_bytes + HEADER_BYTES * len(head.headers)
