"""How a custom dialect takes an hour: as a date and a number, or as a range of times. Pure.

The hour is always an hour of the PBX's local time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from noojee_contract.dialects.times import FIRST_YEAR, LAST_YEAR, writes_utc
from noojee_contract.model.archive import hour_of

Day = date | str | None
HourNumber = int | str | None
"""A string is sent unchanged: a clause may ask for a value that is no day or no hour. None is left out."""

MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class DateAndHour:
    """{date} and {hour}. `day_pattern` is a strftime pattern; `padded`: hours have two digits."""

    day_pattern: str = "%Y/%m/%d"
    padded: bool = False
    names: ClassVar[tuple[str, str]] = ("date", "hour")
    says_instants: ClassVar[bool] = False

    def values(self, day: Day, hour: HourNumber, _zone: ZoneInfo) -> dict[str, str]:
        """The value of each name."""
        found = {} if day is None else {"date": day if isinstance(day, str) else day.strftime(self.day_pattern)}
        if hour is not None:
            found["hour"] = hour if isinstance(hour, str) else f"{hour:02d}" if self.padded else str(hour)
        return found

    def reads(self, name: str, text: str) -> bool:
        """Whether a string is a valid date; an hour that is not a number is never valid."""
        return name == "date" and _parses(text, self.day_pattern)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """{from} and {until}: from a time on, before another. `form` is a key of `TIMES_WRITTEN`, or a strftime pattern.

    A pattern writes local time, with its offset if it has %z; a pattern that ends in Z writes UTC.
    """

    form: str
    names: ClassVar[tuple[str, str]] = ("from", "until")

    @property
    def says_instants(self) -> bool:
        """Whether a time is one instant, and not a local time, which occurs twice in a repeated hour."""
        return self.form in TIMES_WRITTEN or "%z" in self.form or writes_utc(self.form)

    def values(self, day: Day, hour: HourNumber, zone: ZoneInfo) -> dict[str, str]:
        """The value of each name. A string as the day is used for both, a string as the hour for {until}."""
        if day is None:
            return {}
        if isinstance(day, str):
            return {"from": day, "until": day}
        start, end = hour_range(day, hour if isinstance(hour, int) else 0, zone)
        if hour is None:
            return {"from": self._written(start, zone)}
        return {
            "from": self._written(start, zone),
            "until": hour if isinstance(hour, str) else self._written(end, zone),
        }

    def reads(self, _name: str, text: str) -> bool:
        """Whether a string is a valid time, or empty: a range may be open at one end."""
        if text == "":
            return True
        if self.form in TIMES_WRITTEN:
            return self.form.startswith("epoch") and _NUMBER.fullmatch(text) is not None
        return _parses(text, self.form)

    def _written(self, moment: datetime, zone: ZoneInfo) -> str:
        if self.form in TIMES_WRITTEN:
            return TIMES_WRITTEN[self.form](moment, zone)
        return moment.astimezone(UTC if writes_utc(self.form) else zone).strftime(self.form)


Hour = DateAndHour | TimeRange

TIMES_WRITTEN: Mapping[str, Callable[[datetime, ZoneInfo], str]] = {
    "rfc3339": lambda moment, zone: moment.astimezone(zone).isoformat(timespec="seconds"),
    "rfc3339-utc": lambda moment, _zone: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    "epoch-seconds": lambda moment, _zone: str((moment - _EPOCH) // timedelta(seconds=1)),
    "epoch-millis": lambda moment, _zone: str((moment - _EPOCH) // timedelta(milliseconds=1)),
}
"""How a time is written, by the name of the format in a dialect file."""


def hour_range(day: date, hour: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The start and the end of a local hour, in UTC.

    A repeated hour goes from the start of the first to the end of the second. Minutes between the two belong to it
    too, if clocks go back by two hours, or at a minute past the hour. A skipped hour is empty: it ends when it starts.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:  # there are no calls, and no clock changes
        begins = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        return begins, begins
    near = datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)
    minutes = (near + n * MINUTE for n in range(-180, 300))
    in_hour = [minute for minute in minutes if hour_of(minute, zone) == (day, hour)]
    return (in_hour[0], in_hour[-1] + MINUTE) if in_hour else (near, near)


def _parses(text: str, written: str) -> bool:
    try:
        return datetime.strptime(text, written) is not None  # noqa: DTZ007  whether it can be read at all
    except ValueError:
        return False
