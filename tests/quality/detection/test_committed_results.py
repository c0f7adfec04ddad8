"""README, page, heat map and rows of the detection rate agree, and are of this catalogue and these faulty servers."""

from __future__ import annotations

import json

import pytest

from quality.detection.__main__ import main
from quality.detection.heat_map import heat_map
from quality.detection.peer_results import committed_peer
from quality.detection.results import DATA, HEAT_MAP, PAGE, README, mutation_part, page, read, with_figure
from support.messages import repr_in


def test_readme_page_and_heat_map_agree_with_the_rows() -> None:
    """`tox -e detection` writes all of them."""
    kept = read(DATA.read_text(encoding="utf-8"))
    readme, text = README.read_text(encoding="utf-8"), PAGE.read_text(encoding="utf-8")
    assert with_figure(readme, kept) == readme
    assert page(kept, mutation_part(text), committed_peer()) == text
    assert heat_map(kept.rows) == HEAT_MAP.read_text(encoding="utf-8")


def test_the_committed_detection_rate_is_good() -> None:
    """97 % or more, each survivor has a reason, each binding clause catches something."""
    kept = read(DATA.read_text(encoding="utf-8"))
    assert kept.complaints() == []
    assert kept.idle() == []


def test_the_committed_results_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """After a change of the catalogue or the faulty servers, run `tox -e detection`, or with `--add NAME`."""
    stale = main(["--check"])
    assert not stale, capsys.readouterr().out


def test_no_message_of_a_row_contains_a_repr() -> None:
    """Messages are for people: no container, time or pattern as Python writes it."""
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    assert [row["name"] for row in rows if repr_in(row.get("message"))] == []
