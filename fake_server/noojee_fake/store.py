"""What the PBX remembers, in memory: calls by unique id and tag, legs by their end, stored sound.

Slotted objects in dicts; reading takes no lock, changing does.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from enum import Enum

from noojee_fake.calls import Call, Leg
from noojee_fake.clock import SECOND

EndedLeg = tuple[int, int, Call, Leg]


class Absent(Enum):
    """Marks a leg whose sound is gone though its metadata are there, as after retention (W-SL, DOC)."""

    GONE = "gone"


class Store:
    """The calls of one PBX, with the few questions that are asked of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, Call] = {}
        self._by_tag: dict[str, list[Call]] = {}
        self._by_folded_tag: dict[str, dict[str, Call]] | None = None
        self._ended: list[EndedLeg] = []
        self._unsorted: list[EndedLeg] = []
        self._record_ids: set[int] = set()
        self._last_record_id = 0
        self._sounds: dict[int, bytes | Absent] = {}

    def add(self, calls: Iterable[Call]) -> None:
        """Remember these calls. Unique ids and record ids are new: whoever reads them in has checked."""
        with self._lock:
            for call in calls:
                self._calls[call.unique_id] = call
                for tag in {leg.tag for leg in call.legs if leg.tag}:
                    self._by_tag.setdefault(tag, []).append(call)
                    if self._by_folded_tag is not None:
                        self._by_folded_tag.setdefault(tag.casefold(), {})[call.unique_id] = call
                for leg in call.legs:
                    self._record_ids.add(leg.call_record_id)
                    self._last_record_id = max(self._last_record_id, leg.call_record_id)
                    self._unsorted.append((leg.end_micros // SECOND, leg.call_record_id, call, leg))

    @property
    def last_record_id(self) -> int:
        """The highest record id in use; 0 in an empty PBX."""
        return self._last_record_id

    def has_record_id(self, call_record_id: int) -> bool:
        return call_record_id in self._record_ids

    def call(self, unique_id: str) -> Call | None:
        return self._calls.get(unique_id)

    def calls(self) -> list[Call]:
        """All calls, in the order in which they came."""
        with self._lock:
            return list(self._calls.values())

    def count(self) -> tuple[int, int]:
        """How many calls, how many legs."""
        return len(self._calls), len(self._record_ids)

    def tagged(self, tag: str) -> Sequence[Call]:
        """The calls of which a leg carries exactly this tag."""
        return self._by_tag.get(tag, ())

    def tagged_ignoring_case(self, tag: str) -> Sequence[Call]:
        """The calls of which a leg carries this tag, whatever the case of its letters."""
        folded = self._by_folded_tag
        if folded is None:
            with self._lock:
                folded = {}
                for known, calls in self._by_tag.items():
                    for call in calls:
                        folded.setdefault(known.casefold(), {})[call.unique_id] = call
                self._by_folded_tag = folded
        return list(folded.get(tag.casefold(), {}).values())

    def ended_between(self, first_second: int, last_second: int) -> list[EndedLeg]:
        """Legs by the whole second of their end, first <= end < last; by that second, then by record id."""
        if self._unsorted:
            with self._lock:
                self._ended = sorted(self._ended + self._unsorted, key=lambda entry: entry[:2])
                self._unsorted = []
        ended = self._ended
        begin = bisect_left(ended, (first_second,), key=lambda entry: entry[:1])
        finish = bisect_left(ended, (last_second,), key=lambda entry: entry[:1])
        return ended[begin:finish]

    def sound(self, leg: Leg) -> bytes | Absent | None:
        """Stored sound as it was put in; None: none was, so it is made."""
        return self._sounds.get(leg.call_record_id)

    def put_sound(self, leg: Leg, sound: bytes | Absent) -> None:
        """Keep a leg's sound, or mark it as gone."""
        self._sounds[leg.call_record_id] = sound
