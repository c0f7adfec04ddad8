"""A counterexample of a failed run is in the workspace of the next run, which starts with it."""

from __future__ import annotations

from typing import Any

from support.pipelines.run import Machine

CLAUSE = "metadata.by-unique-id-answered"
FOLDER = ".noojee-contract/counterexamples"


def test_a_counterexample_is_carried_to_the_next_run(system: str, runs: Any, machine: Machine) -> None:
    """It is kept although the run failed, and the next run keeps it again."""
    first = runs(system, f"faulty --only {CLAUSE} --examples 2")
    assert first.code == 1, first.log
    [found] = (first.workspace / FOLDER).glob("*.json")
    replayed = runs(system, f"faulty --replay-counterexample {found.stem}")
    assert replayed.code == 1, replayed.log
    assert "only the counterexample" in " ".join(replayed.log.split())
    kept = [path for path in machine.storage.rglob("*.json") if path.name == found.name]
    assert len(kept) == (2 if system == "github" else 1)  # GitHub never changes a cache, so each run makes its own
