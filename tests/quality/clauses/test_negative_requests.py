"""Without permission, no clause sends a negative test to a read-only target, in any dialect."""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from noojee_contract.dialects.loader.file import read_dialect
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.subject import UNKNOWN_VALUES
from noojee_contract.model.audio import tone
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.question import Question
from noojee_contract.targets.target import Target
from support.listing_pbx import LEG, UNIQUE_ID
from support.read_only_subjects import AUDIO, KEY
from support.running import run_clauses

DIALECT = Path(__file__).parents[3] / "docs" / "guides" / "replacement" / "dialect.toml"
RECORDINGS = (Question("tag", "INV-7"), Question("unique_id", UNIQUE_ID), Question("hour", "2026/03/11 14"))
SECOND_LEG = {**LEG, "Leg": "2", "Start": "2026-03-11 14:40:20.0", "CallRecordId": "502"}
ITEM = {
    "id": 501, "callId": UNIQUE_ID, "legNumber": 1,
    "startedAt": "2026-03-11T14:40:00+11:00", "endedAt": "2026-03-11T14:40:20+11:00",
    "seconds": 20, "reference": "INV-7", "agent": "Fred", "from": "0400000001", "to": "410",
    "dialled": "0390000000", "direction": "IN",
}  # fmt: skip
HOSTILE = UNKNOWN_VALUES[1:]
WRITING = ("PUT", "DELETE", "PATCH")


def answer(request: httpx.Request) -> httpx.Response:
    """What a PBX and its replacement answer to any question about one call."""
    path = request.url.path
    if path.endswith("/Time"):
        return httpx.Response(200, text=str(int(time.time() * 1000)))
    if path.endswith(("/audio", "/retrieveByUniqueId")):
        return httpx.Response(200, content=tone(20, 440), headers={"content-type": "audio/x-wav"})
    if path.startswith("/api/v2"):
        return httpx.Response(200, json={"items": [ITEM], "count": 1})
    return httpx.Response(200, json=[LEG, SECOND_LEG])


def problem_of(request: httpx.Request) -> str | None:
    """Why a request is a negative test; None if it is not."""
    params, path = request.url.params, request.url.path
    if request.method in WRITING:
        return request.method
    if any(params.get(name) in HOSTILE for name in ("tag", "uniqueId", "reference")):
        return f"hostile value in {request.url.query!r}"
    if any(f"/{quote(value, safe='')}/legs" in str(request.url) for value in HOSTILE):
        return f"hostile value in {path}"
    if path.endswith("/Time"):
        return None
    stamp = params.get("timeStamp", "")
    right = (
        params.get("apiKey") == KEY,
        request.headers.get("authorization") == f"Bearer {KEY}",
        params.get("hash") == hashlib.sha256(f"{KEY}:{stamp}".encode()).hexdigest(),
    )
    return None if any(right) else f"no right credential: {path}"


def target(name: str, dialect: str, **more: Any) -> Target:
    """A read-only target without permission for negative tests."""
    return Target(
        name=name, dialect=dialect, transport="counting_server:open", api_key_env="PBX_KEY",
        recordings=RECORDINGS, **more,
    )  # fmt: skip


@pytest.mark.parametrize("waives", [False, True])
def test_no_clause_sends_a_negative_test_without_permission(waives: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A counting server sees only requests for known, absent and shortened values, with the right credentials."""
    seen: list[httpx.Request] = []

    def counting(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(request)

    server = ModuleType("counting_server")
    server.open = lambda: httpx.MockTransport(counting)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, server.__name__, server)
    monkeypatch.setenv("PBX_KEY", KEY)
    described = read_dialect(DIALECT)
    more: dict[str, Any] = {"audio": AUDIO, "waives_negative_tests": waives}
    targets = [
        target("old", "recording-api", **more),
        target("hash", "call-management", authentication="hash", **more),
        target("key", "call-management", **more),
        target("new", "njadmin", **more),
        target("records", described.name, described=described, capabilities=described.capabilities),
    ]
    pairs = [MigrationPair("old", "new"), MigrationPair("new", "records")]
    results = list(
        run_clauses(RunnerConfig(targets=targets, migrations=pairs, random_seed=1, examples=1, shrink_seconds=0))
    )
    assert [result.reason for result in results if result.outcome is Outcome.ERROR] == []
    assert len(seen) > 200
    assert {problem_of(request) for request in seen} == {None}
