"""A long poll through each adapter: it waits, an event wakes it, it ends in time, and nothing remains."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer

from noojee_fake.adapters.asgi import App
from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.adapters.pytest_httpserver import ANY_PATH, handler
from noojee_fake.adapters.service import Service
from noojee_fake.pbx.clock import Clock
from noojee_fake.pbx.live.switchboard import Switchboard
from noojee_fake.server.sandboxes import SAMPLE_KEY, Sandboxes, build
from support.serving import on_uvicorn, on_wire

API = "/servicemanager/rest/CallManagementAPI"
STEP = {"step_seconds": 60}


def target(method: str, **given: object) -> str:
    return f"{API}/{method}?apiKey={SAMPLE_KEY}&" + "&".join(f"{name}={value}" for name, value in given.items())


def subscribe(exten: str = "410", after: int = 1, seconds: int = 60) -> str:
    return target("subscribe", exten=exten, lastSequenceNumber=after, timeOut=seconds)


DIAL = target("dial", number="400", extenOrUniqueId="SIP/410")


@pytest.fixture
def sandboxes() -> Sandboxes:
    return build(clock=Clock(now=1_795_478_400_000_000, frozen=True))


@pytest.fixture
def board(sandboxes: Sandboxes) -> Iterator[Switchboard]:
    """The switchboard behind the adapter. After the test no poll waits any more."""
    yield sandboxes.default.switchboard
    until(lambda: sandboxes.default.switchboard.listeners == 0)
    assert not sandboxes.own_bugs


def until(done: Callable[[], bool]) -> None:
    """Wait for another thread."""
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@dataclass(frozen=True)
class Served:
    """A served fake: its port, and its application where it is served by ASGI."""

    port: int
    app: App | None = None


@pytest.fixture(params=["wire", "asgi"])
def served(request: pytest.FixtureRequest, sandboxes: Sandboxes, board: Switchboard) -> Iterator[Served]:
    """A fake on a socket."""
    if request.param == "wire":
        with on_wire(Service(sandboxes)) as port:
            yield Served(port)
    else:
        app = App(sandboxes)
        with on_uvicorn(app) as port:
            yield Served(port, app)


@pytest.fixture
def asgi(sandboxes: Sandboxes, board: Switchboard) -> Iterator[Served]:
    """A fake on uvicorn."""
    app = App(sandboxes)
    with on_uvicorn(app) as port:
        yield Served(port, app)


@pytest.fixture(params=["wire", "asgi", "httpserver", "transport"])
def post(request: pytest.FixtureRequest, sandboxes: Sandboxes, board: Switchboard) -> Iterator[Callable[..., Any]]:
    """Sends POST requests through an adapter, each with a client of its own. Returns the JSON answers."""
    if request.param == "transport":
        yield lambda to, **named: _post(httpx.Client(transport=Transport(sandboxes)), "http://pbx.invalid", to, named)
    elif request.param in ("asgi", "wire"):
        serving = on_uvicorn(App(sandboxes)) if request.param == "asgi" else on_wire(Service(sandboxes))
        with serving as port:
            yield lambda to, **named: _post(httpx.Client(trust_env=False), f"http://127.0.0.1:{port}", to, named)
    else:
        with HTTPServer(host="127.0.0.1", port=0, threaded=True) as httpserver:
            httpserver.expect_request(ANY_PATH).respond_with_handler(handler(sandboxes))
            base = httpserver.url_for("")
            yield lambda to, **named: _post(httpx.Client(trust_env=False), base, to, named)
            httpserver.check()


def _post(client: httpx.Client, base: str, to: str, named: dict[str, Any]) -> Any:
    with client:
        return client.post(base + to, timeout=30, **named).json()


def test_change_by_another_connection_answers_the_poll(post: Callable[..., Any], board: Switchboard) -> None:
    """The answer comes at once, with the change."""
    with ThreadPoolExecutor(1) as thread:
        poll = thread.submit(post, subscribe())
        until(lambda: board.listeners == 1)
        assert post(DIAL)["Code"] == 0
        answer = poll.result(20)
    assert [row["CallData"]["status"] for row in answer["Data"]["410"]] == ["Ringing"]
    assert (answer["seq"], answer["Code"]) == (2, 0)
    assert board.listeners == 0


def test_clock_step_ends_a_poll_but_another_sandbox_does_not(post: Callable[..., Any], board: Switchboard) -> None:
    """Events of other extensions do not end the poll; a clock step of a minute counts as a minute."""
    with ThreadPoolExecutor(1) as thread:
        poll = thread.submit(post, subscribe("430"))
        until(lambda: board.listeners == 1)
        post(DIAL)
        assert board.listeners == 1
        assert not poll.done()
        post("/__noojee/sandboxes/default/clock", json=STEP)
        answer = poll.result(20)
    assert answer == {"Data": {}, "seq": 2, "Code": 0}


def test_poll_ends_at_its_timeout(post: Callable[..., Any], board: Switchboard) -> None:
    """The real clock counts, even if the PBX's clock is frozen."""
    assert post(subscribe(seconds=1)) == {"Data": {}, "seq": 1, "Code": 0}


def test_poll_of_a_client_that_left_ends(served: Served, board: Switchboard) -> None:
    """The client closes or resets the connection."""
    for linger in (None, b"\1\0\0\0\0\0\0\0"):
        connection = socket.create_connection(("127.0.0.1", served.port), 10)
        if linger is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.sendall(f"POST {subscribe()} HTTP/1.1\r\nHost: pbx\r\nContent-Length: 0\r\n\r\n".encode())
        until(lambda: board.listeners == 1)
        connection.close()
        until(lambda: board.listeners == 0)


def test_many_polls_wait_at_once(served: Served, board: Switchboard) -> None:
    """Of two hundred polls, an event answers those of its extension. The others end at their timeout."""
    connections = [socket.create_connection(("127.0.0.1", served.port), 20) for _ in range(200)]
    for at, connection in enumerate(connections):
        exten = ("410", "420")[at % 2]
        connection.sendall(f"POST {subscribe(exten)} HTTP/1.1\r\nHost: pbx\r\nConnection: close\r\n\r\n".encode())
    until(lambda: board.listeners == 200)
    base = f"http://127.0.0.1:{served.port}"
    assert httpx.post(base + DIAL, trust_env=False).json()["Code"] == 0
    until(lambda: board.listeners == 100)
    httpx.post(f"{base}/__noojee/sandboxes/default/clock", json=STEP, trust_env=False)
    answers = [json.loads(_read(connection).partition(b"\r\n\r\n")[2]) for connection in connections]
    assert [list(answer["Data"]) for answer in answers] == [["410"], []] * 100
    assert {answer["seq"] for answer in answers} == {2}


def _read(connection: socket.socket) -> bytes:
    with closing(connection):
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


def test_pipelined_request_is_answered_after_the_poll(served: Served, board: Switchboard) -> None:
    """Answers come in the order of the requests."""
    with socket.create_connection(("127.0.0.1", served.port), 20) as connection:
        connection.sendall(f"POST {subscribe()} HTTP/1.1\r\nHost: pbx\r\n\r\n".encode())
        connection.sendall(b"POST /rest/Time HTTP/1.1\r\nHost: pbx\r\nConnection: close\r\n\r\n")
        until(lambda: board.listeners == 1)
        httpx.post(f"http://127.0.0.1:{served.port}{DIAL}", trust_env=False)
        received = _read(connection.dup())
    assert received.index(b'"seq":2') < received.index(b"1795478400000")


def test_ending_server_answers_its_polls(asgi: Served, board: Switchboard) -> None:
    """Also a poll that arrives while the server ends gets the answer of a timeout."""
    with ThreadPoolExecutor(1) as thread:
        poll = thread.submit(httpx.post, f"http://127.0.0.1:{asgi.port}{subscribe()}", trust_env=False, timeout=20)
        until(lambda: board.listeners == 1)
        assert asgi.app is not None
        asgi.app.close()
        assert poll.result(20).json() == {"Data": {}, "seq": 1, "Code": 0}
        late = httpx.post(f"http://127.0.0.1:{asgi.port}{subscribe()}", trust_env=False, timeout=20)
        assert late.json()["Data"] == {}


def test_polls_of_the_async_transport_wait_in_the_loop(sandboxes: Sandboxes, board: Switchboard) -> None:
    """Many polls wait without a thread each. A change from the same loop answers them."""

    async def ask() -> list[Any]:
        async with httpx.AsyncClient(
            transport=Transport(sandboxes), base_url="http://pbx.invalid", timeout=20
        ) as client:
            polls = [asyncio.ensure_future(client.post(subscribe())) for _ in range(50)]
            while board.listeners < len(polls):
                await asyncio.sleep(0)
            await client.post(DIAL)
            return [response.json() for response in await asyncio.gather(*polls)]

    assert {answer["seq"] for answer in asyncio.run(ask())} == {2}


def test_poll_of_a_cancelled_async_client_ends(sandboxes: Sandboxes, board: Switchboard) -> None:
    """The client has a timeout, or its task is cancelled."""

    async def ask() -> None:
        async with httpx.AsyncClient(transport=Transport(sandboxes), base_url="http://pbx.invalid") as client:
            poll = asyncio.ensure_future(client.post(subscribe(), timeout=None))
            while board.listeners < 1:
                await asyncio.sleep(0)
            poll.cancel()
            with pytest.raises(asyncio.CancelledError):
                await poll
            assert board.listeners == 0
            with pytest.raises(httpx.ReadTimeout):
                await client.post(subscribe(), timeout=0.01)

    asyncio.run(ask())
    assert board.listeners == 0


def test_read_timeout_of_the_client_ends_the_wait(sandboxes: Sandboxes, board: Switchboard) -> None:
    """The transport raises the read timeout of httpx, as a socket does."""
    with httpx.Client(transport=Transport(sandboxes), base_url="http://pbx.invalid") as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post(subscribe(), timeout=0.01)
        assert client.post(DIAL, timeout=0.01).json()["Code"] == 0


def test_closed_event_loop_does_not_break_a_call(sandboxes: Sandboxes, board: Switchboard) -> None:
    """A later change of the call wakes no poll."""
    loop = asyncio.new_event_loop()

    async def ask() -> None:
        async with httpx.AsyncClient(transport=Transport(sandboxes), base_url="http://pbx.invalid") as client:
            await client.post(subscribe(), timeout=None)

    task = loop.create_task(ask())
    while board.listeners < 1:
        loop.run_until_complete(asyncio.sleep(0))
    loop.call_soon(loop.stop)
    loop.run_forever()
    task.cancel()
    board.place("410", "400", sandboxes.default.clock.micros())
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()
    board.wake()


def test_closed_connection_is_a_protocol_error_of_httpx(board: Switchboard) -> None:
    """The transport raises an error of httpx, as a client of pytest-httpserver sees it."""
    sandboxes = build(profile={"plain_http": "refused"})
    with httpx.Client(transport=Transport(sandboxes)) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(f"http://pbx.invalid{subscribe(seconds=0)}")
        assert client.post(f"https://pbx.invalid{subscribe(seconds=0)}").json()["Code"] == 0
    with HTTPServer(host="127.0.0.1", port=0) as server:
        server.expect_request(ANY_PATH).respond_with_handler(handler(sandboxes))
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(server.url_for("") + subscribe(seconds=0), trust_env=False)
