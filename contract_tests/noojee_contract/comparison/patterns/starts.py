"""Rules of Start values that differ: a constant shift, summer time, UTC, the 12-hour clock, day and month. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from noojee_contract.comparison.difference import Difference, LegPair
from noojee_contract.comparison.patterns.circumstances import MONTHS, months_in_words
from noojee_contract.comparison.patterns.evidence import Evidence
from noojee_contract.comparison.patterns.other_legs import other_leg

HOUR, HALF_DAY, DAY = 3600, 12 * 3600, 86400
NOON = 12
UNITS = ((DAY, "day"), (HOUR, "hour"), (60, "minute"), (1, "second"))


def shift_of(difference: Difference) -> int | None:
    """By how many seconds the new side is late (negative: early); None where one of the times cannot be read."""
    moments = _moments(difference.pair)
    return None if moments is None else round((moments[1] - moments[0]).total_seconds())


def shift_in_words(seconds: int) -> str:
    """A shift in words: "one hour early", "9 hours 30 minutes late"."""
    left, words = abs(seconds), []
    for size, unit in UNITS:
        count, left = divmod(left, size)
        if count:
            words.append(f"{'one' if count == 1 else count} {unit}{'' if count == 1 else 's'}")
    return f"{' '.join(words)} {'early' if seconds < 0 else 'late'}"


def offset_of_the_zone(evidence: Evidence) -> str | None:
    """Each leg is shifted by the offset of the time zone: local time and UTC were exchanged."""
    for sign, meaning in ((-1, "UTC is written as local time?"), (1, "local times are read as UTC?")):
        shifts = [_shift_by_offset(each, evidence, sign) for each in evidence.differences]
        found = [shift for shift in shifts if shift]
        if evidence.is_strong(len(found)):
            words = " or ".join(dict.fromkeys(shift_in_words(shift) for shift in sorted(found, key=abs)))
            return evidence.stated(f"{words}, the offset of {evidence.zone}: {meaning}", len(found))
    return None


def summer_time(evidence: Evidence) -> str | None:
    """Only the legs of summer time are shifted, or only the others."""
    shared = evidence.most_common(shift_of)
    if shared is None:
        return None
    shift, count = shared
    moments = _certain(evidence, [each.pair for each in evidence.differences])
    summer = {bool(moment.dst()) for moment in moments}
    rest = {bool(moment.dst()) for moment in _certain(evidence, evidence.unaffected())}
    if abs(shift) != HOUR or len(summer) != 1:
        return None
    if rest and summer.isdisjoint(rest):
        months = months_in_words({moment.month for moment in moments})
        return evidence.stated(f"{months}, {shift_in_words(shift)}: summer time", count)
    if not rest and summer == {True}:
        return evidence.stated(f"{shift_in_words(shift)}: summer time?", count)
    return None


def half_a_day(evidence: Evidence) -> str | None:
    """The legs of the afternoon are 12 hours early: a clock of 12 hours without AM and PM."""
    count = sum(
        shift_of(each) == -HALF_DAY and (moment := _local(each.pair, evidence)) is not None and moment.hour >= NOON
        for each in evidence.differences
    )
    if not evidence.is_strong(count):
        return None
    return evidence.stated("12 hours early in the afternoon: a clock of 12 hours", count)


def day_and_month(evidence: Evidence) -> str | None:
    """Day and month of the new side are exchanged."""
    count = sum(_is_exchanged(each.pair, evidence) for each in evidence.differences)
    return evidence.stated("day and month are exchanged", count) if evidence.is_strong(count) else None


def without_seconds(evidence: Evidence) -> str | None:
    """The new side has whole minutes only."""
    count = 0
    for each in evidence.differences:
        moments = _moments(each.pair)
        count += moments is not None and moments[1] == moments[0].replace(second=0, microsecond=0)
    return evidence.stated("seconds are lost", count) if evidence.is_strong(count) else None


def constant_shift(evidence: Evidence) -> str | None:
    """Nearly all differing legs are shifted by the same time."""
    shared = evidence.most_common(shift_of)
    if shared is None or shared[0] == 0:
        return None
    return evidence.stated(shift_in_words(shared[0]), shared[1])


def _moments(pair: LegPair) -> tuple[datetime, datetime] | None:
    """The old and the new start: of several meanings, the two that are closest."""
    if pair.old is None or pair.new is None:
        return None
    both = [(old, new) for old in pair.old.start for new in pair.new.start]
    return min(both, key=lambda each: abs(each[1] - each[0]), default=None)


def _local(pair: LegPair, evidence: Evidence) -> datetime | None:
    """The local start of a leg, of the old side where it has one."""
    return pair.leg.start[0].astimezone(evidence.zone) if pair.leg.start else None


def _certain(evidence: Evidence, pairs: Sequence[LegPair]) -> list[datetime]:
    """The local starts of legs. Starts that can mean two instants, or none, are left out."""
    return [pair.leg.start[0].astimezone(evidence.zone) for pair in pairs if len(pair.leg.start) == 1]


def _shift_by_offset(difference: Difference, evidence: Evidence, sign: int) -> int | None:
    """The shift of a leg if it is the offset of the zone at that time, else None."""
    shift, moments = shift_of(difference), _moments(difference.pair)
    if shift is None or moments is None:
        return None
    offsets = {moment.astimezone(evidence.zone).utcoffset() for moment in moments}
    return shift if timedelta(seconds=sign * shift) in offsets else None


def _is_exchanged(pair: LegPair, evidence: Evidence) -> bool:
    moments = _moments(pair)
    if moments is None:
        return False
    old, new = (moment.astimezone(evidence.zone) for moment in moments)
    return (old.day, old.month) == (new.month, new.day) and old.day != old.month and len(MONTHS) >= old.day


FINDERS = (offset_of_the_zone, half_a_day, summer_time, day_and_month, without_seconds, constant_shift, other_leg)
