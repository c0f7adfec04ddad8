"""The legs of two sides that a clause compares, their differences, and the list of differences."""

from __future__ import annotations

from dataclasses import dataclass, field

from noojee_contract.dialects.legs import Leg
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import FailureKind

LegName = tuple[str, int]


@dataclass(frozen=True, slots=True)
class LegPair:
    """One leg as the old and the new side list it. None stands for a side that does not list it."""

    old: Leg | None
    new: Leg | None

    @property
    def leg(self) -> Leg:
        """The leg of the old side, else that of the new side."""
        found = self.old or self.new
        assert found is not None, "a pair has at least one leg"
        return found

    @property
    def name(self) -> LegName:
        """Unique id and number of the leg."""
        return self.leg.unique_id, self.leg.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One check of a leg that failed: what the old side has, and what the new side has.

    `same_as` is the number of the leg of the same call whose value came instead, where that is known. `exchange` is the
    answer of the new side.
    """

    pair: LegPair
    message: str
    kind: FailureKind
    field: str | None = None
    old: str | None = None
    new: str | None = None
    same_as: int | None = None
    exchange: Exchange | None = None

    @property
    def name(self) -> LegName:
        """Unique id and number of the leg."""
        return self.pair.name

    @property
    def about(self) -> str:
        """The field, else the kind in words, such as "missing leg"."""
        return self.field or self.kind.replace("_", " ")


@dataclass(slots=True)
class Comparison:
    """What a clause compared so far: each leg once, and every difference in order."""

    pairs: dict[LegName, LegPair] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def compare(self, pair: LegPair) -> None:
        """Count a leg as compared."""
        self.pairs.setdefault(pair.name, pair)
