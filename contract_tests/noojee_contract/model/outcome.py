"""The outcomes of a clause, and the exit codes of a run. Pure values."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """The outcome of a clause, worst first."""

    ERROR = "error"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"
    EXPECTED_FAILURE = "expected_failure"
    INFORMATIONAL = "informational"
    PASSED = "passed"


WORST_FIRST = tuple(Outcome)

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INCONCLUSIVE = 3
EXIT_UNREACHABLE = 4


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of the outcomes. Raises ValueError if there are none."""
    return min(outcomes, key=WORST_FIRST.index)
