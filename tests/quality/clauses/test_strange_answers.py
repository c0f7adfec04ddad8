"""Clauses fail or pass on any answer: a fault of the server is never reported as an error of the suite."""

from __future__ import annotations

import json
import os
import sys
from types import ModuleType
from typing import Any

import httpx
import pytest

from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.target import Target
from support.faulty_servers import FaultyServer, FaultyTransport, Send, with_body, with_legs
from support.running import run_clauses

ALL = os.environ.get("NOOJEE_STRANGE_ANSWERS") == "all"
LONG = 20_000 if ALL else 2_000
DIALECTS = ("recording-api", "njadmin")  # the one between them is read like the first
VALUES: dict[str, Any] = {
    "null": None, "a number": 5, "nothing": "", "a line end": "4\n",
    "an object": {}, "an array": [[]], "half a pair": "\ud800",
    "a boolean": True, "many digits": "9" * 400, "a long text": "x" * LONG, "a NUL": "\x00", "other digits": "١٢",
    "ages": "9" * 18, "the first day": "0001-01-01 00:00:00.0", "the last day": "9999-12-31 23:59:59.0",
}  # fmt: skip
FIELDS = (
    "UniqueId",
    "Leg",
    "Start",
    "callend",
    "Duration",
    "Tag",
    "Username",
    "CallRecordId",
    "DID",
    "Direction",
    "Source",
    "Destination",
)
PLACES = {"all": FIELDS, "id": ("UniqueId",), "others": tuple(name for name in FIELDS if name != "UniqueId")}
EVERYWHERE = [(value, where) for value in sorted(VALUES) for where in PLACES]
IN_TURN = [(value, list(PLACES)[at % len(PLACES)]) for at, value in enumerate(sorted(VALUES))]
PAIRS = EVERYWHERE if ALL else IN_TURN
"""A pair takes some seconds: a usual run takes each value in one place, `tox -e fuzz` takes all."""


def changed(fields: tuple[str, ...], value: Any) -> FaultyServer:
    """A server that writes a value in place of some fields of every leg."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        answer = send(request)
        changed = with_legs(answer, lambda legs: [leg | {name: "#" for name in fields if name in leg} for leg in legs])
        return with_body(changed, changed.content.replace(b'"#"', json.dumps(value).encode()))

    return FaultyServer("strange", "A faulty serialiser.", mistake)


@pytest.fixture
def strange_adapter(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module whose `open` gives the strange server of the test."""
    module = ModuleType("strange_adapters")
    monkeypatch.setitem(sys.modules, "strange_adapters", module)
    return module


def errors(adapter: ModuleType, server: FaultyServer) -> list[str]:
    adapter.open = lambda: FaultyTransport(server)  # type: ignore[attr-defined]
    targets = [Target(name=each, dialect=each, transport="strange_adapters:open", writable=True) for each in DIALECTS]
    config = RunnerConfig(targets=targets, migrations=[MigrationPair(*DIALECTS)], random_seed=1, examples=1, smoke=True)
    results = list(run_clauses(config))
    assert Outcome.FAILED in {result.outcome for result in results}
    return [
        f"{result.clause} in {result.source}: {result.reason}" for result in results if result.outcome is Outcome.ERROR
    ]


@pytest.mark.parametrize(("value", "where"), PAIRS)
def test_a_strange_value_is_a_failure_and_no_error(value: str, where: str, strange_adapter: ModuleType) -> None:
    """Every clause, in two dialects and the migration between them."""
    assert errors(strange_adapter, changed(PLACES[where], VALUES[value])) == []
