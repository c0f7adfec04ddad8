"""Makes a PBX from a sandbox spec: calls from an archive or a state file, options, keys, clock and directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from noojee_fake.api.pbx import OwnBugs, Pbx, PbxConfig
from noojee_fake.api.snapshots import InitialState, Snapshots
from noojee_fake.control import SandboxSpec
from noojee_fake.errors import ArchiveError, ProfileError, UsageError
from noojee_fake.pbx import archive_files
from noojee_fake.pbx.addresses import Addresses
from noojee_fake.pbx.archive_files import ArchiveFile
from noojee_fake.pbx.audio import wav_form
from noojee_fake.pbx.clock import Clock
from noojee_fake.pbx.credentials import ApiKeys
from noojee_fake.pbx.directory import DEFAULT, read_directory
from noojee_fake.pbx.memory_budget import MemoryBudget
from noojee_fake.pbx.options import Profile
from noojee_fake.pbx.store.base import Store
from noojee_fake.pbx.store.memory import MemoryStore
from noojee_fake.pbx.versions import DIALECTS, release

DEFAULT_ZONE = "Australia/Melbourne"


@dataclass(slots=True, kw_only=True)
class StateFile:
    """The file that keeps the calls of the default sandbox. `notes` are sentences for the user, after `open`."""

    path: Path
    clock: Clock
    has_archive: bool
    budget: MemoryBudget = field(default_factory=MemoryBudget)
    notes: list[str] = field(default_factory=list)

    def open(self, initial: InitialState) -> Store:
        """The store in the file. A file that never had calls gets those of the archive. Raises StateError."""
        from noojee_fake.pbx.store.sqlite import SqliteStore  # SQLite is loaded only for a state file

        store = SqliteStore(self.path, now=self.clock.micros, clock_state=self.clock.state, budget=self.budget)
        if store.cut_legs:
            self.notes.append(f"{store.cut_legs} of its legs had no end; they end at the last time in the file")
        if store.last_record_id:
            if store.kept_clock is not None:
                self.clock.restore(store.kept_clock)
                store.note_time()
            if self.has_archive:
                self.notes.append("the calls of the archive are left out: the file has its own")
            return store
        try:
            store.add(initial.calls, initial.sounds)
        except BaseException:
            store.close()
            raise
        return store


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerParts:
    """The parts of a PBX that its server provides.

    `base_profile` has lower precedence than the profile of the archive. `is_clock_set`: the clock keeps its time,
    whatever spec and archive say. `read_sound` reads the sound files that an archive names.
    """

    keys: ApiKeys
    clock: Clock
    is_clock_set: bool = False
    base_profile: Mapping[str, str] = field(default_factory=dict)
    addresses: Addresses | None = None
    own_bugs: OwnBugs | None = None
    read_sound: Callable[[str], bytes] | None = None
    state: StateFile | None = None
    budget: MemoryBudget = field(default_factory=MemoryBudget)


def build_pbx(spec: SandboxSpec, parts: ServerParts) -> tuple[Pbx, Snapshots]:
    """A PBX and its snapshots. The state file is opened last, after everything else is valid.

    Raises ArchiveError, ProfileError, UsageError, StateError or MemoryBudgetError.
    """
    store: Store = MemoryStore(parts.budget)
    archive = archive_files.EMPTY
    if spec.archive is not None:
        archive = archive_files.read_archive_file(spec.archive, store, read_sound=parts.read_sound)
    profile = _profile(parts.base_profile, archive, spec)
    if not parts.is_clock_set:
        _set_clock(parts.clock, archive, spec)
    release(spec.version)
    config = PbxConfig(
        profile=profile,
        zone=_zone(spec.time_zone, archive.time_zone),
        keys=_checked(parts.keys),
        dialects=_dialects(DIALECTS if spec.dialects is None else spec.dialects),
        version=spec.version,
        directory=DEFAULT if spec.directory is None else read_directory(spec.directory).counted(parts.budget),
        default_account=archive.default_account,
        addresses=parts.addresses or Addresses(None),
        budget=parts.budget,
    )
    initial = InitialState.of(store)
    kept = store if parts.state is None else parts.state.open(initial)
    pbx = Pbx(config, store=kept, clock=parts.clock, own_bugs=parts.own_bugs)
    return pbx, Snapshots(pbx, initial)


def _profile(base: Mapping[str, str], archive: ArchiveFile, spec: SandboxSpec) -> Profile:
    try:
        initial = Profile({**base, **archive.profile})
    except ProfileError as error:
        raise ArchiveError(error.message, f"$.profile{error.path[1:]}") from None
    return initial.with_values(spec.profile)


def _set_clock(clock: Clock, archive: ArchiveFile, spec: SandboxSpec) -> None:
    now = archive.now_micros if spec.now_micros is None else spec.now_micros
    clock.freeze(now is not None if spec.frozen is None else spec.frozen)
    if now is not None:
        clock.set(now)


def _zone(asked: str | None, initial: str | None) -> ZoneInfo:
    name = next(each for each in (asked, initial, DEFAULT_ZONE) if each is not None)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"there is no time zone {name!r}; take a name such as {DEFAULT_ZONE}"
        if asked is None:
            raise ArchiveError(message, "$.time_zone") from None
        raise UsageError(message, "$.time_zone") from None


def _dialects(names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if name not in DIALECTS:
            raise UsageError(f"there is no dialect {name!r}; the dialects are {', '.join(DIALECTS)}", "$.dialects")
    if not names:
        raise UsageError(f"the list of dialects is empty; the dialects are {', '.join(DIALECTS)}", "$.dialects")
    return tuple(name for name in DIALECTS if name in names)


def _checked(keys: ApiKeys) -> ApiKeys:
    key = keys.global_key
    if not key or not key.isascii() or not key.isprintable():
        raise UsageError("the API key must be printable ASCII, and not empty")
    return keys


def sound_reader(folder: Path) -> Callable[[str], bytes]:
    """A reader of the sound files of an archive: WAV files below a folder. It raises ValueError or OSError."""

    def read_sound(name: str) -> bytes:
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or "\\" in name or "\0" in name:
            raise ValueError("the name must be relative to the archive file, without '..'")
        sound = (folder / parts).read_bytes()
        wav_form(sound)
        return sound

    return read_sound
