"""Rules of Durations that differ: another unit, rounding, a constant shift. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from noojee_contract.comparison.difference import Difference
from noojee_contract.comparison.patterns.evidence import Evidence
from noojee_contract.dialects.legs import Leg

MINUTE = 60
UNITS: tuple[tuple[str, Callable[[int, int], bool]], ...] = (
    ("in milliseconds", lambda old, new: old > 0 and abs(new / 1000 - old) < 1),
    ("in minutes", lambda old, new: new < old and abs(new * MINUTE - old) < MINUTE),
    ("rounded to whole minutes", lambda old, new: new % MINUTE == 0 and abs(new - old) < MINUTE and new > 0),
)
"""What a value of the old side became on the new side, in seconds."""


def other_unit(evidence: Evidence) -> str | None:
    """The new side has another unit, or rounds."""
    both = [values for each in evidence.differences if (values := seconds_of(each)) is not None]
    for words, follows in UNITS:
        count = sum(follows(old, new) for old, new in both)
        if evidence.is_strong(count) and len({new for _, new in both}) > 1:
            return evidence.stated(words, count)
    return None


def constant_shift(evidence: Evidence) -> str | None:
    """Every differing leg is longer or shorter by the same time."""
    shared = evidence.most_common(_longer_by)
    if shared is None:
        return None
    seconds = abs(shared[0])
    amount = "one second" if seconds == 1 else f"{seconds} seconds"
    return evidence.stated(f"{amount} {'longer' if shared[0] > 0 else 'shorter'}", shared[1])


def of_the_call(evidence: Evidence) -> str | None:
    """The new side has the length of the whole call."""
    lengths = {unique_id: _length(legs) for unique_id, legs in evidence.old_legs().items()}
    count = 0
    for each in evidence.differences:
        both, length = seconds_of(each), lengths.get(each.pair.leg.unique_id)
        count += both is not None and length is not None and abs(both[1] - length) <= 1
    return evidence.stated("has the length of the whole call", count) if evidence.is_strong(count) else None


def _length(legs: Sequence[Leg]) -> float | None:
    """The seconds from the start of the first leg to the end of the last one."""
    read = [(leg.start[0], leg.duration_seconds) for leg in legs if leg.start and leg.duration_seconds is not None]
    if len(read) < len(legs):
        return None
    end = max(start + timedelta(seconds=seconds) for start, seconds in read)
    return (end - min(start for start, _ in read)).total_seconds()


def seconds_of(difference: Difference) -> tuple[int, int] | None:
    """Both Durations in seconds; None where one of them is no number."""
    old, new = difference.old or "", difference.new or ""
    return (int(old), int(new)) if old.isdecimal() and new.isdecimal() else None


def _longer_by(difference: Difference) -> int | None:
    both = seconds_of(difference)
    return None if both is None else both[1] - both[0]


FINDERS = (other_unit, of_the_call, constant_shift)
