"""Differences whose new value is that of another leg of the same call. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from noojee_contract.comparison.difference import Difference
from noojee_contract.comparison.patterns.evidence import Evidence
from noojee_contract.dialects.legs import Leg
from noojee_contract.dialects.times import apart

ALIKE = timedelta(seconds=1)

Has = Callable[[Leg, Difference], bool]
"""Whether a leg of the old side has the new value of a difference."""


def _starts_then(leg: Leg, difference: Difference) -> bool:
    new = difference.pair.new
    gap = None if new is None else apart(leg.start, new.start)
    return gap is not None and gap < ALIKE


HAS: Mapping[str, Has] = {
    "Source": lambda leg, difference: leg.source == difference.new,
    "Destination": lambda leg, difference: leg.destination == difference.new,
    "Tag": lambda leg, difference: leg.tag == difference.new,
    "Username": lambda leg, difference: leg.username == difference.new,
    "DID": lambda leg, difference: leg.did == difference.new,
    "CallRecordId": lambda leg, difference: leg.call_record_id == difference.new,
    "Duration": lambda leg, difference: str(leg.duration_seconds) == difference.new,
    "Start": _starts_then,
}
OTHER_LEGS: tuple[tuple[str, Callable[[list[Leg], int], Leg | None]], ...] = (
    ("leg 1", lambda legs, _: legs[0]),
    ("the last leg", lambda legs, _: legs[-1]),
    ("the leg before it", lambda legs, at: legs[at - 1] if at else None),
    ("the leg after it", lambda legs, at: legs[at + 1] if at + 1 < len(legs) else None),
    ("the leg in reverse order", lambda legs, at: legs[-1 - at]),
)
"""Which leg of a call another one may be taken for: in words, and by the legs of the call and the place of the leg."""


def other_leg(evidence: Evidence) -> str | None:
    """The new side has the value of another leg of the same call."""
    has = HAS.get(evidence.about)
    if has is None:
        return None
    calls = evidence.old_legs()
    for words, other in OTHER_LEGS:
        count = 0
        for each in evidence.differences:
            legs = calls.get(each.pair.leg.unique_id, [])
            at = next((at for at, leg in enumerate(legs) if leg.number == each.pair.leg.number), None)
            found = None if at is None else other(legs, at)
            count += found is not None and found.number != each.pair.leg.number and has(found, each)
        if evidence.is_strong(count):
            return evidence.stated(f"has the {evidence.about} of {words}", count)
    return None
