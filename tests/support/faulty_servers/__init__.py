"""PBXs that are wrong on purpose: the fake, changed at the wire by one small, named mistake each.

They judge the suite: each clause names one that turns it red. The shipped suite does not know them. A mistake is a
function of (request, send, memory): `send` asks the conformant server, `memory` is a dict of this server's own.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from noojee_contract.model.failure import Failure
from noojee_fake.adapters import httpx_transport as door
from support.faulty_servers.expected import ExpectedFailure, read_expected

Send = Callable[[httpx.Request], httpx.Response]
Mistake = Callable[[httpx.Request, Send, dict[str, Any]], httpx.Response]
GROUPS = (
    "transport",
    "authentication",
    "hashes",
    "metadata_fields",
    "metadata_times",
    "metadata",
    "by_hour",
    "by_hour_legs",
    "audio",
    "migration",
    "relations",
    "relations_asked",
    "orders",
    "live_calls",
    "relations_flow",
)


@dataclass(frozen=True, slots=True)
class FaultyServer:
    """A mistake with the real-world description that it stands for.

    `operator` names the operator that generated it, "" for one that a person wrote. `kind` is a group of `kinds.toml`.
    `expected` are alternatives for the first failure of the report. `dialects` are those that can show the fault; empty:
    any.
    """

    name: str
    description: str
    mistake: Mistake
    operator: str = ""
    kind: str = ""
    expected: tuple[ExpectedFailure, ...] = ()
    dialects: tuple[str, ...] = ()

    def expects(self, failure: Failure) -> bool:
        """Whether a failure may be the first one on this server."""
        return any(each.matches(failure) for each in self.expected)


FAULTY: dict[str, FaultyServer] = {}
WIRE: dict[str, tuple[FaultyServer, Callable[[bytes, bytes], bytes | None]]] = {}
KINDS_FILE = Path(__file__).with_name("kinds.toml")
SURVIVORS_FILE = Path(__file__).with_name("survivors.toml")


def faulty(name: str, description: str) -> Callable[[Mistake], Mistake]:
    """Enter a mistake into the catalogue; names are unique."""

    def enter(mistake: Mistake) -> Mistake:
        if name in FAULTY:
            raise ValueError(f"two faulty servers are called {name}")
        FAULTY[name] = FaultyServer(name, description, mistake)
        return mistake

    return enter


def catalogue() -> dict[str, FaultyServer]:
    """Every faulty server by name, group by group, whichever was imported first."""
    modules = [import_module(f"support.faulty_servers.{group}").__name__ for group in GROUPS]
    return dict(sorted(FAULTY.items(), key=lambda entry: modules.index(entry[1].mistake.__module__)))


@cache
def kinds() -> Mapping[str, tuple[str, tuple[ExpectedFailure, ...]]]:
    """The group and the expected first failure of each faulty server that a person wrote."""
    table = tomllib.loads(KINDS_FILE.read_text(encoding="utf-8"))
    return {name: (kind, read_expected(entry)) for kind, rows in table.items() for name, entry in rows.items()}


@cache
def survivors() -> Mapping[str, str]:
    """The faulty servers that no clause fails on, each with its reason."""
    table = tomllib.loads(SURVIVORS_FILE.read_text(encoding="utf-8"))
    return {name: reason for reason, names in table.items() for name in names}


@cache
def by_hand() -> Mapping[str, FaultyServer]:
    """Every faulty server that a person wrote, those on the wire too, with group and expected failure."""
    import_module("support.faulty_servers.wire")
    found = {**catalogue(), **{name: server for name, (server, _) in WIRE.items()}}
    listed = kinds()
    return {
        name: replace(server, kind=listed[name][0], expected=listed[name][1]) if name in listed else server
        for name, server in found.items()
    }


@cache
def everything() -> Mapping[str, FaultyServer]:
    """Every faulty server: those written by hand, and those that operators make."""
    made: Mapping[str, FaultyServer] = import_module("support.faulty_servers.operators").made()
    if repeated := set(made) & set(by_hand()):
        raise ValueError(f"made by an operator and written by hand: {', '.join(sorted(repeated))}")
    return {**by_hand(), **made}


class FaultyTransport(httpx.BaseTransport):
    """The fake in process with one mistake in front; its control API is left alone."""

    def __init__(self, server: FaultyServer) -> None:
        self._server = server
        self._right = door.open()
        self._memory: dict[str, Any] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if "/__noojee" in request.url.path:
            return self._right.handle_request(request)
        return self._server.mistake(request, self._send, self._memory)

    def _send(self, request: httpx.Request) -> httpx.Response:
        answer = self._right.handle_request(request)
        answer.read()
        return answer


def with_body(answer: httpx.Response, body: bytes) -> httpx.Response:
    """The same answer with another body and the right length."""
    headers = [(name, value) for name, value in answer.headers.multi_items() if name.lower() != "content-length"]
    return httpx.Response(answer.status_code, headers=[*headers, ("content-length", str(len(body)))], content=body)


def with_legs(answer: httpx.Response, change: Callable[[list[dict[str, str]]], Any]) -> httpx.Response:
    """The same answer with its array of legs changed; answers that are no array are left alone."""
    try:
        legs = json.loads(answer.content)
    except ValueError:
        return answer
    if not isinstance(legs, list):
        return answer
    return with_body(answer, json.dumps(change(legs), ensure_ascii=False, separators=(",", ":")).encode())


def with_each_leg(answer: httpx.Response, change: Callable[[dict[str, str]], dict[str, Any]]) -> httpx.Response:
    """The same answer with each leg changed."""
    return with_legs(answer, lambda legs: [change(dict(leg)) for leg in legs])
