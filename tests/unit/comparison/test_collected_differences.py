"""A clause that collects differences fails once, with all of them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from noojee_contract.comparison.difference import LegPair
from noojee_contract.comparison.extent import extent_of
from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Check, CheckFailed
from noojee_contract.model.failure import FailureKind


def compare(check: Check, number: int, field: str, old: str, new: str) -> None:
    leg = Leg(unique_id="1.1", number=number)
    check.collect(
        old == new, f"{field} of leg {number}", pair=LegPair(leg, leg), kind=FailureKind.ANSWERS_DIFFER,
        field=field, expected=old, actual=new,
    )  # fmt: skip


def collected(check: Check) -> CheckFailed:
    found = check.comparison.differences
    return CheckFailed.of(found, extent_of(check.comparison, found, zone=ZoneInfo("UTC")))


def test_equal_values_are_no_difference() -> None:
    check = Check()
    compare(check, 1, "Tag", "a", "a")
    assert check.comparison.differences == []
    assert check.checks == 1


def test_a_difference_does_not_end_the_clause() -> None:
    check = Check()
    compare(check, 1, "Tag", "a", "b")
    compare(check, 2, "Tag", "c", "d")
    assert [each.pair.leg.number for each in collected(check).differences] == [1, 2]


def test_the_first_difference_is_the_failed_check() -> None:
    check = Check()
    compare(check, 1, "Tag", "a", "b")
    compare(check, 2, "Username", "c", "d")
    failed = collected(check)
    assert (failed.field, failed.expected, failed.actual, failed.message) == ("Tag", "a", "b", "Tag of leg 1")


def test_the_extent_counts_legs_and_not_checks() -> None:
    check = Check()
    for number in range(1, 5):
        compare(check, number, "Tag", "a", "a" if number > 2 else "b")
        compare(check, number, "Username", "u", "u" if number > 1 else "v")
    extent = collected(check).extent
    assert extent is not None
    assert (extent.differing, extent.compared, dict(extent.fields)) == (2, 4, {"Tag": 2, "Username": 1})


def test_a_leg_that_is_asked_twice_is_counted_once() -> None:
    check = Check()
    compare(check, 1, "Tag", "a", "b")
    compare(check, 1, "Tag", "a", "b")
    extent = collected(check).extent
    assert extent is not None
    assert (extent.differing, extent.compared, dict(extent.fields)) == (1, 1, {"Tag": 1})


@pytest.mark.parametrize(
    ("old", "new"), [(Leg(unique_id="1.1", number=3), None), (None, Leg(unique_id="1.1", number=3))]
)
def test_a_leg_of_one_side_has_its_name(old: Leg | None, new: Leg | None) -> None:
    assert LegPair(old, new).name == ("1.1", 3)
