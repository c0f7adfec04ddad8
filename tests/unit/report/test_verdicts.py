"""Verdicts, exit codes and merged outcomes: the rules of a run, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from noojee_contract.model.outcome import EXIT_CODES, Outcome, Verdict, merge
from noojee_contract.model.result import Report, RequiredClauses, Result, TargetRow

PASSED, FAILED, ERROR = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR
EXPECTED, INFORMATIONAL = Outcome.EXPECTED_FAILURE, Outcome.INFORMATIONAL
INCONCLUSIVE, NOT_APPLICABLE = Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE
MISSING: dict[str, Any] = {"missing": [("pbx", "metadata.tag")]}
LOST: dict[str, Any] = {"complete": False}
SILENT: dict[str, Any] = {"unreachable": [("pbx", "no answer")]}


def report(outcomes: list[Outcome], **more: Any) -> Report:
    results = [
        Result(clause=f"metadata.{number}", target="pbx", source="bundled", outcome=outcome, checks=1)
        for number, outcome in enumerate(outcomes)
    ]
    target = TargetRow(name="pbx", dialect="njadmin", address="", sources=["bundled"])
    return Report(
        suite="s", catalogue="c", started="", seconds=1.0, random_seed=1, examples=1, targets=[target], clauses=[],
        results=results, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outcomes", "more", "verdict", "exit_code"),
    [
        ([PASSED], {}, Verdict.PASSED, 0),
        ([EXPECTED], {}, Verdict.PASSED, 0),
        ([PASSED, INCONCLUSIVE, NOT_APPLICABLE, INFORMATIONAL], {}, Verdict.PASSED, 0),
        ([PASSED, FAILED], {}, Verdict.FAILED, 1),
        ([FAILED, ERROR], {}, Verdict.FAILED, 1),
        ([FAILED], MISSING, Verdict.FAILED, 1),
        ([FAILED], LOST, Verdict.FAILED, 1),
        ([PASSED, ERROR], {}, Verdict.ERROR, 3),
        ([PASSED, ERROR], LOST, Verdict.ERROR, 3),
        ([PASSED], LOST, Verdict.INCOMPLETE, 3),
        ([PASSED], MISSING, Verdict.INCONCLUSIVE, 3),
        ([], {}, Verdict.INCONCLUSIVE, 3),
        ([INFORMATIONAL], {}, Verdict.INCONCLUSIVE, 3),
        ([INCONCLUSIVE, NOT_APPLICABLE], {}, Verdict.INCONCLUSIVE, 3),
        ([], SILENT, Verdict.UNREACHABLE, 4),
        ([FAILED], SILENT, Verdict.UNREACHABLE, 4),
    ],
)
def test_verdict_and_exit_code_follow_the_rules(
    outcomes: list[Outcome], more: dict[str, Any], verdict: Verdict, exit_code: int
) -> None:
    """A failure outranks internal errors; too little tested is never a pass."""
    assert report(outcomes, **more).verdict is verdict
    assert report(outcomes, **more).exit_code == exit_code


def test_every_verdict_has_an_exit_code() -> None:
    """Exit code 2 is for wrong use, which makes no report."""
    assert set(EXIT_CODES) == set(Verdict)
    assert set(EXIT_CODES.values()) == {0, 1, 3, 4}


@pytest.mark.parametrize(
    ("outcomes", "merged"),
    [
        ([PASSED], PASSED),
        ([PASSED, FAILED], FAILED),
        ([FAILED, ERROR], ERROR),
        ([INCONCLUSIVE, FAILED], FAILED),
        ([NOT_APPLICABLE, ERROR], ERROR),
        ([PASSED, INCONCLUSIVE], PASSED),
        ([INFORMATIONAL, NOT_APPLICABLE], INFORMATIONAL),
        ([EXPECTED, INCONCLUSIVE], EXPECTED),
        ([PASSED, INFORMATIONAL], INFORMATIONAL),
        ([PASSED, EXPECTED, INFORMATIONAL], EXPECTED),
        ([INCONCLUSIVE, NOT_APPLICABLE], INCONCLUSIVE),
    ],
)
def test_the_worst_call_source_wins(outcomes: list[Outcome], merged: Outcome) -> None:
    """Untested call sources do not hide tested ones."""
    assert merge(outcomes) is merged
    assert merge(outcomes[::-1]) is merged


def test_a_clause_without_checks_is_inconclusive() -> None:
    """A pass needs at least one check, in the counts, the verdict and the required clauses."""
    idle = Result(clause="metadata.tag", target="pbx", source="bundled", outcome=PASSED, checks=0)
    run = replace(report([]), results=[idle])
    assert run.merged() == {("metadata.tag", "pbx"): INCONCLUSIVE}
    assert run.exit_code == 3
    assert RequiredClauses(needed={"pbx": ["metadata.tag"]}).missing([idle]) == [("pbx", "metadata.tag")]


def test_an_expected_failure_satisfies_a_required_clause() -> None:
    """A failed clause that the target file expects is not missing; an unused capability is."""
    expected = Result(clause="metadata.tag", target="pbx", source="bundled", outcome=EXPECTED, checks=1)
    required = RequiredClauses(
        needed={"pbx": ["metadata.tag", "metadata.owner"]}, claimed={"pbx": {"audio": "audio.fetched"}}
    )
    assert required.missing([expected]) == [
        ("pbx", "metadata.owner"),
        ("pbx", "the claimed capability audio (no clause used it)"),
    ]
