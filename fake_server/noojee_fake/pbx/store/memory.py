"""A store in memory: dictionaries, and a sorted list of the ends of legs.

A large addition becomes a part of its own, because readers would wait while it is merged.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from operator import itemgetter

from noojee_fake.pbx.calls import Call, Leg
from noojee_fake.pbx.clock import LATEST, SECOND
from noojee_fake.pbx.memory_budget import SHORT_TEXT, MemoryBudget, archive_bytes, long_bytes
from noojee_fake.pbx.store.base import EndedLeg, Sound, StoredSound, change, stored_sound, tags_of, without_leg

_ID_BITS = 63  # of a record id; the index has one number for each ended leg: the second of its end, then its record id
_ID_MASK = (1 << _ID_BITS) - 1
_FEW = 64  # up to this number of legs are inserted into the sorted index one by one
LARGE_LEGS = 50_000
"""An addition of more legs becomes a part of its own."""
_SORTED_AT_ONCE = 10_000  # sorting holds the interpreter, and other threads run in between


@dataclass(slots=True, kw_only=True)
class _Part:
    """Calls with their indexes. A call is in one part, with all its legs."""

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
    tag_bytes: int = 0
    """What long tags take in memory."""

    @property
    def size_bytes(self) -> int:
        """About what the calls take in memory, without sound."""
        return archive_bytes(len(self.calls), len(self.owners)) + self.tag_bytes

    def copy(self) -> _Part:
        return _Part(
            calls=self.calls.copy(),
            owners=self.owners.copy(),
            unique_ids={tag: unique_ids.copy() for tag, unique_ids in self.unique_ids.items()},
            ended=self.ended.copy(),
            sounds=self.sounds.copy(),
            last_record_id=self.last_record_id,
            tag_bytes=self.tag_bytes,
        )

    def replace(self, unique_id: str, after: Call | None) -> None:
        """Replace a call; `after` None removes it."""
        differs = change(self.calls.get(unique_id), after)
        self.tag_bytes += long_bytes(*(leg.tag for leg in differs.written))
        for leg in differs.removed:
            self.tag_bytes -= long_bytes(leg.tag)
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
            self.tag_bytes += long_bytes(leg.tag)
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
                if len(leg.tag) > SHORT_TEXT:
                    self.tag_bytes += long_bytes(leg.tag)
                if leg.end_micros != LATEST:
                    ended.append(_ended_key(leg))
        self.enter_ended(ended)
        self.sounds.update(stored)

    def merge(self, new: _Part) -> None:
        """Take the calls of another part, which is not used afterwards."""
        self.calls.update(new.calls)
        self.owners.update(new.owners)
        self.sounds.update(new.sounds)
        self.last_record_id = max(self.last_record_id, new.last_record_id)
        self.tag_bytes += new.tag_bytes
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
            added = _sorted(keys)
            is_after = not self.ended or self.ended[-1] < added[0]
            self.ended += added
            if not is_after:
                self.ended.sort()  # two sorted runs: merged

    def tagged_ignoring_case(self, tag: str) -> list[Call]:
        if self.tags is None:
            self.tags = {}
            for known in self.unique_ids:
                self.tags.setdefault(known.casefold(), set()).add(known)
        tags = self.tags.get(tag.casefold(), ())
        found = dict.fromkeys(unique_id for known in tags for unique_id in self.unique_ids[known])
        return [self.calls[unique_id] for unique_id in found]

    def ended_between(self, first_second: int, last_second: int) -> list[EndedLeg]:
        legs: dict[str, dict[int, Leg]] = {}
        found: list[EndedLeg] = []
        begin = bisect_left(self.ended, first_second << _ID_BITS)
        finish = bisect_left(self.ended, last_second << _ID_BITS)
        for key in self.ended[begin:finish]:
            record_id = key & _ID_MASK
            unique_id = self.owners[record_id]
            call = self.calls[unique_id]
            if unique_id not in legs:
                legs[unique_id] = {leg.call_record_id: leg for leg in call.legs}
            found.append((key >> _ID_BITS, record_id, call, legs[unique_id][record_id]))
        return found


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """Copies of the parts of a store."""

    parts: tuple[_Part, ...]


class MemoryStore:
    """A `Store` of slotted objects in dicts. Reading one call or one leg takes no lock.

    `budget` counts calls and sound. `add` and `put_sound` raise MemoryBudgetError; the other changes always succeed.
    """

    def __init__(self, budget: MemoryBudget | None = None) -> None:
        self._budget = budget or MemoryBudget()
        self._held = self._budget.reserve(0)
        self._lock = threading.Lock()
        self._parts: tuple[_Part, ...] = (_Part(),)  # oldest first; at least one
        self.changes = 0

    def add(self, calls: Iterable[Call], sounds: Iterable[tuple[Leg, Sound]] = ()) -> None:
        """Add calls with their sound. Raises MemoryBudgetError if they do not fit."""
        self.add_indexed(self.indexed(calls, sounds))

    def indexed(self, calls: Iterable[Call], sounds: Iterable[tuple[Leg, Sound]] = ()) -> object:
        """A part with the calls. Raises MemoryBudgetError if their sound does not fit."""
        stored = {leg.call_record_id: stored_sound(sound, self._budget) for leg, sound in sounds}
        part = _Part()
        part.add(calls, stored)
        return part

    def add_indexed(self, indexed: object) -> None:
        """Merge a small part with the last part; a large part stays apart. Raises MemoryBudgetError."""
        if not isinstance(indexed, _Part):
            raise TypeError("this was indexed by another kind of store")
        with self._lock:
            self._held.resize(self.size_bytes + indexed.size_bytes)
            if len(indexed.owners) > LARGE_LEGS:
                indexed.last_record_id = max(indexed.last_record_id, self.last_record_id)
                self._parts = (*(part for part in self._parts if part.calls), indexed)
            else:
                self._parts[-1].merge(indexed)
            self.changes += 1

    def allot_record_ids(self, count: int, above: int) -> int:
        """Keep the ids for the caller, by raising the highest id that was used."""
        with self._lock:
            first = max(self.last_record_id, above) + 1
            self._parts[-1].last_record_id = first + count - 1
        return first

    def give_back_record_ids(self, first: int, count: int) -> None:
        """Lower the highest id that was used, if it is one of these."""
        with self._lock:
            if self.last_record_id == first + count - 1:
                self._parts[-1].last_record_id = first - 1

    def save(self, call: Call, changed: Sequence[Leg] | None = None) -> None:
        """Replace the legs that differ, or only those in `changed`."""
        with self._lock:
            part = self._part_of(call.unique_id) or self._parts[-1]
            if changed is None:
                part.replace(call.unique_id, call)
            else:
                part.go_on(call, changed)
            self._count()

    def remove(self, unique_id: str) -> bool:
        """Remove the call from all indexes. Returns whether it existed."""
        with self._lock:
            part = self._part_of(unique_id)
            if part is not None:
                part.replace(unique_id, None)
            self._count()
        return part is not None

    def remove_leg(self, leg: Leg) -> bool:
        """Remove the leg from its call and from all indexes. Returns whether it existed."""
        record_id = leg.call_record_id
        with self._lock:
            part = self._part_with(record_id)
            if part is None:
                return False
            unique_id = part.owners[record_id]
            part.replace(unique_id, without_leg(part.calls[unique_id], record_id))
            self._count()
        return True

    def clear(self, calls: Iterable[Call] = (), sounds: Iterable[tuple[Leg, Sound]] = ()) -> None:
        """Index the new calls before the lock is taken, then replace the content. The calls always fit the budget."""
        part = _Part()
        part.add(calls, {leg.call_record_id: stored_sound(sound, self._budget, force=True) for leg, sound in sounds})
        with self._lock:
            self._parts = (part,)
            self._count()

    @property
    def last_record_id(self) -> int:
        """The highest record id that was ever used; 0 in an empty store."""
        return max(part.last_record_id for part in self._parts)

    def has_record_id(self, call_record_id: int) -> bool:
        """Whether a leg has this record id: one look-up in a dict a part."""
        return self._part_with(call_record_id) is not None

    def call(self, unique_id: str) -> Call | None:
        """The call of a unique id: one look-up in a dict a part, without the lock."""
        for part in self._parts:
            call = part.calls.get(unique_id)
            if call is not None:
                return call
        return None

    def calls(self) -> list[Call]:
        """All calls, in the order in which they were added."""
        with self._lock:
            return [call for part in self._parts for call in part.calls.values()]

    def count(self) -> tuple[int, int]:
        """The numbers of calls and of legs, without a scan."""
        with self._lock:
            return sum(len(part.calls) for part in self._parts), sum(len(part.owners) for part in self._parts)

    @property
    def size_bytes(self) -> int:
        """The estimates of all parts."""
        return sum(part.size_bytes for part in self._parts)

    def tagged(self, tag: str) -> Sequence[Call]:
        """The calls of a tag, from the index by tag."""
        with self._lock:
            return [part.calls[unique_id] for part in self._parts for unique_id in part.unique_ids.get(tag, ())]

    def tagged_ignoring_case(self, tag: str) -> Sequence[Call]:
        """The calls of a tag in any letter case. The first query builds an index of tags without case."""
        with self._lock:
            return [call for part in self._parts for call in part.tagged_ignoring_case(tag)]

    def ended_between(self, first_second: int, last_second: int) -> list[EndedLeg]:
        """A slice of the sorted list of ends of each part, with the call and the leg of each."""
        with self._lock:
            found = [ended for part in self._parts for ended in part.ended_between(first_second, last_second)]
        if len(self._parts) > 1:
            found.sort(key=itemgetter(0, 1))
        return found

    def sound(self, leg: Leg) -> Sound | None:
        """The stored sound of a leg; None if no sound is stored. Takes no lock."""
        for part in self._parts:
            found = part.sounds.get(leg.call_record_id)
            if found is not None:
                return found.sound
        return None

    def put_sound(self, leg: Leg, sound: Sound) -> None:
        """Store the sound of a leg. Raises MemoryBudgetError if it does not fit."""
        with self._lock:
            part = self._part_with(leg.call_record_id)
            if part is not None:
                part.sounds[leg.call_record_id] = stored_sound(sound, self._budget)

    def snapshot(self) -> object:
        """A copy of the indexes. It shares calls and sound with the store."""
        with self._lock:
            return _Snapshot(tuple(part.copy() for part in self._parts))

    def restore(self, snapshot: object) -> None:
        """Copy a snapshot of this store. Raises TypeError for a snapshot of another kind of store."""
        if not isinstance(snapshot, _Snapshot):
            raise TypeError("this is no snapshot of a store in memory")
        with self._lock:
            self._parts = tuple(part.copy() for part in snapshot.parts)
            self._count()

    can_fail = False

    def note_time(self) -> None:
        """Do nothing: the clock of a store in memory ends with the process."""

    def close(self) -> None:
        """Do nothing: the store has no resources."""

    def _part_of(self, unique_id: str) -> _Part | None:
        """The part with a call."""
        return next((part for part in self._parts if unique_id in part.calls), None)

    def _part_with(self, call_record_id: int) -> _Part | None:
        """The part with a leg."""
        return next((part for part in self._parts if call_record_id in part.owners), None)

    def _count(self) -> None:
        """Count the calls after a change that is never refused."""
        self.changes += 1
        self._held.resize(self.size_bytes, force=True)


def _ended_key(leg: Leg) -> int:
    return leg.end_micros // SECOND << _ID_BITS | leg.call_record_id


def _sorted(keys: list[int]) -> list[int]:
    """The sorted keys: pieces of them are sorted, then merged."""
    pieces = [sorted(keys[at : at + _SORTED_AT_ONCE]) for at in range(0, len(keys), _SORTED_AT_ONCE)]
    return pieces[0] if len(pieces) == 1 else list(merge(*pieces))
