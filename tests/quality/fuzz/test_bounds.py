"""Bounds of a connection: half a request does not keep it open, and no client fills the server's memory."""

from __future__ import annotations

import select
import socket
from contextlib import ExitStack, suppress

import pytest

from quality.fuzz.served import CALLS, KEY, NJADMIN, Served, hear, request

MEBIBYTE = b"a" * 1_048_576
TAGGED = f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag=1234"
SOUND = f"{NJADMIN}/retrieveByUniqueId?apiKey={KEY}&uniqueId=1773190900.5"
UPGRADE = ("Connection: upgrade", "Upgrade: h2c")
CHUNKED = request("POST", TAGGED, "Transfer-Encoding: chunked")
SOUND_BYTES = 57_600_044
SET_UP_BYTES = 100_000_000
"""No server at rest has so much memory; none may have much more, whatever came."""


HALF = {
    "an empty line": b"\r\n",
    "half a line": b"POST /njadmin",
    "a line": b"GET / HTTP/1.1\r\n",
    "half a head": b"GET / HTTP/1.1\r\nHost: pbx.invalid\r\nX",
    "no body": request("POST", TAGGED, "Content-Length: 5"),
    "half a body": request("POST", TAGGED, "Content-Length: 5") + b"ab",
    "a body of 999 petabytes": request("POST", TAGGED, "Content-Length: 999999999999999999") + b"ab",
    "no chunk": CHUNKED,
    "half a chunk": CHUNKED + b"5\r\nab",
    "no last chunk": CHUNKED + b"2\r\nab\r\n",
    "no end of trailers": CHUNKED + b"0\r\nX: y\r\n",
    "half a body that was expected": request("POST", TAGGED, "Expect: 100-continue", "Content-Length: 5") + b"ab",
    "half a body after an upgrade": request("POST", TAGGED, *UPGRADE, "Content-Length: 5") + b"ab",
}
DROPS = {
    "empty lines": (b"", b"\r\n"),
    "a target": (b"GET /", b"a"),
    "a header": (b"GET / HTTP/1.1\r\nX: ", b"a"),
    "a body": (request("POST", TAGGED, "Content-Length: 1000000"), b"a"),
    "chunks": (CHUNKED, b"1\r\na\r\n"),
    "a chunk extension": (CHUNKED + b"1", b";a=b"),
    "a trailer": (CHUNKED + b"0\r\nX: ", b"a"),
}


def test_half_a_request_is_not_waited_for(hasty_server: Served) -> None:
    """408 and the end of the connection."""
    with ExitStack() as stack:
        opened = {name: stack.enter_context(hasty_server.connection()) for name in HALF}
        for name, connection in opened.items():
            connection.sendall(HALF[name])
        heard = {name: hear(connection, None) for name, connection in opened.items()}
    expected = {**dict.fromkeys(HALF, (408,)), "a body of 999 petabytes": (413,)}
    assert {name: each.statuses for name, each in heard.items()} == expected
    assert all(each.closed for each in heard.values())
    hasty_server.lives()


def test_a_request_that_comes_drop_by_drop_is_cut(hasty_server: Served) -> None:
    """Each drop is no news: what counts is a whole head, and a body that gets on."""
    with ExitStack() as stack:
        opened = {name: stack.enter_context(hasty_server.connection()) for name in DROPS}
        for name, connection in opened.items():
            connection.sendall(DROPS[name][0])
        for _ in range(500):
            if len(select.select(opened.values(), [], [], 0.05)[0]) == len(opened):
                break
            for name, connection in opened.items():
                with suppress(OSError):  # it is cut already
                    connection.sendall(DROPS[name][1])
        else:
            pytest.fail("it still waits")
        for name, connection in opened.items():
            heard = hear(connection, None)
            assert heard.closed, name
            assert heard.statuses in ((408,), ()), name  # a drop after the cut may take the answer along
    hasty_server.lives()


def test_a_client_that_sends_nothing_gets_nothing(hasty_server: Served) -> None:
    """The connection ends."""
    heard = hasty_server.ask(b"")
    assert heard.closed
    assert heard.received == b""


def test_half_a_request_after_a_whole_one_is_not_waited_for(hasty_server: Served) -> None:
    """The whole one is answered before."""
    heard = hasty_server.ask(request("POST", TAGGED) + b"POST / HT")
    assert heard.closed
    assert heard.statuses[0] == 200


def test_a_long_poll_is_not_cut(hasty_server: Served) -> None:
    """A long poll takes longer than the patience with clients that send nothing."""
    wait = request("POST", f"{CALLS}/subscribe?apiKey={KEY}&exten=999&lastSequenceNumber=1&timeOut=2")
    assert hasty_server.ask(wait, answers=1).statuses == (200,)


def test_only_a_client_that_reads_nothing_is_cut(hasty_server: Served) -> None:
    """57 MB of sound exceed the buffers in between. Half a request of a third client shows that time has passed."""
    with hasty_server.connection() as asleep, hasty_server.connection() as slow:
        for connection in (asleep, slow):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            connection.sendall(request("POST", SOUND))
        received = 0
        for _ in range(3):
            assert hasty_server.ask(b"GET").statuses == (408,)
            received += taken(slow, 10_000_000)
        assert SOUND_BYTES <= received + taken(slow, SOUND_BYTES - received) <= SOUND_BYTES + 1000
        assert taken(asleep, SOUND_BYTES) < SOUND_BYTES
    hasty_server.lives()


def test_an_endless_header_is_cut(server: Served) -> None:
    """Long before it costs memory."""
    assert sent(server, b"GET / HTTP/1.1\r\nX: ", MEBIBYTE, times=100) < 100
    server.lives()


def test_an_endless_body_is_cut(hasty_server: Served) -> None:
    """A part of the rest is read and dropped, so that a client that ends sees its 413."""
    head = request("POST", TAGGED, "Content-Length: 999999999999999999")
    assert sent(hasty_server, head, MEBIBYTE, times=100) < 100
    assert sent(hasty_server, CHUNKED, b"100000\r\n" + MEBIBYTE + b"\r\n", times=100) < 100
    hasty_server.lives()


def test_a_body_that_is_too_large_is_refused(hasty_server: Served) -> None:
    """413, before its body is read."""
    heard = hasty_server.ask(request("POST", TAGGED, body=b"a" * 1_500_000))
    assert heard.statuses == (413,)
    assert heard.closed


def test_large_bodies_for_the_pbx_cost_no_memory(server: Served) -> None:
    """A form counts up to 2 MiB; of what is longer nothing is kept, whoever sends it and however often."""
    before = server.memory_bytes()
    if before is None:
        pytest.skip("this system does not report the memory of a process")
    connections = [server.connection() for _ in range(8)]
    for connection in connections:
        with connection as opened:
            opened.sendall(request("POST", TAGGED, "Content-Length: 33554432"))
            for _ in range(32):
                opened.sendall(MEBIBYTE)
            assert hear(opened, 1).statuses == (200,)
    after = server.memory_bytes()
    assert after is not None
    assert after < max(before, SET_UP_BYTES) + 20_000_000
    server.lives()


def test_many_open_connections_block_no_client(hasty_server: Served) -> None:
    """Five hundred that send half a request, and one that sends a whole one."""
    opened = []
    try:
        for _ in range(500):
            opened.append(socket.create_connection(("127.0.0.1", hasty_server.port), 20))
            opened[-1].sendall(b"GET / HT")
        hasty_server.lives()
        for connection in opened:
            assert hear(connection, None).statuses == (408,)
    finally:
        for connection in opened:
            connection.close()


def sent(server: Served, head: bytes, part: bytes, *, times: int) -> int:
    """How often the server let the part be sent before it cut the connection."""
    reached = 0
    with server.connection() as connection, suppress(OSError):
        connection.sendall(head)
        for at in range(times):
            reached = at
            connection.sendall(part)
        return times
    return reached


def taken(connection: socket.socket, size: int) -> int:
    """How much of an answer came, up to that size or a little more."""
    received = 0
    with suppress(ConnectionError):
        while received < size and (part := connection.recv(262_144)):
            received += len(part)
    return received
