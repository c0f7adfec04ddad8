"""How much of what is known was compared: calls, legs, hours, sounds. Pure values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

OUTSIDE_SAMPLE = "outside the sample"
"""The reason of what the random seed did not draw."""
OUTSIDE_WINDOW = "outside since and until"
"""The reason of calls that a migration does not compare, by its target file."""
EMPTY_ROWS = "of rows that bring nothing"
"""The reason of calls that a recordings file names and the target does not list: the report names the rows."""
NOT_ASKED = "not asked: set max_wait_seconds = 61"
"""The reason of hours that the by-hour limit allows only after a wait."""


class Covered(StrEnum):
    """What is counted."""

    CALLS = "calls"
    """Calls of the recordings file, and calls that its tags and hours list."""
    LEGS = "legs"
    """Legs of the calls that were asked by unique id."""
    HOURS = "hours"
    """Local hours of the recordings file."""
    SOUNDS = "sounds"
    """Legs whose audio can be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many calls, legs, hours or sounds are known, and how many of them were compared or checked.

    `not_compared` holds how many were left out for each reason. The clause did not reach the others.
    """

    what: Covered
    known: int
    compared: int
    not_compared: Mapping[str, int] = field(default_factory=dict)

    @property
    def not_reached(self) -> int:
        """How many were neither compared nor left out for a stated reason."""
        return max(0, self.known - self.compared - sum(self.not_compared.values()))

    @property
    def gap(self) -> Coverage:
        """What was not compared although it should be.

        Neither what is outside the sample, or since and until, nor rows that bring nothing, which the report names.
        """
        said = (OUTSIDE_SAMPLE, OUTSIDE_WINDOW, EMPTY_ROWS)
        left = {reason: count for reason, count in self.not_compared.items() if reason not in said}
        return Coverage(what=self.what, known=sum(left.values()) + self.not_reached, compared=0, not_compared=left)

    def __add__(self, other: Coverage) -> Coverage:
        """The sum of two coverages of the same thing."""
        reasons = dict(self.not_compared)
        for reason, count in other.not_compared.items():
            reasons[reason] = reasons.get(reason, 0) + count
        return Coverage(
            what=self.what,
            known=self.known + other.known,
            compared=self.compared + other.compared,
            not_compared=reasons,
        )

    def __str__(self) -> str:
        """The count in words: "20 of 480 sounds"."""
        return f"{self.compared:,} of {self.known:,} {self.what.value if self.known != 1 else self.what.value[:-1]}"


def largest(coverages: Iterable[Coverage]) -> dict[Covered, Coverage]:
    """For each thing, the coverage that knows most, then compares most, in the order of `Covered`."""
    found: dict[Covered, Coverage] = {}
    for each in coverages:
        before = found.get(each.what)
        if before is None or (each.known, each.compared) > (before.known, before.compared):
            found[each.what] = each
    return {what: found[what] for what in Covered if what in found}
