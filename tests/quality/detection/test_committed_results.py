"""The score that is kept: README, page and rows tell the same figure, and it is of today's clauses and faulty servers."""

from __future__ import annotations

import pytest

from quality.detection.__main__ import main
from quality.detection.picture import picture
from quality.detection.score import DATA, PAGE, PICTURE, README, mutation_part, page, read, with_figure


def test_readme_page_picture_and_rows_tell_the_same_figure() -> None:
    """All of them, and the picture, are written by `tox -e prove`."""
    kept = read(DATA.read_text(encoding="utf-8"))
    readme, told = README.read_text(encoding="utf-8"), PAGE.read_text(encoding="utf-8")
    assert with_figure(readme, kept) == readme
    assert page(kept, mutation_part(told)) == told
    assert picture(kept.rows) == PICTURE.read_text(encoding="utf-8")


def test_the_kept_score_is_good() -> None:
    """97 % or more, each survivor excused, each clause that binds catches something."""
    kept = read(DATA.read_text(encoding="utf-8"))
    assert kept.complaints() == []
    assert kept.idle() == []


def test_the_kept_score_is_of_this_catalogue_and_these_faulty_servers(capsys: pytest.CaptureFixture[str]) -> None:
    """After a change of either, run `tox -e prove`."""
    stale = main(["--check"])
    assert not stale, capsys.readouterr().out
