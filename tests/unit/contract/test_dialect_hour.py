"""Hours as a range of times: their instants, also when clocks change, and how they are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noojee_contract.dialects.hour import TimeRange, hour_range
from noojee_contract.model.archive import hour_of

MELBOURNE, LORD_HOWE = ZoneInfo("Australia/Melbourne"), ZoneInfo("Australia/Lord_Howe")
ZONES = [
    MELBOURNE,
    LORD_HOWE,
    *map(ZoneInfo, ("UTC", "America/Santiago", "Asia/Kathmandu", "Europe/Dublin", "America/Havana")),
]
BACK, FORWARD = date(2026, 4, 5), date(2026, 10, 4)


def utc(day: int, hour: int, minute: int = 0, *, month: int = 4) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hour", "begins", "ends"),
    [
        (MELBOURNE, date(2026, 4, 6), 15, utc(6, 5), utc(6, 6)),
        (MELBOURNE, BACK, 1, utc(4, 14), utc(4, 15)),
        (MELBOURNE, BACK, 2, utc(4, 15), utc(4, 17)),
        (MELBOURNE, BACK, 3, utc(4, 17), utc(4, 18)),
        (MELBOURNE, FORWARD, 1, utc(3, 15, month=10), utc(3, 16, month=10)),
        (MELBOURNE, FORWARD, 2, utc(3, 16, month=10), utc(3, 16, month=10)),
        (MELBOURNE, FORWARD, 3, utc(3, 16, month=10), utc(3, 17, month=10)),
        (LORD_HOWE, BACK, 1, utc(4, 14), utc(4, 15, 30)),
        (LORD_HOWE, BACK, 2, utc(4, 15, 30), utc(4, 16, 30)),
        (LORD_HOWE, FORWARD, 2, utc(3, 15, 30, month=10), utc(3, 16, month=10)),
    ],
)  # fmt: skip
def test_a_range_is_the_hour_of_local_time(
    zone: ZoneInfo, day: date, hour: int, begins: datetime, ends: datetime
) -> None:
    """A repeated hour is both hours together; a skipped hour is empty."""
    assert hour_range(day, hour, zone) == (begins, ends)


@given(st.sampled_from(ZONES), st.integers(0, 366 * 24 * 4 * 6), st.integers(0, 23))
@example(MELBOURNE, 4 * (94 * 24 + 15), 2)
@example(LORD_HOWE, 4 * (94 * 24 + 15), 1)
def test_a_moment_is_only_in_the_range_of_its_own_hour(zone: ZoneInfo, quarters: int, hour: int) -> None:
    """The range is half open: the end of an hour belongs to the next."""
    moment = datetime(2026, 1, 1, tzinfo=UTC) + quarters * timedelta(minutes=15)
    day, own = hour_of(moment, zone)
    for each in {own, hour}:
        begins, ends = hour_range(day, each, zone)
        assert (begins <= moment < ends) == (each == own)


@pytest.mark.parametrize(
    ("form", "begins", "ends"),
    [
        ("rfc3339", "2026-04-05T02:00:00+11:00", "2026-04-05T03:00:00+10:00"),
        ("rfc3339-utc", "2026-04-04T15:00:00Z", "2026-04-04T17:00:00Z"),
        ("epoch-seconds", "1775314800", "1775322000"),
        ("epoch-millis", "1775314800000", "1775322000000"),
        ("%d.%m.%Y %H:%M", "05.04.2026 02:00", "05.04.2026 03:00"),
        ("%Y%m%dT%H%M%S%z", "20260405T020000+1100", "20260405T030000+1000"),
        ("%Y%m%dT%H%M%SZ", "20260404T150000Z", "20260404T170000Z"),
    ],
)
def test_each_form_writes_a_repeated_hour(form: str, begins: str, ends: str) -> None:
    """Local time, local time with its offset, UTC."""
    assert TimeRange(form).values(BACK, 2, MELBOURNE) == {"from": begins, "until": ends}


def test_a_value_that_is_no_time_is_sent_unchanged() -> None:
    """A string as the day is used for both ends, a string as the hour for the end; missing values are left out."""
    asked = TimeRange("rfc3339-utc")
    assert asked.values("yesterday", "0", MELBOURNE) == {"from": "yesterday", "until": "yesterday"}
    assert asked.values(date(2026, 4, 6), "x", MELBOURNE) == {"from": "2026-04-05T14:00:00Z", "until": "x"}
    assert asked.values(date(2026, 4, 6), None, MELBOURNE) == {"from": "2026-04-05T14:00:00Z"}
    assert asked.values(None, 3, MELBOURNE) == {}


@pytest.mark.parametrize("text", ["24", "-1", "15.5", "99999999999", ""])
def test_a_number_is_a_time_if_times_are_numbers(text: str) -> None:
    """An empty end is an open end."""
    assert TimeRange("epoch-seconds").reads("until", text)
    assert TimeRange("rfc3339").reads("until", text) == (text == "")


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar_are_no_error(day: date) -> None:
    """Recordings files may name any date."""
    begins, ends = hour_range(day, 23, MELBOURNE)
    assert begins == ends
