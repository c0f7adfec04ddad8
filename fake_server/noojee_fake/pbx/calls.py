"""The recordings of a PBX, independent of the dialect: calls, and the legs into which their recording is split."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from noojee_fake.pbx.clock import LATEST, SECOND

OPEN = LATEST
"""The end of a leg that is still being recorded."""


class Direction(Enum):
    """Which way a call went, as the PBX sees it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One recorded part of a call. Times are microseconds since 1970; a leg that ends in the future is in progress.

    `tag` is "" for a leg without a tag. `username` None: the default account owns the leg.
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
        """End minus start, rounded down (DERIVED from the published samples)."""
        return (self.end_micros - self.start_micros) // SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call with its legs, lowest number first; at least one leg. `did` None: the direction and the options decide."""

    unique_id: str
    direction: Direction
    source: str
    did: str | None
    created_micros: int | None
    legs: tuple[Leg, ...]

    @property
    def start_micros(self) -> int:
        """The start of the earliest leg, which is the start of the call in answers."""
        return min(leg.start_micros for leg in self.legs)
