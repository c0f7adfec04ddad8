"""Runs a clause function on a subject, and raises the differences that it collected as one failed check."""

from __future__ import annotations

from collections.abc import Callable

from noojee_contract.comparison.extent import extent_of
from noojee_contract.engine.check import Check, CheckFailed, Inconclusive
from noojee_contract.engine.subject import Subject, SubjectPair
from noojee_contract.errors import BudgetSpent, TooSoon

ClauseFunction = Callable[..., None]


def run_clause(function: ClauseFunction, subject: Subject | SubjectPair, check: Check) -> None:
    """Run a clause function. Raises CheckFailed for its first failed check, or for all differences that it collected.

    A clause that collected differences has failed, even if it could not be finished.
    """
    try:
        function(subject, check)
    except (CheckFailed, Inconclusive, BudgetSpent, TooSoon) as stop:
        if not check.comparison.differences:
            raise
        raise collected(check, subject) from stop
    if check.comparison.differences:
        raise collected(check, subject)


def collected(check: Check, subject: Subject | SubjectPair) -> CheckFailed:
    """The failed check that stands for all differences that a clause collected on a subject."""
    differences = check.comparison.differences
    return CheckFailed.of(differences, extent_of(check.comparison, differences, zone=subject.sides[0].zone))
