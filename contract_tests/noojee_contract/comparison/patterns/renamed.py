"""Calls that both sides list under different unique ids. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from noojee_contract.comparison.difference import Difference, LegPair
from noojee_contract.comparison.patterns.evidence import LEAST, SHARE, Evidence, quoted
from noojee_contract.comparison.patterns.texts import other_affix, rewritten, truncated
from noojee_contract.dialects.legs import Leg
from noojee_contract.model.failure import FailureKind

Place = tuple[int, int]
"""What identifies a leg without its unique id: the second of its start, and its number."""


def renamed(evidence: Evidence) -> str | None:
    """Legs that only the old side lists start together with legs that only the new side lists."""
    missing = _by_place(each.pair.old for each in evidence.differences if each.pair.new is None)
    unexpected = _by_place(each.pair.new for each in evidence.differences if each.pair.old is None)
    both = [(missing[place], unexpected[place]) for place in missing.keys() & unexpected.keys()]
    if len(both) < LEAST or 2 * len(both) < SHARE * len(evidence.differences):
        return None
    differences = tuple(
        Difference(
            pair=LegPair(old, new),
            message="",
            kind=FailureKind.WRONG_VALUE,
            field="UniqueId",
            old=old.unique_id,
            new=new.unique_id,
        )
        for old, new in sorted(both, key=lambda each: each[0].unique_id)
    )
    ids = replace(evidence, about="UniqueId", differences=differences)
    rule = next((rule for finder in (rewritten, truncated, other_affix) if (rule := finder(ids)) is not None), None)
    first = differences[0]
    example = ids.stated(f"{quoted(first.old or '')} became {quoted(first.new or '')}", len(both))
    return f"the same calls have other unique ids: {rule or example}"


def _by_place(legs: Iterable[Leg | None]) -> dict[Place, Leg]:
    """Legs by what identifies them without their unique id, where that is unique."""
    found: dict[Place, list[Leg]] = {}
    for leg in legs:
        if leg is not None and len(leg.start) == 1:
            found.setdefault((int(leg.start[0].timestamp()), leg.number), []).append(leg)
    return {place: same[0] for place, same in found.items() if len(same) == 1}
