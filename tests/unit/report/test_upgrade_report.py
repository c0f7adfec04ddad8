"""The first line of an upgrade check counts the differences of each kind, in a sentence."""

from __future__ import annotations

import pytest

from noojee_contract.comparison.noise.change import Change, ChangeKind, UpgradeResult
from noojee_contract.comparison.noise.rules import NoiseRules
from noojee_contract.report.upgrade import render_html, render_markdown, render_text, verdict_line
from noojee_contract.traffic.capture.check import CapturedSide, compare


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({}, "GO for staging: nothing changed"),
        ({ChangeKind.NOISE: 4}, "GO for staging: 4 differences are noise"),
        (
            {ChangeKind.BREAKS: 1, ChangeKind.DOCUMENTED: 2, ChangeKind.NOISE: 1},
            (
                "NO-GO for staging: 1 difference breaks clients;"
                " 2 differences change what is documented; 1 difference is noise"
            ),
        ),
    ],
)
def test_the_first_line_is_a_sentence(counts: dict[ChangeKind, int], line: str) -> None:
    changes = tuple(Change(kind=kind, about="Start of a leg by tag", count=count) for kind, count in counts.items())
    result = UpgradeResult(target="staging", changes=changes, compared=(("answers", 4), ("legs", 20)))
    assert verdict_line(result) == line


OPTION = "njadmin_bad_request_status"


@pytest.fixture
def upgraded() -> UpgradeResult:
    """An upgrade after which an option has another value."""
    asked = "no parameter: POST /x ->"
    sides = [
        CapturedSide(answers={}, options={OPTION: status}, evidence={OPTION: f"{asked} {status}, text/html"})
        for status in ("400", "200")
    ]
    result = compare("staging", *sides, NoiseRules())
    about = "https://pbx.invalid, checked 2026-11-27 04:00 UTC; captured 2026-11-26 03:00"
    return UpgradeResult(target=result.target, changes=result.changes, compared=result.compared, about=about)


def test_an_option_that_changed_has_an_example(upgraded: UpgradeResult) -> None:
    """An exchange before the upgrade, and one after it."""
    (change,) = upgraded.changes
    assert change.example == (
        "before: no parameter: POST /x -> 400, text/html; after: no parameter: POST /x -> 200, text/html"
    )


def test_markdown_has_a_column_of_examples(upgraded: UpgradeResult) -> None:
    head, row = [line for line in render_markdown(upgraded).splitlines() if line.startswith("| ")]
    assert [cell.strip() for cell in head.strip("|").split("|")][-1] == "example"
    assert "POST /x" in row.strip("|").split("|")[-1]


def test_the_page_has_a_badge_an_address_and_times(upgraded: UpgradeResult) -> None:
    """A manager sees them without scrolling; the page follows the colours of the screen."""
    page = render_html(upgraded)
    assert '<span class="verdict failed">NO-GO</span>' in page
    assert "prefers-color-scheme: dark" in page
    for said in (page, render_text(upgraded), render_markdown(upgraded)):
        assert "checked 2026-11-27 04:00 UTC" in said
        assert "pbx.invalid" in said
