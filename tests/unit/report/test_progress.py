"""Progress of a run on stderr."""

from __future__ import annotations

import pytest

from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
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
