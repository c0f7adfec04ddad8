"""Metadata: Start and Duration."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import (
    Listed,
    began_at,
    legs_in_words,
    listed_legs,
    name_of,
    names,
    put_legs,
    seconds_of,
)

SECOND = timedelta(seconds=1)
HALF_HOUR = timedelta(minutes=30)
LONGEST_SECONDS = 10**9  # longer than any leg, and within the range of a timedelta
TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{1,9}")

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
    """Check that legs that start at these times show these local times as Start."""
    calls: dict[str, Any] = {}
    for place, start in enumerate(moments):
        end = (datetime.fromisoformat(start) + timedelta(seconds=7)).isoformat()
        unique_id = f"{int(datetime.fromisoformat(start).timestamp()) - 1}.{2 + 3 * place}"
        calls[unique_id] = call(unique_id, leg(start, end))
    subject = subject.fresh(document=archive(*calls.values()))
    written = dict(zip(calls, moments.items(), strict=True))
    for listed in listed_legs(subject):
        actual, expected = listed.text("Start"), written.get(listed.leg.unique_id)
        if actual is not None and expected is not None:
            moment = datetime.fromisoformat(expected[0])
            _check_start(listed, check, moment, expected[1])


def _check_start(listed: Listed, check: Check, start: datetime, expected: str) -> None:
    """Check that a leg shows a Start less than a second from `start`, which is `expected` in local time."""
    actual = listed.text("Start")
    well_formed = bool(listed.leg.start) or TIMESTAMP.fullmatch(actual or "") is not None
    listed.check(
        check,
        any(abs(moment - start) < SECOND for moment in listed.leg.start),
        f"Start is {actual!r}, expected {expected!r}",
        kind=FailureKind.WRONG_VALUE if well_formed else FailureKind.INVALID_FIELD,
        field="Start",
        expected=expected,
        actual=actual,
    )


@clause("metadata.start")
def test_start_is_the_start_of_the_leg_in_local_time(subject: Subject, check: Check) -> None:
    """SPEC: the date/time that the leg started."""
    for put in put_legs(subject):
        if put.listed.leg.start:
            _check_start(put.listed, check, put.leg.start, _local(put.leg.start, subject))


def _local(moment: datetime, subject: Subject) -> str:
    """A time as text, in the PBX's zone."""
    return f"{moment.astimezone(subject.zone):%Y-%m-%d %H:%M:%S}"


@clause("metadata.start-text")
def test_start_has_the_form_of_a_java_timestamp(subject: Subject, check: Check) -> None:
    """SPEC: the sample shows 2014-02-13 17:06:52.0."""
    for listed in listed_legs(subject):
        actual = listed.text("Start")
        if actual is not None:
            listed.check(
                check,
                TIMESTAMP.fullmatch(actual) is not None,
                f"Start is {actual!r}, expected the form 2014-02-13 17:06:52.0",
                kind=FailureKind.INVALID_FIELD,
                field="Start",
                expected="the form 2014-02-13 17:06:52.0",
                actual=actual,
            )


@clause("metadata.start-fraction")
def test_the_fraction_of_start_is_the_declared_one(subject: Subject, check: Check) -> None:
    """UNKNOWN: option start_fraction. Zero, or the milliseconds without trailing zeros."""
    for put in put_legs(subject):
        text = put.listed.text("Start")
        millis = put.leg.start.microsecond // 1000
        if millis and text is not None and TIMESTAMP.fullmatch(text):
            fraction = text.partition(".")[2]
            values = {"0": "zero", f"{millis:03}".rstrip("0"): "milliseconds"}
            seen = values.get(fraction, f"other: .{fraction}")
            check.option(subject, "start_fraction", seen, put.listed.answer.exchange, field="Start")


@clause("metadata.start-not-before-call")
def test_no_leg_starts_before_its_call(subject: Subject, check: Check) -> None:
    """SPEC: the first leg often starts a little after its call. The unique id has the start of the call."""
    starts = {} if subject.archive is None else {(leg.unique_id, leg.number): leg.start for leg in subject.archive.legs}
    for listed in listed_legs(subject):
        began = began_at(listed.leg.unique_id)
        if began is None or not listed.leg.start:
            continue
        if starts.get(listed.name, began) < began:
            continue  # the archive has an id that is not a time
        actual, expected = listed.text("Start"), _local(began, subject)
        early = began - max(listed.leg.start)
        hint = f" (time_zone is {subject.zone.key}: is it the zone of the PBX?)" if early > HALF_HOUR else ""
        listed.check(
            check,
            early < SECOND,
            f"Start is {actual!r}, its call began at {expected}{hint}",
            kind=FailureKind.WRONG_VALUE,
            field="Start",
            expected=f"{expected} or later",
            actual=actual,
        )


@clause("metadata.clocks-back")
def test_the_repeated_hour_shows_its_local_time_twice(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4 (local time without a zone): 02:30 occurs twice, and is written 02:30 both times."""
    _check_written(subject, BACK, check)


@clause("metadata.clocks-forward")
def test_the_skipped_hour_is_not_shown(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4 (local time): 02:00 to 02:59 do not exist."""
    _check_written(subject, FORWARD, check)


@clause("metadata.dates")
def test_the_ends_of_days_and_years_show_their_date(subject: Subject, check: Check) -> None:
    """SPEC: Start: the date/time that the leg started."""
    _check_written(subject, DATES, check)


@clause("metadata.duration")
def test_duration_is_the_length_of_the_leg(subject: Subject, check: Check) -> None:
    """SPEC: the duration of the call leg in seconds, not of the call."""
    for put in put_legs(subject):
        text = put.listed.text("Duration")
        if text is not None and text.isascii() and text.isdigit():
            lasted = (put.leg.end - put.leg.start).total_seconds()
            put.listed.check(
                check,
                abs(int(text[:18]) - lasted) < 1,
                f"Duration is {text}, the leg lasted {lasted:g} s",
                kind=FailureKind.WRONG_VALUE,
                field="Duration",
                expected=f"{lasted:g}",
                actual=text,
            )


@clause("metadata.legs-one-by-one")
def test_a_leg_ends_before_the_next_leg_starts(subject: Subject, check: Check) -> None:
    """SPEC: a call is split each time it goes through a transition, so a leg ends where the next leg starts."""
    for unique_id in subject.unique_ids:
        answer = subject.by_unique_id(unique_id)
        call = subject.archive.call(unique_id) if subject.archive is not None else None
        if call is not None and any(earlier.end > later.start for earlier, later in pairwise(call.legs)):
            continue
        legs = sorted((leg for leg in answer.legs if leg.start and leg.duration_seconds is not None), key=name_of)
        for earlier, later in pairwise(legs):
            lasted = timedelta(seconds=min(seconds_of(earlier), LONGEST_SECONDS))
            start, duration, next_start = earlier.texts["Start"], earlier.texts["Duration"], later.texts["Start"]
            check(
                lasted - (max(later.start) - min(earlier.start)) <= 2 * SECOND,
                f"{unique_id!r}: leg {earlier.number} from {start} lasts {duration} s by its Duration, "
                f"yet leg {later.number} starts at {next_start}",
                answer.exchange,
                kind=FailureKind.WRONG_VALUE,
                field="Duration",
                actual=duration,
            )


@clause("metadata.duration-floor")
def test_duration_is_rounded_down(subject: Subject, check: Check) -> None:
    """DERIVED from recorded calls and W-H's samples: end minus start, rounded down."""
    for put in put_legs(subject):
        lasted = (put.leg.end - put.leg.start).total_seconds()
        text = put.listed.text("Duration")
        if text is not None and text.isascii() and text.isdigit() and lasted % 1:
            expected = put.leg.duration_seconds
            put.listed.check(
                check,
                int(text[:18]) == expected,
                f"Duration is {text}, expected {expected} for a leg of {lasted:g} s",
                kind=FailureKind.WRONG_VALUE,
                field="Duration",
                expected=str(expected),
                actual=text,
            )


@clause("metadata.duration-digits")
def test_duration_has_only_digits(subject: Subject, check: Check) -> None:
    """SPEC: the duration of the call leg in seconds; the sample shows 4."""
    for listed in listed_legs(subject):
        actual = listed.text("Duration")
        if actual is not None:
            listed.check(
                check,
                actual.isascii() and actual.isdigit(),
                f"Duration is {actual!r}, expected whole seconds in digits",
                kind=FailureKind.INVALID_FIELD,
                field="Duration",
                expected="whole seconds in digits",
                actual=actual,
            )


@clause("metadata.zero-length")
def test_a_leg_shorter_than_a_second_is_listed_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option zero_length_legs. SPEC: an entry in the array for each leg of a call."""
    subject = subject.fresh(document=archive(SHORT))
    first, second, third = ((SHORT["unique_id"], number) for number in (1, 2, 3))
    values = {(first, second, third): "kept", (third,): "dropped"}
    for answer in (subject.by_unique_id(SHORT["unique_id"]), subject.by_tag("short")):
        listed = tuple(names(answer.legs))
        seen = values.get(listed, f"other: {legs_in_words(listed)}")
        check.option(subject, "zero_length_legs", seen, answer.exchange)
