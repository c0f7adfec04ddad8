"""A run that passed on a read-only target says why clauses are inconclusive, and how to test more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Report, Result, TargetRow
from noojee_contract.report import markdown, terminal
from noojee_contract.report.html import page
from noojee_contract.report.read_only import read_only_note

REASONS = (
    "needs a writable target: live calls can be played on no other",
    'is a negative test; allow it with negative_tests = "allowed"',
    "needs a wait of 61 s; allow it with max_wait_seconds = 61",
    "there was nothing to check it on",
)


def report(source: str = "observed") -> Report:
    results = [Result(clause="a.passed", target="pbx", source=source, outcome=Outcome.PASSED, checks=1)]
    results += [
        Result(clause=f"a.{place}", target="pbx", source=source, outcome=Outcome.INCONCLUSIVE, reason=reason)
        for place, reason in enumerate((REASONS[0], *REASONS))
    ]
    targets = [TargetRow(name="pbx", dialect="njadmin", address="https://pbx.invalid", sources=[source])]
    return Report(
        suite="noojee-contract 0.1.0", catalogue="0123456789ab", started="2026-11-23T12:00:00+00:00", seconds=1,
        random_seed=7, examples=25, targets=targets, clauses=[], results=results,
    )  # fmt: skip


@pytest.mark.parametrize("write", [terminal.render, markdown.render, page.render], ids=["terminal", "markdown", "html"])
def test_each_report_names_the_keys(write: Callable[[Report], str]) -> None:
    """What was not tested, how often, and the key that allows it."""
    said = " ".join(write(report()).replace("&#34;", '"').replace("\\", "").split())
    assert "5 of 6 outcomes are inconclusive" in said
    assert "2 create calls" in said
    for key in ("writable = true", 'negative_tests = "allowed"', "max_wait_seconds = 61", "recordings file"):
        assert key in said


def test_other_runs_do_not_say_it() -> None:
    """A run that failed, a run on sandboxes, and a run in which everything was tested."""
    failed = Result(clause="a.failed", target="pbx", source="observed", outcome=Outcome.FAILED)
    assert read_only_note(replace(report(), results=[*report().results, failed])) is None
    assert read_only_note(report("bundled")) is None
    assert read_only_note(replace(report(), results=report().results[:1])) is None
