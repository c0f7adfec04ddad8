"""Metadata: repeated questions, the order of legs, and calls in progress."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe, first_difference, is_list, kind_without_legs
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import (
    MOST_SHOWN,
    LegName,
    check_same_fields,
    leg_in_words,
    legs_in_words,
    name_of,
    names,
    question_in_words,
)

REPEATED = 4  # questions that are sent again

LONG_CALL = call(
    "1773198000.2",
    *(
        leg(f"2026-03-11T14:{minute}:00+11:00", f"2026-03-11T14:{minute}:{5 + minute * 7 % 50:02}+11:00", tag="long")
        for minute in range(10, 22)
    ),
)
ORDERED = archive(
    LONG_CALL,
    call("1773199800.5", leg("2026-03-11T14:30:00+11:00", "2026-03-11T14:30:59+11:00", tag="long")),
    call("1773200400.8", leg("2026-03-11T14:40:00+11:00", "2026-03-11T14:40:59+11:00", tag="long")),
)
# It is 15:30. The second leg ends at 15:45.
GOING_ON = call(
    "1773201480.5",
    leg("2026-03-11T14:58:00+11:00", "2026-03-11T15:05:00+11:00", tag="going on"),
    leg("2026-03-11T15:05:01+11:00", "2026-03-11T15:45:01+11:00", tag="going on"),
)
RUNNING = archive(GOING_ON, now="2026-03-11T15:30:00+11:00")
UNTIL_ENDED_SECONDS = 16 * 60
GOING_ON_SECONDS = 40 * 60


@clause("metadata.repeatable")
def test_a_repeated_question_has_the_same_answer(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4: legs that have ended do not change, so a repeated question has the same answer."""
    for answer in islice((answer for answer in subject.listings() if answer.legs), REPEATED):
        value = answer.asked.value
        ask = subject.client.by_tag if answer.asked.kind == "tag" else subject.client.by_unique_id
        read = subject.reread(answer.asked, ask(value))
        again = {name_of(leg): leg for leg in read.legs}
        for first in answer.legs:
            second = again.get(name_of(first))
            name = leg_in_words(name_of(first))
            message = f"{question_in_words(answer)}: {name} came at first, and is not listed again ({describe(read)})"
            kind = FailureKind.ANSWERS_DIFFER if is_list(read) else kind_without_legs(read)
            check(second is not None, message, read.exchange, kind=kind)
            if second is not None:
                check_same_fields(
                    check, first, second, read.exchange, f"{question_in_words(answer)}, sent again: {name}"
                )


@clause("metadata.order")
def test_legs_come_in_the_declared_order(subject: Subject, check: Check) -> None:
    """UNKNOWN: option metadata_order. By start of the call, then by Leg as a number, or the reverse."""
    if subject.archive is not None:
        subject = subject.fresh(document=ORDERED)
    for answer in subject.listings():
        if not all(leg.start for leg in answer.legs):
            continue
        starts: dict[str, datetime] = {leg.unique_id: leg.start[0] for leg in answer.legs if leg.number == 1}
        if any(leg.unique_id not in starts for leg in answer.legs):
            continue  # a tag may select later legs only, which do not show when their call started
        keys = [(starts[leg.unique_id], leg.unique_id, leg.number) for leg in answer.legs]
        if len(keys) < 2 or len(set(starts.values())) < len(starts):
            continue
        values = {tuple(sorted(keys)): "oldest-first", tuple(sorted(keys, reverse=True)): "newest-first"}
        order = ", ".join(leg_in_words(name_of(leg)) for leg in answer.legs[:MOST_SHOWN])
        seen = values.get(tuple(keys), f"other: {order}")
        check.option(subject, "metadata_order", seen, answer.exchange)


@clause("metadata.legs-in-progress")
def test_a_leg_in_progress_is_listed_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option legs_in_progress. Hidden until it ends, or listed."""
    subject = subject.fresh(document=RUNNING)
    first, second = (GOING_ON["unique_id"], 1), (GOING_ON["unique_id"], 2)
    values = {(first,): "hidden", (first, second): "listed"}
    for answer in (subject.by_unique_id(GOING_ON["unique_id"]), subject.by_tag("going on")):
        listed = names(answer.legs)
        seen = values.get(tuple(listed), f"other: {legs_in_words(listed)}")
        check.option(subject, "legs_in_progress", seen, answer.exchange)


@clause("metadata.ended-leg-listed")
def test_a_leg_that_has_ended_is_listed(subject: Subject, check: Check) -> None:
    """SPEC: an entry for each leg of a call, also for a leg that ended after the last question."""
    subject = subject.fresh(document=RUNNING)
    unique_id = GOING_ON["unique_id"]
    earlier = {answer.asked: answer for answer in (subject.by_unique_id(unique_id), subject.by_tag("going on"))}
    subject.step(UNTIL_ENDED_SECONDS)
    for asked_before, before in earlier.items():
        ask = subject.client.by_tag if asked_before.kind == "tag" else subject.client.by_unique_id
        _check_grown(before, subject.reread(asked_before, ask(asked_before.value)), (unique_id, 2), check)


def _check_grown(before: Answer, after: Answer, name: LegName, check: Check) -> None:
    """Check that a new leg is listed with its full Duration, and that the earlier legs have not changed."""
    listed = {name_of(leg): leg for leg in after.legs}
    ended = listed.get(name)
    message = f"{question_in_words(after)}: {leg_in_words(name)} has ended and is not listed ({describe(after)})"
    kind = FailureKind.MISSING_LEG if after.legs else kind_without_legs(after)
    check(ended is not None, message, after.exchange, kind=kind)
    if ended is not None and "Duration" in ended.texts:
        actual = ended.texts["Duration"]
        check(
            ended.duration_seconds == GOING_ON_SECONDS,
            f"{question_in_words(after)}: {leg_in_words(name)} lasted {GOING_ON_SECONDS} s, Duration is {actual!r}",
            after.exchange,
            kind=FailureKind.WRONG_VALUE,
            field="Duration",
            expected=str(GOING_ON_SECONDS),
            actual=actual,
        )
    for earlier in before.legs:
        if name_of(earlier) != name:
            now = listed.get(name_of(earlier))
            check(
                now is not None and now.raw == earlier.raw,
                f"{question_in_words(after)}: {leg_in_words(name_of(earlier))} changed when the call went on",
                after.exchange,
                kind=FailureKind.ANSWERS_DIFFER,
                field=None if now is None else first_difference([earlier], [now]),
            )
