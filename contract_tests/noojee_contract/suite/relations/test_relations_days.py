"""Relations: the hours of days of 23 and 25 hours, and answers to the same question later."""

from __future__ import annotations

from datetime import date

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import (
    LegName,
    check_mismatch,
    leg_in_words,
    legs_mismatch,
    listing_mismatch,
    names,
    question_in_words,
)
from noojee_contract.suite.support.relations import answers_with_legs, ask_again, check_rows, rows

AROUND = 4  # questions that the test repeats later
A_NIGHT_SECONDS = 26 * 3600.0
A_MOMENT_SECONDS = 2.0

# Melbourne's clocks went forward at 02:00 AEST on 4 October 2026, and back at 03:00 AEDT on 5 April.
FORWARD_DAY, BACK_DAY = date(2026, 10, 4), date(2026, 4, 5)
FORWARD = archive(
    call("1791020000.2", leg("2026-10-03T23:10:00+10:00", "2026-10-03T23:40:00+10:00")),
    call(
        "1791030000.2",
        leg("2026-10-03T23:50:00+10:00", "2026-10-04T00:10:00+10:00"),
        leg("2026-10-04T00:10:01+10:00", "2026-10-04T01:59:59+10:00"),
        leg("2026-10-04T03:00:00+11:00", "2026-10-04T03:00:01+11:00"),
        leg("2026-10-04T03:00:02+11:00", "2026-10-04T12:30:00+11:00"),
    ),
    call("1791100000.2", leg("2026-10-04T23:10:00+11:00", "2026-10-04T23:40:00+11:00")),
    call("1791110000.2", leg("2026-10-04T23:50:00+11:00", "2026-10-05T00:20:00+11:00")),
)
BACK = archive(
    call("1775304000.2", leg("2026-04-04T23:10:00+11:00", "2026-04-04T23:40:00+11:00")),
    call(
        "1775305000.2",
        leg("2026-04-04T23:50:00+11:00", "2026-04-05T01:59:59+11:00"),
        leg("2026-04-05T02:00:00+11:00", "2026-04-05T02:30:00+11:00"),
        leg("2026-04-05T02:30:01+11:00", "2026-04-05T02:30:00+10:00"),
        leg("2026-04-05T02:30:01+10:00", "2026-04-05T03:00:00+10:00"),
        leg("2026-04-05T03:00:01+10:00", "2026-04-05T12:30:00+10:00"),
    ),
    call("1775392000.2", leg("2026-04-05T23:10:00+10:00", "2026-04-05T23:40:00+10:00")),
    call("1775394000.2", leg("2026-04-05T23:50:00+10:00", "2026-04-06T00:20:00+10:00")),
)
# The clock is at 15:30. One leg ends at 15:45, the next leg at 16:05.
RUNNING_DAY, RUNNING_HOUR = date(2026, 3, 11), 15
UNTIL_NEXT_ENDED_SECONDS = 20 * 60
GOES_ON = "1773201100.5"
RUNNING = archive(
    call("1773201000.2", leg("2026-03-11T15:01:00+11:00", "2026-03-11T15:10:00+11:00")),
    call(
        GOES_ON,
        leg("2026-03-11T14:58:00+11:00", "2026-03-11T15:05:00+11:00"),
        leg("2026-03-11T15:05:01+11:00", "2026-03-11T15:45:00+11:00"),
        leg("2026-03-11T15:45:01+11:00", "2026-03-11T16:05:00+11:00"),
    ),
    now="2026-03-11T15:30:00+11:00",
)


def _check_day(subject: Subject, day: date, check: Check) -> None:
    """Check that the hours of a day together list each leg that ended on it once, and no leg of another day."""
    assert subject.archive is not None
    answers = [subject.by_hour(day, hour) for hour in range(24)]
    for put in subject.archive.legs:
        ended = put.end.astimezone(subject.zone)
        left_out = ended.fold == 1 and subject.profile.get("repeated_hour") == "first"
        name: LegName = (put.unique_id, put.number)
        expected = 1 if ended.date() == day and not left_out else 0
        times = sum(names(answer.legs).count(name) for answer in answers)
        listing = [answer for answer in answers if name in names(answer.legs)]
        shown = listing[-1] if listing else answers[ended.hour if ended.date() == day else -1]
        hours = ", ".join(answer.asked.value for answer in listing) or "none"
        check(
            times == expected,
            f"{leg_in_words(name)} ended at {ended:%Y-%m-%d %H:%M:%S %Z}: expected in {expected} of the hours of {day},"
            f" listed in {hours} ({describe(shown)})",
            shown.exchange,
            kind=_kind_of_count(times, expected, shown),
            expected=str(expected),
            actual=str(times),
        )


def _kind_of_count(times: int, expected: int, shown: Answer) -> FailureKind:
    """What is wrong with a leg that the hours of a day list too seldom or too often."""
    if times > expected:
        return FailureKind.REPEATED_LEG if expected else FailureKind.UNEXPECTED_LEG
    unlisted = None if shown.legs else listing_mismatch(shown)
    return FailureKind.MISSING_LEG if unlisted is None else unlisted.kind


@clause("relations.day-of-23-hours")
def test_the_hours_of_a_short_day_are_the_day(subject: Subject, check: Check) -> None:
    """DOC W-H: legs that ended in that hour. The 23 local hours list every leg."""
    _check_day(subject.fresh(document=FORWARD), FORWARD_DAY, check)


@clause("relations.day-of-25-hours")
def test_the_hours_of_a_long_day_are_the_day(subject: Subject, check: Check) -> None:
    """DOC W-H: legs that ended in that hour. UNKNOWN: option repeated_hour."""
    _check_day(subject.fresh(document=BACK), BACK_DAY, check)


@clause("relations.later")
def test_listed_legs_are_listed_later(subject: Subject, check: Check) -> None:
    """DERIVED: legs that have ended do not change overnight (on a read-only PBX: within two seconds)."""
    answers = answers_with_legs(subject, AROUND)
    subject.step(A_MOMENT_SECONDS if subject.sandbox is None else A_NIGHT_SECONDS)
    for answer in answers:
        check_rows(check, rows([answer]), ask_again(subject, answer), "sent again later")


@clause("relations.running-hour-grows")
def test_a_running_hour_lists_new_legs_later(subject: Subject, check: Check) -> None:
    """DOC W-H: legs that ended in that hour. A running hour lists the legs that have ended so far."""
    subject = subject.fresh(document=RUNNING)
    first = subject.by_hour(RUNNING_DAY, RUNNING_HOUR)
    subject.step(UNTIL_NEXT_ENDED_SECONDS)
    later = subject.reread(first.asked, subject.ask_by_hour(RUNNING_DAY, RUNNING_HOUR))
    check_rows(check, rows([first]), later, "sent again 20 minutes later")
    since = (GOES_ON, 2)
    mismatch = legs_mismatch(
        later, [*names(later.legs), since], what=f"{question_in_words(later)}, sent again 20 minutes later"
    )
    check_mismatch(check, None if since in names(later.legs) else mismatch, later.exchange)
