"""The planner chooses the cells of a clause, and names what stops it in a cell. It sends nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from noojee_contract.catalogue.clauses import Clause, catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.planner import Planner
from noojee_contract.model.cell import CallSource, Cell, MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.target import ExpectedFailure, Target

PAIR = MigrationPair("old", "new")
OLD = Target(name="old", dialect="recording-api", base_url="https://old.invalid", writable=True)
NEW = Target(name="new", dialect="njadmin", base_url="https://new.invalid", writable=True)
READ_ONLY = replace(NEW, name="live", writable=False)


def planner(*targets: Target, **settings: Any) -> Planner:
    return Planner(RunnerConfig(targets=targets, random_seed=1, examples=1, migrations=[PAIR], **settings))


def clause(clause_id: str) -> Clause:
    return catalogue()[clause_id]


def test_a_writable_target_gets_bundled_and_generated_calls() -> None:
    """One cell for each source of calls."""
    cells = planner(NEW).cells(clause("metadata.schema"))
    assert cells == [Cell("new", CallSource.BUNDLED), Cell("new", CallSource.GENERATED)]


def test_a_read_only_target_is_only_observed() -> None:
    """Nothing is written to it."""
    assert planner(READ_ONLY).cells(clause("metadata.schema")) == [Cell("live", CallSource.OBSERVED)]


def test_a_smoke_run_uses_bundled_calls_only() -> None:
    """Hypothesis is not needed."""
    assert planner(NEW, smoke=True).cells(clause("metadata.schema")) == [Cell("new", CallSource.BUNDLED)]


def test_a_replay_runs_only_where_calls_can_be_created() -> None:
    """A kept archive is filled into a sandbox."""
    replay = planner(NEW, READ_ONLY, replay_archive={"calls": []})
    assert replay.cells(clause("metadata.schema")) == [Cell("new", CallSource.GENERATED)]


def test_a_migration_has_the_sources_that_both_targets_have() -> None:
    """Both sides are filled with the same archives."""
    bundled_only = replace(OLD, sources=("bundled",))
    cells = planner(bundled_only, NEW).cells(clause("migration.calls"))
    assert cells == [Cell(PAIR, CallSource.BUNDLED)]


def test_a_migration_needs_both_targets() -> None:
    """A target that was not chosen leaves its migrations out."""
    assert planner(NEW).cells(clause("migration.calls")) == []


@pytest.mark.parametrize(
    ("target", "clause_id", "outcome"),
    [
        (READ_ONLY, "live-calls.transfers", Outcome.INCONCLUSIVE),
        (replace(NEW, capabilities=frozenset({"by_tag"})), "by-hour.answered", Outcome.NOT_APPLICABLE),
        (replace(READ_ONLY, audio=None), "audio.fetched", Outcome.NOT_APPLICABLE),
    ],
    ids=["live calls", "no by-hour method", "no audio template"],
)
def test_an_obstacle_has_an_outcome_and_a_reason(target: Target, clause_id: str, outcome: Outcome) -> None:
    """A target that lacks a method is not applicable; one that forbids a test is inconclusive."""
    source = CallSource.BUNDLED if target.writable else CallSource.OBSERVED
    obstacle = planner(target).obstacle(clause(clause_id), Cell(target.name, source))
    assert obstacle is not None
    assert (obstacle.outcome, bool(obstacle.reason)) == (outcome, True)


def test_an_expected_failure_is_found_for_a_migration() -> None:
    """Either target may name it."""
    row = ExpectedFailure(clause="migration.calls", reason="a known defect", expires=date(2030, 1, 1))
    plan = planner(OLD, replace(NEW, expected_failures=(row,)))
    assert plan.expected_failures(clause("migration.calls"), Cell(PAIR, CallSource.BUNDLED)) == (row,)
    assert plan.expected_failures(clause("migration.tags"), Cell(PAIR, CallSource.BUNDLED)) == ()


def test_a_cell_shows_its_migration_in_one_form() -> None:
    """Reports show the display name, and nothing parses it."""
    assert str(Cell(PAIR, CallSource.OBSERVED)) == "old > new-observed"
    assert Cell(PAIR, CallSource.OBSERVED).target_names == ("old", "new")


def test_a_target_file_makes_an_informational_clause_binding() -> None:
    informational = clause("migration.record-ids")
    cell = Cell(PAIR, CallSource.BUNDLED)
    assert not planner(OLD, NEW).is_binding(informational, cell)
    for pattern in (informational.id, "migration.*"):
        assert planner(OLD, replace(NEW, binding=frozenset({pattern}))).is_binding(informational, cell)


def test_a_side_without_by_hour_is_helped_by_the_other_in_hours_only() -> None:
    """The other side lists the hours. What else the side lacks stops the clause."""
    plan = planner(OLD, NEW)
    assert plan.obstacle(clause("migration.by-hour"), Cell(PAIR, CallSource.BUNDLED)) is None
    stop = plan.obstacle(clause("migration.hours"), Cell(PAIR, CallSource.BUNDLED))
    assert stop is not None
    assert stop.outcome is Outcome.NOT_APPLICABLE
