"""The answers by hour of a migration: both sides list the same legs, and none that the other side does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from noojee_contract.comparison.difference import LegPair
from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject, SubjectPair
from noojee_contract.engine.unanswered import UnansweredQuestion
from noojee_contract.errors import TooSoon
from noojee_contract.model.archive import hour_of
from noojee_contract.model.coverage import NOT_ASKED, Covered
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.migration.compared import (
    Legs,
    Moved,
    by_name,
    can_compare,
    check_listed,
    compared_calls,
    is_busy,
    said,
    shows_calls,
)
from noojee_contract.suite.migration.known_calls import (
    ComparedCall,
    LocalHour,
    PairHour,
    hours_of,
    listing,
    outside_ids,
)
from noojee_contract.suite.support.listing import (
    DECODED,
    LegName,
    ListedNames,
    describe_leg,
    ends_of,
    listing_mismatch,
    name_of,
    question_in_words,
    with_decided_start,
    written,
)

BY_HOUR_TOO = ("Duration", "Tag", "Username", "Direction", "DID")
"""The fields that answers by hour have in all dialects, in addition to Start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a migration, with its local time of each known hour."""

    subject: Subject
    is_new: bool
    hours: tuple[LocalHour, ...]

    @property
    def words(self) -> str:
        """The side in words."""
        return "new side" if self.is_new else "old side"

    def legs(self, call: ComparedCall) -> tuple[Leg, ...]:
        """The legs that this side lists by the unique id of a call."""
        return call.new.legs if self.is_new else call.old.legs


def _sides(pair: SubjectPair) -> tuple[Side, Side]:
    hours = hours_of(pair)
    old = tuple(hour.old for hour in hours if hour.old is not None)
    new = tuple(hour.new for hour in hours if hour.new is not None)
    return Side(subject=pair.old, is_new=False, hours=old), Side(subject=pair.new, is_new=True, hours=new)


@clause("migration.by-hour")
def test_a_leg_by_hour_is_one_of_the_other_side(pair: SubjectPair, check: Check) -> None:
    """DOC: legs that ended in that hour; they are the same legs."""
    _cover_hours(pair, check)
    calls = {call.unique_id: call for call in compared_calls(pair, check)}
    old, new = _sides(pair)
    for side, other in ((new, old), (old, new)):
        known: dict[str, Legs] = {}  # a call may have thousands of legs
        for answer, leg in _hour_legs(side):
            if leg.unique_id in calls:
                if leg.unique_id not in known:
                    known[leg.unique_id] = by_name(other.legs(calls[leg.unique_id]))
                _check_hour_leg(check, answer, leg, known[leg.unique_id], side=side, other=other)


def _cover_hours(pair: SubjectPair, check: Check) -> None:
    hours = hours_of(pair)
    check.cover(Covered.HOURS, known=len(hours))
    for hour in hours:
        reason = _not_compared(pair, check, hour)
        if reason is None:
            check.cover(Covered.HOURS, compared=1)
        else:
            check.cover(Covered.HOURS, not_compared={reason: 1})


def _not_compared(pair: SubjectPair, check: Check, hour: PairHour) -> str | None:
    """Why an hour is not compared; None where each side that has it lists it."""
    for side, local, words in ((pair.old, hour.old, "old side"), (pair.new, hour.new, "new side")):
        if local is None:
            continue
        try:
            answer = side.by_hour(*local)
        except TooSoon as soon:
            return NOT_ASKED if soon.answered is None else f"answered with {soon.answered} by the {words}"
        if not shows_calls(side, answer):
            check.lack(UnansweredQuestion.of(side.target.name, answer.asked, answer.exchange))
            return f"{said(answer)} by the {words}"
    return None


def _hour_legs(side: Side) -> Iterator[tuple[Answer, Leg]]:
    """Every leg that a side lists by hour, with the answer."""
    for local in side.hours:
        answer = listing(side.subject, local)
        if answer is not None:
            for leg in answer.legs:
                yield answer, leg


def _check_hour_leg(
    check: Check, answer: Answer, leg: Leg, known: Mapping[LegName, Leg], *, side: Side, other: Side
) -> None:
    """Check that a leg by hour is one of the legs that the other side lists for its call, with the same values."""
    twin = known.get(name_of(leg))
    where = f"{question_in_words(answer)} of the {side.words}: {describe_leg(leg)}"
    is_new = side.is_new
    old, new = (twin, leg) if is_new else (leg, twin)
    check.collect(
        twin is not None,
        f"{where} is not listed by the {other.words}",
        answer.exchange,
        pair=LegPair(old, new),
        kind=FailureKind.UNEXPECTED_LEG if is_new else FailureKind.MISSING_LEG,
        expected=None if is_new else describe_leg(leg),
        actual=describe_leg(leg) if is_new else None,
    )
    if old is not None and new is not None:
        sides = (side.subject, other.subject) if old is leg else (other.subject, side.subject)
        moved = Moved(with_decided_start(sides[0], old), with_decided_start(sides[1], new), answer)
        _check_fields(check, moved, where)


def _check_fields(check: Check, moved: Moved, where: str) -> None:
    """Check the fields that both answers have. The DID of outbound calls is not defined."""
    for field in BY_HOUR_TOO:
        both = all(written(leg, field) is not None and field not in leg.silent for leg in (moved.old, moved.new))
        if both and not (field == "DID" and moved.old.direction == "outbound"):
            moved.check(check, field, DECODED[field](moved.old), DECODED[field](moved.new), what=where)
    moved.check_start(check, what=where)


@clause("migration.hours")
def test_both_sides_list_the_same_legs_in_an_hour(pair: SubjectPair, check: Check) -> None:
    """DOC: legs that ended in that hour."""
    outside = outside_ids(pair)
    for hour in hours_of(pair):
        both = _both_answers(pair, check, hour)
        if both is None:
            continue
        old, new = (by_name(leg for leg in each.legs if leg.unique_id not in outside) for each in both)
        where = question_in_words(both[1])
        check_listed(check, where, both[1], old, new)
        for name in old.keys() & new.keys():
            _check_fields(check, Moved(old[name], new[name], both[1]), f"{where}: {describe_leg(old[name])}")


def _both_answers(pair: SubjectPair, check: Check, hour: PairHour) -> tuple[Answer, Answer] | None:
    """The answers of both sides to an hour; None where a side was not asked, or they cannot be compared."""
    old, new = listing(pair.old, hour.old), listing(pair.new, hour.new)
    return None if old is None or new is None or not can_compare(pair, check, old, new) else (old, new)


@clause("migration.by-hour-whole")
def test_every_leg_of_the_other_side_is_listed_in_its_hour(pair: SubjectPair, check: Check) -> None:
    """DOC: legs that ended in that hour. Start plus Duration give the hour, or two hours if close to its end."""
    calls = list(compared_calls(pair, check))
    old, new = _sides(pair)
    listed = ListedNames()
    for side, other in ((new, old), (old, new)):
        for leg in (leg for call in calls for leg in other.legs(call)):
            answers = _hours_with(check, side, leg)
            if answers:
                _check_listed_by_hour(check, leg, answers, side, listed)


def _hours_with(check: Check, side: Side, leg: Leg) -> list[Answer]:
    """The answers to the hours in which a leg can have ended.

    Empty where not all of them are known, or one shows nothing: an error of the old side, or 429.
    """
    zone = side.subject.zone
    second_is_left_out = side.subject.profile.get("repeated_hour") == "first"
    if second_is_left_out and any(end.astimezone(zone).fold for end in ends_of(leg)):
        return []  # the profile declares that the second of two equal hours is never listed
    hours = dict.fromkeys(hour_of(end, zone) for end in ends_of(leg, more=(0, 2)))
    if not all(hour in side.hours for hour in hours):
        return []
    answers = [listing(side.subject, hour) for hour in hours]
    found = [answer for answer in answers if answer is not None]
    for answer in found:
        if is_busy(answer) or not (side.is_new or shows_calls(side.subject, answer)):
            check.lack(UnansweredQuestion.of(side.subject.target.name, answer.asked, answer.exchange))
            return []
    return found if len(found) == len(answers) else []


def _check_listed_by_hour(check: Check, leg: Leg, answers: list[Answer], side: Side, listed: ListedNames) -> None:
    """Check that one of the hours in which a leg can have ended lists it."""
    unlisted = None if answers[0].legs else listing_mismatch(answers[0])
    asked = ", ".join(answer.asked.value for answer in answers)
    check.collect(
        any(name_of(leg) in listed.names(answer) for answer in answers),
        f"{describe_leg(leg)} is not listed by hour on the {side.words} ({asked})",
        answers[0].exchange,
        pair=LegPair(leg, None) if side.is_new else LegPair(None, leg),
        kind=FailureKind.MISSING_LEG if unlisted is None else unlisted.kind,
        expected=describe_leg(leg),
    )
