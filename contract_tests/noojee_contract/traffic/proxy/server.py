"""The recording proxy as a server: connections, TLS on both sides, and the writing of what they exchange."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from noojee_contract.errors import TargetError
from noojee_contract.model.wire import WireExchange
from noojee_contract.traffic.proxy.conversation import Conversation, ProxyBounds, Upstream
from noojee_contract.traffic.proxy.relay import READ_BYTES, Relay

CONNECT_SECONDS = 20.0
MOST_CONNECTIONS = 64
MOST_KEPT_BYTES = 128 * 1024 * 1024
MOST_UNWRITTEN_BYTES = 32 * 1024 * 1024
"""What may wait to be redacted and written; connections that bring more wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyConfig:
    """What a proxy needs.

    `upstream` is an http or https URL, `upstream_tls` its context; `tls` is that of the listener.
    `server_name` is the name in the upstream's certificate, if it is not the host of the URL.
    `idle_seconds` is how long the proxy waits for a byte of the upstream, also in a long poll. `keeps_host` leaves the
    Host header of requests as the client wrote it.
    """

    upstream: str
    upstream_tls: ssl.SSLContext | None = None
    server_name: str | None = None
    tls: ssl.SSLContext | None = None
    keeps_host: bool = False
    idle_seconds: float = 3600.0
    bounds: ProxyBounds = field(default_factory=lambda: ProxyBounds(64 * 1024 * 1024, MOST_KEPT_BYTES))


class _Recorder:
    """Writes exchanges in a thread, in the order in which they ended."""

    def __init__(self, write: Callable[[WireExchange], None]) -> None:
        self._write = write
        self._waiting: deque[WireExchange] = deque()
        self._bytes = 0
        self._changed = asyncio.Condition()
        self._is_ended = False

    def put(self, exchange: WireExchange) -> None:
        self._waiting.append(exchange)
        self._bytes += _size(exchange)

    async def room(self) -> None:
        """Let the writer go on; return when not too much waits."""
        async with self._changed:
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._bytes <= MOST_UNWRITTEN_BYTES)

    async def end(self) -> None:
        async with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    async def run(self) -> None:
        """Write until the end. Raises what `write` raises."""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self._waiting) or self._is_ended)
            if not self._waiting:
                return
            exchange = self._waiting.popleft()
            await asyncio.to_thread(self._write, exchange)
            async with self._changed:
                self._bytes -= _size(exchange)
                self._changed.notify_all()


class RecordingProxy:
    """Relays connections to an upstream, and calls `write` in a thread with each exchange.

    An error that `write` raises ends the proxy: nothing is relayed that is not recorded.
    """

    def __init__(self, config: ProxyConfig, write: Callable[[WireExchange], None]) -> None:
        self._config = config
        self._write = write
        parts = check_upstream(config.upstream)
        self._host, self._port, self._secure = parts.hostname or "", parts.port, parts.scheme == "https"
        authority = None if config.keeps_host else parts.netloc.rpartition("@")[2]
        self._upstream = Upstream(authority, parts.path.rstrip("/"))
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, listening: socket.socket, on_ready: Callable[[], None], ended: asyncio.Event) -> None:
        """Serve on a socket until the event is set, then end the connections and write what is left."""
        recorder = _Recorder(self._write)
        writing = asyncio.create_task(recorder.run())
        room = asyncio.Semaphore(MOST_CONNECTIONS)

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async with room:
                await self._relay(recorder, reader, writer)

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(relay(reader, writer))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
            # A task that is cancelled before it begins closes nothing.
            task.add_done_callback(lambda _: writer.transport.abort())

        server = await asyncio.start_server(connected, sock=listening, ssl=self._config.tls, limit=READ_BYTES)
        on_ready()
        waiting = asyncio.create_task(ended.wait())
        await asyncio.wait({waiting, writing}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*tuple(self._connections), return_exceptions=True)
        await recorder.end()
        await writing

    async def _relay(self, recorder: _Recorder, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = Conversation(self._upstream, recorder.put, self._config.bounds)
        relay = Relay(conversation, reader, writer, self._connect, recorder.room)
        relay.idle_seconds = self._config.idle_seconds
        try:
            await relay.run()
        finally:
            await recorder.room()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncio.open_connection(
                    self._host,
                    self._port or (443 if self._secure else 80),
                    ssl=self._config.upstream_tls if self._secure else None,
                    server_hostname=self._config.server_name if self._secure else None,
                    limit=READ_BYTES,
                )
        raise OSError(0, f"no connection within {CONNECT_SECONDS:g} s")


def check_upstream(url: str) -> SplitResult:
    """The parts of the upstream's URL. Raises TargetError."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username is not None:
        raise TargetError(
            "--upstream: it must be a URL such as https://pbx.example:8443, without a query or credentials"
        )
    return parts


def _size(exchange: WireExchange) -> int:
    messages = [message for message in (exchange.request, exchange.response) if message is not None]
    return sum(len(message.head) + len(message.body.content or b"") for message in messages)
