"""The second PBX on other servers: threads and HTTP/1.0, one event loop with chunks, bare sockets, a pool behind WSGI.

Each is a context manager that gives a base URL on the loopback.
"""

from __future__ import annotations

import gzip
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import h11

from support.conformant_servers.wire import Answer

Handle = Callable[[str, str, dict[str, str], bytes], Answer]


@contextmanager
def threads(handle: Handle, *, slow_seconds: float = 0.0) -> Iterator[str]:
    """A thread for each connection, HTTP/1.0: each answer closes it.

    `slow_seconds` pass before each answer of the API.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"
        timeout = 20

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            target = self.requestline.split(" ")[1]
            status, fields, content = handle(self.command, target, headers, body)
            if not status:
                self.close_connection = True
                return
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
        parts = request.method, request.raw_path, headers, await request.read()
        status, fields, content = await asyncio.to_thread(handle, *parts)
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
def raw(handle: Handle) -> Iterator[str]:
    """HTTP/1.1 by h11 on bare sockets: a thread for each connection, which stays open.

    Headers are as a servlet container has them.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    open_sockets: set[socket.socket] = set()

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            open_sockets.add(client)
            threading.Thread(target=_speak, args=(client, handle, open_sockets), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for client in list(open_sockets):
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        accepting.join(10)


def _speak(client: socket.socket, handle: Handle, open_sockets: set[socket.socket]) -> None:
    """Serve one connection until either side ends it."""
    connection, count = h11.Connection(h11.SERVER, max_incomplete_event_size=256 * 1024), 0
    client.settimeout(30)
    try:
        while True:
            received = _receive(client, connection)
            if received is None:
                return
            request, body = received
            headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
            method = request.method.decode()
            answer = handle(method, request.target.decode("latin-1"), headers, body)
            if not answer[0]:
                return
            count += 1
            events = _events(answer, method, headers, capitals=count % 2 == 0)
            client.sendall(b"".join(connection.send(event) or b"" for event in events))
            if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                return
            connection.start_next_cycle()
    except (OSError, h11.ProtocolError):
        return
    finally:
        open_sockets.discard(client)
        client.close()


def _receive(client: socket.socket, connection: h11.Connection) -> tuple[h11.Request, bytes] | None:
    """The next request and its body; None where the client has gone."""
    request, body = None, bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                client.sendall(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            connection.receive_data(client.recv(65536))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            assert request is not None
            return request, bytes(body)
        else:
            return None


def _events(answer: Answer, method: str, request: Mapping[str, str], *, capitals: bool) -> Iterator[h11.Event]:
    """An answer as it goes out: compressed where the client takes it, with what servers add, names in one case."""
    status, fields, body = answer
    more = [("Server", "Apache-Coyote/1.1"), ("Date", formatdate(usegmt=True)), ("Vary", "Accept-Encoding")]
    more += [("Cache-Control", "private, no-store"), ("X-Powered-By", "Servlet/3.0"), ("Keep-Alive", "timeout=30")]
    if "jsessionid" not in request.get("cookie", "").lower():
        more.append(("Set-Cookie", f"JSESSIONID={secrets.token_hex(16).upper()}; Path=/; HttpOnly"))
    if body and "gzip" in request.get("accept-encoding", "") and method != "HEAD":
        body = gzip.compress(body, 1, mtime=0)
        more.append(("Content-Encoding", "gzip"))
    if status != 204 and not any(name == "Content-Length" for name, _ in fields):
        more.append(("Content-Length", str(len(body))))
    case = str.upper if capitals else str.lower
    headers = [(case(name), value) for name, value in (*fields, *more)]
    yield h11.Response(status_code=status, headers=headers, reason=b"So Be It")
    if body and method != "HEAD":
        yield h11.Data(data=body)
    yield h11.EndOfMessage()


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

        def stop() -> None:
            for channel in list(server.active_channels.values()):
                channel.handle_close()
            server.close()

        server.task_dispatcher.shutdown()
        server.trigger.pull_trigger(stop)  # in its own thread: it waits on what would be closed below it
        serving.join(10)
