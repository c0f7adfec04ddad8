"""Several PBXs in one server: the default one at the root, others under `/w/<id>`, each with a key, calls and a clock.

`Worlds.handle` never raises; it tells the control API, the worlds and the default PBX apart by the path alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from noojee_fake import seeds
from noojee_fake.audio import wav_form
from noojee_fake.clock import Clock, Ids, RandomIds
from noojee_fake.control import DEFAULT_WORLD, ROOT, Control, TooManyWorlds, Wish
from noojee_fake.control.bodies import LARGEST_BODY_BYTES
from noojee_fake.core import OwnBugs, Pbx
from noojee_fake.dialects import answers
from noojee_fake.dialects.parameters import LARGEST_FORM_BYTES
from noojee_fake.directory import DEFAULT, read_directory
from noojee_fake.errors import ProfileError, SeedError, UsageError
from noojee_fake.messages import Request, Response
from noojee_fake.profile import Profile
from noojee_fake.store import MemoryStore, Store
from noojee_fake.versions import DIALECTS, release

SAMPLE_KEY = "f863246a-973e-11e6-8784-08002718f5b5"
"""The key that the vendor's pages show; no secret."""

DEFAULT_ZONE = "Australia/Melbourne"
MOST_WORLDS = 10_000

_PREFIX = "/w/"


class Worlds:
    """The PBXs of one server. `clock` is the default world's, and shares its source with all others.

    `own_bugs` are the exceptions that nobody expected, of all worlds, also of those that are gone. `notes` are sentences
    for whoever starts the server. `close` when done, where calls are kept in a file.
    """

    def __init__(
        self,
        default: Pbx,
        *,
        ids: Ids,
        clock: Clock,
        dialects: Sequence[str],
        control_token: str | None,
        profile: Mapping[str, str],
        version: str | None,
        notes: Sequence[str] = (),
    ) -> None:
        self.default = default
        self.notes = tuple(notes)
        self._version = version
        self._profile = dict(profile)
        self._ids = ids
        self._clock = clock
        self._dialects = tuple(dialects)
        self._lock = threading.Lock()
        self._pbxs: dict[str, Pbx] = {DEFAULT_WORLD: default}
        self._control = Control(self, token=control_token)
        self.own_bugs = default.own_bugs

    def handle(self, request: Request) -> Response:
        """The answer to any request to the server."""
        path = request.path
        if path.startswith(_PREFIX):
            world, slash, rest = path[len(_PREFIX) :].partition("/")
            pbx = self._pbxs.get(world)
            if pbx is None or world == DEFAULT_WORLD:
                page = answers.html(404)
                return Response(404, page.headers) if request.method == "HEAD" else page
            return pbx.handle_at(request, slash + rest)
        if path == ROOT or path.startswith(f"{ROOT}/"):
            try:
                return self._control.handle(request)
            except Exception as bug:  # noqa: BLE001 - as in core: a bug of ours is kept and named
                page = self.own_bugs.keep(bug)
                return Response(500, page.headers) if request.method == "HEAD" else page
        return self.default.handle(request)

    def close(self) -> None:
        """Let go of the state file, if there is one."""
        self.default.store.close()

    def names(self) -> list[str]:
        """The ids of all worlds, the default one first."""
        return list(self._pbxs)

    def find(self, world: str) -> Pbx | None:
        return self._pbxs.get(world)

    def make(self, wish: Wish) -> tuple[str, Pbx]:
        """A new world. Raises TooManyWorlds, or the FakeError that says what is wrong with the wish."""
        if len(self._pbxs) >= MOST_WORLDS:
            raise TooManyWorlds(MOST_WORLDS)
        pbx = _pbx(
            seed=wish.seed,
            read_sound=None,
            profile=wish.profile,
            dialects=self._dialects if wish.dialects is None else wish.dialects,
            version=self._version if wish.version is None else wish.version,
            directory=wish.directory,
            time_zone=wish.time_zone,
            api_key=self._ids.key(),
            user_key=self._ids.key(),
            clock=self._clock.sibling(),
            now_micros=wish.now_micros,
            frozen=wish.frozen,
            own_bugs=self.own_bugs,
            base_profile=self._profile,
        )
        with self._lock:
            if len(self._pbxs) >= MOST_WORLDS:
                raise TooManyWorlds(MOST_WORLDS)
            world = self._ids.world()
            while world in self._pbxs:
                world = self._ids.world()
            self._pbxs[world] = pbx
        return world, pbx

    def drop(self, world: str) -> bool:
        """Forget a world; whether it was there."""
        with self._lock:
            return self._pbxs.pop(world, None) is not None


def body_bytes(path: str) -> int:
    """How much of a request's body can matter on this path; a door may drop the rest of it.

    The control API takes whole archives. A PBX takes a form, and one that is too long not at all.
    """
    return LARGEST_BODY_BYTES if path.startswith(ROOT) else LARGEST_FORM_BYTES + 1


def build(
    *,
    seed: Mapping[str, Any] | None = None,
    seed_folder: Path | None = None,
    profile: Mapping[str, str] | None = None,
    dialects: Sequence[str] | None = None,
    api_key: str | None = None,
    control_token: str | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    time_zone: str | None = None,
    version: str | None = None,
    directory: Any = None,
    state: Path | None = None,
) -> Worlds:
    """A server's worlds: the default one by these arguments, and room for others.

    `seed_folder` is where the sound files that the seed names are. `profile` goes before the seed's own and holds in new
    worlds too, `clock` goes before the seed's `now`. `state` is a file that keeps the default world's calls; where it ever
    held some, those of the seed are left out. It is opened last. Raises SeedError, ProfileError, UsageError or StateError.
    """
    ids = ids or RandomIds()
    source = clock or Clock()
    served = tuple(dialects) if dialects is not None else DIALECTS
    file = None if state is None else _StateFile(state, source, seeded=seed is not None)
    default = _pbx(
        file=file,
        seed=seed,
        read_sound=None if seed_folder is None else _sound_reader(seed_folder),
        profile=profile or {},
        dialects=served,
        version=version,
        directory=directory,
        time_zone=time_zone,
        api_key=SAMPLE_KEY if api_key is None else api_key,
        user_key=ids.key(),
        clock=source,
        now_micros=None,
        frozen=None,
        keep_clock=clock is not None,
    )
    return Worlds(
        default,
        ids=ids,
        clock=source,
        dialects=served,
        control_token=control_token,
        profile=profile or {},
        version=version,
        notes=() if file is None else file.notes,
    )


@dataclass(slots=True)
class _StateFile:
    """Where the calls of the default world are kept, and what is to be said of it once it is open."""

    path: Path
    clock: Clock
    seeded: bool
    notes: list[str] = field(default_factory=list)

    def open(self, seed: Store) -> Store:
        """The store in the file, filled from a seed where it never held a call."""
        from noojee_fake.disk import DiskStore  # SQLite is loaded for those alone who ask for a file

        store = DiskStore(self.path, now=self.clock.micros)
        if store.cut_legs:
            self.notes.append(f"{store.cut_legs} of its legs had not ended; they end at the last moment that it knows")
        if store.last_record_id:
            self.notes += ["the calls of the seed are left out: the file has its own"] * self.seeded
            return store
        calls = seed.calls()
        sounds = [(leg, sound) for call in calls for leg in call.legs if (sound := seed.sound(leg)) is not None]
        try:
            store.add(calls, sounds)
        except BaseException:
            store.close()
            raise
        return store


def _pbx(
    *,
    file: _StateFile | None = None,
    seed: Mapping[str, Any] | None,
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
    own_bugs: OwnBugs | None = None,
    base_profile: Mapping[str, str] = MappingProxyType({}),
) -> Pbx:
    store: Store = MemoryStore()
    head = seeds.EMPTY if seed is None else seeds.read_seed(seed, store, read_sound=read_sound)
    try:
        seeded = Profile({**base_profile, **head.profile})
    except ProfileError as error:
        raise SeedError(error.message, f"$.profile{error.path[1:]}") from None
    if not keep_clock:
        now = head.now_micros if now_micros is None else now_micros
        clock.freeze(now is not None if frozen is None else frozen)
        if now is not None:
            clock.set(now)
    release(version)
    return Pbx(
        clock=clock,
        zone=_zone(time_zone, head.time_zone),
        profile=seeded.with_choices(profile),
        api_key=_key(api_key),
        user_key=user_key,
        dialects=_dialects(dialects),
        version=version,
        directory=DEFAULT if directory is None else read_directory(directory),
        default_account=head.default_account,
        own_bugs=own_bugs,
        store=store if file is None else file.open(store),  # when all else is known to be right
    )


def _zone(asked: str | None, seeded: str | None) -> ZoneInfo:
    name = next(each for each in (asked, seeded, DEFAULT_ZONE) if each is not None)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"there is no time zone {name!r}; take a name such as {DEFAULT_ZONE}"
        if asked is None:
            raise SeedError(message, "$.time_zone") from None
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


def _sound_reader(folder: Path) -> Callable[[str], bytes]:
    def read_sound(name: str) -> bytes:
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or "\\" in name or "\0" in name:
            raise ValueError("the name must be relative to the seed file, without '..'")
        sound = (folder / parts).read_bytes()
        wav_form(sound)
        return sound

    return read_sound
