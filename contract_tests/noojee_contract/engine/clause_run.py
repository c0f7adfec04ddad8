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
from noojee_contract.engine.unanswered import UnansweredQuestion
from noojee_contract.errors import LimitReached
from noojee_contract.model.exchange import Exchange
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
    busy = _busy_exchange(stop, subject)
    if busy is not None:
        check.lack(UnansweredQuestion.of_request(" > ".join(side.target.name for side in subject.sides), busy))
    elif stop is not None:
        raise stop
    if check.undecided:
        raise check.undecided[0]
    if check.unanswered:
        raise CheckFailed.without_answers(list(check.unanswered.values()))
    if differences:
        raise _collected(check, differences, subject)
    if check.tolerated:
        raise check.tolerated[0]


def _busy_exchange(stop: Exception | None, subject: Subject | SubjectPair) -> Exchange | None:
    """The exchange of a check that failed on an answer 429 of a read-only PBX; None for others."""
    if not isinstance(stop, CheckFailed) or stop.exchange is None or stop.kind is FailureKind.LIMIT_NOT_HELD:
        return None
    are_read_only = all(isinstance(side, ReadOnlySubject | MappedSubject) for side in subject.sides)
    return stop.exchange if are_read_only and stop.exchange.status == TOO_MANY_REQUESTS else None


def is_expected(failed: CheckFailed, expectations: Expectations) -> bool:
    """Whether every failed check that a CheckFailed stands for is expected."""
    return all(expectations.row_for(field, message) is not None for field, message in failed.said)


def _collected(check: Check, differences: Sequence[Difference], subject: Subject | SubjectPair) -> CheckFailed:
    """The failed check that stands for differences that a clause collected on a subject."""
    return CheckFailed.of(differences, extent_of(check.comparison, differences, zone=subject.sides[0].zone))
