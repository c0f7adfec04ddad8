"""Puts a PBX together: an archive's calls, or those of a state file, with zone, options, keys, clock and directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from noojee_fake.api.pbx import OwnBugs, Pbx, PbxConfig
from noojee_fake.api.snapshots import InitialState, Saved
from noojee_fake.errors import ArchiveError, ProfileError, UsageError
from noojee_fake.pbx import archive_files
from noojee_fake.pbx.addresses import Addresses
from noojee_fake.pbx.audio import wav_form
from noojee_fake.pbx.clock import Clock
from noojee_fake.pbx.credentials import ApiKeys
from noojee_fake.pbx.directory import DEFAULT, read_directory
from noojee_fake.pbx.options import Profile
from noojee_fake.pbx.store.base import Store
from noojee_fake.pbx.store.memory import MemoryStore
from noojee_fake.pbx.versions import DIALECTS, release

DEFAULT_ZONE = "Australia/Melbourne"


@dataclass(slots=True)
class StateFile:
    """Where the calls of the default sandbox are kept, and what is to be said of it once it is open."""

    path: Path
    clock: Clock
    initial: bool
    notes: list[str] = field(default_factory=list)

    def open(self, archive: Store) -> Store:
        """The store in the file, filled from an archive where it never held a call."""
        from noojee_fake.pbx.store.sqlite import SqliteStore  # SQLite is loaded for those alone who ask for a file

        store = SqliteStore(self.path, now=self.clock.micros)
        if store.cut_legs:
            self.notes.append(f"{store.cut_legs} of its legs had not ended; they end at the last moment that it knows")
        if store.last_record_id:
            self.notes += ["the calls of the archive are left out: the file has its own"] * self.initial
            return store
        initial = InitialState.of(archive)
        try:
            store.add(initial.calls, initial.sounds)
        except BaseException:
            store.close()
            raise
        return store


def build_pbx(
    *,
    file: StateFile | None = None,
    archive: Mapping[str, Any] | None,
    read_sound: Callable[[str], bytes] | None,
    profile: Mapping[str, str],
    dialects: Sequence[str],
    version: str | None,
    directory: Any,
    time_zone: str | None,
    api_key: str,
    user_key: str,
    clock: Clock,
    now_micros: int | None,
    frozen: bool | None,
    keep_clock: bool = False,
    addresses: Addresses | None = None,
    own_bugs: OwnBugs | None = None,
    base_profile: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Pbx, Saved]:
    """A PBX of its parts, and its snapshots. The state file is opened last, when all else is known to be right.

    `base_profile` goes before the archive's profile, `profile` after it; `keep_clock`: the clock is right as it is.
    Raises ArchiveError, ProfileError, UsageError or StateError.
    """
    store: Store = MemoryStore()
    head = (
        archive_files.EMPTY
        if archive is None
        else archive_files.read_archive_file(archive, store, read_sound=read_sound)
    )
    try:
        initial = Profile({**base_profile, **head.profile})
    except ProfileError as error:
        raise ArchiveError(error.message, f"$.profile{error.path[1:]}") from None
    if not keep_clock:
        now = head.now_micros if now_micros is None else now_micros
        clock.freeze(now is not None if frozen is None else frozen)
        if now is not None:
            clock.set(now)
    release(version)
    config = PbxConfig(
        profile=initial.with_choices(profile),
        zone=_zone(time_zone, head.time_zone),
        keys=ApiKeys(global_key=_key(api_key), user_key=user_key),
        dialects=_dialects(dialects),
        version=version,
        directory=DEFAULT if directory is None else read_directory(directory),
        default_account=head.default_account,
        addresses=Addresses(None) if addresses is None else addresses,
    )
    pbx = Pbx(config, store=store if file is None else file.open(store), clock=clock, own_bugs=own_bugs)
    return pbx, Saved(pbx, InitialState.of(store))


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
        raise UsageError(f"no dialect is named; the dialects are {', '.join(DIALECTS)}", "$.dialects")
    return tuple(name for name in DIALECTS if name in names)


def _key(api_key: str) -> str:
    if not api_key or not api_key.isascii() or not api_key.isprintable():
        raise UsageError("the API key must be printable ASCII, and not empty")
    return api_key


def sound_reader(folder: Path) -> Callable[[str], bytes]:
    """What reads the sound files of an archive: WAV files below a folder."""

    def read_sound(name: str) -> bytes:
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or "\\" in name or "\0" in name:
            raise ValueError("the name must be relative to the archive file, without '..'")
        sound = (folder / parts).read_bytes()
        wav_form(sound)
        return sound

    return read_sound
