"""Serves sandboxes on a listening socket with `wire.Connection`, until a signal ends it."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from collections.abc import Callable

from noojee_fake.adapters.responder import Shared
from noojee_fake.adapters.service import Service
from noojee_fake.adapters.wire import Connection

TICK_SECONDS = 1.0
"""How often the server looks for clients that take too long."""
GRACE_SECONDS = 2.0
"""How long responses under way may take when the server ends."""


def run_server(
    service: Service,
    listening: socket.socket,
    *,
    tls: ssl.SSLContext | None,
    on_ready: Callable[[], None],
    on_end: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT. `on_ready` is called once the server answers, `on_end` at each signal."""

    async def until_signal() -> None:
        ended = asyncio.Event()

        def end() -> None:
            on_end()
            ended.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, end)
        await serve(service, listening, tls=tls, on_ready=on_ready, ended=ended)

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(until_signal())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The event loop of uvloop where it is installed; it is twice as fast."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def serve(
    service: Service,
    listening: socket.socket,
    *,
    tls: ssl.SSLContext | None,
    on_ready: Callable[[], None],
    ended: asyncio.Event,
) -> None:
    """Serve until `ended` is set, then answer what is under way."""
    shared = Shared(service)
    connections: set[Connection] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(shared, connections, secure=tls is not None), sock=listening, ssl=tls, backlog=2048
    )
    ticking = asyncio.ensure_future(_tick(connections))
    on_ready()
    await ended.wait()
    ticking.cancel()
    server.close()
    await _end(shared, connections)


async def _tick(connections: set[Connection]) -> None:
    """Check the time limits of all connections, again and again."""
    while True:
        await asyncio.sleep(TICK_SECONDS)
        for connection in list(connections):
            connection.tick()


async def _end(shared: Shared, connections: set[Connection]) -> None:
    """Answer the long polls, let responses under way end, then cut the rest."""
    shared.is_ending = True
    shared.polls.close()
    for connection in list(connections):
        connection.end()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + GRACE_SECONDS
    while connections and loop.time() < deadline:
        await asyncio.sleep(0.02)
    for connection in list(connections):
        connection.abort()
    for task in list(shared.tasks):
        task.cancel()
    shared.workers.shutdown(wait=False, cancel_futures=True)
