"""Snapshots of a PBX, and its first state.

A snapshot has archive, sound, live calls, clock, profile, version, directory, addresses and retention rules. Restoring
one resets limits and used hashes. The journal continues; only a reset clears it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from noojee_fake.api.pbx import Pbx
from noojee_fake.pbx.addresses import Addresses
from noojee_fake.pbx.calls import Call, Leg
from noojee_fake.pbx.directory import Directory
from noojee_fake.pbx.memory_budget import Reservation
from noojee_fake.pbx.options import Profile
from noojee_fake.pbx.retention import RetentionRules
from noojee_fake.pbx.store.base import Sound, Store

MOST_SNAPSHOTS = 20


class TooManySnapshots(Exception):
    """The sandbox has its maximum number of snapshots."""

    def __init__(self) -> None:
        super().__init__(f"this sandbox has {MOST_SNAPSHOTS} snapshots, its maximum; DELETE some that nobody needs")


@dataclass(frozen=True, slots=True)
class InitialState:
    """The calls and the sound that a PBX started with. The store shares these objects."""

    calls: Sequence[Call]
    sounds: Sequence[tuple[Leg, Sound]]

    @classmethod
    def of(cls, store: Store) -> InitialState:
        """The calls and the sound of a store."""
        calls = store.calls()
        sounds = [(leg, sound) for call in calls for leg in call.legs if (sound := store.sound(leg)) is not None]
        return cls(calls, sounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A state of a PBX. `taken_micros` is the PBX's time of the snapshot; `clock` is from `Clock.state`."""

    taken_micros: int
    calls: int
    legs: int
    live_calls: int
    archive: object
    live: object
    clock: tuple[bool, int]
    profile: Profile
    version: str | None
    directory: Directory
    addresses: Addresses
    rules: RetentionRules
    held: Reservation | None = None
    """What the calls count in the memory budget; the store and other snapshots share the sound."""


class Snapshots:
    """The snapshots of one PBX by id, oldest first. `initial` is its first archive, for a reset."""

    def __init__(self, pbx: Pbx, initial: InitialState) -> None:
        self._pbx = pbx
        self._origin = self._snapshot(initial)
        self._kept: dict[str, Snapshot] = {}
        self._number = 0

    @property
    def kept(self) -> Mapping[str, Snapshot]:
        """The snapshots by id, oldest first."""
        return MappingProxyType(self._kept)

    def take(self) -> str:
        """Keep the current state. Returns the id of the snapshot. Raises TooManySnapshots or MemoryBudgetError."""
        with self._pbx.change:
            if len(self._kept) >= MOST_SNAPSHOTS:
                raise TooManySnapshots
            held = self._pbx.budget.reserve(self._pbx.store.size_bytes)
            snapshot = self._snapshot(self._pbx.store.snapshot(), held)
            self._number += 1
            self._kept[str(self._number)] = snapshot
            return str(self._number)

    def restore(self, name: str) -> bool:
        """Restore the state of a snapshot, any number of times. Returns whether the snapshot exists."""
        with self._pbx.change:
            snapshot = self._kept.get(name)
            if snapshot is not None:
                self._restore(snapshot)
            return snapshot is not None

    def drop(self, name: str) -> bool:
        """Delete a snapshot. Returns whether it existed."""
        with self._pbx.change:
            return self._kept.pop(name, None) is not None

    def reset(self) -> None:
        """Restore the first state with its archive, and clear the journal. Snapshots stay."""
        with self._pbx.change:
            self._restore(self._origin)
            self._pbx.journal.clear()

    def _snapshot(self, archive: object, held: Reservation | None = None) -> Snapshot:
        pbx = self._pbx
        calls, legs = pbx.store.count()
        return Snapshot(
            taken_micros=pbx.clock.micros(),
            calls=calls,
            legs=legs,
            live_calls=len(pbx.switchboard.calls()),
            archive=archive,
            live=pbx.switchboard.snapshot(),
            clock=pbx.clock.state(),
            profile=pbx.profile,
            version=pbx.version,
            directory=pbx.switchboard.directory,
            addresses=pbx.addresses,
            rules=pbx.retention.rules,
            held=held,
        )

    def _restore(self, snapshot: Snapshot) -> None:
        pbx = self._pbx
        if isinstance(snapshot.archive, InitialState):
            pbx.store.clear(snapshot.archive.calls, snapshot.archive.sounds)
        else:
            pbx.store.restore(snapshot.archive)
        pbx.clock.restore(snapshot.clock)
        pbx.switchboard.directory = snapshot.directory
        pbx.switchboard.restore(snapshot.live)
        pbx.addresses = snapshot.addresses
        pbx.retention.rules = snapshot.rules
        pbx.set_up(profile=snapshot.profile, version=snapshot.version)
        pbx.switchboard.wake()
