"""Every adapter returns the answer of the PBX: status, body and headers."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer

from noojee_fake.adapters import pytest_httpserver, service
from noojee_fake.adapters.asgi import App
from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.adapters.pytest_httpserver import ANY_PATH, handler
from noojee_fake.adapters.service import Service
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.addresses import Addresses
from noojee_fake.pbx.clock import Clock
from noojee_fake.pbx.memory_budget import MemoryBudget
from noojee_fake.server.sandboxes import SAMPLE_KEY, Sandboxes, build
from support.serving import on_uvicorn, on_wire

ADAPTER_HEADERS = {"date", "server", "connection", "keep-alive"}
SPEC = {
    "format": "noojee-archive/1",
    "time_zone": "Australia/Melbourne",
    "now": "2026-11-24T00:00:00+00:00",
    "calls": [
        {
            "unique_id": "1773190799.2", "direction": "inbound", "source": "0491570156", "did": "7601",
            "legs": [
                {
                    "start": "2026-03-11T12:00:00+11:00", "end": "2026-03-11T12:00:09+11:00",
                    "tag": "Zoë & 50% +1", "destination": "600",
                },
                {
                    "start": "2026-03-11T12:00:09+11:00", "end": "2026-03-11T12:00:12+11:00",
                    "tag": "Zoë & 50% +1", "destination": "410",
                },
            ],
        }
    ],
}  # fmt: skip
API = "/njadmin/rest/RecordingAPI"
KEY = f"apiKey={SAMPLE_KEY}"
FORM = (("content-type", "application/x-www-form-urlencoded"),)
JSON = (("content-type", "application/json"),)


@dataclass(frozen=True)
class Asked:
    """A raw request for an adapter."""

    name: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


PLAIN = (
    Asked("metadata by unique id", "POST", f"{API}/retrieveMetaDataByUniqueId?{KEY}&uniqueId=1773190799.2", FORM),
    Asked("metadata by tag", "POST", f"{API}/retrieveMetaData?{KEY}&tag=Zo%C3%AB+%26+50%25+%2B1", FORM),
    Asked("metadata by hour", "POST", f"{API}/retrieveMetaDataByHour?{KEY}&date=2026/03/11&hour=12", FORM),
    Asked("an unknown tag", "POST", f"{API}/retrieveMetaData?{KEY}&tag=none", FORM),
    Asked("sound", "POST", f"{API}/retrieveByUniqueId?{KEY}&uniqueId=1773190799.2&leg=2", FORM),
    Asked("sound that is not there", "POST", f"{API}/retrieveByUniqueId?{KEY}&uniqueId=1773190799.2&leg=9", FORM),
    Asked("time", "POST", "/servicemanager/rest/Time"),
    Asked("no credential", "POST", "/rest/RecordingAPI/retrieveMetaData?tag=1", FORM),
    Asked("the control API", "GET", "/__noojee/"),
    Asked("a sandbox's calls", "GET", "/__noojee/sandboxes/default/calls"),
    Asked("parameters in the body", "POST", f"{API}/retrieveMetaData", FORM, f"{KEY}&tag=none".encode()),
    Asked("an unknown path", "POST", "/nothing/here"),
)
HOSTILE = (
    Asked("GET", "GET", f"{API}/retrieveMetaData?{KEY}&tag=1"),
    Asked("HEAD", "HEAD", f"{API}/retrieveMetaData?{KEY}&tag=1"),
    Asked("OPTIONS", "OPTIONS", f"{API}/retrieveMetaData?{KEY}&tag=1"),
    Asked("PUT with a body", "PUT", f"{API}/retrieveMetaData?{KEY}&tag=1", (), b"x" * 1000),
    Asked("a broken escape", "POST", f"{API}/retrieveMetaData?{KEY}&tag=%ZZ%", FORM),
    Asked("no UTF-8", "POST", f"{API}/retrieveMetaData?{KEY}&tag=%ff%fe%00", FORM),
    Asked("NUL and line ends", "POST", f"{API}/retrieveMetaData?{KEY}&tag=%00%0d%0aX-Injected:%201", FORM),
    Asked("a path upwards", "POST", f"{API}/../../../etc/passwd?{KEY}"),
    Asked("a doubled slash", "POST", f"/njadmin//rest/RecordingAPI/retrieveMetaData?{KEY}&tag=1", FORM),
    Asked("an escaped slash", "POST", f"{API}%2FretrieveMetaData?{KEY}&tag=1", FORM),
    Asked(
        "an escaped letter", "POST",
        "/njadmin/rest/Recording%41PI/retrieveMetaDataByUniqueId?" + f"{KEY}&uniqueId=1773190799.2", FORM,
    ),
    Asked("a semicolon", "POST", f"{API}/retrieveMetaData;jsessionid=1?{KEY}&tag=1", FORM),
    Asked("a long tag", "POST", f"{API}/retrieveMetaData?{KEY}&tag={'A' * 6000}", FORM),
    Asked("the key twice", "POST", f"{API}/retrieveMetaData?{KEY}&{KEY}&tag=none&tag=other", FORM),
    Asked("a second question mark", "POST", f"{API}/retrieveMetaData?{KEY}&tag=a?b", FORM),
    Asked("an empty query", "POST", f"{API}/retrieveMetaData?", FORM),
    Asked("a page in a browser", "GET", "/__noojee/sandboxes", (("origin", "https://evil.invalid"),)),
    Asked("from elsewhere", "GET", "/__noojee/sandboxes", (("x-forwarded-for", "203.0.113.7"),)),
    Asked("no JSON", "POST", "/__noojee/sandboxes", JSON, b"{" * 100),
    Asked("a megabyte", "POST", "/__noojee/sandboxes", JSON, b'{"archive":"' + b"x" * 1_000_000 + b'"}'),
    Asked("brackets and pipes", "POST", f"{API}/retrieveMetaData?{KEY}&tag=[]|^`{{}}\"", FORM),
    Asked("bytes above 127 in a path", "POST", f"{API}/retrieveMetaData%C3%AB?{KEY}", FORM),
    Asked(
        "a header twice", "GET", "/__noojee/sandboxes",
        (("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "203.0.113.7")),
    ),
    Asked("a header with an underscore", "GET", "/__noojee/sandboxes", (("x_forwarded_for", "203.0.113.7"),)),
    Asked(
        "a header in odd letters", "POST", f"{API}/retrieveMetaData?{KEY}&tag=none",
        (("CONTENT-Type", "Application/X-WWW-Form-UrlEncoded ; charset=x"),),
    ),
    Asked("an empty header", "POST", f"{API}/retrieveMetaData?{KEY}&tag=none", (("content-type", ""),)),
    Asked(
        "a header that is no ASCII", "GET", "/__noojee/sandboxes",
        (("authorization", "Bearer \xe9\xff"), ("x-forwarded-for", "\xe9")),
    ),
    Asked(
        "a form that is no UTF-8", "POST", f"{API}/retrieveMetaData", FORM,
        f"{KEY}&tag=".encode() + b"\xff\x00%00%ff",
    ),
    Asked("a method of other protocols", "PROPFIND", f"{API}/retrieveMetaData?{KEY}&tag=none", FORM),
)  # fmt: skip
Answer = tuple[int, dict[str, str], bytes]


def sandboxes() -> Sandboxes:
    """The same PBX for every adapter, with a frozen clock and unused limits."""
    clock = Clock(now=1795478400_000000, frozen=True)
    return build(archive=SPEC, clock=clock)


def from_core(asked: Asked) -> Answer:
    path, _, query = asked.target.partition("?")
    response = sandboxes().handle(
        Request(
            method=asked.method,
            path=path,
            query=query,
            headers=tuple((name.lower(), value.strip()) for name, value in asked.headers),
            body=asked.body,
            client="127.0.0.1",
        )
    )
    return response.status, {name.lower(): value for name, value in response.headers}, response.body


def raw(asked: Asked, port: int) -> Answer:
    """The answer over a socket to a request that is written byte by byte, without a client library."""
    head = [
        f"{asked.method} {asked.target} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        f"Content-Length: {len(asked.body)}",
    ]
    head += [f"{name}: {value}" for name, value in asked.headers]
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + asked.body)
        received = b""
        while part := connection.recv(65536):
            received += part
    top, _, body = received.partition(b"\r\n\r\n")
    status, *rows = top.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (row.partition(":") for row in rows)}
    return int(status.split()[1]), headers, body


def as_bytes(asked: Asked) -> list[tuple[bytes, bytes]]:
    """The headers as bytes, since httpx does not encode them as a socket carries them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in asked.headers]


class _Swapped:
    """New sandboxes for each request, so that limits do not carry over."""

    budget = MemoryBudget()

    def handle(self, request: Request) -> Any:
        return sandboxes().handle(request)

    def handle_at_once(self, request: Request) -> Any:
        return sandboxes().handle_at_once(request)

    def refusal(self, head: Request) -> Any:
        return sandboxes().refusal(head)

    def is_slow(self, path: str) -> bool:
        return sandboxes().is_slow(path)


@pytest.fixture(scope="module")
def ask_wire() -> Iterator[Callable[[Asked], Answer]]:
    with on_wire(Service(_Swapped())) as port:  # type: ignore[arg-type]
        yield lambda asked: raw(asked, port)


@pytest.fixture(scope="module")
def ask_asgi() -> Iterator[Callable[[Asked], Answer]]:
    with on_uvicorn(App(_Swapped())) as port:  # type: ignore[arg-type]
        yield lambda asked: raw(asked, port)


@pytest.fixture(scope="module")
def ask_httpserver() -> Iterator[Callable[[Asked], Answer]]:
    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
        server.expect_request(ANY_PATH).respond_with_handler(handler(_Swapped()))  # type: ignore[arg-type]
        yield lambda asked: raw(asked, server.port)
        server.check()


@pytest.fixture(scope="module")
def ask_transport() -> Callable[[Asked], Answer]:
    def ask(asked: Asked) -> Answer:
        transport = Transport(sandboxes())
        url = httpx.URL("http://pbx.invalid").copy_with(raw_path=asked.target.encode("latin-1"))
        request = httpx.Request(asked.method, url, headers=as_bytes(asked), content=asked.body)
        response = transport.handle_request(request)
        return response.status_code, dict(response.headers), response.read()

    return ask


@pytest.fixture(scope="module")
def ask_async_transport() -> Callable[[Asked], Answer]:
    def ask(asked: Asked) -> Answer:
        async def once() -> Answer:
            transport = Transport(sandboxes())
            url = httpx.URL("http://pbx.invalid").copy_with(raw_path=asked.target.encode("latin-1"))
            request = httpx.Request(asked.method, url, headers=as_bytes(asked), content=asked.body)
            response = await transport.handle_async_request(request)
            return response.status_code, dict(response.headers), await response.aread()

        return asyncio.run(once())

    return ask


@pytest.mark.parametrize("adapter", ["ask_wire", "ask_asgi", "ask_httpserver", "ask_transport", "ask_async_transport"])
@pytest.mark.parametrize("asked", [*PLAIN, *HOSTILE], ids=lambda asked: asked.name)
def test_adapter_answers_like_the_pbx(asked: Asked, adapter: str, request: pytest.FixtureRequest) -> None:
    """Only Date, Server and Connection are headers of the adapter."""
    status, headers, body = from_core(asked)
    answered, headers_there, came = request.getfixturevalue(adapter)(asked)
    assert answered == status
    assert came == body
    assert {name: value for name, value in headers_there.items() if name not in ADAPTER_HEADERS} == headers


def test_half_of_the_requests_are_hostile() -> None:
    """There are at least twenty requests, half of them hostile."""
    assert len(PLAIN) + len(HOSTILE) >= 20
    assert len(HOSTILE) >= len(PLAIN)


class _Untouched:
    """Sandboxes that must not get a request."""

    budget = MemoryBudget()

    def handle(self, request: Request) -> Any:
        raise AssertionError(request)

    def refusal(self, head: Request) -> Any:
        return None

    def is_slow(self, path: str) -> bool:
        return False

    def journaled(self, request: Request, response: Response) -> Response:
        return response


def test_request_with_half_a_body_is_not_processed() -> None:
    """The client leaves after half of a sound file, or of a list of calls."""
    parts = iter([{"type": "http.request", "body": b'{"calls":', "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(parts)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
    asyncio.run(App(_Untouched())(scope, receive, send))  # type: ignore[arg-type]


@pytest.mark.parametrize("adapter", ["wire", "asgi", "httpserver"])
def test_body_beyond_the_limit_is_refused_with_413(adapter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is that of the control API."""
    asked = Asked("large", "PUT", "/__noojee/sandboxes/default/sound", (), b"x" * 150_000)
    monkeypatch.setattr(service, "LARGEST_BODY_BYTES", 100_000)
    monkeypatch.setattr(pytest_httpserver, "LARGEST_BODY_BYTES", 100_000)
    if adapter == "wire":
        with on_wire(Service(_Untouched())) as port:  # type: ignore[arg-type]
            status = raw(asked, port)[0]
    elif adapter == "asgi":
        with on_uvicorn(App(_Untouched())) as port:  # type: ignore[arg-type]
            status = raw(asked, port)[0]
    else:
        with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
            server.expect_request(ANY_PATH).respond_with_handler(handler(_Untouched()))  # type: ignore[arg-type]
            status = raw(asked, server.port)[0]
            server.check()
    assert status == 413


def test_asgi_answers_the_lifespan_and_closes_web_sockets() -> None:
    """A server that uses the lifespan protocol starts and ends."""

    def sent_types(kind: str, *messages: str) -> list[str]:
        came = iter(messages)
        sent: list[str] = []

        async def receive() -> Any:
            return {"type": next(came)}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        asyncio.run(App(_Untouched())({"type": kind}, receive, send))  # type: ignore[arg-type]
        return sent

    assert sent_types("lifespan", "lifespan.startup", "lifespan.shutdown") == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert sent_types("websocket", "websocket.connect") == ["websocket.close"]


@pytest.mark.parametrize("adapter", ["wire", "httpserver", "transport", "asgi"])
@pytest.mark.parametrize("method", ["POST", "HEAD"])
def test_refused_address_is_closed_by_every_adapter_that_can(adapter: str, method: str) -> None:
    """ASGI has no way to close a connection: its clients get 403. The journal says that the connection was closed."""
    refusing = build(archive=SPEC, profile={"address_refused": "closed"}, addresses=Addresses(["192.0.2.0/24"]))
    url = f"{API}/retrieveMetaData?{KEY}&tag=1"

    def ask(base: str, **named: Any) -> int | None:
        with httpx.Client(trust_env=False, **named) as client:
            try:
                return client.request(method, base + url).status_code
            except httpx.TransportError:
                return None

    if adapter == "wire":
        with on_wire(Service(refusing)) as port:
            status = ask(f"http://127.0.0.1:{port}")
    elif adapter == "asgi":
        with on_uvicorn(App(refusing)) as port:
            status = ask(f"http://127.0.0.1:{port}")
    elif adapter == "transport":
        status = ask("http://pbx.invalid", transport=Transport(refusing))
    else:
        with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
            server.expect_request(ANY_PATH).respond_with_handler(handler(refusing))
            status = ask(f"http://127.0.0.1:{server.port}")
    assert status == (403 if adapter == "asgi" else None)
    journal = Transport(refusing).handle_request(httpx.Request("GET", "http://pbx/__noojee/sandboxes/default/journal"))
    [entry] = json.loads(journal.read())["entries"]
    assert entry["answer"]["closed"] is True
