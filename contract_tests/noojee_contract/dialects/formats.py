"""Formats of the values of a leg in custom dialects: times, numbers, texts, directions. Pure.

A format reads a JSON value and returns it in our form, or raises `Unread` with the reason.
`MISSING` is the value of an absent key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from noojee_contract.dialects.legs import MISSING
from noojee_contract.dialects.times import (
    FIRST_YEAR,
    LAST_YEAR,
    meanings,
    read_java_date,
    read_timestamp,
    writes_utc,
)

Instants = tuple[datetime, ...]
Format = Callable[[Any, ZoneInfo], Any]

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DECIMAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
_WHOLE = re.compile(r"[0-9]{1,18}")


class Unread(ValueError):
    """A value that does not have its format; the text is the reason."""


def rfc3339(value: Any, _zone: ZoneInfo) -> Instants:
    """2021-09-14T15:03:30.250+10:00; the offset or Z is required."""
    match = _RFC3339.fullmatch(_text(value))
    if match is None:
        raise Unread("expected a time as 2021-09-14T15:03:30+10:00, with its offset")
    day, clock, fraction, offset = match.groups()
    whole = f"{day}T{clock}.{(fraction or '0')[:6].ljust(6, '0')}{'+00:00' if offset in 'Zz' else offset}"
    return (_instant(lambda: datetime.fromisoformat(whole)),)


def epoch(unit_seconds: float) -> Format:
    """Seconds or milliseconds since 1970 UTC, as a number or as digits in a text."""
    unit = timedelta(seconds=unit_seconds)

    def read(value: Any, _zone: ZoneInfo) -> Instants:
        written = value if isinstance(value, str) else repr(value) if _is_number(value) else ""
        if not _DECIMAL.fullmatch(written):
            raise Unread(f"expected {'seconds' if unit_seconds == 1 else 'milliseconds'} since 1970")
        return (_instant(lambda: datetime(1970, 1, 1, tzinfo=UTC) + float(written) * unit),)

    return read


def vendor_time(reader: Callable[[str, ZoneInfo], Instants | str]) -> Format:
    """A time as the vendor writes it."""

    def read(value: Any, zone: ZoneInfo) -> Instants:
        found = reader(_text(value), zone)
        if isinstance(found, str):
            raise Unread(found)
        return found

    return read


def pattern(written: str) -> Format:
    """A strptime pattern.

    With a final Z it is UTC; without an offset, the PBX's local time: two instants in a repeated hour.
    """
    is_utc = writes_utc(written)

    def read(value: Any, zone: ZoneInfo) -> Instants:
        text = _text(value)
        try:
            moment = datetime.strptime(text, written)  # noqa: DTZ007  a local time, or one with its offset
        except ValueError:
            raise Unread(f"expected a time as {written}") from None
        if is_utc:
            moment = moment.replace(tzinfo=UTC)
        if moment.tzinfo is not None:
            return (_instant(lambda: moment),)
        found = meanings(moment.replace(tzinfo=zone), zone)
        if not found:
            raise Unread("this local time does not exist in the PBX's zone")
        return found

    return read


TIMES: Mapping[str, Format] = {
    "rfc3339": rfc3339,
    "epoch-seconds": epoch(1),
    "epoch-millis": epoch(0.001),
    "java-timestamp": vendor_time(read_timestamp),
    "java-date": vendor_time(read_java_date),
}


def number(value: Any, _zone: ZoneInfo) -> int:
    """A whole JSON number, not negative."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Unread("expected a whole number")
    return value


def digits(value: Any, _zone: ZoneInfo) -> int:
    """A string of digits."""
    if not _WHOLE.fullmatch(_text(value)):
        raise Unread("not a whole number in digits")
    return int(value)


def milliseconds(value: Any, zone: ZoneInfo) -> int:
    """A JSON number of milliseconds, rounded down to seconds."""
    return number(value, zone) // 1000


NUMBERS: Mapping[str, Format] = {"number": number, "text": digits, "milliseconds": milliseconds}


def text(unset: Any) -> Format:
    """A string; `unset` is how the API writes no value: "", None or MISSING. It is read as ""."""

    def read(value: Any, _zone: ZoneInfo) -> str:
        if value is unset or (value == "" and unset == ""):
            return ""
        if value == "" or value is None:
            raise Unread(
                f"{'an empty text' if value == '' else 'null'} came; an unset field is written as {_UNSET_WORDS[unset]}"
            )
        return _text(value)

    return read


UNSET: Mapping[str, Any] = {"empty": "", "null": None, "absent": MISSING}
_UNSET_WORDS = {"": "an empty text", None: "null", MISSING: "no key at all"}


def words(known: Mapping[str, str]) -> Format:
    """A word (or a number) for each direction: inbound, outbound, internal."""

    def read(value: Any, _zone: ZoneInfo) -> str:
        word = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
        if word is None or word not in known:
            raise Unread(f"expected one of {', '.join(known)}")
        return known[word]

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unread("expected a text")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _instant(make: Callable[[], datetime]) -> datetime:
    try:
        moment = make().astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unread(str(error)) from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Unread(f"a call has a year from {FIRST_YEAR} to {LAST_YEAR}")
    return moment
