"""Serves a fake PBX in a thread of the test.

The PBX runs on the server of `noojee-fake serve`, or as an ASGI application on uvicorn.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from noojee_fake.adapters.asgi import App
from noojee_fake.adapters.service import Service
from noojee_fake.adapters.wire_server import serve


@contextmanager
def on_wire(service: Service) -> Iterator[int]:
    """The port of the server of `noojee-fake serve`."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    ready, loop, ended = threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    serving = serve(service, listening, tls=None, on_ready=ready.set, ended=ended)
    thread = threading.Thread(target=loop.run_until_complete, args=(serving,))
    thread.start()
    try:
        assert ready.wait(20)
        yield listening.getsockname()[1]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)
        loop.close()


@contextmanager
def on_uvicorn(app: App) -> Iterator[int]:
    """The port of the ASGI application on uvicorn."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
