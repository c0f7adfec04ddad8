"""The sandboxes of one server: the default sandbox at the root, each other sandbox under `/s/<id>/`.

`Sandboxes.handle` never raises. The path alone selects the PBX, or the control API.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ParamSpec

from noojee_fake.api.dialects.parameters import LARGEST_FORM_BYTES
from noojee_fake.api.dialects.responses import html
from noojee_fake.api.pbx import Pbx
from noojee_fake.api.snapshots import Snapshots
from noojee_fake.control import DEFAULT_SANDBOX, HEALTH, ROOT, Control, IdInUse, SandboxSpec, TooManySandboxes
from noojee_fake.control.json_body import LARGEST_BODY_BYTES, no_room
from noojee_fake.errors import MemoryBudgetError
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.addresses import Addresses
from noojee_fake.pbx.clock import Clock, Ids, RandomIds
from noojee_fake.pbx.credentials import ApiKeys
from noojee_fake.pbx.memory_budget import PARSED_FACTOR, MemoryBudget
from noojee_fake.server.factory import ServerParts, StateFile, build_pbx, sound_reader

SAMPLE_KEY = "f863246a-973e-11e6-8784-08002718f5b5"
"""The key on the vendor's pages, which is public."""

MOST_SANDBOXES = 10_000
LARGE_BODY_BYTES = 1024 * 1024

_PREFIX = "/s/"
_P = ParamSpec("_P")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """The settings of a server: those of its default sandbox, and defaults of new sandboxes.

    `archive_folder` has the sound files that the archive names. `profile`, `dialects` and `version` are the defaults of
    new sandboxes too; `profile` overrides the profile of the archive of the default sandbox. `clock` overrides `now` of
    the archive; all other sandboxes share its source. `frozen`: whether the clock of the default sandbox is frozen;
    None: if the archive has `now`. `addresses` are the clients that the default sandbox serves.
    `control_hosts` are names of this server, in addition to loopback names, that a client of the control API without
    the token may use. `state` is a file that keeps the calls of the default sandbox; a file with calls replaces those
    of the archive.
    `memory_budget_bytes` limits what all clients together make the server keep; None: no limit.
    """

    archive: Mapping[str, Any] | None = None
    archive_folder: Path | None = None
    profile: Mapping[str, str] | None = None
    dialects: Sequence[str] | None = None
    api_key: str | None = None
    control_token: str | None = None
    control_hosts: Sequence[str] = ()
    clock: Clock | None = None
    frozen: bool | None = None
    ids: Ids = field(default_factory=RandomIds)
    time_zone: str | None = None
    version: str | None = None
    directory: Any = None
    addresses: Addresses | None = None
    state: Path | None = None
    memory_budget_bytes: int | None = None


class Sandboxes:
    """The sandboxes of one server.

    `default` is the PBX of the default sandbox. `own_bugs` are the unexpected exceptions of all sandboxes, also of
    deleted sandboxes. `notes` are sentences for the user who starts the server. Close it to release the state file.
    """

    def __init__(self, config: ServerConfig | None = None) -> None:
        """Make the default sandbox. Raises ArchiveError, ProfileError, UsageError, StateError or MemoryBudgetError."""
        config = config or ServerConfig()
        self._ids = config.ids
        self._clock = config.clock or Clock()
        self._profile = config.profile or {}
        self._dialects = config.dialects
        self._version = config.version
        self._lock = threading.Lock()
        self.budget = MemoryBudget(config.memory_budget_bytes)
        spec, parts = self._default(config)
        self.default, snapshots = build_pbx(spec, parts)
        self.notes = () if parts.state is None else tuple(parts.state.notes)
        self.own_bugs = self.default.own_bugs
        self._pbxs: dict[str, Pbx] = {DEFAULT_SANDBOX: self.default}
        self._snapshots: dict[str, Snapshots] = {DEFAULT_SANDBOX: snapshots}
        self._control = Control(self, token=config.control_token, hosts=config.control_hosts)

    def _default(self, config: ServerConfig) -> tuple[SandboxSpec, ServerParts]:
        """The spec and the parts of the default sandbox."""
        spec = SandboxSpec(
            archive=config.archive,
            profile=self._profile,
            dialects=config.dialects,
            version=config.version,
            directory=config.directory,
            time_zone=config.time_zone,
            frozen=config.frozen,
        )
        key = SAMPLE_KEY if config.api_key is None else config.api_key
        state = config.state
        parts = ServerParts(
            keys=ApiKeys(global_key=key, user_key=self._ids.key()),
            clock=self._clock,
            is_clock_set=config.clock is not None,
            addresses=config.addresses,
            read_sound=None if config.archive_folder is None else sound_reader(config.archive_folder),
            state=None
            if state is None
            else StateFile(path=state, clock=self._clock, has_archive=config.archive is not None, budget=self.budget),
            budget=self.budget,
        )
        return spec, parts

    def handle(self, request: Request) -> Response:
        """The response to any request to the server."""
        path = request.path
        if path.startswith(_PREFIX):
            pbx, rest = self._found(path)
            return _no_sandbox(request) if pbx is None else pbx.handle_at(request, rest)
        if is_control(path):
            try:
                return self._controlled(request)
            except Exception as bug:  # noqa: BLE001 - outermost handler: the bug is kept and named
                page = self.own_bugs.keep(bug)
                return Response(500, page.headers) if request.method == "HEAD" else page
        return self.default.handle_at(request, path)

    def handle_at_once(self, request: Request) -> Response | None:
        """The response to a request; None for one that may take long: `handle` it in a thread."""
        path = request.path
        route = self.default.route(path)
        if route is not None:
            return None if route.is_slow else self.default.handle_routed(request, route)
        return None if self.is_slow(path) else self.handle(request)

    def _controlled(self, request: Request) -> Response:
        """The response of the control API. While it reads a large JSON body, the values of that body count too."""
        size = len(request.body)
        if size < LARGE_BODY_BYTES or (request.header("content-type") or "").startswith("audio/"):
            return self._control.handle(request)
        try:
            values = self.budget.reserve(PARSED_FACTOR * size)
        except MemoryBudgetError:
            return no_room()
        try:
            return self._control.handle(request)
        finally:
            values.release()

    def no_room(self, request: Request) -> Response:
        """The refusal of a request whose body does not fit into the memory budget now. The journal keeps it."""
        return self.journaled(request, _no_room(request))

    def no_room_to_send(self, request: Request, unsent: Response) -> Response:
        """The refusal of a request whose response does not fit into the memory budget now.

        In the journal it takes the place of that response.
        """
        return self.sent_instead(request, unsent, _no_room(request))

    def sent_instead(self, request: Request, response: Response, sent: Response) -> Response:
        """The response that an adapter sends instead of another one. In the journal it takes the place of that one."""
        pbx, _ = self._journaling(request.path)
        if pbx is not None:
            pbx.journal.replace_response(request, response, sent)
        return sent

    def journaled(self, request: Request, response: Response) -> Response:
        """The response to a request that the server answers itself. The journal of the PBX that it is for keeps it."""
        pbx, rest = self._journaling(request.path)
        if pbx is not None:
            pbx.journal.record(pbx.clock.micros(), request, response, matched=rest in pbx.routes)
        return response

    def _journaling(self, path: str) -> tuple[Pbx | None, str]:
        """The PBX whose journal keeps the requests for a path, and the path in its sandbox."""
        if path.startswith(_PREFIX):
            return self._found(path)
        return (None if is_control(path) else self.default), path

    def is_slow(self, path: str) -> bool:
        """Whether a request to a path may take long: the control API takes whole archives, and sound may be encoded.

        Health is answered at once: a supervisor would restart a server whose threads are busy.
        """
        pbx, rest = self._found(path) if path.startswith(_PREFIX) else (self.default, path)
        route = None if pbx is None else pbx.route(rest)
        return (is_control(path) and path != HEALTH) if route is None else route.is_slow

    def refusal(self, head: Request) -> Response | None:
        """The refusal of a request that its head decides, before its body is read. None: `handle` answers it."""
        path = head.path
        if path.startswith(_PREFIX):
            pbx, rest = self._found(path)
            if pbx is None:
                return _no_sandbox(head)
            return None if pbx.addresses.allow(head.client) else pbx.handle_at(head, rest)
        if is_control(path):
            return self._control.refusal(head)
        return None if self.default.addresses.allow(head.client) else self.default.handle(head)

    def record_malformed(self, request: Request, response: Response, reason: str) -> None:
        """Keep a request that is no valid HTTP in the journal of the sandbox that its path names."""
        pbx, _ = self._found(request.path) if request.path.startswith(_PREFIX) else (self.default, "")
        (pbx or self.default).record_malformed(request, response, reason)

    def _found(self, path: str) -> tuple[Pbx | None, str]:
        """The PBX of a path below `/s/`, and the rest of the path."""
        sandbox, slash, rest = path[len(_PREFIX) :].partition("/")
        return (None if sandbox == DEFAULT_SANDBOX else self._pbxs.get(sandbox)), slash + rest

    def close(self) -> None:
        """Release the state file, if there is one."""
        self.default.store.close()

    def names(self) -> list[str]:
        """The ids of all sandboxes, the default sandbox first."""
        return list(self._pbxs)

    def find(self, sandbox: str) -> Pbx | None:
        """The PBX of a sandbox; None if there is no such sandbox."""
        return self._pbxs.get(sandbox)

    def snapshots(self, sandbox: str) -> Snapshots | None:
        """The snapshots of a sandbox; None if there is no such sandbox."""
        return self._snapshots.get(sandbox)

    def make(self, spec: SandboxSpec) -> tuple[str, Pbx]:
        """Make a sandbox. Returns its id and its PBX.

        Raises IdInUse for a chosen id that exists, TooManySandboxes, or a FakeError for an invalid spec or a full
        budget.
        """
        if len(self._pbxs) >= MOST_SANDBOXES:
            raise TooManySandboxes(MOST_SANDBOXES)
        parts = ServerParts(
            keys=ApiKeys(global_key=spec.api_key or self._ids.key(), user_key=spec.user_key or self._ids.key()),
            clock=self._clock.sibling(),
            base_profile=self._profile,
            own_bugs=self.own_bugs,
            budget=self.budget,
        )
        dialects = self._dialects if spec.dialects is None else spec.dialects
        version = self._version if spec.version is None else spec.version
        pbx, snapshots = build_pbx(replace(spec, dialects=dialects, version=version), parts)
        with self._lock:
            if len(self._pbxs) >= MOST_SANDBOXES:
                raise TooManySandboxes(MOST_SANDBOXES)
            sandbox = self._ids.sandbox() if spec.sandbox is None else spec.sandbox
            if spec.sandbox in self._pbxs:
                raise IdInUse(sandbox)
            while sandbox in self._pbxs:
                sandbox = self._ids.sandbox()
            self._snapshots[sandbox] = snapshots
            self._pbxs[sandbox] = pbx
        return sandbox, pbx

    def drop(self, sandbox: str) -> bool:
        """Delete a sandbox. Returns whether it existed."""
        with self._lock:
            self._snapshots.pop(sandbox, None)
            return self._pbxs.pop(sandbox, None) is not None


def _no_room(request: Request) -> Response:
    return no_room() if is_control(request.path) else html(503)


def _no_sandbox(request: Request) -> Response:
    page = html(404)
    return Response(404, page.headers) if request.method == "HEAD" else page


def body_bytes(path: str) -> int:
    """How many bytes of a request body are used on this path; an adapter may drop the rest.

    The control API takes whole archives. A PBX takes a form, and refuses one that is too long. Health is open to all
    clients, and takes nothing.
    """
    if path == HEALTH:
        return 0
    return LARGEST_BODY_BYTES if is_control(path) else LARGEST_FORM_BYTES + 1


def is_control(path: str) -> bool:
    """Whether a path belongs to the control API."""
    return path.startswith(ROOT) and path[len(ROOT) : len(ROOT) + 1] in ("", "/")


def _builder(configure: Callable[_P, ServerConfig]) -> Callable[_P, Sandboxes]:
    def build(*args: _P.args, **settings: _P.kwargs) -> Sandboxes:
        return Sandboxes(configure(*args, **settings))

    return build


build = _builder(ServerConfig)
"""`build(archive=..., profile=...)`: the sandboxes of a server with the settings of a ServerConfig."""
