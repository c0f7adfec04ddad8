"""Local times of the PBX as the vendor writes them, and the instants that they can mean. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 2, 9998
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_TIMESTAMP = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{1,9})")
_DATE = re.compile(
    rf"({'|'.join(DAYS)}) ({'|'.join(MONTHS)}) ([0-9]{{2}}) ([0-9]{{2}}):([0-9]{{2}}):([0-9]{{2}}) (\S+) ([0-9]{{4}})"
)
_PACIFIC_EASTERN = {"EST": ("AEST", "AEDT"), "EDT": ("AEDT",)}  # older Java wrote Australian eastern time so


def read_timestamp(text: str, zone: ZoneInfo) -> tuple[datetime, ...] | str:
    """The instants, in UTC, that `java.sql.Timestamp` text (2014-02-13 17:06:52.0) can mean in a zone; or the problem.

    Two instants in the hour that is repeated. Source: 4.1 Retrieve Meta Data (SPEC), DERIVED for the zone.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return "expected YYYY-MM-DD HH:MM:SS.f"
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    micros = int(match[7][:6].ljust(6, "0"))
    try:
        local = datetime(year, month, day, hour, minute, second, micros, tzinfo=zone)
    except ValueError as error:
        return str(error)
    return meanings(local, zone) or "this local time does not exist in the PBX's zone"


def read_java_date(text: str, zone: ZoneInfo) -> tuple[datetime, ...] | str:
    """The UTC instants that `java.util.Date` text (Tue Sep 14 15:03:30 AEST 2021) can mean in a zone; or the problem.

    In the repeated hour the abbreviation decides, if it is one of the zone's. Source: 9.4 (DOC), DERIVED.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return "expected Www Mmm DD HH:MM:SS ZONE YYYY"
    day_name, month_name, abbreviation = match[1], match[2], match[7]
    day, hour, minute, second, year = (int(match[group]) for group in (3, 4, 5, 6, 8))
    try:
        local = datetime(year, MONTHS.index(month_name) + 1, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        return str(error)
    if DAYS[local.weekday()] != day_name:
        return f"that day is a {DAYS[local.weekday()]}"
    meant = meanings(local, zone)
    if not meant:
        return "this local time does not exist in the PBX's zone"
    spoken = _PACIFIC_EASTERN.get(abbreviation, (abbreviation,))
    agreed = tuple(moment for moment in meant if moment.astimezone(zone).tzname() in (*spoken, abbreviation))
    return agreed or meant


def writes_utc(written: str) -> bool:
    """Whether a strftime pattern writes UTC: it ends in a literal Z."""
    return written.endswith("Z") and not written.endswith("%Z")


def meanings(local: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants that a local time can mean: none in a skipped hour, two in a repeated hour.

    None at the ends of the calendar, because other zones have no such time.
    """
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        return ()
    bare = local.replace(tzinfo=None)
    found = []
    for fold in (0, 1):
        moment = local.replace(fold=fold).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == bare and moment not in found:
            found.append(moment)
    return tuple(found)


def apart(one: tuple[datetime, ...], other: tuple[datetime, ...]) -> timedelta | None:
    """The smallest distance between two readings of a time; None if one of them is empty."""
    return min((abs(a - b) for a in one for b in other), default=None)


def agreeing(one: tuple[datetime, ...], other: tuple[datetime, ...], within: timedelta) -> tuple[datetime, ...]:
    """The instants of one reading of a time that are as close to an instant of another reading.

    A time with an offset has one instant, so it decides over a local time that has two.
    """
    return tuple(moment for moment in one if any(abs(moment - also) < within for also in other))
