"""Faults that no clause names are caught too: the suite detects more than the faults that it was written for."""

from __future__ import annotations

import pytest

from noojee_contract.catalogue.clauses import LISTING, MIGRATION, catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.target import Target
from support.faulty_servers import catalogue as faulty_catalogue
from support.running import run_clauses

GROUP_OF_MODULE = {
    "hashes": "authentication",
    "metadata_fields": "metadata",
    "metadata_times": "metadata",
    "by_hour_legs": "by-hour",
    "by_hour": "by-hour",
    "call_control": "live-calls",
    "live_calls": "live-calls",
}
NAMED = {clause.faulty_server for clause in catalogue().values()}
UNNAMED = sorted(set(faulty_catalogue()) - NAMED)


def test_there_are_faults_that_no_clause_names() -> None:
    """Otherwise the next test would run nothing."""
    assert len(UNNAMED) >= 30


@pytest.mark.parametrize("name", UNNAMED)
def test_a_fault_that_no_clause_names_fails_some_clause(name: str) -> None:
    """On the bundled archives, clauses of the fault's group first. A fault of metadata is caught in each dialect."""
    module = faulty_catalogue()[name].mistake.__module__.rpartition(".")[2]
    group = GROUP_OF_MODULE.get(module, module)
    clauses = sorted(
        (clause for clause in catalogue().values() if MIGRATION not in clause.dialects),
        key=lambda each: each.group != group,
    )
    transport = f"support.faulty_servers.transports:{name.replace('-', '_')}"
    targets = [Target(name=each, dialect=each, transport=transport, writable=True) for each in LISTING]
    config = RunnerConfig(targets=targets, random_seed=1, examples=1, smoke=True)
    caught: set[str] = set()
    for result in run_clauses(config, clauses, wanted=lambda cell: cell.target not in caught):
        if result.outcome is Outcome.FAILED:
            caught.add(result.target)
    assert caught == set(LISTING) if group == "metadata" else caught
