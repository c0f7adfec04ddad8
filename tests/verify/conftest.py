"""Servers on real sockets for the tests of `verify`: raw ones that answer any bytes, and the fake behind a count."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

Answer = Callable[[bytes, socket.socket], None]


class RawServer:
    """Takes connections, reads one request of each, and lets `answer` write whatever it likes."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Close the door and all that is open."""
        self._socket.close()
        for connection in self._open:
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            request = b""
            while b"\r\n\r\n" not in request:
                part = connection.recv(65536)
                if not part:
                    return
                request += part
            self.requests.append(request)
            self._answer(request, connection)
            connection.close()
        except OSError:
            return


@pytest.fixture
def raw_server() -> Iterator[Callable[[Answer], RawServer]]:
    """Makes servers that answer any bytes; they are closed at the end of the test."""
    made: list[RawServer] = []

    def make(answer: Answer) -> RawServer:
        made.append(RawServer(answer))
        return made[-1]

    yield make
    for server in made:
        server.close()
