"""The store of a PBX: calls by unique id and tag, legs by their end, and stored sound.

`memory` and `sqlite` implement it. Each change takes a lock. A reader sees a change completely or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from noojee_fake.pbx.calls import Call, Leg
from noojee_fake.pbx.memory_budget import MemoryBudget, Reservation

EndedLeg = tuple[int, int, Call, Leg]
"""The second in which a leg ended, its record id, its call, and the leg."""


class Absent(Enum):
    """Marks a leg whose sound was deleted while its metadata stay, as after its retention (DOC W-SL)."""

    GONE = "gone"


Sound = bytes | Absent


@dataclass(frozen=True, slots=True, weakref_slot=True)
class StoredSound:
    """Sound in memory.

    A store and its snapshots share the object, and it counts in the budget until nobody holds it.
    """

    sound: Sound
    held: Reservation


def stored_sound(sound: Sound, budget: MemoryBudget, *, force: bool = False) -> StoredSound:
    """The sound of a leg, counted in a budget. Raises MemoryBudgetError if it does not fit; `force`: it always fits."""
    held = budget.reserve(0)
    held.resize(len(sound) if isinstance(sound, bytes) else 0, force=force)
    return StoredSound(sound, held)


class Store(Protocol):
    """The calls of one PBX.

    A leg in progress ends at `clock.LATEST` and belongs to no hour. A record id is never used twice, even after its leg
    was removed. When a method returns, its changes are stored. Changes raise StateError or MemoryBudgetError.
    """

    def add(self, calls: Iterable[Call], sounds: Iterable[tuple[Leg, Sound]] = ()) -> None:
        """Add calls, with the sound of some of their legs. The caller has checked that all ids are new."""

    def indexed(self, calls: Iterable[Call], sounds: Iterable[tuple[Leg, Sound]] = ()) -> object:
        """Calls with their sound, prepared for `add_indexed` of the same store. Takes no lock that readers need."""

    def add_indexed(self, indexed: object) -> None:
        """Add prepared calls, once. It is short: most of the work of `add` is done by `indexed`."""

    def allot_record_ids(self, count: int, above: int) -> int:
        """Reserve record ids, all higher than `above` and than any that was used. Returns the first."""
        ...

    def give_back_record_ids(self, first: int, count: int) -> None:
        """Make the ids of `allot_record_ids` free again, if no higher one was used in the meantime."""

    def save(self, call: Call, changed: Sequence[Leg] | None = None) -> None:
        """Add a call, or replace the call with its unique id. Record ids of its legs are its own or new.

        `changed` are the legs that are new, or were in progress when the call was last saved: only these are written.
        None: all legs are compared.
        """

    def remove(self, unique_id: str) -> bool:
        """Remove a call with its legs and their sound. Returns whether it existed."""

    def remove_leg(self, leg: Leg) -> bool:
        """Remove a leg and its sound. Other legs keep their numbers; a call without legs is removed.

        Returns whether the leg existed.
        """

    def clear(self, calls: Iterable[Call] = (), sounds: Iterable[tuple[Leg, Sound]] = ()) -> None:
        """Remove everything, start record ids again, and add calls as `add` does, in one change."""

    @property
    def last_record_id(self) -> int:
        """The highest record id that was ever used; 0 in an empty store."""

    def has_record_id(self, call_record_id: int) -> bool:
        """Whether a leg has this record id."""
        ...

    def call(self, unique_id: str) -> Call | None:
        """The call of a unique id."""
        ...

    def calls(self) -> list[Call]:
        """All calls, in the order in which they were added."""

    def count(self) -> tuple[int, int]:
        """The numbers of calls and of legs."""

    @property
    def size_bytes(self) -> int:
        """About what the calls take in memory, or would take, without sound."""

    def tagged(self, tag: str) -> Sequence[Call]:
        """The calls with a leg that has exactly this tag, in no particular order; none for the empty tag."""

    def tagged_ignoring_case(self, tag: str) -> Sequence[Call]:
        """The calls with a leg that has this tag in any letter case, in no particular order."""

    def ended_between(self, first_second: int, last_second: int) -> list[EndedLeg]:
        """The legs whose end, in whole seconds, is from `first_second` to before `last_second`.

        They are in the order of their end, then of their record id.
        """

    def sound(self, leg: Leg) -> Sound | None:
        """The stored sound of a leg; None: no sound is stored, so a tone is generated."""

    def put_sound(self, leg: Leg, sound: Sound) -> None:
        """Store the sound of a leg, or mark it as deleted. An unknown leg is ignored."""

    def snapshot(self) -> object:
        """The whole content, for `restore` of the same store."""

    def restore(self, snapshot: object) -> None:
        """Replace the content by that of a snapshot. One snapshot can be restored many times."""

    changes: int
    """Counts the changes of calls. While it stays the same, so do all calls."""

    can_fail: bool
    """Whether a change can raise StateError."""

    def note_time(self) -> None:
        """Store the time and the clock, after the clock was set."""

    def close(self) -> None:
        """Release the resources of the store. It cannot be used afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The differences between the old and the new form of a call. A changed leg is in `removed` and in `written`.

    `gone` are the record ids that are no longer used.
    """

    removed: tuple[Leg, ...]
    written: tuple[Leg, ...]
    gone: tuple[int, ...]
    lost_tags: frozenset[str]
    new_tags: frozenset[str]


def change(before: Call | None, after: Call | None) -> Change:
    """The differences between the old and the new form of a call; None: the call is new, or is removed."""
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
    """The tags of the legs of a call."""
    return frozenset(leg.tag for leg in call.legs if leg.tag) if call else frozenset()


def without_leg(call: Call, call_record_id: int) -> Call | None:
    """The call without one of its legs; None where no leg remains."""
    legs = tuple(leg for leg in call.legs if leg.call_record_id != call_record_id)
    return replace(call, legs=legs) if legs else None
