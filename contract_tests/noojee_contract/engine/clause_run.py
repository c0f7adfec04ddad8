"""Runs a clause function on a subject, and raises the differences that it collected as one failed check."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from noojee_contract.clients.retry_after import TOO_MANY_REQUESTS
from noojee_contract.comparison.difference import Comparison, Difference
from noojee_contract.comparison.extent import extent_of
from noojee_contract.engine.check import Check, CheckFailed, Inconclusive
from noojee_contract.engine.expectations import Expectations
from noojee_contract.engine.mapped_subject import MappedSubject
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.engine.subject import Subject, SubjectPair
from noojee_contract.errors import LimitReached
from noojee_contract.model.failure import FailureKind

ClauseFunction = Callable[..., None]


def run_clause(function: ClauseFunction, subject: Subject | SubjectPair, check: Check) -> None:
    """Run a clause function. Raises CheckFailed for its first failed check, or for all differences that it collected.

    An unexpected difference has failed the clause, even if the clause could not be finished. Expected failures are
    raised only if nothing else failed: see `is_expected`. So is the first answer that decided nothing, and a question
    about a known recording that was not answered. A read-only PBX that answers 429 is busy, and has failed no check.
    """
    check.comparison = Comparison()
    check.tolerated.clear()
    check.undecided.clear()
    check.unanswered.clear()
    for cache in (cache for side in subject.sides for cache in side.caches):
        cache.begin()
    stop: Exception | None = None
    try:
        function(subject, check)
    except (CheckFailed, Inconclusive, LimitReached) as raised:
        stop = raised
    for side in subject.sides:
        if isinstance(side, ReadOnlySubject | MappedSubject):
            for question in side.unanswered():
                check.lack(question)
    differences = check.comparison.differences
    unexpected = [each for each in differences if check.expectations.row_for(each.field, each.message) is None]
    if unexpected:
        raise _collected(check, unexpected, subject) from stop
    if stop is not None and not (isinstance(stop, CheckFailed) and _is_busy(stop, subject)):
        raise stop
    if check.undecided:
        raise check.undecided[0]
    if check.unanswered:
        raise CheckFailed.without_answers(list(check.unanswered.values()))
    if isinstance(stop, CheckFailed):
        stop.undecided = True
        raise stop
    if differences:
        raise _collected(check, differences, subject)
    if check.tolerated:
        raise check.tolerated[0]


def _is_busy(failed: CheckFailed, subject: Subject | SubjectPair) -> bool:
    """Whether a check failed on an answer 429 of a read-only PBX, and is not about the by-hour limit itself."""
    is_limited = failed.exchange is not None and failed.exchange.status == TOO_MANY_REQUESTS
    are_read_only = all(isinstance(side, ReadOnlySubject | MappedSubject) for side in subject.sides)
    return is_limited and are_read_only and failed.kind is not FailureKind.LIMIT_NOT_HELD


def is_expected(failed: CheckFailed, expectations: Expectations) -> bool:
    """Whether every failed check that a CheckFailed stands for is expected."""
    return all(expectations.row_for(field, message) is not None for field, message in failed.said)


def _collected(check: Check, differences: Sequence[Difference], subject: Subject | SubjectPair) -> CheckFailed:
    """The failed check that stands for differences that a clause collected on a subject."""
    return CheckFailed.of(differences, extent_of(check.comparison, differences, zone=subject.sides[0].zone))
