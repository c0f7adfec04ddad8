"""A counterexample of a failed run is in the workspace of the next run, which starts with it."""

from __future__ import annotations

from typing import Any

CLAUSE = "metadata.by-unique-id-answered"
FOLDER = ".noojee-contract/counterexamples"


def test_a_counterexample_is_carried_to_the_next_run(system: str, runs: Any) -> None:
    """It is kept although the run failed, and also across a run that finds none."""
    first = runs(system, f"faulty --only {CLAUSE} --examples 2")
    assert first.code == 1, first.log
    [found] = (first.workspace / FOLDER).glob("*.json")
    between = runs(system, "staging --only authentication.accepted")
    assert between.code == 0, between.log
    replayed = runs(system, f"faulty --replay-counterexample {found.stem}")
    assert replayed.code == 1, replayed.log
    assert "only the counterexample" in " ".join(replayed.log.split())
