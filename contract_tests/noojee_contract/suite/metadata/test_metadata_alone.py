"""Metadata: what the answers of one target show by themselves: time zone, leg numbers, fields, times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from noojee_contract.dialects.times import agreeing
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.listing import (
    MOST_SHOWN,
    LegName,
    Listed,
    began_at,
    ends_of,
    listed_legs,
    name_of,
    question_in_words,
)

SECOND = timedelta(seconds=1)
HALF_HOUR = timedelta(minutes=30)
USUAL_DELAY = timedelta(minutes=5)  # from the start of a call to the start of its first leg
FEWEST_CALLS = 3  # that show a time zone
SHARE = 0.8  # of the calls, so that a call whose recording was started late hides nothing
MOST_BETWEEN_ZONES = timedelta(hours=27)
SEASON = timedelta(days=30)  # calls that are no further apart are mostly on one side of a clock change


def _cached_answers(subject: Subject) -> list[Answer]:
    """The answers to all tags and unique ids, and the answers by hour that came before."""
    return [*subject.listings(), *(answer for answer in subject.answers() if answer.asked.kind == "hour")]


@clause("metadata.start-same")
def test_a_leg_starts_at_one_instant_in_every_answer(subject: Subject, check: Check) -> None:
    """SPEC: the date/time that the leg started. A time with an offset decides over a bare local time."""
    found: dict[LegName, tuple[tuple[datetime, ...], Listed]] = {}
    for answer in _cached_answers(subject):
        for leg in answer.legs:
            if not leg.start:
                continue  # other clauses report an unreadable time
            listed = Listed(answer, leg)
            instants, first = found.get(listed.name, (leg.start, listed))
            both = agreeing(instants, leg.start, SECOND)
            if first is not listed:
                expected, actual = first.text("Start"), listed.text("Start")
                listed.check(
                    check,
                    bool(both),
                    f"Start is {actual!r}, and {expected!r} in the answer to {question_in_words(first.answer)}: "
                    "another instant",
                    kind=FailureKind.ANSWERS_DIFFER,
                    field="Start",
                    expected=expected,
                    actual=actual,
                )
            found[listed.name] = (both, first)


@clause("metadata.end")
def test_a_leg_ends_when_its_duration_is_over(subject: Subject, check: Check) -> None:
    """DERIVED from W-H's samples, where callend is Start plus Duration."""
    for listed in listed_legs(subject):
        ends = ends_of(listed.leg)
        if ends and listed.leg.end:
            gap = min(abs(end - shown) for end in ends for shown in listed.leg.end)
            actual = listed.text("End")
            listed.check(
                check,
                gap <= SECOND,
                f"End is {actual!r}, {gap.total_seconds():g} s from Start plus Duration",
                kind=FailureKind.WRONG_VALUE,
                field="End",
                expected=f"Start plus {listed.leg.duration_seconds} s",
                actual=actual,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _FirstLeg:
    """The first leg of a call, the time in its unique id, and how long after this time it starts."""

    listed: Listed
    began: datetime
    gap: timedelta

    @property
    def hours(self) -> float:
        """The gap in hours, rounded down to half an hour."""
        return self.gap // HALF_HOUR / 2

    @property
    def is_of_another_zone(self) -> bool:
        """Whether it starts whole half hours, and the usual delay, from its call, as far as two zones can differ."""
        return self.hours != 0 and self.gap % HALF_HOUR < USUAL_DELAY and abs(self.gap) < MOST_BETWEEN_ZONES


@clause("metadata.start-in-zone")
def test_calls_do_not_all_start_whole_hours_from_their_ids(subject: Subject, check: Check) -> None:
    """DERIVED from A-U, W-A4: a unique id begins with the second of the call, and the first leg usually follows soon.

    Two zones may differ in summer only, so that calls of one season are enough if they start equally late.
    """
    legs = list(_first_legs(subject))
    moved = [leg for leg in legs if leg.is_of_another_zone]
    near = [leg for leg in legs if any(abs(leg.began - other.began) < SEASON for other in moved)]
    of_season = len(moved) >= FEWEST_CALLS and len({leg.hours for leg in moved}) == 1
    for leg in legs:
        leg.listed.check(check, True, "", kind=FailureKind.WRONG_VALUE)
    if moved and len(moved) >= SHARE * len(near if of_season else legs):
        says = _another_zone(subject, moved, legs)
        if len(moved) < FEWEST_CALLS:
            raise Inconclusive(says)
        listed = moved[0].listed
        listed.check(check, False, says, kind=FailureKind.WRONG_VALUE, field="Start", actual=listed.text("Start"))


def _another_zone(subject: Subject, moved: list[_FirstLeg], legs: list[_FirstLeg]) -> str:
    """In words: the zone of the times, and what to change."""
    first = moved[0]
    own = first.listed.leg.start[0].astimezone(subject.zone).utcoffset() or timedelta()
    offset = own.total_seconds() / 3600 + first.hours
    return (
        f"{len(moved)} of {len(legs)} calls start {abs(first.hours):g} h "
        f"{'after' if first.hours > 0 else 'before'} the time in their unique id. "
        f"time_zone in the target file is {subject.zone.key}, and the times are those of a zone at "
        f"UTC{offset:+g}: correct time_zone, or the zone of the PBX"
    )


def _first_legs(subject: Subject) -> Iterator[_FirstLeg]:
    """The first leg of each call whose unique id has a time."""
    for unique_id in subject.unique_ids:
        answer, began = subject.by_unique_id(unique_id), began_at(unique_id)
        put = None if subject.archive is None else subject.archive.call(unique_id)
        if began is None or (put is not None and not timedelta() <= put.legs[0].start - began < USUAL_DELAY):
            continue  # an archive may have an id that is not the time of the call
        for leg in answer.legs:
            if leg.start and name_of(leg)[1] == 1:
                gap = min((start - began for start in leg.start), key=abs)
                yield _FirstLeg(listed=Listed(answer, leg), began=began, gap=gap)


def _gaps(numbers: set[int]) -> list[int]:
    """The first numbers that are missing before each number of a leg; a number may have 18 digits."""
    gaps: list[int] = []
    before = 0
    for number in sorted(number for number in numbers if number > 0):
        gaps += range(before + 1, min(number, before + 1 + MOST_SHOWN))
        before = number
    return gaps


@clause("metadata.leg-numbers-whole")
def test_the_legs_of_a_call_are_numbered_without_a_gap(subject: Subject, check: Check) -> None:
    """UNKNOWN: no page says whether retention leaves gaps. SPEC: an entry for each leg of a call."""
    for unique_id in subject.unique_ids:
        answer = subject.by_unique_id(unique_id)
        numbers = {name_of(leg)[1] for leg in answer.legs if leg.unique_id == unique_id}
        put = None if subject.archive is None else subject.archive.call(unique_id)
        if not numbers or (put is not None and [leg.number for leg in put.legs] != list(range(1, len(put.legs) + 1))):
            continue
        gaps = _gaps(numbers)
        missing = ", ".join(map(str, gaps[:MOST_SHOWN]))
        check(
            not gaps,
            f"{question_in_words(answer)}: legs up to {max(numbers)} are listed, without {missing}",
            answer.exchange,
            kind=FailureKind.MISSING_LEG,
            field="Leg",
            expected=f"legs 1 to {max(numbers)}",
            actual=f"without {missing}",
        )


@clause("metadata.no-unknown-field")
def test_a_leg_has_no_field_that_nothing_describes(subject: Subject, check: Check) -> None:
    """UNKNOWN: the pages list the fields, and do not say that there are no others. A dialect file lists them too."""
    unknown: dict[str, Listed] = {}
    legs = [Listed(answer, leg) for answer in _cached_answers(subject) for leg in answer.legs]
    for listed in legs:
        for field in _unknown_fields(subject, listed):
            unknown.setdefault(field, listed)
    for listed in legs[:1]:
        first = next(iter(unknown.values()), listed)
        named = ", ".join(map(repr, sorted(unknown)[:MOST_SHOWN]))
        message = f"no page and no dialect file names the field {named}"
        first.check(check, not unknown, message, kind=FailureKind.INVALID_FIELD, actual=named or None)


def _unknown_fields(subject: Subject, listed: Listed) -> set[str]:
    """The keys of an entry that its dialect does not name."""
    named = {place[0] for place in subject.target.api.field_places(listed.answer.asked).values() if place}
    return set(listed.leg.raw) - named
