"""Relations: archives put together, calls added, moved to another week or to another place."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from noojee_contract.dialects.vendor import apart
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import asked, name_of, named, names
from noojee_contract.suite.support.relations import asked_again, check_rows, check_same, rows

SECOND = timedelta(seconds=1)
NO_TIME = timedelta()
WEEKS = 3
TOLD = ("Source", "Destination", "Duration", "Tag", "Username", "CallRecordId", "DID", "Direction")


def _call(minute: int, tags: tuple[str, ...], record: int, **fields: Any) -> dict[str, Any]:
    """A call at so many minutes past 14:00 on 11 March 2026, a leg of 25 s for each tag."""
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

# Over midnight; three weeks later, over the end of a month.
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
    """A call some time later, unique id and all."""
    seconds, _, counter = written["unique_id"].partition(".")
    legs = [
        {**each, **{edge: (datetime.fromisoformat(each[edge]) + by).isoformat() for edge in ("start", "end")}}
        for each in written["legs"]
    ]
    return {**written, "unique_id": f"{int(seconds) + int(by.total_seconds())}.{counter}", "legs": legs}


def _check_moved(check: Check, here: Answer, there: Answer, by: timedelta, how: str) -> None:
    """Check that two answers tell of the same legs in order, but for unique ids, and that those of `there` began later."""
    first, second = (sorted(each.legs, key=name_of) for each in (here, there))
    numbers = [[leg.number for leg in legs] for legs in (first, second)]
    said = f"{asked(there)}, {how}: expected legs {numbers[0]}, got {numbers[1]}"
    check(numbers[0] == numbers[1], said, there.exchange)
    for one, other in zip(first, second, strict=True):
        differ = [
            f"{name} {other.texts.get(name)!r} for {one.texts.get(name)!r}"
            for name in TOLD
            if one.texts.get(name) != other.texts.get(name)
        ]
        check(not differ, f"{asked(there)}, {how}: {named(name_of(other))} shows {', '.join(differ)}", there.exchange)
        gap = apart(tuple(start + by for start in one.start), other.start)
        said = f"{named(name_of(other))} shows Start {other.texts.get('Start')!r}, {gap} off; without it was {one.texts.get('Start')!r}"
        check(gap is None or gap < SECOND, f"{asked(there)}, {how}: {said}", there.exchange)


@clause("relations.two-archives")
def test_two_archives_in_one_pbx_are_told_together(subject: Subject, check: Check) -> None:
    """SPEC: an array containing any matching calls."""
    both = subject.fresh(document=archive(*ONE, *OTHER))
    apart_ = [subject.fresh(document=archive(*calls)) for calls in (ONE, OTHER)]
    for tag in both.tags:
        each = [one.by_tag(tag) for one in apart_ if tag in one.tags]
        answer = both.by_tag(tag)
        expected = sorted(name for one in each for name in names(one.legs))
        said = f"{asked(answer)}: two PBXs bring {expected}, one with the calls of both brings {names(answer.legs)}"
        check(names(answer.legs) == expected, said, answer.exchange)
        check_rows(check, rows(each), answer, "on a PBX with the calls of two")


@clause("relations.call-added")
def test_a_call_that_is_added_changes_no_other(subject: Subject, check: Check) -> None:
    """DERIVED: the matching calls are told, and a call that does not match is none of them."""
    subject = subject.fresh(document=archive(*ONE))
    answers = [subject.by_unique_id(unique_id) for unique_id in subject.unique_ids]
    tagged = [subject.by_tag(tag) for tag in subject.tags]
    subject.add_calls([EARLIER])
    added = subject.by_unique_id(EARLIER["unique_id"])
    check(
        len(added.legs) == len(EARLIER["legs"]),
        f"{asked(added)}: it was added, {names(added.legs)} came",
        added.exchange,
    )
    for answer in answers:
        check_same(subject, check, answer, asked_again(subject, answer).exchange, "after another call was added")
    for answer in tagged:
        check_rows(check, rows([answer]), asked_again(subject, answer), "after another call was added")


@clause("relations.calls-in-any-order")
def test_the_order_in_which_calls_came_changes_nothing(subject: Subject, check: Check) -> None:
    """DERIVED: an archive is its calls."""
    here, there = (subject.fresh(document=archive(*calls)) for calls in (MIXED, MIXED[::-1]))
    for answer in here.listings():
        ask = there.by_tag if answer.asked.kind == "tag" else there.by_unique_id
        check_same(there, check, answer, ask(answer.asked.value).exchange, "put in in the opposite order")


@clause("relations.weeks-later")
def test_the_same_calls_weeks_later_are_told_weeks_later(subject: Subject, check: Check) -> None:
    """SPEC: date and time, and a duration: the calendar changes the one and not the other."""
    by = timedelta(weeks=WEEKS)
    later = [_moved(each, by) for each in AT_MIDNIGHT]
    here, there = subject.fresh(document=archive(*AT_MIDNIGHT)), subject.fresh(document=archive(*later))
    for old, new in zip(here.unique_ids, there.unique_ids, strict=True):
        _check_moved(check, here.by_unique_id(old), there.by_unique_id(new), by, f"{WEEKS} weeks later")
    _check_moved(check, here.by_tag("late"), there.by_tag("late"), by, f"{WEEKS} weeks later")


@clause("relations.elsewhere")
def test_the_same_calls_elsewhere_began_at_the_same_instants(subject: Subject, check: Check) -> None:
    """DERIVED: Start is the PBX's local time, and nothing else in the document depends on where it stands."""
    here = subject.fresh(document=archive(*AT_MIDNIGHT))
    for zone in ("America/New_York", "Asia/Kolkata"):
        there = subject.fresh(document=archive(*AT_MIDNIGHT, zone=zone))
        for unique_id in here.unique_ids:
            _check_moved(check, here.by_unique_id(unique_id), there.by_unique_id(unique_id), NO_TIME, f"in {zone}")
