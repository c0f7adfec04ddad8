"""What the PBX remembers: calls by unique id and tag, legs by their end, stored sound. Here in memory; on disk in disk.py.

Changing takes a lock, and whoever asks sees a change whole or not at all.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

from noojee_fake.calls import Call, Leg
from noojee_fake.clock import LATEST, SECOND

EndedLeg = tuple[int, int, Call, Leg]
"""A leg by the whole second of its end: that second, its record id, its call, the leg."""


class Absent(Enum):
    """Marks a leg whose sound is gone though its metadata are there, as after retention (W-SL, DOC)."""

    GONE = "gone"


Sound = bytes | Absent


class Store(Protocol):
    """The calls of one PBX, with the few questions that are asked of them.

    A leg in progress ends at `clock.LATEST` and is in no hour. Record ids are not given twice, also not that of a leg
    that was removed. What a method has changed stays changed once it returns, as far as the store reaches.
    """

    def add(self, calls: Iterable[Call], sounds: Iterable[tuple[Leg, Sound]] = ()) -> None:
        """Remember these calls, with the sound of some of their legs.

        Unique ids and record ids are new: whoever reads them in has checked.
        """

    def save(self, call: Call, changed: Sequence[Leg] | None = None) -> None:
        """Put a call, in place of the one with its unique id if that is there. Its legs' record ids are its own or new.

        `changed`: those of its legs that are new, or were in progress when it was last saved, so that a call of many
        legs costs no more than one of few; None: all are compared.
        """

    def remove(self, unique_id: str) -> bool:
        """Forget a call with its legs and their sound. Whether it was there."""

    def remove_leg(self, leg: Leg) -> bool:
        """Forget a leg and its sound; the other legs keep their numbers, and a call without a leg is gone.

        Whether it was there.
        """

    def clear(self) -> None:
        """Forget everything, the record ids in use too."""

    @property
    def last_record_id(self) -> int:
        """The highest record id that was ever in use; 0 in an empty PBX."""

    def has_record_id(self, call_record_id: int) -> bool: ...

    def call(self, unique_id: str) -> Call | None: ...

    def calls(self) -> list[Call]:
        """All calls, in the order in which they came."""

    def count(self) -> tuple[int, int]:
        """How many calls, how many legs."""

    def tagged(self, tag: str) -> Sequence[Call]:
        """The calls of which a leg carries exactly this tag, in no order; none for the empty tag."""

    def tagged_ignoring_case(self, tag: str) -> Sequence[Call]:
        """The calls of which a leg carries this tag, whatever the case of its letters, in no order."""

    def ended_between(self, first_second: int, last_second: int) -> list[EndedLeg]:
        """Legs by the whole second of their end, first <= end < last; by that second, then by record id."""

    def sound(self, leg: Leg) -> Sound | None:
        """Stored sound as it was put in; None: none was, so it is made."""

    def put_sound(self, leg: Leg, sound: Sound) -> None:
        """Keep a leg's sound, or mark it as gone. A leg that is not there is passed over."""

    def snapshot(self) -> object:
        """All that is remembered now, for `restore` of this same store."""

    def restore(self, snapshot: object) -> None:
        """Remember again what a snapshot holds, and nothing else. A snapshot can be restored many times."""

    def close(self) -> None:
        """Let go of what the store holds open. Nothing may be asked afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What differs between a call as it was and as it is to be. A leg that changed is in `removed` and in `written`.

    `gone` are the record ids that are in use no longer.
    """

    removed: tuple[Leg, ...]
    written: tuple[Leg, ...]
    gone: tuple[int, ...]
    lost_tags: frozenset[str]
    new_tags: frozenset[str]


def change(before: Call | None, after: Call | None) -> Change:
    """What has to be done to a call's legs and tags; None: there was, or is to be, no such call."""
    old = {leg.call_record_id: leg for leg in before.legs} if before else {}
    new = {leg.call_record_id: leg for leg in after.legs} if after else {}
    old_tags, new_tags = tags_of(before), tags_of(after)
    return Change(
        removed=tuple(leg for record_id, leg in old.items() if new.get(record_id) != leg),
        written=tuple(leg for record_id, leg in new.items() if old.get(record_id) != leg),
        gone=tuple(record_id for record_id in old if record_id not in new),
        lost_tags=old_tags - new_tags,
        new_tags=new_tags - old_tags,
    )


def tags_of(call: Call | None) -> frozenset[str]:
    """The tags that its legs carry, each once."""
    return frozenset(leg.tag for leg in call.legs if leg.tag) if call else frozenset()


def without_leg(call: Call, call_record_id: int) -> Call | None:
    """The call without one of its legs; None where none is left."""
    legs = tuple(leg for leg in call.legs if leg.call_record_id != call_record_id)
    return replace(call, legs=legs) if legs else None


_ID_BITS = 63  # of a record id; an ended leg is one number in the index: the second of its end above its record id
_ID_MASK = (1 << _ID_BITS) - 1
_FEW = 64  # so many at a time are put into the sorted index one by one


@dataclass(slots=True)
class _State:
    calls: dict[str, Call] = field(default_factory=dict)
    owners: dict[int, str] = field(default_factory=dict)
    """The unique id of a leg's call, by the leg's record id."""
    unique_ids: dict[str, list[str]] = field(default_factory=dict)
    """By tag."""
    tags: dict[str, set[str]] | None = None
    """By the tag in folded case; made when first asked for."""
    ended: list[int] = field(default_factory=list)
    """Sorted."""
    sounds: dict[int, Sound] = field(default_factory=dict)
    last_record_id: int = 0

    def copy(self) -> _State:
        return _State(
            calls=self.calls.copy(),
            owners=self.owners.copy(),
            unique_ids={tag: unique_ids.copy() for tag, unique_ids in self.unique_ids.items()},
            ended=self.ended.copy(),
            sounds=self.sounds.copy(),
            last_record_id=self.last_record_id,
        )

    def replace(self, unique_id: str, after: Call | None) -> None:
        """Put one call in place of another; None: none."""
        differs = change(self.calls.get(unique_id), after)
        for leg in differs.removed:
            if leg.end_micros != LATEST:
                del self.ended[bisect_left(self.ended, _ended_key(leg))]
        for record_id in differs.gone:
            del self.owners[record_id]
            self.sounds.pop(record_id, None)
        for tag in differs.lost_tags:
            self._leave_tag(tag, unique_id)
        if after is None:
            self.calls.pop(unique_id, None)
            return
        self.calls[unique_id] = after
        for leg in differs.written:
            self.owners[leg.call_record_id] = unique_id
            self.last_record_id = max(self.last_record_id, leg.call_record_id)
        for tag in differs.new_tags:
            self.enter_tag(tag, unique_id)
        self.enter_ended([_ended_key(leg) for leg in differs.written if leg.end_micros != LATEST])

    def go_on(self, call: Call, changed: Sequence[Leg]) -> None:
        """Put a call of which these legs alone are new, or have ended."""
        before = self.calls.get(call.unique_id)
        self.calls[call.unique_id] = call
        added = [leg for leg in changed if leg.call_record_id not in self.owners]
        for leg in added:
            self.owners[leg.call_record_id] = call.unique_id
            self.last_record_id = max(self.last_record_id, leg.call_record_id)
        for tag in {leg.tag for leg in added if leg.tag}:
            if before is None or tag not in self.unique_ids or all(leg.tag != tag for leg in reversed(before.legs)):
                self.enter_tag(tag, call.unique_id)
        self.enter_ended([_ended_key(leg) for leg in changed if leg.end_micros != LATEST])

    def enter_tag(self, tag: str, unique_id: str) -> None:
        unique_ids = self.unique_ids.get(tag)
        if unique_ids is None:
            self.unique_ids[tag] = [unique_id]
            if self.tags is not None:
                self.tags.setdefault(tag.casefold(), set()).add(tag)
        else:
            unique_ids.append(unique_id)

    def _leave_tag(self, tag: str, unique_id: str) -> None:
        self.unique_ids[tag].remove(unique_id)
        if not self.unique_ids[tag]:
            del self.unique_ids[tag]
            if self.tags is not None:
                self.tags[tag.casefold()].remove(tag)

    def enter_ended(self, keys: list[int]) -> None:
        if len(keys) <= _FEW:
            for key in keys:
                insort(self.ended, key)
        else:
            self.ended.extend(sorted(keys))
            self.ended.sort()  # two sorted runs: merged


class MemoryStore:
    """A `Store` of slotted objects in dicts. A question about one call or one leg takes no lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = _State()

    def add(self, calls: Iterable[Call], sounds: Iterable[tuple[Leg, Sound]] = ()) -> None:
        added, sounded = list(calls), list(sounds)
        with self._lock:
            state = self._state
            ended: list[int] = []
            for call in added:
                unique_id = call.unique_id
                state.calls[unique_id] = call
                for tag in tags_of(call):
                    state.enter_tag(tag, unique_id)
                for leg in call.legs:
                    record_id = leg.call_record_id
                    state.owners[record_id] = unique_id
                    if record_id > state.last_record_id:
                        state.last_record_id = record_id
                    if leg.end_micros != LATEST:
                        ended.append(_ended_key(leg))
            state.enter_ended(ended)
            state.sounds.update((leg.call_record_id, sound) for leg, sound in sounded)

    def save(self, call: Call, changed: Sequence[Leg] | None = None) -> None:
        with self._lock:
            if changed is None:
                self._state.replace(call.unique_id, call)
            else:
                self._state.go_on(call, changed)

    def remove(self, unique_id: str) -> bool:
        with self._lock:
            there = unique_id in self._state.calls
            self._state.replace(unique_id, None)
        return there

    def remove_leg(self, leg: Leg) -> bool:
        with self._lock:
            unique_id = self._state.owners.get(leg.call_record_id)
            if unique_id is None:
                return False
            self._state.replace(unique_id, without_leg(self._state.calls[unique_id], leg.call_record_id))
        return True

    def clear(self) -> None:
        with self._lock:
            self._state = _State()

    @property
    def last_record_id(self) -> int:
        return self._state.last_record_id

    def has_record_id(self, call_record_id: int) -> bool:
        return call_record_id in self._state.owners

    def call(self, unique_id: str) -> Call | None:
        return self._state.calls.get(unique_id)

    def calls(self) -> list[Call]:
        with self._lock:
            return list(self._state.calls.values())

    def count(self) -> tuple[int, int]:
        with self._lock:
            return len(self._state.calls), len(self._state.owners)

    def tagged(self, tag: str) -> Sequence[Call]:
        with self._lock:
            state = self._state
            return [state.calls[unique_id] for unique_id in state.unique_ids.get(tag, ())]

    def tagged_ignoring_case(self, tag: str) -> Sequence[Call]:
        with self._lock:
            state = self._state
            if state.tags is None:
                state.tags = {}
                for known in state.unique_ids:
                    state.tags.setdefault(known.casefold(), set()).add(known)
            tags = state.tags.get(tag.casefold(), ())
            found = dict.fromkeys(unique_id for known in tags for unique_id in state.unique_ids[known])
            return [state.calls[unique_id] for unique_id in found]

    def ended_between(self, first_second: int, last_second: int) -> list[EndedLeg]:
        legs: dict[str, dict[int, Leg]] = {}
        found: list[EndedLeg] = []
        with self._lock:
            state = self._state
            begin = bisect_left(state.ended, first_second << _ID_BITS)
            finish = bisect_left(state.ended, last_second << _ID_BITS)
            for key in state.ended[begin:finish]:
                record_id = key & _ID_MASK
                unique_id = state.owners[record_id]
                call = state.calls[unique_id]
                if unique_id not in legs:
                    legs[unique_id] = {leg.call_record_id: leg for leg in call.legs}
                found.append((key >> _ID_BITS, record_id, call, legs[unique_id][record_id]))
        return found

    def sound(self, leg: Leg) -> Sound | None:
        return self._state.sounds.get(leg.call_record_id)

    def put_sound(self, leg: Leg, sound: Sound) -> None:
        with self._lock:
            if leg.call_record_id in self._state.owners:
                self._state.sounds[leg.call_record_id] = sound

    def snapshot(self) -> object:
        with self._lock:
            return self._state.copy()

    def restore(self, snapshot: object) -> None:
        if not isinstance(snapshot, _State):
            raise TypeError("this is no snapshot of a store in memory")
        with self._lock:
            self._state = snapshot.copy()

    def close(self) -> None:
        """Nothing is held open."""


def _ended_key(leg: Leg) -> int:
    return leg.end_micros // SECOND << _ID_BITS | leg.call_record_id
