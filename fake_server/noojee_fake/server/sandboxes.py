"""Several PBXs in one server: the default one at the root, others under `/s/<id>`, each with a key, calls and a clock.

`Sandboxes.handle` never raises; it tells the control API, the sandboxes and the default PBX apart by the path alone.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from noojee_fake.api.dialects import responses as answers
from noojee_fake.api.dialects.parameters import LARGEST_FORM_BYTES
from noojee_fake.api.pbx import Pbx
from noojee_fake.api.snapshots import Saved
from noojee_fake.control import DEFAULT_SANDBOX, ROOT, Control, SandboxSpec, TooManySandboxes
from noojee_fake.control.json_body import LARGEST_BODY_BYTES
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.addresses import Addresses
from noojee_fake.pbx.clock import Clock, Ids, RandomIds
from noojee_fake.pbx.versions import DIALECTS
from noojee_fake.server.factory import StateFile, build_pbx, sound_reader

SAMPLE_KEY = "f863246a-973e-11e6-8784-08002718f5b5"
"""The key that the vendor's pages show; no secret."""

MOST_SANDBOXES = 10_000

_PREFIX = "/s/"


class Sandboxes:
    """The PBXs of one server. `clock` is the default sandbox's, and shares its source with all others.

    `own_bugs` are the exceptions that nobody expected, of all sandboxes, also of those that are gone. `notes` are sentences
    for whoever starts the server. `close` when done, where calls are kept in a file.
    """

    def __init__(
        self,
        default: Pbx,
        saved: Saved,
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
        self._pbxs: dict[str, Pbx] = {DEFAULT_SANDBOX: default}
        self._saved: dict[str, Saved] = {DEFAULT_SANDBOX: saved}
        self._control = Control(self, token=control_token)
        self.own_bugs = default.own_bugs

    def handle(self, request: Request) -> Response:
        """The answer to any request to the server."""
        path = request.path
        if path.startswith(_PREFIX):
            sandbox, slash, rest = path[len(_PREFIX) :].partition("/")
            pbx = self._pbxs.get(sandbox)
            if pbx is None or sandbox == DEFAULT_SANDBOX:
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
        """The ids of all sandboxes, the default one first."""
        return list(self._pbxs)

    def find(self, sandbox: str) -> Pbx | None:
        return self._pbxs.get(sandbox)

    def saved(self, sandbox: str) -> Saved | None:
        """The snapshots of a sandbox."""
        return self._saved.get(sandbox)

    def make(self, spec: SandboxSpec) -> tuple[str, Pbx]:
        """A new sandbox. Raises TooManySandboxes, or the FakeError that says what is wrong with the spec."""
        if len(self._pbxs) >= MOST_SANDBOXES:
            raise TooManySandboxes(MOST_SANDBOXES)
        pbx, saved = build_pbx(
            archive=spec.archive,
            read_sound=None,
            profile=spec.profile,
            dialects=self._dialects if spec.dialects is None else spec.dialects,
            version=self._version if spec.version is None else spec.version,
            directory=spec.directory,
            time_zone=spec.time_zone,
            api_key=self._ids.key(),
            user_key=self._ids.key(),
            clock=self._clock.sibling(),
            now_micros=spec.now_micros,
            frozen=spec.frozen,
            own_bugs=self.own_bugs,
            base_profile=self._profile,
        )
        with self._lock:
            if len(self._pbxs) >= MOST_SANDBOXES:
                raise TooManySandboxes(MOST_SANDBOXES)
            sandbox = self._ids.sandbox()
            while sandbox in self._pbxs:
                sandbox = self._ids.sandbox()
            self._saved[sandbox] = saved
            self._pbxs[sandbox] = pbx
        return sandbox, pbx

    def drop(self, sandbox: str) -> bool:
        """Forget a sandbox; whether it was there."""
        with self._lock:
            self._saved.pop(sandbox, None)
            return self._pbxs.pop(sandbox, None) is not None


def body_bytes(path: str) -> int:
    """How much of a request's body can matter on this path; a door may drop the rest of it.

    The control API takes whole archives. A PBX takes a form, and one that is too long not at all.
    """
    return LARGEST_BODY_BYTES if path.startswith(ROOT) else LARGEST_FORM_BYTES + 1


def build(
    *,
    archive: Mapping[str, Any] | None = None,
    archive_folder: Path | None = None,
    profile: Mapping[str, str] | None = None,
    dialects: Sequence[str] | None = None,
    api_key: str | None = None,
    control_token: str | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    time_zone: str | None = None,
    version: str | None = None,
    directory: Any = None,
    addresses: Addresses | None = None,
    state: Path | None = None,
) -> Sandboxes:
    """A server's sandboxes: the default one by these arguments, and room for others.

    `archive_folder` is where the sound files that the archive names are. `profile` goes before the archive's own and holds in new
    sandboxes too, `clock` goes before the archive's `now`. `addresses` are those that the default sandbox serves. `state` is a file that keeps the default sandbox's calls; where it ever
    held some, those of the archive are left out. It is opened last. Raises ArchiveError, ProfileError, UsageError or StateError.
    """
    ids = ids or RandomIds()
    source = clock or Clock()
    served = tuple(dialects) if dialects is not None else DIALECTS
    file = None if state is None else StateFile(state, source, initial=archive is not None)
    default, saved = build_pbx(
        file=file,
        archive=archive,
        read_sound=None if archive_folder is None else sound_reader(archive_folder),
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
        addresses=addresses,
    )
    return Sandboxes(
        default,
        saved,
        ids=ids,
        clock=source,
        dialects=served,
        control_token=control_token,
        profile=profile or {},
        version=version,
        notes=() if file is None else file.notes,
    )
