"""By hour: which legs the PBX lists for an hour of its local time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.errors import TooSoon
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe, is_refusal
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.coverage import cover_hours, cover_late_hours
from noojee_contract.suite.support.listing import (
    LegName,
    Mismatch,
    check_legs,
    check_mismatch,
    held_legs,
    is_empty,
    leg_in_words,
    legs_in_words,
    listing_mismatch,
    name_of,
    names,
    put_names,
    question_in_words,
)

LOCAL_TIME = "%Y-%m-%d %H:%M:%S %Z"

# Legs that end close to the end of an hour in Melbourne, or exactly on the hour.
EDGES = archive(
    call(
        "1773200300.2",
        leg("2026-03-11T14:40:00.000+11:00", "2026-03-11T14:59:59.999+11:00", tag="edge"),
        leg("2026-03-11T14:59:59.999+11:00", "2026-03-11T15:00:00.000+11:00", tag="edge"),
        leg("2026-03-11T15:00:00.001+11:00", "2026-03-11T15:00:00.002+11:00", tag="edge"),
        leg("2026-03-11T15:00:01.000+11:00", "2026-03-11T15:59:59.999+11:00", tag="edge"),
    )
)
MIDNIGHTS = archive(
    call("1710000000.2", leg("2024-02-28T23:59:00+11:00", "2024-02-28T23:59:59.5+11:00")),
    call("1710000000.5", leg("2024-02-28T23:59:30+11:00", "2024-02-29T00:00:00+11:00")),
    call("1710000000.8", leg("2024-02-29T23:50:00+11:00", "2024-02-29T23:59:59+11:00")),
    call("1710000000.11", leg("2024-02-29T23:50:00+11:00", "2024-03-01T00:10:00+11:00")),
    call("1760000000.2", leg("2025-12-31T23:58:00+11:00", "2025-12-31T23:59:58+11:00")),
    call("1760000000.5", leg("2025-12-31T23:58:00+11:00", "2026-01-01T00:00:04+11:00")),
    call("1760000000.8", leg("2026-01-01T12:58:00+11:00", "2026-01-01T13:00:04+11:00")),
)
SPANNING = archive(
    call(
        "1773200400.2",
        leg("2026-03-11T13:58:00+11:00", "2026-03-11T13:59:30+11:00"),
        leg("2026-03-11T13:59:31+11:00", "2026-03-11T14:20:00+11:00"),
        leg("2026-03-11T14:20:01+11:00", "2026-03-11T16:02:00+11:00"),
    )
)
# Both nights on which Melbourne changes its clocks: 02:30 occurs twice on 5 April and never on 4 October.
CHANGES = archive(
    call("1775300000.2", leg("2026-04-05T02:20:00+11:00", "2026-04-05T02:30:00+11:00")),
    call("1775300000.5", leg("2026-04-05T02:20:00+10:00", "2026-04-05T02:30:00+10:00")),
    call("1791000000.2", leg("2026-10-04T01:20:00+10:00", "2026-10-04T01:59:59+10:00")),
    call("1791000000.5", leg("2026-10-04T01:59:50+10:00", "2026-10-04T03:10:00+11:00")),
)
DAY = archive(
    call("1773149000.2", leg("2026-03-11T00:10:00+11:00", "2026-03-11T00:12:00+11:00")),
    call("1773160000.2", leg("2026-03-11T09:50:00+11:00", "2026-03-11T10:01:00+11:00", tag="a")),
    call(
        "1773190000.2",
        leg("2026-03-11T12:40:00+11:00", "2026-03-11T12:58:00+11:00"),
        leg("2026-03-11T12:58:01+11:00", "2026-03-11T13:00:00+11:00"),
        leg("2026-03-11T13:00:01+11:00", "2026-03-11T13:03:00+11:00"),
    ),
    call("1773230000.2", leg("2026-03-11T22:40:00+11:00", "2026-03-11T23:59:59+11:00"), direction="outbound"),
)
# The clock is at 15:30. A call started before the hour and is not over.
RUNNING = archive(
    call("1773201000.2", leg("2026-03-11T15:01:00+11:00", "2026-03-11T15:10:00+11:00")),
    call(
        "1773201100.5",
        leg("2026-03-11T14:58:00+11:00", "2026-03-11T15:05:00+11:00"),
        leg("2026-03-11T15:05:01+11:00", "2026-03-11T15:45:00+11:00"),
    ),
    now="2026-03-11T15:30:00+11:00",
)


def _check_hours(subject: Subject, hours: Mapping[tuple[date, int], list[LegName]], check: Check) -> None:
    """Check that each hour lists exactly its expected legs."""
    held = held_legs(subject)
    for (day, hour), expected in hours.items():
        answer = subject.by_hour(day, hour)
        check_legs(check, answer, [name for name in expected if name in held], held=held)


def _local_ends(subject: Subject, leg: Leg) -> list[datetime]:
    """When a leg ended, in the PBX's local time: every instant that its callend can mean."""
    return [end.astimezone(subject.zone) for end in leg.end]


def _check_end(check: Check, answer: Answer, leg: Leg, ends: list[datetime], in_hour: bool) -> None:
    """Check that a leg ended in the hour of its answer."""
    local = " or ".join(f"{end:{LOCAL_TIME}}" for end in ends)
    check(
        in_hour,
        f"{question_in_words(answer)}: {leg_in_words(name_of(leg))} ended at {local}, in another hour",
        answer.exchange,
        kind=FailureKind.UNEXPECTED_LEG,
        expected=answer.asked.value,
        actual=local,
    )


@clause("by-hour.answered")
def test_an_hour_is_answered_with_an_array(subject: Subject, check: Check) -> None:
    """DOC W-H: 200 on success; an array with an entry for each leg."""
    cover_hours(subject, check, known=len(subject.hours))
    for place, (day, hour) in enumerate(subject.hours):
        try:
            answer = subject.by_hour(day, hour)
        except TooSoon as soon:
            cover_late_hours(subject, check, soon, len(subject.hours) - place)
            raise
        check_mismatch(check, listing_mismatch(answer), answer.exchange)
        cover_hours(subject, check, compared=1)


@clause("by-hour.ended-in-hour")
def test_the_legs_that_ended_in_the_hour_are_listed_and_no_other(subject: Subject, check: Check) -> None:
    """DOC W-H: legs that ended in that hour."""
    repeated = subject.profile.get("repeated_hour", "both")
    for day, hour in subject.hours:
        if subject.archive is not None:
            expected = put_names(subject.archive.by_hour(day, hour, repeated=repeated))
            _check_hours(subject, {(day, hour): expected}, check)
            continue
        answer = subject.by_hour(day, hour)
        for listed in answer.legs:
            ends = _local_ends(subject, listed)
            if ends:
                in_hour = any((end.date(), end.hour) == (day, hour) for end in ends)
                _check_end(check, answer, listed, ends, in_hour)


@clause("by-hour.local-time")
def test_callend_as_written_lies_in_the_requested_hour(subject: Subject, check: Check) -> None:
    """DERIVED from W-H: hour 15 of 2021/09/14 shows callend Tue Sep 14 15:03:34 AEST 2021."""
    for day, hour in subject.hours:
        answer = subject.by_hour(day, hour)
        for listed in answer.legs:
            for end in _local_ends(subject, listed):
                _check_end(check, answer, listed, [end], (end.date(), end.hour) == (day, hour))


@clause("by-hour.zero-based")
def test_hours_count_from_zero_at_midnight(subject: Subject, check: Check) -> None:
    """DOC W-H: 0 = midnight to 1am, 13 = 1pm to 2pm."""
    subject = subject.fresh(document=MIDNIGHTS)
    wanted = {
        (date(2026, 1, 1), 0): [("1760000000.5", 1)],
        (date(2026, 1, 1), 13): [("1760000000.8", 1)],
        (date(2025, 12, 31), 23): [("1760000000.2", 1)],
    }
    _check_hours(subject, wanted, check)


@clause("by-hour.hour-edges")
def test_a_leg_that_ends_on_the_hour_belongs_to_the_hour_that_begins(subject: Subject, check: Check) -> None:
    """DERIVED from W-H: 0 is midnight to 1am, 13 is 1pm to 2pm."""
    subject, call = subject.fresh(document=EDGES), "1773200300.2"
    day = date(2026, 3, 11)
    _check_hours(subject, {(day, 14): [(call, 1)], (day, 15): [(call, 2), (call, 3), (call, 4)], (day, 16): []}, check)


@clause("by-hour.date-edges")
def test_legs_on_either_side_of_midnight_belong_to_their_own_dates(subject: Subject, check: Check) -> None:
    """DOC W-H: date and hour name the hour in which the leg ended."""
    subject = subject.fresh(document=MIDNIGHTS)
    wanted = {
        (date(2024, 2, 28), 23): [("1710000000.2", 1)],
        (date(2024, 2, 29), 0): [("1710000000.5", 1)],
        (date(2024, 2, 29), 23): [("1710000000.8", 1)],
        (date(2024, 3, 1), 0): [("1710000000.11", 1)],
        (date(2025, 12, 31), 23): [("1760000000.2", 1)],
        (date(2026, 1, 1), 0): [("1760000000.5", 1)],
    }
    _check_hours(subject, wanted, check)


@clause("by-hour.repeated-hour")
def test_the_hour_that_comes_twice_gives_what_is_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option repeated_hour: the legs of both hours, or of the first."""
    answer = subject.fresh(document=CHANGES).by_hour(date(2026, 4, 5), 2)
    first, second = ("1775300000.2", 1), ("1775300000.5", 1)
    listed = names(answer.legs)
    seen = {(first, second): "both", (first,): "first"}.get(tuple(listed), f"other: {legs_in_words(listed)}")
    check.option(subject, "repeated_hour", seen, answer.exchange)


@clause("by-hour.skipped-hour")
def test_the_hour_that_is_skipped_brings_no_leg(subject: Subject, check: Check) -> None:
    """DOC W-H: legs that ended in that hour. No leg ended in it."""
    subject = subject.fresh(document=CHANGES)
    answer = subject.by_hour(date(2026, 10, 4), 2)
    listed = legs_in_words(names(answer.legs))
    check(
        not answer.legs,
        f"hour 2 does not exist on 2026/10/04: expected no legs, got {listed}",
        answer.exchange,
        kind=FailureKind.UNEXPECTED_LEG,
        expected="no legs",
        actual=listed,
    )
    _check_hours(
        subject, {(date(2026, 10, 4), 1): [("1791000000.2", 1)], (date(2026, 10, 4), 3): [("1791000000.5", 1)]}, check
    )


@clause("by-hour.spanning-call")
def test_a_call_over_several_hours_shows_each_leg_in_its_own(subject: Subject, check: Check) -> None:
    """DOC W-H: legs are separate, so the entire recording may not have completed."""
    subject, call = subject.fresh(document=SPANNING), "1773200400.2"
    day = date(2026, 3, 11)
    _check_hours(
        subject, {(day, 13): [(call, 1)], (day, 14): [(call, 2)], (day, 15): [], (day, 16): [(call, 3)]}, check
    )


@clause("by-hour.every-leg-once")
def test_all_hours_of_a_day_list_every_leg_once(subject: Subject, check: Check) -> None:
    """DOC W-H: legs that ended in that hour: an end lies in one hour."""
    subject = subject.fresh(document=DAY)
    assert subject.archive is not None
    answers = [subject.by_hour(date(2026, 3, 11), hour) for hour in range(24)]
    for name in put_names(subject.archive.legs):
        mismatch, shown = _once_mismatch(name, answers)
        check_mismatch(check, mismatch, shown.exchange)


def _once_mismatch(name: LegName, answers: list[Answer]) -> tuple[Mismatch | None, Answer]:
    """Why a leg is not listed exactly once in the hours of a day, None where it is; and the answer that shows it."""
    listing = [answer for answer in answers for listed in names(answer.legs) if listed == name]
    times = len(listing)
    if times == 1:
        return None, listing[0]
    if times > 1:
        hours = ", ".join(dict.fromkeys(answer.asked.value for answer in listing))
        message = f"{leg_in_words(name)} is listed in {times} hours of its day, expected one: {hours}"
        return Mismatch(kind=FailureKind.REPEATED_LEG, message=message, expected="1", actual=str(times)), listing[-1]
    for answer in answers:
        unlisted = listing_mismatch(answer)
        if unlisted is not None:
            return unlisted, answer
    message = f"{leg_in_words(name)} is not listed in any hour of its day, expected one"
    return Mismatch(kind=FailureKind.MISSING_LEG, message=message, expected="1", actual="0"), answers[-1]


@clause("by-hour.empty-hour")
def test_an_hour_in_which_nothing_ended_gives_an_empty_array(subject: Subject, check: Check) -> None:
    """CLIENT C-D: an empty array is reported as no recordings found."""
    subject = subject.fresh(document=SPANNING)
    for day, hour in ((date(2026, 3, 11), 15), (date(2026, 3, 10), 9)):
        answer = subject.by_hour(day, hour)
        check_mismatch(check, listing_mismatch(answer) or _no_legs_mismatch(answer), answer.exchange)


def _no_legs_mismatch(answer: Answer) -> Mismatch | None:
    """The legs of an hour in which no leg ended; None where the answer has none."""
    if not answer.legs:
        return None
    listed = legs_in_words(names(answer.legs))
    message = f"{question_in_words(answer)}: no leg ended in it, expected 200 and [], got {listed}"
    return Mismatch(kind=FailureKind.UNEXPECTED_LEG, message=message, expected="no legs", actual=listed)


@clause("by-hour.running-hour")
def test_the_hour_that_is_not_over_lists_what_ended_so_far(subject: Subject, check: Check) -> None:
    """CLIENT C-D: the vendor's client sends the current hour by default."""
    subject, day = subject.fresh(document=RUNNING), date(2026, 3, 11)
    answer = subject.by_hour(day, 15)
    expected = [("1773201000.2", 1), ("1773201100.5", 1)]
    listed = [name for name in names(answer.legs) if name != ("1773201100.5", 2)]
    check_legs(check, answer, expected, what="the running hour", listed=listed)
    subject.step(20 * 60)
    later = subject.reread(answer.asked, subject.ask_by_hour(day, 15))
    check_legs(check, later, [*expected, ("1773201100.5", 2)], what="the same hour, once it is over")


@clause("by-hour.in-progress")
def test_a_leg_that_is_still_recorded_is_not_listed(subject: Subject, check: Check) -> None:
    """DOC W-H: legs that ended; the entire recording may not have completed."""
    subject = subject.fresh(document=RUNNING)
    answer = subject.by_hour(date(2026, 3, 11), 15)
    running = ("1773201100.5", 2)
    check(
        running not in names(answer.legs),
        f"{leg_in_words(running)} is recorded until 15:45; it is listed at 15:30",
        answer.exchange,
        kind=FailureKind.UNEXPECTED_LEG,
        actual=leg_in_words(running),
    )


@clause("by-hour.future-hour")
def test_a_future_hour_gives_what_is_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option future_hour: an empty array, or a refusal."""
    future = subject.zone_now() + timedelta(days=2)
    answer = subject.by_hour(future.date(), 13)
    listed = legs_in_words(names(answer.legs))
    check(
        not answer.legs,
        f"an hour of the day after tomorrow lists {listed}",
        answer.exchange,
        kind=FailureKind.UNEXPECTED_LEG,
        expected="no legs",
        actual=listed,
    )
    seen = "empty-list" if is_empty(answer) else "refused" if is_refusal(answer) else f"other: {describe(answer)}"
    check.option(subject, "future_hour", seen, answer.exchange)
