"""Mistakes in metadata that no clause names are caught all the same."""

from __future__ import annotations

import pytest

from noojee_contract.clauses import DIALECTS, catalogue
from noojee_contract.runner import Bench
from noojee_contract.suite import checks
from noojee_contract.target import Target
from noojee_contract.verdict import Outcome
from wrong_servers import catalogue as wrong_catalogue

CLAUSES = [clause for clause in catalogue().values() if clause.group == "metadata"]
NAMED = {clause.wrong for clause in catalogue().values()}
UNNAMED = sorted(
    name
    for name, server in wrong_catalogue().items()
    if name not in NAMED and server.mistake.__module__.startswith("wrong_servers.metadata")
)


def test_there_are_mistakes_that_no_clause_names() -> None:
    """Otherwise the next test would judge nothing."""
    assert len(UNNAMED) >= 8


@pytest.mark.parametrize("name", UNNAMED)
def test_a_mistake_that_no_clause_names_breaks_some_clause(name: str) -> None:
    """On the archives that ship, in both dialects."""
    transport = f"wrong_servers.transports:{name.replace('-', '_')}"
    targets = [Target(name=each, dialect=each, transport=transport, fillable=True) for each in DIALECTS]
    bench = Bench(targets, seed=1, examples=1, smoke=True)
    try:
        for target in DIALECTS:
            lanes = [(clause, lane) for clause in CLAUSES for lane in bench.lanes(clause) if lane.target == target]
            outcomes = (bench.result(clause, checks()[clause.id], lane).outcome for clause, lane in lanes)
            assert Outcome.BROKEN in outcomes, target
    finally:
        bench.close()
