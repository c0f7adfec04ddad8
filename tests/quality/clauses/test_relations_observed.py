"""Relations need no archive: they pass on a read-only PBX, within the number of requests of the catalogue."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from noojee_contract.catalogue.clauses import LISTING, Clause, catalogue
from noojee_contract.engine.bundled import bundled
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target
from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.pbx.clock import SECOND
from noojee_fake.server.sandboxes import build
from support.read_only_subjects import read_only_subject

FEW = 6  # known recordings of each kind
OBSERVED = [
    (dialect, clause)
    for clause in catalogue().values()
    for dialect in LISTING
    if clause.group == "relations" and not {"writable", "live"} & {*clause.needs} and dialect in clause.dialects
]


@pytest.fixture(scope="module")
def observed() -> Callable[[str], Subject]:
    """A read-only PBX with the bundled calls; the suite knows some tags, unique ids and hours. Waits step its clock."""

    def make(dialect: str) -> Subject:
        archive = bundled()
        sandboxes = build(archive={**archive.document, "provenance": "as shipped"})
        clock = sandboxes.default.clock

        def wait(seconds: float) -> None:
            clock.step(round(seconds * SECOND))

        hours = [f"{day:%Y/%m/%d} {hour}" for day, hour in archive.hours[:FEW]]
        recordings = [
            ("tag", archive.tags[:FEW]),
            ("unique_id", [call.unique_id for call in archive.calls[:FEW]]),
            ("hour", hours),
        ]
        return read_only_subject(
            Transport(sandboxes),
            [(kind, value) for kind, values in recordings for value in values],
            target=Target(name="observed", dialect=dialect),
            before_by_hour=lambda: wait(61),
            wait=wait,
        )

    return make


@pytest.mark.parametrize(("dialect", "clause"), OBSERVED, ids=lambda part: part if isinstance(part, str) else part.id)
def test_a_relation_passes_on_a_read_only_pbx(dialect: str, clause: Clause, observed: Callable[[str], Subject]) -> None:
    """It makes a check, and sends no more requests than the catalogue says beyond the shared listings."""
    subject, check = observed(dialect), Check()
    clause_functions()[clause.id](subject, check)
    assert check.checks > 0
    sent = subject.client.sender.tally.requests
    requests = sent // 2 if subject.by_hash else sent  # a Time for each hash
    assert requests - len(subject.answers()) <= clause.requests
