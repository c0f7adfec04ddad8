"""A wait for the by-hour limit of a read-only target. A value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHourWait:
    """A wait of so many seconds for one of the minutes in which the by-hour requests to a target are sent."""

    target: str
    seconds: float
    number: int
    minutes: int

    def __str__(self) -> str:
        """The wait in words: "waiting 61 s for the by-hour limit, 4 of 5"."""
        return (
            f"waiting {round(self.seconds)} s for the by-hour limit, {self.number} of {max(self.number, self.minutes)}"
        )
