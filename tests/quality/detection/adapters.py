"""Doors to faulty servers that a target file can name, `quality.detection.doors:NAME`, each with a right one beside it.

Both are asked the same, so that it is known which answers differ and which request showed it first.
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
RIGHT = "a-conformant-server"


class SameIds:
    """Ids and keys that look like random ones, and are the same in every run."""

    def __init__(self) -> None:
        self._chance = random.Random(1)

    def sandbox(self) -> str:
        return f"{self._chance.getrandbits(48):012x}"

    def key(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))


class Watched(httpx.BaseTransport):
    """A faulty server with a right one beside it. `requests` counts what was asked of the API.

    `differing` holds each request (method and URL) whose answer was not the right one, with its place in the order.
    """

    def __init__(self, server: FaultyServer | None) -> None:
        self.requests = 0
        self.differing: dict[tuple[str, str], int] = {}
        self._server = server
        self._behind = conformant_server()
        self._beside = None if server is None else conformant_server()
        self._memory: dict[str, Any] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if "/__noojee" in request.url.path:
            if self._beside is not None:
                self._beside.handle_request(request)
            return self._behind.handle_request(request)
        self.requests += 1
        if self._server is None or self._beside is None:
            return self._behind.handle_request(request)
        right = self._beside.handle_request(request)
        right.read()
        try:
            answer = self._server.mistake(request, self._send, self._memory)
        except httpx.HTTPError:
            self.note(request)
            raise
        if not _same(answer, right):
            self.note(request)
        return answer

    def note(self, request: httpx.Request) -> None:
        """A request was answered otherwise than by a conformant server."""
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
    """The body; a body that contradicts its own Content-Encoding is one of a kind."""
    try:
        return answer.read()
    except httpx.DecodingError as error:
        return repr(error).encode()


_servers: dict[str, FaultyServer | None] = {RIGHT: None}
opened: dict[str, list[Watched]] = {}


def enter(server: FaultyServer) -> str:
    """Make a server known; the text is what a target names it by."""
    _servers[server.name] = server
    return f"{__name__}:{server.name}"


def __getattr__(name: str) -> Callable[[], Watched]:
    if name not in _servers:
        raise AttributeError(name)

    def open_door() -> Watched:
        made = Watched(_servers[name])
        opened.setdefault(name, []).append(made)
        return made

    return open_door
