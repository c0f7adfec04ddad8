"""Progress of a run on stderr."""

from __future__ import annotations

import pytest

from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.model.wait import ByHourWait
from noojee_contract.report import progress


def test_progress_counts_errors_apart_from_failures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plain line states how many results are in, how many failed, and how many are internal errors."""
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    shown = progress.Progress()
    shown.start(229)
    for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.FAILED):
        shown.advance(Result(clause="metadata.tag", target="pbx", source="bundled", outcome=outcome, checks=1))
    shown.finish()
    assert capsys.readouterr().err.splitlines() == [
        "checked 1 of 229",
        "checked 2 of 229, 1 failed",
        "checked 3 of 229, 1 failed, 1 error",
        "checked 4 of 229, 2 failed, 1 error",
    ]


def test_a_wait_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal, the line comes when the wait begins."""
    shown = progress.Progress()
    shown.start(484)
    shown.wait(ByHourWait(target="staging", seconds=60.8, number=4, minutes=5))
    assert capsys.readouterr().err == "staging: waiting 61 s for the by-hour limit, 4 of 5\n"


def test_a_long_run_shows_how_much_time_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    shown = progress.Progress()
    shown.usual_seconds = 360.0
    shown.start(484)
    shown.advance(Result(clause="metadata.tag", target="pbx", source="observed", outcome=Outcome.PASSED, checks=1))
    assert capsys.readouterr().err == "checked 1 of 484, about 6 min left\n"
