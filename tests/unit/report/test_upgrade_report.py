"""The first line of an upgrade check counts the differences of each kind, in a sentence."""

from __future__ import annotations

import pytest

from noojee_contract.comparison.noise.change import Change, ChangeKind, UpgradeResult
from noojee_contract.report.upgrade import verdict_line


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
