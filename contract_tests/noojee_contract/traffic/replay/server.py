"""Serves an exchange file on a socket, over http or https."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from noojee_contract.model.wire import WireMessage
from noojee_contract.traffic.listening import ServerThread, close, listening_socket, reset
from noojee_contract.traffic.opened import opened
from noojee_contract.traffic.proxy.message_copy import Ending, RequestCopy
from noojee_contract.traffic.replay.answers import After, ReplayedAnswer, missed, replayed
from noojee_contract.traffic.replay.matcher import USUAL_REPLAY, Matcher, Miss, ReplayConfig

READ_BYTES = 64 * 1024
LARGEST_REQUEST = 64 * 1024 * 1024
IDLE_SECONDS = 300.0


def answer_of(matcher: Matcher, request: WireMessage) -> ReplayedAnswer | Miss:
    """The answer that a file has for a request."""
    found = matcher.answer(request, request.body.content or b"")
    if isinstance(found, Miss):
        return found
    body = None if found.response is None else matcher.reader.body(found.response.body)
    return replayed(found, body, method=request.first_line.partition(" ")[0])


class ReplayService:
    """Answers connections from a file. `on_miss` is called with each request that has no answer."""

    def __init__(self, matcher: Matcher, on_miss: Callable[[Miss], None] = lambda miss: None) -> None:
        self._matcher = matcher
        self._on_miss = on_miss
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(
        self,
        listening: socket.socket,
        tls: ssl.SSLContext | None,
        on_ready: Callable[[], None],
        ended: asyncio.Event,
    ) -> None:
        """Serve until the event is set."""

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._served(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            # A task that is cancelled before it begins closes nothing.
            task.add_done_callback(lambda _: writer.transport.abort())

        server = await asyncio.start_server(connected, sock=listening, ssl=tls, limit=READ_BYTES)
        on_ready()
        await ended.wait()
        server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*tuple(self._tasks), return_exceptions=True)

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._connection(reader, writer)
            await close(writer)
        except asyncio.CancelledError:
            writer.transport.abort()
            raise

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rest = b""
        with contextlib.suppress(OSError, TimeoutError):
            while True:
                request, rest = await _request(reader, writer, rest)
                if request is None:
                    break
                answer = await asyncio.to_thread(answer_of, self._matcher, request)
                if isinstance(answer, Miss):
                    self._on_miss(answer)
                    answer = missed(answer)
                writer.write(answer.content)
                await writer.drain()
                if answer.after is After.RESET:
                    await asyncio.sleep(0.01)  # a reset that follows at once makes the client lose the bytes
                    reset(writer)
                if answer.after is not After.KEEP:
                    break


async def _request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rest: bytes
) -> tuple[WireMessage | None, bytes]:
    """The next request, and the bytes after it; None at the end of a connection."""
    copy = RequestCopy(LARGEST_REQUEST)
    is_expecting = False
    async with asyncio.timeout(IDLE_SECONDS):
        while True:
            rest = copy.feed(rest) if rest else b""
            if copy.ending is not Ending.OPEN:
                return copy.message(), rest
            if copy.head is not None and not is_expecting and b"100-continue" in copy.head.lower():
                is_expecting = True
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            rest = await reader.read(READ_BYTES)
            if not rest:
                return None, b""


class ReplayServer:
    """A server of an exchange file or a HAR file on a free port of the loopback, as long as the `with` block runs.

        with ReplayServer(Path("day.jsonl")) as replay:
            httpx.post(f"{replay.url}/njadmin/rest/RecordingAPI/retrieveMetaData", params={"tag": "1"})
        assert not replay.misses

    Raises TargetError if the file cannot be used.
    """

    def __init__(
        self,
        path: Path,
        config: ReplayConfig = USUAL_REPLAY,
        *,
        port: int = 0,
    ) -> None:
        self._path = path
        self._config = config
        self._port = port
        self._matcher: Matcher | None = None
        self._thread: ServerThread | None = None
        self._files = ExitStack()
        self.url = ""
        """The base URL, without a slash at the end; empty before the start."""

    @property
    def matcher(self) -> Matcher:
        """What was asked, missed and not used. Raises RuntimeError before the start."""
        if self._matcher is None:
            raise RuntimeError("the replay server is not started")
        return self._matcher

    @property
    def misses(self) -> list[str]:
        """Each request without a recorded answer, with the nearest recorded request."""
        return [f"{miss.request}: {miss.reason}" for miss in self.matcher.misses]

    def __enter__(self) -> Self:
        with ExitStack() as files:
            self._matcher = Matcher(files.enter_context(opened(self._path)), self._config)
            self._files = files.pop_all()
        listening = listening_socket("127.0.0.1", self._port)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._thread = ServerThread(partial(ReplayService(self._matcher).serve, listening, None))
        self._thread.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._thread.stop()
        self._files.close()
