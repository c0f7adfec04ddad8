"""A server that sends given bytes on a socket, whatever HTTP says about them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Handle = Callable[[socket.socket], None]


def read_head(connection: socket.socket) -> bytes:
    """The bytes of a client up to the end of a head, with what came after it; less if the client closes."""
    came = b""
    while b"\r\n\r\n" not in came:
        data = connection.recv(65536)
        if not data:
            break
        came += data
    return came


def answering(*pieces: bytes) -> Handle:
    """Reads a request, sends the pieces each by itself, and closes."""

    def handle(connection: socket.socket) -> None:
        read_head(connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)

    return handle


def resetting(piece: bytes) -> Handle:
    """Reads a request, sends bytes, and resets the connection once the client has read them."""

    def handle(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(piece)
        connection.recv(1)  # the client says that it has them
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return handle


@contextmanager
def upstream(handle: Handle, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server that handles each connection in a thread, and closes it afterwards."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(raw: socket.socket) -> None:
        with contextlib.suppress(OSError), raw:
            connection = raw if context is None else context.wrap_socket(raw, server_side=True)
            with connection:
                handle(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
