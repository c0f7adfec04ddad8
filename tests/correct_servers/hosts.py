"""The second PBX on other servers: threads and HTTP/1.0, one event loop with chunks, a pool of threads behind WSGI.

Each is a context manager that gives a base URL on the loopback.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from correct_servers.pbx import Answer

Handle = Callable[[str, str, dict[str, str], bytes], Answer]


@contextmanager
def threads(handle: Handle, *, slow_seconds: float = 0.0) -> Iterator[str]:
    """A thread for each connection, HTTP/1.0: each answer closes it. `slow_seconds` pass before each answer of the API."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"
        timeout = 20

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            target = self.requestline.split(" ")[1]
            status, fields, content = handle(self.command, target, headers, body)
            if not target.startswith("/__noojee"):
                time.sleep(slow_seconds)
            self.send_response(status)
            for name, value in fields:
                self.send_header(name, value)
            if not any(name == "Content-Length" for name, _ in fields) and status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_HEAD = do_TRACE = answer

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


@contextmanager
def event_loop(handle: Handle) -> Iterator[str]:
    """aiohttp: one event loop, HTTP/1.1, answers in chunks without a length."""
    import asyncio

    from aiohttp import web

    async def answer(request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        status, fields, content = handle(request.method, request.raw_path, headers, await request.read())
        response = web.StreamResponse(status=status)
        for name, value in fields:
            response.headers[name] = value
        if request.method == "HEAD" or status == 204:
            await response.prepare(request)
            return response
        response.enable_chunked_encoding()
        await response.prepare(request)
        for at in range(0, len(content), 700):
            await response.write(content[at : at + 700])
        await response.write_eof()
        return response

    ready, stop = threading.Event(), threading.Event()
    found: list[str] = []

    async def serve() -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        found.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.02)
        await runner.cleanup()

    serving = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    serving.start()
    if not ready.wait(20):
        raise RuntimeError("the server did not start")
    try:
        yield found[0]
    finally:
        stop.set()
        serving.join(10)


@contextmanager
def pool(handle: Handle, *, prefix: str = "") -> Iterator[str]:
    """A pool of threads behind WSGI. `prefix` is a path that everything stands under."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        headers = {
            key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")
        }
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = environ["CONTENT_TYPE"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        target = environ["REQUEST_URI"].removeprefix(prefix)
        status, fields, content = handle(environ["REQUEST_METHOD"], target, headers, body)
        start_response(f"{status} Said", fields)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]

    with wsgi(app) as url:
        yield url + prefix


@contextmanager
def wsgi(app: Callable[..., Any]) -> Iterator[str]:
    """waitress: a pool of four threads."""
    from waitress.server import create_server

    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    serving = threading.Thread(target=server.run, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        serving.join(10)
