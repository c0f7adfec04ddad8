"""Connections of the recording proxy: kept, reset, hanging, endless, unreachable, and with TLS."""

from __future__ import annotations

import hashlib
import resource
import socket
import ssl
import threading
import time

import pytest
import trustme

from noojee_contract.traffic.proxy.conversation import ProxyBounds
from support.proxying import everything, proxy
from support.raw_upstream import answering, read_head, resetting, upstream

REQUEST = b"POST /retrieveMetaData?tag=1 HTTP/1.1\r\nHost: pbx.example\r\nContent-Length: 0\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def test_kept_connection_gives_an_exchange_a_request() -> None:
    """Requests in one segment (pipelined), and one after them, each with its own answer."""

    def answers(connection: socket.socket) -> None:
        for number in range(3):
            came = b""
            while came.count(b"\r\n\r\n") < (2 if number == 0 else 1):
                came += connection.recv(65536)
            for _ in range(2 if number == 0 else 1):
                connection.sendall(OK.replace(b"[]", b"%02d" % number))

    with (
        upstream(answers) as port,
        proxy(f"http://127.0.0.1:{port}") as (listens, exchanges),
        connected(listens) as client,
    ):
        client.sendall(REQUEST + REQUEST)
        came = b""
        while len(came) < 2 * len(OK):
            came += client.recv(65536)
        client.sendall(REQUEST)
        came += client.recv(65536)
        assert came.count(b"HTTP/1.1 200 OK") == 3
    assert [(e.request.head, e.response is not None and e.response.body.read()) for e in exchanges] == [
        (REQUEST, b"00"),
        (REQUEST, b"00"),
        (REQUEST, b"01"),
    ]


def test_request_reaches_the_upstream_with_its_own_host() -> None:
    """Only target and Host differ from what the client sent: header case, spaces and the body stay."""
    came: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        came.append(read_head(connection))
        connection.sendall(OK)

    request = b"POST /a?b=/[1] HTTP/1.1\r\nX-oDD:  a \r\nhOST: proxy:1\r\nContent-Length: 3\r\n\r\nabc"
    with (
        upstream(handle) as port,
        proxy(f"http://127.0.0.1:{port}/base/") as (listens, exchanges),
        connected(listens) as client,
    ):
        client.sendall(request)
        everything(client)
    assert came == [request.replace(b" /a?", b" /base/a?").replace(b"proxy:1", b"127.0.0.1:%d" % port)]
    assert exchanges[0].request.head + exchanges[0].request.body.read() == request


def test_reset_of_the_upstream_resets_the_client() -> None:
    """The client sees what it would see without the proxy, and the recording says it."""
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n["
    with (
        upstream(resetting(first)) as port,
        proxy(f"http://127.0.0.1:{port}") as (listens, exchanges),
        connected(listens) as client,
    ):
        client.sendall(REQUEST)
        came = b""
        while len(came) < len(first):
            came += client.recv(65536)
        client.sendall(REQUEST)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert exchanges[0].response is not None
    assert exchanges[0].response.body.read() == b"["
    assert "reset" in (exchanges[0].transport_error or "")


def test_client_that_leaves_a_hanging_upstream_is_recorded() -> None:
    """A long poll that the client gives up has no answer, and says why."""
    left = threading.Event()

    def hang(connection: socket.socket) -> None:
        read_head(connection)
        connection.recv(1)
        left.set()

    with (
        upstream(hang) as port,
        proxy(f"http://127.0.0.1:{port}") as (listens, exchanges),
        connected(listens) as client,
    ):
        client.sendall(REQUEST)
        client.close()
        assert left.wait(20)
    assert [(e.response, e.transport_error) for e in exchanges] == [
        (None, "no answer: the client closed the connection")
    ]


def test_upstream_without_a_byte_ends_after_the_idle_time() -> None:
    """The idle time bounds a wait that nobody ends."""
    ended = threading.Event()
    with (
        upstream(lambda connection: ended.wait(20) and None) as port,
        proxy(f"http://127.0.0.1:{port}", idle_seconds=0.2) as (listens, exchanges),
    ):
        with connected(listens) as client:
            client.sendall(REQUEST)
            assert everything(client) == b""
        ended.set()
    assert exchanges[0].transport_error == "no answer: nothing came for 0.2 s"


def test_half_closed_client_gets_its_answer() -> None:
    """A client may close its sending side after the request, as nc does."""

    def late(connection: socket.socket) -> None:
        everything(connection)
        connection.sendall(OK)

    with (
        upstream(late) as port,
        proxy(f"http://127.0.0.1:{port}") as (listens, exchanges),
        connected(listens) as client,
    ):
        client.sendall(REQUEST)
        client.shutdown(socket.SHUT_WR)
        assert everything(client) == OK
    assert exchanges[0].transport_error is None


def test_endless_answer_is_relayed_within_bounds() -> None:
    """Of a body over the bound only size and hash are kept; memory stays flat."""
    block, blocks = bytes(range(256)) * 4096, 256
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def send(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(blocks):
            connection.sendall(block)

    size = 0
    with (
        upstream(send) as port,
        proxy(f"http://127.0.0.1:{port}", bounds=ProxyBounds(1024 * 1024, 2 * 1024 * 1024)) as (listens, exchanges),
        connected(listens) as client,
    ):
        client.sendall(REQUEST)
        while data := client.recv(1024 * 1024):
            size += len(data)
    assert exchanges[0].response is not None
    body = exchanges[0].response.body
    digest = hashlib.sha256()
    for _ in range(blocks):
        digest.update(block)
    assert (body.is_kept, body.size, body.sha256) == (False, len(block) * blocks, digest.hexdigest())
    assert size == len(block) * blocks + len(b"HTTP/1.1 200 OK\r\n\r\n")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 * 1024


def test_slow_client_holds_the_upstream_back() -> None:
    """What the client does not read is not read from the upstream either."""
    sent = 0

    def send(connection: socket.socket) -> None:
        nonlocal sent
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        connection.settimeout(0.5)
        try:
            for _ in range(1024):
                connection.sendall(bytes(65536))
                sent += 65536
        except TimeoutError:
            return

    with upstream(send) as port, proxy(f"http://127.0.0.1:{port}") as (listens, _), connected(listens) as client:
        client.sendall(REQUEST)
        assert client.recv(1) == b"H"
        deadline = time.monotonic() + 20
        before = -1
        while before != sent and time.monotonic() < deadline:
            before = sent
            time.sleep(0.7)
    assert sent < 32 * 1024 * 1024


def test_unreachable_upstream_is_a_502_and_no_answer() -> None:
    """The client reads why; the recording says that no answer came."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with proxy(f"http://127.0.0.1:{port}") as (listens, exchanges), connected(listens) as client:
        client.sendall(REQUEST)
        assert everything(client).startswith(b"HTTP/1.1 502 ")
    assert exchanges[0].response is None
    assert exchanges[0].transport_error == "no answer: the upstream cannot be reached: Connection refused"


def test_answer_before_the_end_of_the_request_is_kept() -> None:
    """A server may refuse a long body before it has read it."""
    refused = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"

    def refuse(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(refused)
        everything(connection)

    with (
        upstream(refuse) as port,
        proxy(f"http://127.0.0.1:{port}") as (listens, exchanges),
        connected(listens) as client,
    ):
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
        assert client.recv(65536) == refused
        client.sendall(b"cd")
        client.shutdown(socket.SHUT_WR)
        assert everything(client) == b""
    (exchange,) = exchanges
    assert (exchange.status, exchange.request.body.read(), exchange.transport_error) == (413, b"abcd", None)


@pytest.mark.parametrize("first", [b"\x16\x03\x01\x02\x00\x01", b"hello\r\n\r\n", b"GET / HTTP/3\r\n\r\n"])
def test_client_that_speaks_no_http_is_relayed(first: bytes) -> None:
    """TLS at a plain port, and garbage: the upstream decides what to answer."""

    def echo(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n" + connection.recv(65536))

    with (
        upstream(echo) as port,
        proxy(f"http://127.0.0.1:{port}") as (listens, exchanges),
        connected(listens) as client,
    ):
        client.sendall(first)
        assert everything(client).endswith(first)
    assert exchanges[0].request.head + exchanges[0].request.body.read() == first


def test_switched_protocol_passes_both_ways() -> None:
    """After 101 the bytes of both sides are no HTTP."""

    def websocket(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        connection.sendall(connection.recv(100).upper())

    request = b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    with upstream(websocket) as port, proxy(f"http://127.0.0.1:{port}") as (listens, _), connected(listens) as client:
        client.sendall(request)
        assert b" 101 " in client.recv(65536)
        client.sendall(b"frame")
        assert everything(client) == b"FRAME"


def test_tls_on_both_sides() -> None:
    """The client verifies the proxy, the proxy verifies the upstream."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with (
        upstream(answering(OK), server) as port,
        proxy(f"https://127.0.0.1:{port}", tls=server, upstream_tls=trusting) as (listens, exchanges),
        connected(listens) as raw,
        trusting.wrap_socket(raw, server_hostname="localhost") as client,
    ):
        client.sendall(REQUEST)
        assert everything(client) == OK
    assert exchanges[0].status == 200


def test_upstream_with_an_unknown_certificate_gets_no_request() -> None:
    """Its certificate is verified before a credential is sent."""
    authority, came = trustme.CA(), []
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    with (
        upstream(lambda connection: came.append(read_head(connection)), server) as port,
        proxy(f"https://127.0.0.1:{port}", upstream_tls=ssl.create_default_context()) as (listens, exchanges),
        connected(listens) as client,
    ):
        client.sendall(REQUEST)
        assert everything(client).startswith(b"HTTP/1.1 502 ")
    assert came == []
    assert "certificate" in (exchanges[0].transport_error or "")
