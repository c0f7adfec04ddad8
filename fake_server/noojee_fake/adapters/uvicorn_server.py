"""Serves an ASGI application with uvicorn on a listening socket, until a signal ends it."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from uvicorn.config import Config
from uvicorn.server import Server

try:
    from noojee_fake.adapters.wire import Connection as _Connection
except ImportError:  # httptools exists only for CPython; other Pythons get the parser of uvicorn without limits
    _Connection = None  # type: ignore[assignment,misc]  # mypy sees CPython only

TICKS_A_SECOND = 10
"""How often the loop of uvicorn calls `on_tick`."""


def run_server(
    app: Callable[..., Any],
    listening: socket.socket,
    *,
    tls: ssl.SSLContext | None,
    on_ready: Callable[[], None],
    on_shutdown: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT. `on_ready` is called once the server answers, `on_shutdown` before it ends."""
    config = Config(
        app,
        http="auto" if _Connection is None else _Connection,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=2,
        ws="none",
    )
    config.load()
    config.ssl = tls
    config.loaded = True
    _Server(config, on_ready=on_ready, on_shutdown=on_shutdown).run(sockets=[listening])


class _Server(Server):
    """A server that ends without a traceback on SIGTERM and SIGINT, and that limits the time of slow clients."""

    def __init__(self, config: Config, *, on_ready: Callable[[], None], on_shutdown: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_shutdown = on_shutdown

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals in the event loop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, and report it."""
        await super().startup(sockets)
        self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        """Check the time limits of all connections once a second."""
        if _Connection is not None and counter % TICKS_A_SECOND == 0:
            for connection in list(self.server_state.connections):
                if isinstance(connection, _Connection):
                    connection.tick()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer the long polls, then end."""
        self._on_shutdown()
        await super().shutdown(sockets)
