"""The local time of Melbourne in 2026, without a time zone database, and Java's two formats of a time.

Source: the shapes of W-A4 (SPEC) and W-H (DOC); daylight saving ends at 3:00 AEDT on 5 April and begins at 2:00 AEST on
4 October, both at 16:00 UTC of the day before.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
HOUR = 3600 * SECOND
SUMMER_ENDS = 1_775_318_400 * SECOND
SUMMER_BEGINS = 1_791_043_200 * SECOND
MIDNIGHT = 1_795_438_800 * SECOND
"""The beginning of 24 November in Melbourne."""
NEW_YEAR = 1_798_722_000 * SECOND
"""The beginning of 2027 there."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def summer(micros: int) -> bool:
    return not SUMMER_ENDS <= micros < SUMMER_BEGINS


def wall(micros: int) -> datetime:
    """The local time, to the second."""
    ahead = timedelta(hours=11 if summer(micros) else 10)
    return datetime.fromtimestamp(micros // SECOND, UTC).replace(tzinfo=None) + ahead


def utc(micros: int) -> str:
    """RFC 3339."""
    return f"{datetime.fromtimestamp(micros // SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}"


def timestamp(micros: int) -> str:
    """`2014-02-13 17:06:52.0`."""
    return f"{wall(micros):%Y-%m-%d %H:%M:%S}.0"


def java_date(micros: int) -> str:
    """`Tue Sep 14 15:03:30 AEST 2021`."""
    at = wall(micros)
    zone = "AEDT" if summer(micros) else "AEST"
    return f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at:%d %H:%M:%S} {zone} {at.year}"


def hour_of(micros: int) -> tuple[str, int]:
    """The date and the hour, as a by-hour request names them."""
    at = wall(micros)
    return f"{at:%Y/%m/%d}", at.hour


def second_pass(micros: int) -> bool:
    """Whether this is the second time that the clocks show this hour."""
    return SUMMER_ENDS <= micros < SUMMER_ENDS + HOUR
