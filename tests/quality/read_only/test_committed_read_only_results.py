"""docs/read-only-detection.md and its rows agree, are good enough, and are of this catalogue and these services."""

from __future__ import annotations

import json

import pytest

from quality.detection.__main__ import main
from quality.detection.read_only_results import DATA, PAGE, page, read, written
from support.messages import repr_in


def test_page_and_rows_agree() -> None:
    """`tox -e detection -- --read-only` writes both."""
    text = DATA.read_text(encoding="utf-8")
    kept = read(text)
    assert page(kept) == PAGE.read_text(encoding="utf-8")
    assert written(kept) == text


def test_the_committed_read_only_rates_are_good() -> None:
    """97 % with all recordings listed, 90 % with a short list, no false positive, no error of the suite."""
    assert read(DATA.read_text(encoding="utf-8")).complaints() == []


def test_the_committed_read_only_results_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """After a change of the catalogue, the services or the faults, run `tox -e detection -- --read-only`."""
    stale = main(["--read-only", "--check"])
    assert not stale, capsys.readouterr().err


def test_no_message_of_a_read_only_row_contains_a_repr() -> None:
    """Messages are for people: no container, time or pattern as Python writes it."""
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    assert [row["name"] for row in rows if repr_in(row.get("message"))] == []
