"""The differences of one field, and when they are strong evidence for a rule. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfo

from noojee_contract.comparison.difference import Difference, LegName, LegPair
from noojee_contract.dialects.legs import Leg
from noojee_contract.model.exchange import beginning

Value = TypeVar("Value", bound=Hashable)

LEAST = 2
"""The fewest differences that follow a rule: a single one follows any rule."""
SHARE = 0.8
"""The share of the differences that must follow a rule."""
LONGEST_QUOTE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The differences of one field, one a leg, and all legs that were compared. `zone` is the zone of the old side."""

    about: str
    differences: tuple[Difference, ...]
    pairs: dict[LegName, LegPair]
    zone: ZoneInfo

    def most_common(self, read: Callable[[Difference], Value | None]) -> tuple[Value, int] | None:
        """The value that nearly all differences share, and how many; or None. None values do not count."""
        values = Counter(value for value in map(read, self.differences) if value is not None)
        for value, count in values.most_common(1):
            if self.is_strong(count):
                return value, count
        return None

    def is_strong(self, count: int) -> bool:
        """Whether so many differences are enough for a rule."""
        return count >= LEAST and count >= SHARE * len(self.differences)

    def stated(self, rule: str, count: int) -> str:
        """A rule with the number of differences that follow it."""
        return f"{rule} ({count:,} of {len(self.differences):,})"

    def unaffected(self) -> list[LegPair]:
        """The compared legs without a difference."""
        names = {each.name for each in self.differences}
        return [pair for name, pair in self.pairs.items() if name not in names]

    def old_legs(self) -> dict[str, list[Leg]]:
        """The legs of the old side by call, sorted by number."""
        calls: dict[str, list[Leg]] = {}
        for pair in self.pairs.values():
            if pair.old is not None:
                calls.setdefault(pair.old.unique_id, []).append(pair.old)
        return {unique_id: sorted(legs, key=lambda leg: leg.number) for unique_id, legs in calls.items()}


Finder = Callable[[Evidence], str | None]
"""A search for a rule of one kind; None if the differences do not follow it."""


def quoted(text: str) -> str:
    """A value in quotes, cut where it is long."""
    return repr(beginning(text, LONGEST_QUOTE))
