"""What exists in a PBX, whichever dialect asks: calls, and the legs that their recording was split into."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from noojee_fake.pbx.clock import LATEST, SECOND

OPEN = LATEST
"""The end of a leg that is still being recorded, and whose end nobody knows yet."""


class Direction(Enum):
    """Which way a call went, as the PBX sees it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One recorded stretch of a call. Instants in microseconds since 1970; `end` may lie ahead: still recording.

    `tag` is "" where none was set. `username` None: nobody in particular, so the default account.
    """

    number: int
    start_micros: int
    end_micros: int
    tag: str
    username: str | None
    destination: str
    call_record_id: int

    @property
    def duration_seconds(self) -> int:
        """End minus start, rounded down. Source: reference 11, row 37 (DERIVED)."""
        return (self.end_micros - self.start_micros) // SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call with its legs, lowest number first; never without a leg. `did` None: by direction and option."""

    unique_id: str
    direction: Direction
    source: str
    did: str | None
    created_micros: int | None
    legs: tuple[Leg, ...]

    @property
    def start_micros(self) -> int:
        """When its first leg starts: the start of the call as far as an answer can show it."""
        return min(leg.start_micros for leg in self.legs)
