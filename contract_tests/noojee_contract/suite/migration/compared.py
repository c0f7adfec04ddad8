"""The calls and legs that both sides of a migration list, and the checks of their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from noojee_contract.clients.retry_after import TOO_MANY_REQUESTS, is_unavailable
from noojee_contract.comparison.difference import LegPair
from noojee_contract.dialects.legs import Leg
from noojee_contract.dialects.times import apart
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject, SubjectPair
from noojee_contract.engine.unanswered import UnansweredQuestion
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite.migration.known_calls import ComparedCall, asked_calls, is_outside
from noojee_contract.suite.support.listing import (
    LegName,
    brings_nothing,
    describe_leg,
    leg_in_words,
    legs_mismatch,
    listing_mismatch,
    name_of,
    value_in_words,
    with_decided_start,
    written,
)

Legs = Mapping[LegName, Leg]
ALIKE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Moved:
    """A leg as both sides list it, with an answer that shows it."""

    old: Leg
    new: Leg
    answer: Answer

    def check(
        self, check: Check, field: str, old: object, new: object, *, what: str | None = None, same: bool | None = None
    ) -> None:
        """Check that a field has the same value on both sides. `same`: where equality is not the test."""
        what = what or describe_leg(self.old)
        check.collect(
            old == new if same is None else same,
            f"{what}: {field} is {value_in_words(old)} on the old side and {value_in_words(new)} on the new side",
            self.answer.exchange,
            pair=LegPair(self.old, self.new),
            kind=FailureKind.ANSWERS_DIFFER,
            field=field,
            expected=str(old),
            actual=str(new),
        )

    def check_start(self, check: Check, *, what: str | None = None) -> None:
        """Check that the leg started at the same instant on both sides. An unreadable time is not the same."""
        gap = apart(self.old.start, self.new.start)
        same = gap is not None and gap < ALIKE
        what = what or describe_leg(self.old)
        what = what if same or gap is None else f"{what}: {gap.total_seconds():g} s apart"
        self.check(check, "Start", written(self.old, "Start"), written(self.new, "Start"), what=what, same=same)


def shows_calls(subject: Subject, answer: Answer) -> bool:
    """Whether an answer shows which calls a side holds: a list, or the error of an unknown value, but no other."""
    return bool(answer.legs) or listing_mismatch(answer) is None or brings_nothing(subject, answer)


def is_busy(answer: Answer) -> bool:
    """Whether an answer is 429, which says nothing about its question."""
    return answer.exchange.status == TOO_MANY_REQUESTS


def is_available(subject: Subject, check: Check, answer: Answer) -> bool:
    """Whether an answer says something about its question; else the clause lacks it."""
    if is_unavailable(answer.exchange):
        check.lack(UnansweredQuestion.of(subject.target.name, answer.asked, answer.exchange))
        return False
    return True


def said(answer: Answer) -> str:
    """What an answer without legs said, for a coverage."""
    status = answer.exchange.status
    return "not answered" if status is None else f"answered with {status}"


def can_compare(pair: SubjectPair, check: Check, old: Answer, new: Answer) -> bool:
    """Whether the answers of both sides to a question about a known recording can be compared.

    An error of the old side shows nothing, nor does 429 of the new side: the clause lacks these answers. Another error
    of the new side is a difference.
    """
    if not shows_calls(pair.old, old):
        check.lack(UnansweredQuestion.of(pair.old.target.name, old.asked, old.exchange))
        return False
    if is_busy(new):
        check.lack(UnansweredQuestion.of(pair.new.target.name, new.asked, new.exchange))
        return False
    return True


def compared_calls(pair: SubjectPair, check: Check) -> Iterator[ComparedCall]:
    """Each known call that starts between `since` and `until`, and whose answers can be compared."""
    for call in asked_calls(pair):
        if not is_outside(pair, call) and can_compare(pair, check, call.old, call.new):
            yield call


def moved_legs(pair: SubjectPair, check: Check) -> Iterator[Moved]:
    """Every leg that both sides list."""
    for call in compared_calls(pair, check):
        replaced = {name_of(leg): leg for leg in call.new.legs}
        for leg in call.old.legs:
            found = replaced.get(name_of(leg))
            if found is not None:
                old, new = with_decided_start(pair.old, leg), with_decided_start(pair.new, found)
                yield Moved(old, new, call.new)


def check_listed(check: Check, what: str, answer: Answer, old: Legs, new: Legs) -> None:
    """Check that both sides list the same legs, however often. The answer is that of the new side."""
    what = f"{what}, the new side compared with the old side"
    mismatch = legs_mismatch(answer, old.keys(), what=what, listed=new.keys())
    for name in sorted(old.keys() | new.keys()):
        pair = LegPair(old.get(name), new.get(name))
        if mismatch is None or (pair.old is not None and pair.new is not None):
            check.collect(True, "", pair=pair, kind=FailureKind.MISSING_LEG)
        else:
            check.collect(
                False,
                mismatch.message,
                answer.exchange,
                pair=pair,
                kind=mismatch.kind,
                field=mismatch.field,
                expected=None if pair.old is None else leg_in_words(name),
                actual=None if pair.new is None else leg_in_words(name),
            )


def by_name(legs: Iterable[Leg]) -> Legs:
    """Legs by unique id and number, each once."""
    return {name_of(leg): leg for leg in legs}
