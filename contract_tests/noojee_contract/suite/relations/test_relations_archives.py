"""Relations: archives joined, calls added, and calls moved to another week or another time zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from noojee_contract.dialects.legs import Leg
from noojee_contract.dialects.times import apart
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import (
    Mismatch,
    check_legs,
    check_mismatch,
    leg_in_words,
    legs_mismatch,
    listing_mismatch,
    name_of,
    names,
    question_in_words,
)
from noojee_contract.suite.support.relations import ask_again, check_rows, check_same, row_mismatch, rows

SECOND = timedelta(seconds=1)
NO_TIME = timedelta()
WEEKS = 3
FIELDS = ("Source", "Destination", "Duration", "Tag", "Username", "CallRecordId", "DID", "Direction")


def _call(minute: int, tags: tuple[str, ...], record: int, **fields: Any) -> dict[str, Any]:
    """A call `minute` minutes after 14:00 on 11 March 2026, with a leg of 25 s for each tag."""
    began = datetime.fromisoformat("2026-03-11T14:00:00+11:00") + timedelta(minutes=minute)
    legs = []
    for place, tag in enumerate(tags):
        start = began + timedelta(seconds=2 + 26 * place)
        end = start + timedelta(seconds=25)
        who = {"username": ("Fred", "Wilma")[place % 2], "destination": ("410", "420")[place % 2]}
        legs.append({**leg(start.isoformat(), end.isoformat(), tag=tag, call_record_id=record + place), **who})
    return call(f"{int(began.timestamp())}.{2 + 3 * minute}", *legs, **fields)


ONE = (_call(10, ("both", "both", "both"), 701), _call(20, ("one",), 704))
OTHER = (
    _call(15, ("both", "both", "both"), 711),
    _call(25, ("other", "both"), 714, direction="outbound", source="410"),
)
EARLIER = _call(5, ("both", "one"), 651)
MIXED = (_call(10, ("a",), 701), _call(11, ("b",), 702), _call(12, ("a", "a"), 703), _call(13, ("b",), 705))

# The first call crosses midnight. Three weeks later, it crosses the end of a month.
AT_MIDNIGHT = (
    call(
        "1773147480.2",
        leg("2026-03-10T23:58:02+11:00", "2026-03-10T23:59:30+11:00", tag="late", call_record_id=701),
        leg("2026-03-10T23:59:31+11:00", "2026-03-11T00:01:01+11:00", tag="late", call_record_id=702),
        leg("2026-03-11T00:01:02+11:00", "2026-03-11T00:09:00+11:00", tag="late", call_record_id=703),
    ),
    call("1773152400.8", leg("2026-03-11T01:20:03+11:00", "2026-03-11T01:20:09+11:00", tag="late", call_record_id=704)),
)


def _moved(written: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """A call some time later, with the unique id of that time."""
    seconds, _, counter = written["unique_id"].partition(".")
    legs = [
        {**each, **{edge: (datetime.fromisoformat(each[edge]) + by).isoformat() for edge in ("start", "end")}}
        for each in written["legs"]
    ]
    return {**written, "unique_id": f"{int(seconds) + int(by.total_seconds())}.{counter}", "legs": legs}


def _check_moved(check: Check, here: Answer, there: Answer, by: timedelta, how: str) -> None:
    """Check that two answers list the same legs in order, except unique ids, and that those of `there` start later."""
    first, second = (sorted(each.legs, key=name_of) for each in (here, there))
    what = f"{question_in_words(there)}, {how}"
    check_mismatch(check, _numbers_mismatch(what, first, there), there.exchange)
    for one, other in zip(first, second, strict=True):
        leg = f"{what}: {leg_in_words(name_of(other))}"
        before, after = ({field: each.texts.get(field) for field in FIELDS} for each in (one, other))
        check_mismatch(check, row_mismatch(leg, before, after), there.exchange)
        gap = apart(tuple(start + by for start in one.start), other.start)
        instants = " or ".join(f"{start + by:%Y-%m-%d %H:%M:%S} UTC" for start in one.start)
        written, seconds = other.texts.get("Start"), 0.0 if gap is None else gap.total_seconds()
        check(
            gap is None or gap < SECOND,
            f"{leg}: Start is {written!r}, expected {instants}, {seconds:g} s apart",
            there.exchange,
            kind=FailureKind.ANSWERS_DIFFER,
            field="Start",
            expected=instants,
            actual=written,
        )


def _numbers_mismatch(what: str, expected: Sequence[Leg], answer: Answer) -> Mismatch | None:
    """Why an answer does not list as many legs with the same numbers; None where it does. Unique ids may differ."""
    before, after = [[leg.number for leg in legs] for legs in (expected, sorted(answer.legs, key=name_of))]
    if before == after:
        return None
    wanted, listed = (", ".join(map(str, numbers)) or "none" for numbers in (before, after))
    kind = FailureKind.UNEXPECTED_LEG if len(after) > len(before) else FailureKind.MISSING_LEG
    unlisted = None if answer.legs else listing_mismatch(answer)
    same_count = len(after) == len(before)
    return Mismatch(
        kind=FailureKind.ANSWERS_DIFFER if same_count else kind if unlisted is None else unlisted.kind,
        message=f"{what}: expected legs {wanted}, got {listed} ({describe(answer)})",
        field="Leg" if same_count else None,
        expected=wanted,
        actual=listed,
    )


@clause("relations.two-archives")
def test_one_pbx_with_two_archives_lists_the_legs_of_both(subject: Subject, check: Check) -> None:
    """SPEC: an array containing any matching calls."""
    both = subject.fresh(document=archive(*ONE, *OTHER))
    apart_ = [subject.fresh(document=archive(*calls)) for calls in (ONE, OTHER)]
    for tag in both.tags:
        each = [one.by_tag(tag) for one in apart_ if tag in one.tags]
        answer = both.by_tag(tag)
        expected = sorted(name for one in each for name in names(one.legs))
        how = "on a PBX with the calls of two PBXs"
        check_legs(check, answer, expected, what=f"{question_in_words(answer)}, {how}")
        check_rows(check, rows(each), answer, how)


@clause("relations.call-added")
def test_a_call_that_is_added_changes_no_other(subject: Subject, check: Check) -> None:
    """DERIVED: an answer lists the matching calls, so a call that does not match changes nothing."""
    subject = subject.fresh(document=archive(*ONE))
    answers = [subject.by_unique_id(unique_id) for unique_id in subject.unique_ids]
    tagged = [subject.by_tag(tag) for tag in subject.tags]
    subject.add_calls([EARLIER])
    added = subject.by_unique_id(EARLIER["unique_id"])
    expected = [(EARLIER["unique_id"], number) for number in range(1, len(EARLIER["legs"]) + 1)]
    mismatch = legs_mismatch(added, expected, what=f"{question_in_words(added)}, after the call was added")
    check_mismatch(check, mismatch if len(added.legs) != len(expected) else None, added.exchange)
    for answer in answers:
        check_same(subject, check, answer, ask_again(subject, answer).exchange, "after another call was added")
    for answer in tagged:
        check_rows(check, rows([answer]), ask_again(subject, answer), "after another call was added")


@clause("relations.calls-in-any-order")
def test_the_order_in_which_calls_came_changes_nothing(subject: Subject, check: Check) -> None:
    """DERIVED: the calls of an archive have no order."""
    here, there = (subject.fresh(document=archive(*calls)) for calls in (MIXED, MIXED[::-1]))
    for answer in here.listings():
        ask = there.by_tag if answer.asked.kind == "tag" else there.by_unique_id
        check_same(there, check, answer, ask(answer.asked.value).exchange, "created in the opposite order")


@clause("relations.weeks-later")
def test_calls_some_weeks_later_have_a_later_start(subject: Subject, check: Check) -> None:
    """SPEC: date and time, and a duration. The calendar changes the time and not the duration."""
    by = timedelta(weeks=WEEKS)
    later = [_moved(each, by) for each in AT_MIDNIGHT]
    here, there = subject.fresh(document=archive(*AT_MIDNIGHT)), subject.fresh(document=archive(*later))
    for old, new in zip(here.unique_ids, there.unique_ids, strict=True):
        _check_moved(check, here.by_unique_id(old), there.by_unique_id(new), by, f"{WEEKS} weeks later")
    _check_moved(check, here.by_tag("late"), there.by_tag("late"), by, f"{WEEKS} weeks later")


@clause("relations.elsewhere")
def test_the_same_calls_elsewhere_began_at_the_same_instants(subject: Subject, check: Check) -> None:
    """DERIVED: Start is the PBX's local time, and no other field depends on the time zone."""
    here = subject.fresh(document=archive(*AT_MIDNIGHT))
    for zone in ("America/New_York", "Asia/Kolkata"):
        there = subject.fresh(document=archive(*AT_MIDNIGHT, zone=zone))
        for unique_id in here.unique_ids:
            _check_moved(check, here.by_unique_id(unique_id), there.by_unique_id(unique_id), NO_TIME, f"in {zone}")
