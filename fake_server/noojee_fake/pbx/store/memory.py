"""A store in memory: dictionaries, and a sorted list of the ends of legs."""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from noojee_fake.pbx.calls import Call, Leg
from noojee_fake.pbx.clock import LATEST, SECOND
from noojee_fake.pbx.memory_budget import MemoryBudget, archive_bytes
from noojee_fake.pbx.store.base import EndedLeg, Sound, StoredSound, change, stored_sound, tags_of, without_leg

_ID_BITS = 63  # of a record id; the index has one number for each ended leg: the second of its end, then its record id
_ID_MASK = (1 << _ID_BITS) - 1
_FEW = 64  # up to this number of legs are inserted into the sorted index one by one


@dataclass(slots=True, kw_only=True)
class _State:
    calls: dict[str, Call] = field(default_factory=dict)
    owners: dict[int, str] = field(default_factory=dict)
    """The unique id of a leg's call, by the leg's record id."""
    unique_ids: dict[str, list[str]] = field(default_factory=dict)
    """The unique ids of the calls with a tag."""
    tags: dict[str, set[str]] | None = None
    """The tags by their case-folded form; built on first use."""
    ended: list[int] = field(default_factory=list)
    """The keys of the ended legs, sorted."""
    sounds: dict[int, StoredSound] = field(default_factory=dict)
    last_record_id: int = 0

    @property
    def size_bytes(self) -> int:
        """About what the calls take in memory, without sound."""
        return archive_bytes(len(self.calls), len(self.owners))

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
        """Replace a call; `after` None removes it."""
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
        """Store a call of which only these legs are new or have ended."""
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

    def add(self, added: Iterable[Call], stored: Mapping[int, StoredSound]) -> None:
        ended: list[int] = []
        for call in added:
            unique_id = call.unique_id
            self.calls[unique_id] = call
            for tag in tags_of(call):
                self.enter_tag(tag, unique_id)
            for leg in call.legs:
                record_id = leg.call_record_id
                self.owners[record_id] = unique_id
                if record_id > self.last_record_id:
                    self.last_record_id = record_id
                if leg.end_micros != LATEST:
                    ended.append(_ended_key(leg))
        self.enter_ended(ended)
        self.sounds.update(stored)

    def merge(self, new: _State) -> None:
        """Take the calls of another state, which is not used afterwards."""
        self.calls.update(new.calls)
        self.owners.update(new.owners)
        self.sounds.update(new.sounds)
        self.last_record_id = max(self.last_record_id, new.last_record_id)
        self.enter_ended(new.ended)
        if not self.unique_ids:
            self.unique_ids, self.tags = new.unique_ids, None
            return
        for tag, unique_ids in new.unique_ids.items():
            for unique_id in unique_ids:
                self.enter_tag(tag, unique_id)

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
    """A `Store` of slotted objects in dicts. Reading one call or one leg takes no lock.

    `budget` counts calls and sound. `add` and `put_sound` raise MemoryBudgetError; the other changes always succeed.
    """

    def __init__(self, budget: MemoryBudget | None = None) -> None:
        self._budget = budget or MemoryBudget()
        self._held = self._budget.reserve(0)
        self._lock = threading.Lock()
        self._state = _State()
        self.changes = 0

    def add(self, calls: Iterable[Call], sounds: Iterable[tuple[Leg, Sound]] = ()) -> None:
        """Index the calls before the lock is taken, then add them. Raises MemoryBudgetError if they do not fit."""
        added = list(calls)
        stored = {leg.call_record_id: stored_sound(sound, self._budget) for leg, sound in sounds}
        new = _State()
        new.add(added, stored)  # before the lock: readers do not wait for a million legs
        with self._lock:
            self._held.resize(self._state.size_bytes + new.size_bytes)
            self._state.merge(new)
            self.changes += 1

    def save(self, call: Call, changed: Sequence[Leg] | None = None) -> None:
        """Replace the legs that differ, or only those in `changed`."""
        with self._lock:
            if changed is None:
                self._state.replace(call.unique_id, call)
            else:
                self._state.go_on(call, changed)
            self._count()

    def remove(self, unique_id: str) -> bool:
        """Remove the call from all indexes. Returns whether it existed."""
        with self._lock:
            there = unique_id in self._state.calls
            self._state.replace(unique_id, None)
            self._count()
        return there

    def remove_leg(self, leg: Leg) -> bool:
        """Remove the leg from its call and from all indexes. Returns whether it existed."""
        with self._lock:
            unique_id = self._state.owners.get(leg.call_record_id)
            if unique_id is None:
                return False
            self._state.replace(unique_id, without_leg(self._state.calls[unique_id], leg.call_record_id))
            self._count()
        return True

    def clear(self, calls: Iterable[Call] = (), sounds: Iterable[tuple[Leg, Sound]] = ()) -> None:
        """Index the new calls before the lock is taken, then replace the content. The calls always fit the budget."""
        added = _State()
        added.add(calls, {leg.call_record_id: stored_sound(sound, self._budget, force=True) for leg, sound in sounds})
        with self._lock:
            self._state = added
            self._count()

    @property
    def last_record_id(self) -> int:
        """The highest record id that was ever used; 0 in an empty store."""
        return self._state.last_record_id

    def has_record_id(self, call_record_id: int) -> bool:
        """Whether a leg has this record id: one look-up in a dict."""
        return call_record_id in self._state.owners

    def call(self, unique_id: str) -> Call | None:
        """The call of a unique id: one look-up in a dict, without the lock."""
        return self._state.calls.get(unique_id)

    def calls(self) -> list[Call]:
        """A new list of all calls, in the order in which they were added."""
        with self._lock:
            return list(self._state.calls.values())

    def count(self) -> tuple[int, int]:
        """The numbers of calls and of legs, without a scan."""
        with self._lock:
            return len(self._state.calls), len(self._state.owners)

    def tagged(self, tag: str) -> Sequence[Call]:
        """The calls of a tag, from the index by tag."""
        with self._lock:
            state = self._state
            return [state.calls[unique_id] for unique_id in state.unique_ids.get(tag, ())]

    def tagged_ignoring_case(self, tag: str) -> Sequence[Call]:
        """The calls of a tag in any letter case. The first query builds an index of tags without case."""
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
        """A slice of the sorted list of ends, with the call and the leg of each."""
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
        """The stored sound of a leg; None if no sound is stored. Takes no lock."""
        found = self._state.sounds.get(leg.call_record_id)
        return None if found is None else found.sound

    def put_sound(self, leg: Leg, sound: Sound) -> None:
        """Store the sound of a leg. Raises MemoryBudgetError if it does not fit."""
        with self._lock:
            if leg.call_record_id in self._state.owners:
                self._state.sounds[leg.call_record_id] = stored_sound(sound, self._budget)

    def snapshot(self) -> object:
        """A copy of the indexes. It shares calls and sound with the store."""
        with self._lock:
            return self._state.copy()

    def restore(self, snapshot: object) -> None:
        """Copy a snapshot of this store. Raises TypeError for a snapshot of another kind of store."""
        if not isinstance(snapshot, _State):
            raise TypeError("this is no snapshot of a store in memory")
        with self._lock:
            self._state = snapshot.copy()
            self._count()

    can_fail = False

    def note_time(self) -> None:
        """Do nothing: the clock of a store in memory ends with the process."""

    def close(self) -> None:
        """Do nothing: the store has no resources."""

    def _count(self) -> None:
        """Count the calls after a change that is never refused."""
        self.changes += 1
        self._held.resize(self._state.size_bytes, force=True)


def _ended_key(leg: Leg) -> int:
    return leg.end_micros // SECOND << _ID_BITS | leg.call_record_id
