"""The coverage of a run: what is known, what was compared, and why the rest was not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from noojee_contract.engine.check import Check
from noojee_contract.model.coverage import Coverage, Covered, largest
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Report, Result, TargetRow
from noojee_contract.model.schemas import violations
from noojee_contract.report import jsonlines, junit, markdown, terminal
from noojee_contract.report.html import page
from noojee_contract.report.summary import reasons_in_words

SOUNDS = Coverage(what=Covered.SOUNDS, known=480, compared=20, not_compared={"outside the sample": 459})
CALLS = Coverage(what=Covered.CALLS, known=1, compared=1)


@pytest.fixture
def partial_run() -> Report:
    results = [
        Result(clause=clause, target="old > new", source="observed", outcome=Outcome.PASSED, checks=1, coverage=(each,))
        for clause, each in (("migration.calls", CALLS), ("migration.sound", SOUNDS))
    ]
    targets = [TargetRow(name="old > new", dialect="migration", address="", sources=["observed"])]
    return Report(
        suite="noojee-contract 0.1.0",
        catalogue="0123456789ab",
        started="2026-11-23T12:00:00+00:00",
        seconds=1,
        random_seed=7,
        examples=25,
        targets=targets,
        clauses=[],
        results=results,
    )


def test_a_check_adds_up_its_coverage() -> None:
    """A clause states what is known first, and counts what it compares."""
    check = Check()
    check.cover(Covered.LEGS, known=3)
    check.cover(Covered.LEGS, compared=1)
    check.cover(Covered.LEGS, not_compared={"silent": 1})
    assert list(check.coverage.values()) == [
        Coverage(what=Covered.LEGS, known=3, compared=1, not_compared={"silent": 1})
    ]
    assert check.coverage[Covered.LEGS].not_reached == 1


def test_the_largest_coverage_of_a_target_counts() -> None:
    """Several clauses cover the same sounds: they are not added."""
    less = Coverage(what=Covered.SOUNDS, known=480, compared=3)
    assert largest([less, SOUNDS, CALLS]) == {Covered.CALLS: CALLS, Covered.SOUNDS: SOUNDS}


def test_a_partial_comparison_is_said_in_numbers() -> None:
    """ "20 of 480 sounds", with the reasons."""
    assert (str(SOUNDS), str(CALLS)) == ("20 of 480 sounds", "1 of 1 call")
    assert reasons_in_words(SOUNDS) == "459 outside the sample, 1 not reached"


@pytest.mark.parametrize(
    "write",
    [terminal.render, markdown.render, page.render, junit.render],
    ids=["terminal", "markdown", "html", "junit"],
)
def test_each_report_has_the_coverage(write: Callable[[Report], str], partial_run: Report) -> None:
    """A table in the reports for people, properties in JUnit."""
    text = write(partial_run)
    assert "480" in text
    assert "20" in text


def test_coverage_is_read_back_from_json_lines(partial_run: Report) -> None:
    """Nothing is lost, and the schema has it."""
    text = jsonlines.render(partial_run)
    assert jsonlines.read(text).coverage() == partial_run.coverage()
    assert partial_run.coverage() == {"old > new": {Covered.CALLS: CALLS, Covered.SOUNDS: SOUNDS}}
    assert all(violations(json.loads(line), "own/report") == [] for line in text.splitlines())


def test_a_row_that_brings_nothing_makes_a_run_inconclusive(partial_run: Report) -> None:
    """Exit 3, and each report shows the row."""
    row = "recordings.csv, line 3: tag '1234' brings nothing"
    run = replace(partial_run, empty_rows=[("old > new", row)])
    assert (partial_run.exit_code, run.exit_code) == (0, 3)
    assert jsonlines.read(jsonlines.render(run)).empty_rows == [("old > new", row)]
    assert row in terminal.render(run)
    assert "line 3" in junit.render(run)
