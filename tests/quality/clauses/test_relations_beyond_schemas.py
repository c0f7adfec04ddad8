"""Relations between answers catch faults that no schema can: each single answer of their faulty servers is valid."""

from __future__ import annotations

import json
import sys
from collections import Counter
from types import ModuleType

import httpx
import pytest

from noojee_contract.catalogue.clauses import MIGRATION, PATTERNS, Clause, catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.schemas import violations
from noojee_contract.targets.target import Target
from support.faulty_servers import FaultyTransport, everything
from support.running import run_clauses

FAKE = "noojee_fake.adapters.httpx_transport:open"
RELATIONS = [clause for clause in catalogue().values() if clause.pattern is not None]
SCHEMA_OF_METHOD = {
    "retrieveMetaData": "metadata",
    "retrieveMetaDataByUniqueId": "metadata",
    "retrieveMetaDataByHour": "metadata-by-hour",
}
DIALECT_OF_PATH = {
    "/njadmin/rest/": "njadmin",
    "/rest/CallManagementAPI/": "call-management",
    "/rest/RecordingAPI/": "recording-api",
}


class RecordingTransport(FaultyTransport):
    """A faulty server that keeps its answers, each with its schema."""

    answers: list[tuple[str, bytes]]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        kind = SCHEMA_OF_METHOD.get(request.url.path.rpartition("/")[2])
        if (
            kind is not None
            and request.method == "POST"
            and answer.headers.get("content-type", "").startswith("application/json")
        ):
            answer.read()
            dialect = next(name for part, name in DIALECT_OF_PATH.items() if part in request.url.path)
            shape = kind if answer.content.lstrip().startswith(b"[") else "failure"
            self.answers.append((f"{dialect}/{shape}", answer.content))
        return answer


def test_there_are_enough_relations_over_enough_patterns() -> None:
    """At least twenty of this group alone, over five patterns; each pattern that is described is followed."""
    patterns = Counter(clause.pattern for clause in RELATIONS)
    assert set(patterns) <= set(PATTERNS)
    own = [clause for clause in RELATIONS if clause.group == "relations"]
    assert len(own) >= 20
    assert len({clause.pattern for clause in own}) >= 5


def test_each_clause_of_the_group_names_its_pattern() -> None:
    """A relation that follows none would be a clause of another group."""
    assert all(clause.pattern in PATTERNS for clause in catalogue().values() if clause.group == "relations")


@pytest.mark.parametrize("clause", RELATIONS, ids=lambda clause: clause.id)
def test_a_relation_fails_on_answers_that_fit_their_schemas(clause: Clause, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer of the faulty server is valid, and the clause fails."""
    assert clause.faulty_server is not None
    kept: list[tuple[str, bytes]] = []

    def open_adapter() -> RecordingTransport:
        made = RecordingTransport(everything()[clause.faulty_server])
        made.answers = kept
        return made

    module = ModuleType("recording_adapter")
    vars(module)["open"] = open_adapter
    monkeypatch.setitem(sys.modules, module.__name__, module)
    faulty = f"{module.__name__}:open"
    if MIGRATION in clause.dialects:
        older = "njadmin" if "by_hour_on_both" in clause.needs else "recording-api"
        sides = [("old", older, FAKE), ("new", "njadmin", faulty)]
    else:
        sides = [(dialect, dialect, faulty) for dialect in clause.dialects]
    targets = [Target(name=name, dialect=dialect, transport=opened, writable=True) for name, dialect, opened in sides]
    config = RunnerConfig(
        targets=targets, migrations=[MigrationPair("old", "new")], random_seed=1, examples=6, shrink_seconds=0
    )
    outcomes = {result.outcome for result in run_clauses(config, [clause])}
    assert outcomes & {Outcome.FAILED, Outcome.INFORMATIONAL}
    assert kept
    for schema, body in kept:
        assert violations(json.loads(body), schema) == []
