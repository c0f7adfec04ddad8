"""The outcomes of a clause, the verdicts and exit codes of a run. Pure values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum


class Outcome(StrEnum):
    """The outcome of a clause, worst first."""

    ERROR = "error"
    """A fault of noojee-contract itself."""
    FAILED = "failed"
    """The server contradicts a vendor page, or an option that the target declares."""
    INCONCLUSIVE = "inconclusive"
    """The clause could not be tested here; the report says why."""
    NOT_APPLICABLE = "not_applicable"
    """The target does not have what the clause tests; the report says what."""
    EXPECTED_FAILURE = "expected_failure"
    """The clause fails, and the target file lists it with a reason and an expiry date."""
    INFORMATIONAL = "informational"
    """No page requires a behaviour (an undeclared option, or a may clause); the report shows what the server does."""
    PASSED = "passed"
    """Every check passed."""


class Verdict(StrEnum):
    """The verdict of a run."""

    PASSED = "passed"
    """Nothing failed, something passed, and no required clause is missing."""
    FAILED = "failed"
    """At least one clause failed."""
    INCONCLUSIVE = "inconclusive"
    """Nothing failed, but a required clause is missing, a known recording was not answered, or nothing passed."""
    ERROR = "error"
    """Nothing failed, but a clause ended with an internal error of this tool."""
    INCOMPLETE = "incomplete"
    """Nothing failed, but some clauses have no result, or the time limit or request budget left some out."""
    UNREACHABLE = "unreachable"
    """A target does not answer."""


WORST_FIRST = tuple(Outcome)
SATISFIED = frozenset({Outcome.PASSED, Outcome.EXPECTED_FAILURE})
"""The outcomes of a required clause that exit code 0 needs."""
UNTESTED = frozenset({Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE})

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INCONCLUSIVE = 3
EXIT_UNREACHABLE = 4
EXIT_CODES: Mapping[Verdict, int] = {
    Verdict.PASSED: EXIT_OK,
    Verdict.FAILED: EXIT_FAILED,
    Verdict.INCONCLUSIVE: EXIT_INCONCLUSIVE,
    Verdict.ERROR: EXIT_INCONCLUSIVE,
    Verdict.INCOMPLETE: EXIT_INCONCLUSIVE,
    Verdict.UNREACHABLE: EXIT_UNREACHABLE,
}


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of the outcomes. Raises ValueError if there are none."""
    return min(outcomes, key=WORST_FIRST.index)


def merge(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the outcome of a clause that ran with several call sources. Raises ValueError if there are none.

    The worst outcome wins, but an untested source (inconclusive, not applicable) does not hide a tested one.
    """
    tested = [outcome for outcome in outcomes if outcome not in UNTESTED]
    return worst(tested or outcomes)
