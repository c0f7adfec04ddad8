"""Metadata: Start and Duration."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import listed_legs, names, put_legs

SECOND = timedelta(seconds=1)
LONGEST = 10**9  # seconds: more than any leg lasts, and a number that a timedelta can hold
TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{1,9}")
BIRTH = re.compile(
    r"(?:.*-)?([0-9]{9,10})\.[0-9]+"
)  # a unique id of Asterisk: when its channel was made, and a counter

# Melbourne's clocks went back at 03:00 AEDT on 5 April 2026, and forward at 02:00 AEST on 4 October.
BACK = {
    "2026-04-05T01:59:59+11:00": "2026-04-05 01:59:59",
    "2026-04-05T02:30:00+11:00": "2026-04-05 02:30:00",
    "2026-04-05T02:30:00+10:00": "2026-04-05 02:30:00",
    "2026-04-05T02:59:59+10:00": "2026-04-05 02:59:59",
    "2026-04-05T03:30:00+10:00": "2026-04-05 03:30:00",
}
FORWARD = {
    "2026-10-04T01:59:59+10:00": "2026-10-04 01:59:59",
    "2026-10-04T03:00:00+11:00": "2026-10-04 03:00:00",
    "2026-10-04T03:30:00+11:00": "2026-10-04 03:30:00",
    "2026-10-04T12:00:00+11:00": "2026-10-04 12:00:00",
}
DATES = {
    "2024-02-29T00:00:05+11:00": "2024-02-29 00:00:05",
    "2024-12-30T23:59:30+11:00": "2024-12-30 23:59:30",
    "2025-12-31T23:59:30+11:00": "2025-12-31 23:59:30",
    "2026-01-01T00:00:00+11:00": "2026-01-01 00:00:00",
    "2026-03-11T12:00:01+11:00": "2026-03-11 12:00:01",
    "2026-08-31T09:08:07+10:00": "2026-08-31 09:08:07",
}
SHORT = call(
    "1773200300.2",
    leg("2026-03-11T14:40:00.000+11:00", "2026-03-11T14:40:00.000+11:00", tag="short"),
    leg("2026-03-11T14:40:00.100+11:00", "2026-03-11T14:40:01.099+11:00", tag="short"),
    leg("2026-03-11T14:40:01.100+11:00", "2026-03-11T14:40:02.100+11:00", tag="short"),
)


def _check_written(subject: Subject, moments: dict[str, str], check: Check) -> None:
    """Check that legs which start at these instants show these local times."""
    calls: dict[str, Any] = {}
    for place, start in enumerate(moments):
        end = (datetime.fromisoformat(start) + timedelta(seconds=7)).isoformat()
        unique_id = f"{int(datetime.fromisoformat(start).timestamp()) - 1}.{2 + 3 * place}"
        calls[unique_id] = call(unique_id, leg(start, end))
    subject = subject.fresh(document=archive(*calls.values()))
    written = dict(zip(calls, moments.items(), strict=True))
    for listed in listed_legs(subject):
        got, expected = listed.text("Start"), written.get(listed.leg.unique_id)
        if got is not None and expected is not None:
            moment = datetime.fromisoformat(expected[0])
            near = any(abs(shown - moment) < SECOND for shown in listed.leg.start)
            listed.check(check, near, f"Start is {got!r}, expected {expected[1]!r}")


@clause("metadata.start")
def test_start_is_when_the_leg_started_in_the_local_time_of_the_pbx(subject: Subject, check: Check) -> None:
    """SPEC: the date/time that the leg started."""
    for put in put_legs(subject):
        shown = put.listed.leg.start
        if shown:
            near = any(abs(moment - put.leg.start) < SECOND for moment in shown)
            local = put.leg.start.astimezone(subject.zone)
            put.listed.check(check, near, f"Start is {put.listed.text('Start')!r}, the leg started at {local}")


@clause("metadata.start-text")
def test_start_is_written_as_a_timestamp_of_java(subject: Subject, check: Check) -> None:
    """SPEC: the sample shows 2014-02-13 17:06:52.0."""
    for listed in listed_legs(subject):
        got = listed.text("Start")
        if got is not None:
            listed.check(
                check, TIMESTAMP.fullmatch(got) is not None, f"Start is {got!r}, expected as 2014-02-13 17:06:52.0"
            )


@clause("metadata.start-fraction")
def test_the_fraction_of_start_is_the_declared_one(subject: Subject, check: Check) -> None:
    """UNKNOWN row 37: zero, or the milliseconds without trailing zeros."""
    for put in put_legs(subject):
        got = put.listed.text("Start")
        millis = put.leg.start.microsecond // 1000
        if millis and got is not None and TIMESTAMP.fullmatch(got):
            shown = got.partition(".")[2]
            known = {"0": "zero", f"{millis:03}".rstrip("0"): "milliseconds"}
            check.option(subject, "start_fraction", known.get(shown, f"other: .{shown}"), put.listed.answer.exchange)


@clause("metadata.start-not-before-call")
def test_no_leg_starts_before_its_call(subject: Subject, check: Check) -> None:
    """SPEC: often a small delay between the call's actual start and the first leg's; the id tells when it was made."""
    starts = {} if subject.archive is None else {(leg.unique_id, leg.number): leg.start for leg in subject.archive.legs}
    for listed in listed_legs(subject):
        birth = BIRTH.fullmatch(listed.leg.unique_id)
        if birth is None or not listed.leg.start:
            continue
        born = datetime.fromtimestamp(int(birth[1]), UTC)
        if starts.get(listed.name, born) < born:
            continue  # put in with an id that tells no time
        said = f"Start is {listed.text('Start')!r}, its call began at {born.astimezone(subject.zone)}"
        listed.check(check, max(listed.leg.start) > born - SECOND, said)


@clause("metadata.clocks-back")
def test_both_hours_of_the_night_when_clocks_go_back_show_their_local_time(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4 (local time without a zone): 02:30 comes twice, and is written 02:30 twice."""
    _check_written(subject, BACK, check)


@clause("metadata.clocks-forward")
def test_the_night_when_clocks_go_forward_jumps_from_two_to_three(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4 (local time): 02:00 to 02:59 do not exist."""
    _check_written(subject, FORWARD, check)


@clause("metadata.dates")
def test_the_ends_of_days_years_and_february_show_their_own_date(subject: Subject, check: Check) -> None:
    """SPEC: Start: the date/time that the leg started."""
    _check_written(subject, DATES, check)


@clause("metadata.duration")
def test_duration_is_how_long_the_leg_lasted(subject: Subject, check: Check) -> None:
    """SPEC: the duration of the call leg in seconds: of the leg, not of the call."""
    for put in put_legs(subject):
        text = put.listed.text("Duration")
        if text is not None and text.isascii() and text.isdigit():
            lasted = (put.leg.end - put.leg.start).total_seconds()
            near = abs(int(text[:18]) - lasted) < 1
            put.listed.check(check, near, f"Duration is {text}, the leg lasted {lasted:g} s")


@clause("metadata.legs-one-by-one")
def test_a_leg_does_not_last_beyond_the_start_of_the_next(subject: Subject, check: Check) -> None:
    """SPEC: a call is split each time it goes through a transition: one leg ends where the next begins."""
    for unique_id in subject.unique_ids:
        answer = subject.by_unique_id(unique_id)
        call = subject.archive.call(unique_id) if subject.archive is not None else None
        if call is not None and any(one.end > other.start for one, other in pairwise(call.legs)):
            continue
        legs = sorted((leg for leg in answer.legs if leg.start and "Duration" in leg.texts), key=lambda leg: leg.number)
        for one, other in pairwise(legs):
            over = timedelta(seconds=min(one.duration_seconds, LONGEST)) - (max(other.start) - min(one.start))
            said = f"{unique_id!r}: leg {one.number} from {one.texts['Start']} lasts {one.texts['Duration']} s, yet leg {other.number} starts at {other.texts['Start']}"
            check(over <= 2 * SECOND, said, answer.exchange)


@clause("metadata.duration-floor")
def test_a_begun_second_does_not_count_in_duration(subject: Subject, check: Check) -> None:
    """DERIVED from recorded calls and W-H's samples: end minus start, rounded down."""
    for put in put_legs(subject):
        lasted = (put.leg.end - put.leg.start).total_seconds()
        text = put.listed.text("Duration")
        if text is not None and text.isascii() and text.isdigit() and lasted % 1:
            floor = put.leg.duration_seconds
            put.listed.check(check, int(text[:18]) == floor, f"Duration is {text}, of {lasted:g} s it is {floor}")


@clause("metadata.duration-digits")
def test_duration_is_a_whole_number_in_digits(subject: Subject, check: Check) -> None:
    """SPEC: the duration of the call leg in seconds; the sample shows 4."""
    for listed in listed_legs(subject):
        got = listed.text("Duration")
        if got is not None:
            listed.check(
                check, got.isascii() and got.isdigit(), f"Duration is {got!r}, expected whole seconds in digits"
            )


@clause("metadata.zero-length")
def test_a_leg_of_less_than_a_second_is_listed_or_not_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 32; SPEC: an entry in the array for each leg of a call."""
    subject = subject.fresh(document=archive(SHORT))
    first, second, third = ((SHORT["unique_id"], number) for number in (1, 2, 3))
    known = {(first, second, third): "kept", (third,): "dropped"}
    for answer in (subject.by_unique_id(SHORT["unique_id"]), subject.by_tag("short")):
        listed = tuple(names(answer.legs))
        check.option(subject, "zero_length_legs", known.get(listed, f"other: {listed}"), answer.exchange)
