"""How far the differences of a clause reach. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from noojee_contract.comparison.difference import Comparison, Difference
from noojee_contract.comparison.patterns.finder import pattern_of
from noojee_contract.model.extent import Extent


def extent_of(comparison: Comparison, differences: Sequence[Difference], *, zone: ZoneInfo) -> Extent:
    """How far some of the differences of a comparison reach, and the rule that they follow.

    `zone` is the time zone of the old side.
    """
    legs = {(each.about, each.name) for each in differences}
    fields = Counter(about for about, _ in legs)
    return Extent(
        differing=len({each.name for each in differences}),
        compared=len(comparison.pairs),
        fields=dict(sorted(fields.items(), key=lambda item: (-item[1], item[0]))),
        pattern=pattern_of(differences, comparison.pairs, zone=zone),
    )
