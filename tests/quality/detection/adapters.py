"""Adapters to faulty servers that a target can name, each paired with a conformant server.

A target names an adapter as `quality.detection.adapters:NAME`.

Both get the same requests, so that the adapter knows which answers differ and which request was the first.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.pbx.clock import Clock
from noojee_fake.server.sandboxes import build
from support.faulty_servers import FaultyServer

NOW_MICROS = 1_795_000_000_000_000
CONFORMANT = "a-conformant-server"


class SameIds:
    """Ids and keys that look random and are the same in every run."""

    def __init__(self) -> None:
        self._random = random.Random(1)

    def sandbox(self) -> str:
        """The id of a sandbox."""
        return f"{self._random.getrandbits(48):012x}"

    def key(self) -> str:
        """An API key."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


class WatchedServer(httpx.BaseTransport):
    """A faulty server, paired with a conformant one. `requests` counts the requests to the vendor's API.

    `differing` maps each request (method and URL) whose answer differed from the conformant server's to its place in
    the order.
    """

    def __init__(self, server: FaultyServer | None) -> None:
        self.requests = 0
        self.differing: dict[tuple[str, str], int] = {}
        self._server = server
        self._behind = conformant_server()
        self._conformant = None if server is None else conformant_server()
        self._memory: dict[str, Any] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the faulty server; control requests go to both servers unchanged."""
        if "/__noojee" in request.url.path:
            if self._conformant is not None:
                self._conformant.handle_request(request)
            return self._behind.handle_request(request)
        self.requests += 1
        if self._server is None or self._conformant is None:
            return self._behind.handle_request(request)
        expected = self._conformant.handle_request(request)
        expected.read()
        try:
            answer = self._server.mistake(request, self._send, self._memory)
        except httpx.HTTPError:
            self.note(request)
            raise
        if not _same(answer, expected):
            self.note(request)
        return answer

    def note(self, request: httpx.Request) -> None:
        """Record a request whose answer differs."""
        self.differing.setdefault((request.method, str(request.url)), self.requests)

    def _send(self, request: httpx.Request) -> httpx.Response:
        answer = self._behind.handle_request(request)
        answer.read()
        return answer


def conformant_server() -> Transport:
    """A conformant server whose ids and keys are the same in every run."""
    return Transport(build(ids=SameIds(), clock=Clock(now=NOW_MICROS, frozen=True)))


def _same(one: httpx.Response, other: httpx.Response) -> bool:
    return (
        one.status_code == other.status_code
        and one.headers.multi_items() == other.headers.multi_items()
        and _content(one) == _content(other)
    )


def _content(answer: httpx.Response) -> bytes:
    """The body. A body that contradicts its Content-Encoding gives the text of the error."""
    try:
        return answer.read()
    except httpx.DecodingError as error:
        return repr(error).encode()


_servers: dict[str, FaultyServer | None] = {CONFORMANT: None}
opened: dict[str, list[WatchedServer]] = {}


def enter(server: FaultyServer) -> str:
    """Register a server; returns the name that a target uses as its transport."""
    _servers[server.name] = server
    return f"{__name__}:{server.name}"


def __getattr__(name: str) -> Callable[[], WatchedServer]:
    if name not in _servers:
        raise AttributeError(name)

    def open_adapter() -> WatchedServer:
        made = WatchedServer(_servers[name])
        opened.setdefault(name, []).append(made)
        return made

    return open_adapter
