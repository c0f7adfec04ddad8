"""Connections that the server closes while they are idle: a request is sent again on a new one, or starts there."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

import httpx
import pytest

from noojee_contract.clients.control import ControlClient
from noojee_contract.clients.sender import Sender
from noojee_contract.clients.transport import BoundedTransport
from noojee_contract.errors import NoAnswer, TargetError
from noojee_contract.model.exchange import Request
from support.raw_upstream import read_head, upstream

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{"sandboxes":true}'


@dataclass(slots=True)
class Closing:
    """Answers some requests of each connection, reads one more, and closes.

    `heads` are the requests of each connection.
    """

    answered: int
    cut: bytes = b""
    heads: list[list[bytes]] = field(default_factory=list)

    def __call__(self, connection: socket.socket) -> None:
        mine: list[bytes] = []
        self.heads.append(mine)
        while head := read_head(connection):
            mine.append(head)
            if len(mine) > self.answered:
                connection.sendall(self.cut)
                return
            connection.sendall(ANSWER)


def control_of(http: httpx.Client, port: int) -> ControlClient:
    """A client of the control API on a port."""
    return ControlClient(http, f"http://127.0.0.1:{port}/c", timeout_seconds=5)


def test_a_request_on_a_closed_connection_is_sent_again() -> None:
    """RFC 9112, 9.3.1: the server closed the idle connection before it read the request."""
    closing = Closing(answered=1)
    with upstream(closing) as port, httpx.Client(transport=BoundedTransport()) as http:
        control = control_of(http, port)
        for _ in range(3):
            assert control.describe() == {"sandboxes": True}
    assert [len(heads) for heads in closing.heads[:2]] == [2, 2]
    assert closing.heads[0][1] == closing.heads[1][0]


def test_a_new_connection_that_closes_is_no_answer() -> None:
    """Only a reused connection may have closed while it was idle."""
    closing = Closing(answered=0)
    with upstream(closing) as port, httpx.Client(transport=BoundedTransport()) as http, pytest.raises(NoAnswer):
        control_of(http, port).describe()
    assert [len(heads) for heads in closing.heads] == [1]


def test_an_answer_that_breaks_off_is_not_asked_again() -> None:
    """A byte of the answer came: the server may have read the request."""
    closing = Closing(answered=1, cut=b"HTTP/1.1 200")
    with upstream(closing) as port, httpx.Client(transport=BoundedTransport()) as http:
        control = control_of(http, port)
        control.describe()
        with pytest.raises(TargetError):
            control.describe()
    assert [len(heads) for heads in closing.heads] == [2]


def test_a_request_that_cannot_be_repeated_has_a_new_connection() -> None:
    """By hour is refused a second time within a minute, so no idle connection may be closed under it."""
    closing = Closing(answered=1)
    with upstream(closing) as port, httpx.Client(transport=BoundedTransport()) as http:
        sender, url = Sender(http), f"http://127.0.0.1:{port}/c"
        for repeatable in (True, False, False):
            assert sender.send(Request(method="GET", url=url, repeatable=repeatable)).status == 200
    assert [len(heads) for heads in closing.heads] == [1, 1, 1]
