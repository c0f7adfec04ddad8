"""What the PBX remembers: calls by unique id and tag, legs by their end, stored sound. In memory: memory.py; on disk: disk.py.

Changing takes a lock, and whoever asks sees a change whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from noojee_fake.pbx.calls import Call, Leg

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
