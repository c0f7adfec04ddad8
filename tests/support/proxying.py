"""Runs the recording proxy in a thread of the test."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from noojee_contract.model.wire import WireExchange
from noojee_contract.traffic.listening import ServerThread, listening_socket
from noojee_contract.traffic.proxy.server import ProxyConfig, RecordingProxy


@contextmanager
def proxy(upstream: str, **settings: Any) -> Iterator[tuple[int, list[WireExchange]]]:
    """The port of a proxy, and its exchanges: complete when the block has ended."""
    exchanges: list[WireExchange] = []
    server = RecordingProxy(ProxyConfig(upstream=upstream, **settings), exchanges.append)
    listening = listening_socket("127.0.0.1", 0)
    port = listening.getsockname()[1]
    with ServerThread(partial(server.serve, listening)):
        yield port, exchanges


def everything(connection: socket.socket) -> bytes:
    """All bytes of a connection up to its end."""
    came = b""
    while data := connection.recv(65536):
        came += data
    return came
