"""Mistakes that no clause names are caught all the same: the suite knows more than the examples it was made with."""

from __future__ import annotations

import pytest

from noojee_contract.catalogue.clauses import LISTING, MIGRATION, catalogue
from noojee_contract.engine.runner import Bench
from noojee_contract.model.outcome import Outcome
from noojee_contract.suite import checks
from noojee_contract.targets.target import Target
from support.faulty_servers import catalogue as wrong_catalogue

GROUP_OF_MODULE = {"hashes": "authentication", "metadata_fields": "metadata", "metadata_times": "metadata", "by_hour_legs": "by-hour", "by_hour": "by-hour", "orders": "recording", "live_calls": "recording"}  # fmt: skip
NAMED = {clause.wrong for clause in catalogue().values()}
UNNAMED = sorted(set(wrong_catalogue()) - NAMED)


def test_there_are_mistakes_that_no_clause_names() -> None:
    """Otherwise the next test would judge nothing."""
    assert len(UNNAMED) >= 30


@pytest.mark.parametrize("name", UNNAMED)
def test_a_mistake_that_no_clause_names_breaks_some_clause(name: str) -> None:
    """On the archives that ship; clauses of the mistake's own group are tried first. One about metadata breaks each dialect."""
    module = wrong_catalogue()[name].mistake.__module__.rpartition(".")[2]
    group = GROUP_OF_MODULE.get(module, module)
    clauses = sorted(
        (clause for clause in catalogue().values() if MIGRATION not in clause.dialects), key=lambda each: each.group != group
    )  # fmt: skip
    transport = f"support.faulty_servers.transports:{name.replace('-', '_')}"
    targets = [Target(name=each, dialect=each, transport=transport, fillable=True) for each in LISTING]
    bench = Bench(targets, seed=1, examples=1, smoke=True)
    try:
        caught = {
            target
            for target in LISTING
            if any(
                bench.result(clause, checks()[clause.id], lane).outcome is Outcome.BROKEN
                for clause in clauses
                for lane in bench.lanes(clause)
                if lane.target == target
            )
        }
    finally:
        bench.close()
    assert caught == set(LISTING) if group == "metadata" else caught
