"""Which legs differ: those of a part of the year, of a direction, before a day, with one number. Pure.

A circumstance is stated only where it holds for every leg that differs, and for no other leg.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from noojee_contract.comparison.difference import LegPair
from noojee_contract.comparison.patterns.evidence import LEAST, Evidence

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
LEAST_UNAFFECTED = 3
"""The fewest legs without a difference that a circumstance needs: with fewer, it may be chance."""

Holds = Callable[[LegPair], bool]

OF_VALUES: tuple[tuple[str, Holds], ...] = (
    ("only legs of 0 s", lambda pair: pair.leg.duration_seconds == 0),
    ("only legs without a user", lambda pair: not pair.leg.username),
    ("only legs without a tag", lambda pair: not pair.leg.tag),
    ("only legs with a tag", lambda pair: bool(pair.leg.tag)),
)


def circumstance(evidence: Evidence, *, about_presence: bool = False) -> str | None:
    """What all legs with a difference have in common, and no other leg has; None where there is nothing.

    Leg numbers are left out where differences are about the presence of legs, whose rules name them.
    """
    differing = [each.pair for each in evidence.differences]
    others = evidence.unaffected()
    if len(differing) < LEAST or len(others) < LEAST_UNAFFECTED:
        return None
    of_numbers = () if about_presence else _of_numbers(evidence)
    for words, holds in (*of_numbers, *OF_VALUES, _of_calls(evidence)):
        if all(map(holds, differing)) and not any(map(holds, others)):
            return words
    return _one_direction(differing, others) or _in_time(evidence, differing, others)


def months_in_words(months: set[int]) -> str:
    """The shortest part of the year with all of these months: "October to April"."""
    first, last = _range_of(months)
    return MONTHS[first - 1] if first == last else f"{MONTHS[first - 1]} to {MONTHS[last - 1]}"


def _range_of(months: set[int]) -> tuple[int, int]:
    """The first and the last month: the part of the year that is left out is the longest one."""
    listed = sorted(months)
    following = [*listed[1:], listed[0] + 12]
    gaps = [after - before for before, after in zip(listed, following, strict=True)]
    at = gaps.index(max(gaps))
    return (following[at] - 1) % 12 + 1, listed[at]


def _of_calls(evidence: Evidence) -> tuple[str, Holds]:
    calls = evidence.old_legs()
    return "only calls with one leg", lambda pair: len(calls.get(pair.leg.unique_id, ())) == 1


def _of_numbers(evidence: Evidence) -> tuple[tuple[str, Holds], ...]:
    last = {unique_id: legs[-1].number for unique_id, legs in evidence.old_legs().items()}
    return (
        ("only leg 1 of a call", lambda pair: pair.leg.number == 1),
        ("only the last leg of a call", lambda pair: pair.leg.number == last.get(pair.leg.unique_id)),
        ("only legs after leg 1", lambda pair: pair.leg.number > 1),
    )


def _one_direction(differing: list[LegPair], others: list[LegPair]) -> str | None:
    directions = {pair.leg.direction for pair in differing}
    if len(directions) != 1 or directions & {pair.leg.direction for pair in others}:
        return None
    (direction,) = directions
    return f"only {direction} calls" if direction else None


def _in_time(evidence: Evidence, differing: list[LegPair], others: list[LegPair]) -> str | None:
    """The part of the day, the days or the part of the year in which all legs differ."""
    inside, outside = _starts(evidence, differing), _starts(evidence, others)
    if len(inside) < max(LEAST_UNAFFECTED, len(differing)) or len(outside) < max(LEAST_UNAFFECTED, len(others)):
        return None
    days, other_days = {moment.date() for moment in inside}, {moment.date() for moment in outside}
    first_day, last_day = min(days), max(days)
    if first_day > max(other_days):
        return f"only from {first_day} on"
    if last_day < min(other_days):
        return f"only until {last_day}"
    if not any(first_day <= day <= last_day for day in other_days):
        return f"only on {first_day}" if first_day == last_day else f"only from {first_day} to {last_day}"
    first, last = _range_of({day.month for day in days})
    part = {(first - 1 + step) % 12 + 1 for step in range((last - first) % 12 + 1)}
    if part.isdisjoint(day.month for day in other_days):
        return f"only {months_in_words(part)}"
    earliest = min(moment.time() for moment in inside)
    if len(days) > 1 and earliest > max(moment.time() for moment in outside):
        return f"only starts at {earliest:%H:%M} or later"
    return None


def _starts(evidence: Evidence, pairs: list[LegPair]) -> list[datetime]:
    return [pair.leg.start[0].astimezone(evidence.zone) for pair in pairs if pair.leg.start]
