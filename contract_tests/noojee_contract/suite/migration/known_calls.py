"""The calls that a migration compares: the recordings of both sides, and what each side lists for them.

Every call that a known tag or hour lists on one side is asked for by unique id on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from noojee_contract.dialects.hour import hour_range
from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.subject import Answer, Subject, SubjectPair
from noojee_contract.errors import TooSoon
from noojee_contract.model.archive import hour_of
from noojee_contract.model.question import Question

LocalHour = tuple[date, int]
Listed = Mapping[str, list[Leg]]


@dataclass(frozen=True, slots=True)
class PairHour:
    """A known hour in the local time of each side; None where the side has no such hour, or no by-hour method."""

    old: LocalHour | None
    new: LocalHour | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCall:
    """A call with the answers of both sides to its unique id, and the legs that tags and hours list for it."""

    unique_id: str
    old: Answer
    new: Answer
    old_listed: tuple[Leg, ...] = ()
    new_listed: tuple[Leg, ...] = ()

    @property
    def old_legs(self) -> tuple[Leg, ...]:
        """Its legs on the old side; the legs in the listings of tags and hours, if the unique id brings none."""
        return self.old.legs or self.old_listed

    @property
    def new_legs(self) -> tuple[Leg, ...]:
        """Its legs on the new side; the legs in the listings of tags and hours, if the unique id brings none."""
        return self.new.legs or self.new_listed


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCalls:
    """What both sides are known to hold. `not_drawn` calls are outside the sample, `before` start before `since`."""

    unique_ids: tuple[str, ...]
    old_listed: Listed
    new_listed: Listed
    not_drawn: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRow:
    """A known recording of one side, with the answers of both sides. `place` starts a message, or is empty."""

    place: str
    old: Answer
    new: Answer


def known_rows(pair: SubjectPair) -> Iterator[KnownRow]:
    """The rows of both sides' recordings files: tags, unique ids, and the hours that both sides can be asked for."""
    rows = dict.fromkeys((*pair.old.recordings, *pair.new.recordings))
    for row in rows:
        if row.kind != "hour":
            yield KnownRow(place=_place(pair, row), old=_answer(pair.old, row), new=_answer(pair.new, row))
    for hour in hours_of(pair):
        old, new = listing(pair.old, hour.old), listing(pair.new, hour.new)
        if old is not None and new is not None:
            yield KnownRow(place=_place(pair, old.asked) or _place(pair, new.asked), old=old, new=new)


def tags_of(pair: SubjectPair) -> tuple[str, ...]:
    """The tags that either side is known to hold."""
    return tuple(dict.fromkeys((*pair.old.tags, *pair.new.tags)))


def hours_of(pair: SubjectPair) -> tuple[PairHour, ...]:
    """The hours that either side is known to hold, each once."""
    hours = [PairHour(hour, _local(hour, pair.old, pair.new)) for hour in pair.old.hours]
    hours += [PairHour(_local(hour, pair.new, pair.old), hour) for hour in pair.new.hours]
    old, new = pair.old.has_by_hour, pair.new.has_by_hour
    asked = (PairHour(hour.old if old else None, hour.new if new else None) for hour in hours)
    return tuple(dict.fromkeys(hour for hour in asked if hour.old is not None or hour.new is not None))


def listing(subject: Subject, hour: LocalHour | None) -> Answer | None:
    """The answer of a side to an hour; None without an hour, or where the by-hour limit allows no request."""
    if hour is None:
        return None
    try:
        return subject.by_hour(*hour)
    except TooSoon:
        return None


def known_calls(pair: SubjectPair) -> KnownCalls:
    """The calls to ask both sides for: named calls, and a sample of the calls that tags and hours list."""
    if pair.old.archive is not None:
        return KnownCalls(
            unique_ids=tuple(dict.fromkeys((*pair.old.unique_ids, *pair.new.unique_ids))), old_listed={}, new_listed={}
        )
    tags, hours = tags_of(pair), hours_of(pair)
    old = _listed(pair.old, tags, [hour.old for hour in hours])
    new = _listed(pair.new, tags, [hour.new for hour in hours])
    named = {each.value: None for side in pair.sides for each in side.recordings if each.kind == "unique_id"}
    others = [unique_id for unique_id in dict.fromkeys((*old, *new)) if unique_id not in named]
    within = [each for each in others if not _starts_before(pair, old.get(each) or new[each])]
    drawn = pair.sampling.drawn_calls(within)
    return KnownCalls(
        unique_ids=tuple(dict.fromkeys((*named, *drawn))),
        old_listed=old,
        new_listed=new,
        not_drawn=len(within) - len(drawn),
        before=len(others) - len(within),
    )


def asked_calls(pair: SubjectPair, known: KnownCalls | None = None) -> Iterator[ComparedCall]:
    """Each known call with the answers of both sides, inside and outside `since` and `until`."""
    known = known or known_calls(pair)
    for unique_id in known.unique_ids:
        yield ComparedCall(
            unique_id=unique_id,
            old=pair.old.by_unique_id(unique_id),
            new=pair.new.by_unique_id(unique_id),
            old_listed=tuple(known.old_listed.get(unique_id, ())),
            new_listed=tuple(known.new_listed.get(unique_id, ())),
        )


def is_outside(pair: SubjectPair, call: ComparedCall) -> bool:
    """Whether a call starts before `since`, or at `until` or later. The old side decides if it lists the call."""
    return pair.starts_outside(call.old_legs or call.new_legs)


def outside_ids(pair: SubjectPair) -> frozenset[str]:
    """The calls that start before `since`, or at `until` or later, in any answer."""
    if pair.since is None and pair.until is None:
        return frozenset()
    known = known_calls(pair)
    outside = {call.unique_id for call in asked_calls(pair, known) if is_outside(pair, call)}
    others = {*known.old_listed, *known.new_listed}.difference(known.unique_ids)
    listed = {each: known.old_listed.get(each) or known.new_listed[each] for each in others}
    return frozenset({*outside, *(each for each, legs in listed.items() if pair.starts_outside(legs))})


def outside_in(pair: SubjectPair, *answers: Answer) -> frozenset[str]:
    """The calls that start outside `since` and `until` by the legs in these answers."""
    legs: dict[str, list[Leg]] = {}
    for leg in (leg for answer in answers for leg in answer.legs):
        legs.setdefault(leg.unique_id, []).append(leg)
    return frozenset(unique_id for unique_id, of_call in legs.items() if pair.starts_outside(of_call))


def _starts_before(pair: SubjectPair, legs: Iterable[Leg]) -> bool:
    """Whether a call surely starts before `since`: any of its legs shows it, and it need not be asked for."""
    return pair.since is not None and any(leg.start and max(leg.start) < pair.since for leg in legs)


def _listed(subject: Subject, tags: Iterable[str], hours: Iterable[LocalHour | None]) -> Listed:
    """The legs that tags and hours list on a side, by unique id."""
    answers = [subject.by_tag(tag) for tag in tags]
    answers += [answer for answer in (listing(subject, hour) for hour in hours) if answer is not None]
    found: dict[str, list[Leg]] = {}
    for answer in answers:
        for leg in answer.legs:
            if leg.unique_id:
                found.setdefault(leg.unique_id, []).append(leg)
    return found


def _local(hour: LocalHour, subject: Subject, other: Subject) -> LocalHour | None:
    """A local hour of one side in the local time of the other; None where no hour there has the same limits."""
    if subject.zone.key == other.zone.key:
        return hour
    limits = hour_range(*hour, subject.zone)
    moved = hour_of(limits[0], other.zone)
    return moved if hour_range(*moved, other.zone) == limits else None


def _answer(subject: Subject, row: Question) -> Answer:
    return subject.by_tag(row.value) if row.kind == "tag" else subject.by_unique_id(row.value)


def _place(pair: SubjectPair, row: Question) -> str:
    """The file and line of a row as the start of a message; empty if no file has it."""
    places = (side.target.recording_places.get(row) for side in pair.sides)
    place = next((place for place in places if place is not None), None)
    return "" if place is None else f"{place}: "
