"""A conformant server on a socket. A wire fault changes the bytes of its answers."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import httpx

from quality.detection.adapters import WatchedServer, conformant_server

LONGEST_HEAD = 65_536


class SocketAdapter:
    """Serves a conformant server over loopback. The control API has a second port, which the fault does not reach.

    `watched` records the requests whose answers were changed. `prefix` is a path that all requests have, and the
    server does not see. `closes`: a changed answer ends its connection. `idle_seconds`: an idle connection to the API
    ends without a word; `control_idle_seconds`: to the control API.
    """

    def __init__(
        self,
        mistake: Callable[[bytes, bytes], bytes | None],
        *,
        host: str = "127.0.0.1",
        prefix: str = "",
        closes: bool = True,
        idle_seconds: float | None = None,
        control_idle_seconds: float | None = None,
    ) -> None:
        self.watched = WatchedServer(None)
        self._behind = conformant_server()
        self._mistake = mistake
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listeners = [socket.create_server((host, 0), family=family, backlog=64) for _ in range(2)]
        name = f"[{host}]" if ":" in host else host
        self._roots = [f"http://{name}:{each.getsockname()[1]}" for each in self._listeners]
        self._prefix = prefix
        self._closes = closes
        self._idle_seconds = (idle_seconds, control_idle_seconds)
        self.url, self.control_url = (f"{root}{prefix}" for root in self._roots)
        self._threads = [threading.Thread(target=self._accept, args=(each,), daemon=True) for each in self._listeners]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop listening."""
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(self._idle_seconds[self._listeners.index(listener)])
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request in _requests(connection, self._roots[0], self._prefix):
                head, body = self._answer(request)
                changed = None if "/__noojee" in request.url.path else self._mistake(head, body)
                if "/__noojee" not in request.url.path:
                    self.watched.requests += 1
                if changed is None:
                    connection.sendall(head + body)
                    continue
                self.watched.note(request)
                connection.sendall(changed)
                if self._closes:
                    return

    def _answer(self, request: httpx.Request) -> tuple[bytes, bytes]:
        answer = self._behind.handle_request(request)
        body = answer.read()
        lines = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.multi_items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1"), body


def _requests(connection: socket.socket, root: str, prefix: str) -> Iterator[httpx.Request]:
    """The requests of a connection, in order, without their prefix. httpx sends bodies with a Content-Length."""
    buffer = b""
    while True:
        while b"\r\n\r\n" not in buffer:
            more = connection.recv(65_536)
            if not more or len(buffer) > LONGEST_HEAD:
                return
            buffer += more
        head, _, buffer = buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        length = int(next((value for name, value in headers if name.lower() == "content-length"), "0"))
        while len(buffer) < length:
            buffer += connection.recv(65_536)
        body, buffer = buffer[:length], buffer[length:]
        path, _, query = target.removeprefix(prefix).partition("?")
        url = httpx.URL(root, raw_path=(path + ("?" + query if query else "")).encode("latin-1"))
        yield httpx.Request(method, url, headers=headers, content=body)
