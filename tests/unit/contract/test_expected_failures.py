"""An expected failure with a field or a pattern does not hide other failures of the clause."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from noojee_contract.comparison.difference import LegPair
from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Check, CheckFailed, Inconclusive
from noojee_contract.engine.clause_run import is_expected, run_clause
from noojee_contract.engine.expectations import Expectations
from noojee_contract.model.failure import FailureKind
from noojee_contract.targets.target import ExpectedFailure

TODAY = date(2026, 3, 1)
SIDE = SimpleNamespace(zone=ZoneInfo("UTC"), caches=())
SUBJECT: Any = SimpleNamespace(sides=(SIDE, SIDE))


def expectations(field: str | None = None, pattern: str | None = None, expires: date = TODAY) -> Expectations:
    row = ExpectedFailure(
        clause="migration.owners", reason="ticket 12", expires=expires, field=field,
        pattern=None if pattern is None else re.compile(pattern),
    )  # fmt: skip
    return Expectations((row,), TODAY)


def fails(expected: Expectations, function: Callable[[Any, Check], None]) -> tuple[list[tuple[str | None, str]], bool]:
    """What failed, and whether it is expected."""
    with pytest.raises(CheckFailed) as raised:
        run_clause(function, SUBJECT, Check(expected))
    return raised.value.said, is_expected(raised.value, expected)


def two_fields(_: Any, check: Check) -> None:
    """A leg with two faults: its Source and its Username."""
    leg = Leg(unique_id="1.1", number=1)
    for field in ("Source", "Username"):
        check.collect(
            False, f"{field} is 'x', expected 'y'", pair=LegPair(leg, leg), kind=FailureKind.ANSWERS_DIFFER, field=field
        )


def two_checks(_: Any, check: Check) -> None:
    """Checks that end the clause: of Source, then of Username."""
    for field in ("Source", "Username"):
        check(False, f"{field} is 'x', expected 'y'", kind=FailureKind.WRONG_VALUE, field=field)


def test_a_clause_without_field_is_expected_as_a_whole() -> None:
    said, expected = fails(expectations(), two_fields)
    assert ([field for field, _ in said], expected) == (["Source", "Username"], True)


@pytest.mark.parametrize("clause", [two_fields, two_checks])
def test_another_field_of_the_same_leg_still_fails(clause: Callable[[Any, Check], None]) -> None:
    said, expected = fails(expectations(field="Source"), clause)
    assert ([field for field, _ in said], expected) == (["Username"], False)


@pytest.mark.parametrize("clause", [two_fields, two_checks])
def test_a_pattern_is_found_in_the_message(clause: Callable[[Any, Check], None]) -> None:
    said, expected = fails(expectations(pattern=r"^Username is 'x'"), clause)
    assert ([field for field, _ in said], expected) == (["Source"], False)


def test_field_and_pattern_must_both_match() -> None:
    said, expected = fails(expectations(field="Source", pattern="Username"), two_fields)
    assert (len(said), expected) == (2, False)


def test_expected_fields_alone_are_an_expected_failure() -> None:
    def one_field(_: Any, check: Check) -> None:
        check(False, "Source is 'x'", kind=FailureKind.WRONG_VALUE, field="Source")

    said, expected = fails(expectations(field="Source"), one_field)
    assert ([field for field, _ in said], expected) == (["Source"], True)


def test_an_expired_row_expects_nothing() -> None:
    said, expected = fails(expectations(field="Source", expires=date(2026, 2, 28)), two_fields)
    assert (len(said), expected) == (2, False)


def test_differences_before_an_early_end_fail() -> None:
    """The budget may be spent after the first difference: the clause has failed, and is not inconclusive."""

    def ended(subject: Any, check: Check) -> None:
        two_fields(subject, check)
        raise Inconclusive("the budget is spent")

    said, expected = fails(Expectations(), ended)
    assert (len(said), expected) == (2, False)


def test_expected_differences_before_an_early_end_are_inconclusive() -> None:
    def ended(subject: Any, check: Check) -> None:
        two_fields(subject, check)
        raise Inconclusive("the budget is spent")

    with pytest.raises(Inconclusive):
        run_clause(ended, SUBJECT, Check(expectations()))
