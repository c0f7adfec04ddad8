"""Metadata: asked again, in an order, and while a call goes on."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import LegName, asked, differing, name_of, named, names

REPEATED = 4  # questions that are asked again, of an archive or an observed target

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
# It is 15:30; the second leg goes on until 15:45.
GOING_ON = call(
    "1773201480.5",
    leg("2026-03-11T14:58:00+11:00", "2026-03-11T15:05:00+11:00", tag="going on"),
    leg("2026-03-11T15:05:01+11:00", "2026-03-11T15:45:01+11:00", tag="going on"),
)
RUNNING = archive(GOING_ON, now="2026-03-11T15:30:00+11:00")
UNTIL_ENDED_SECONDS = 16 * 60
GOING_ON_SECONDS = 40 * 60


@clause("metadata.repeatable")
def test_a_question_asked_again_has_the_same_answer(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4: ended legs do not change; a client that reads again finds what it found."""
    for answer in islice((answer for answer in subject.listings() if answer.legs), REPEATED):
        value = answer.asked.value
        ask = subject.client.by_tag if answer.asked.kind == "tag" else subject.client.by_unique_id
        read = subject.reread(answer.asked, ask(value))
        again = {name_of(leg): leg for leg in read.legs}
        for first in answer.legs:
            second = again.get(name_of(first))
            said = f"{asked(answer)}: {named(name_of(first))} came at first, not when asked again ({describe(read)})"
            check(second is not None, said, read.exchange)
            if second is not None:
                differ = {field: told[1] for field, told in differing(first, second).items()}
                said = f"{asked(answer)}: asked again, {named(name_of(first))} shows {differ}"
                check(not differ, said, read.exchange)


@clause("metadata.order")
def test_legs_come_in_the_declared_order(subject: Subject, check: Check) -> None:
    """UNKNOWN row 30: by start of the call, then by Leg as a number; or all of that reversed."""
    if subject.archive is not None:
        subject = subject.fresh(document=ORDERED)
    for answer in subject.listings():
        began: dict[str, datetime] = {}
        if not all(came.start for came in answer.legs):
            continue
        for came in answer.legs:
            began[came.unique_id] = min(came.start[0], began.get(came.unique_id, came.start[0]))
        keys = [(began[came.unique_id], came.unique_id, name_of(came)[1]) for came in answer.legs]
        if len(keys) < 2 or len(set(began.values())) < len(began):
            continue
        known = {tuple(sorted(keys)): "oldest-first", tuple(sorted(keys, reverse=True)): "newest-first"}
        seen = known.get(tuple(keys), f"other: {[name_of(came) for came in answer.legs]}")
        check.option(subject, "metadata_order", seen, answer.exchange)


@clause("metadata.legs-in-progress")
def test_a_leg_that_goes_on_is_listed_or_not_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 29: hidden until it ends, or listed."""
    subject = subject.fresh(document=RUNNING)
    first, second = (GOING_ON["unique_id"], 1), (GOING_ON["unique_id"], 2)
    known = {(first,): "hidden", (first, second): "listed"}
    for answer in (subject.by_unique_id(GOING_ON["unique_id"]), subject.by_tag("going on")):
        listed = names(answer.legs)
        check.option(subject, "legs_in_progress", known.get(tuple(listed), f"other: {listed}"), answer.exchange)


@clause("metadata.ended-leg-listed")
def test_a_leg_that_has_ended_is_listed_whole(subject: Subject, check: Check) -> None:
    """SPEC: an entry for each leg of a call: one that ended since the last question, too."""
    subject = subject.fresh(document=RUNNING)
    unique_id = GOING_ON["unique_id"]
    earlier = {answer.asked: answer for answer in (subject.by_unique_id(unique_id), subject.by_tag("going on"))}
    subject.step(UNTIL_ENDED_SECONDS)
    for asked_before, before in earlier.items():
        ask = subject.client.by_tag if asked_before.kind == "tag" else subject.client.by_unique_id
        _check_grown(before, subject.reread(asked_before, ask(asked_before.value)), (unique_id, 2), check)


def _check_grown(before: Answer, after: Answer, name: LegName, check: Check) -> None:
    """Check that a leg came by with its whole Duration, and that the legs before it stayed as they were."""
    came = {name_of(leg): leg for leg in after.legs}
    ended = came.get(name)
    said = f"{asked(after)}: {named(name)} has ended and is not listed ({describe(after)})"
    check(ended is not None, said, after.exchange)
    if ended is not None and "Duration" in ended.texts:
        said = f"{asked(after)}: {named(name)} lasted {GOING_ON_SECONDS} s, Duration is {ended.texts['Duration']!r}"
        check(ended.duration_seconds == GOING_ON_SECONDS, said, after.exchange)
    for earlier in before.legs:
        if name_of(earlier) != name:
            same = name_of(earlier) in came and came[name_of(earlier)].raw == earlier.raw
            check(same, f"{asked(after)}: {named(name_of(earlier))} changed when the call went on", after.exchange)
