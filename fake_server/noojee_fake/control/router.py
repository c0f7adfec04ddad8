"""Routes control requests: a table of methods for each path below `/__noojee`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from noojee_fake import resources
from noojee_fake.api.pbx import Pbx
from noojee_fake.api.snapshots import TooManySnapshots
from noojee_fake.control import calls, flows, journal, live_calls, settings, snapshots
from noojee_fake.control.auth import admit
from noojee_fake.control.json_body import OPENAPI, Refused, answer, error
from noojee_fake.control.sandbox_spec import (
    DEFAULT_SANDBOX,
    IdInUse,
    SandboxHandle,
    SandboxRegistry,
    TooManySandboxes,
    describe,
    read_sandbox_spec,
)
from noojee_fake.errors import ArchiveError, FakeError, MemoryBudgetError, ProfileError, StateError, UsageError
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.json_pieces import let_go
from noojee_fake.pbx.versions import DIALECTS

ROOT = "/__noojee"
HEALTH = f"{ROOT}/health"
"""The path that is open to all clients: it says only that the server is ready."""

DESCRIPTIONS: Mapping[str, str] = {
    f"{ROOT}/openapi.json": OPENAPI,
    f"{ROOT}/pbx.openapi.json": "pbx.openapi.json",
    f"{ROOT}/archive.schema.json": "archive.schema.json",
    f"{ROOT}/directory.schema.json": "directory.schema.json",
}
"""The paths of the descriptions that the server returns, with their files in `schemas/own`."""

_PATH = re.compile(r"/__noojee/sandboxes/([a-z0-9][a-z0-9-]{0,39})(?:|/([a-z]+)(?:|/([0-9]{1,9})(?:|/(restore))))")

Handler = Callable[[Request], Response]
OfPbx = Callable[[Pbx, Request], Response]
OfSandbox = Callable[[SandboxHandle, Request], Response]


def _of_pbx(**handlers: OfPbx) -> dict[str, OfSandbox]:
    """Handlers that need only the PBX of a sandbox."""

    def given(handler: OfPbx) -> OfSandbox:
        return lambda sandbox, request: handler(sandbox.pbx, request)

    return {method: given(handler) for method, handler in handlers.items()}


_PARTS: Mapping[str, Mapping[str, OfSandbox]] = {
    "calls": _of_pbx(GET=calls.list_calls, POST=calls.add_calls, DELETE=calls.delete_calls),
    "sound": _of_pbx(GET=calls.get_sound, PUT=calls.put_sound, DELETE=calls.delete_sound),
    "live": _of_pbx(GET=live_calls.get_live),
    "flow": _of_pbx(POST=flows.play_flow),
    "profile": _of_pbx(GET=settings.get_profile, PUT=settings.put_profile),
    "version": _of_pbx(GET=settings.get_version, PUT=settings.put_version),
    "directory": _of_pbx(GET=settings.get_directory, PUT=settings.put_directory),
    "access": _of_pbx(GET=settings.get_access, PUT=settings.put_access),
    "retention": _of_pbx(GET=settings.get_retention, PUT=settings.put_retention),
    "clock": _of_pbx(GET=settings.get_clock, POST=settings.set_clock),
    "state": {"GET": snapshots.get_state},
    "journal": {"GET": journal.read_journal, "DELETE": journal.clear_journal},
    "snapshots": {"GET": snapshots.list_snapshots, "POST": snapshots.take_snapshot},
    "reset": {"POST": snapshots.reset},
}


class Control:
    """Answers control requests. Each refusal has a status, a message with a hint, and often a JSON path."""

    def __init__(self, registry: SandboxRegistry, *, token: str | None, hosts: Sequence[str] = ()) -> None:
        self._registry = registry
        self._token = token or None
        self._hosts = frozenset(host.lower() for host in hosts)

    def refusal(self, head: Request) -> Response | None:
        """The refusal of a client without access, before the body of its request is read; None if it has access."""
        if head.path == HEALTH:
            return None
        try:
            admit(head, self._token, self._hosts)
        except Refused as refused:
            return error(refused)
        return None

    def handle(self, request: Request) -> Response:
        """The answer to a request below `/__noojee`. May raise: the caller keeps unexpected exceptions."""
        try:
            if request.path != HEALTH:
                admit(request, self._token, self._hosts)
            response = self._route(request)
        except Refused as refused:
            response = error(refused)
        except (ArchiveError, ProfileError, UsageError) as wrong:
            response = error(Refused(400, wrong.message, wrong.path))
        except (IdInUse, TooManySandboxes, TooManySnapshots) as full:
            response = error(Refused(409, str(full)))
        except (StateError, MemoryBudgetError) as full:
            response = error(Refused(507, str(full)))
        except FakeError as wrong:
            response = error(Refused(400, str(wrong)))
        return Response(response.status, response.headers) if request.method == "HEAD" else response

    def _route(self, request: Request) -> Response:
        table = self._methods(request.path)
        handler = table.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            allowed = ", ".join(table)
            return error(Refused(405, f"this path takes {allowed}"), ("Allow", allowed))
        return handler(request)

    def _methods(self, path: str) -> dict[str, Handler]:
        """The methods of a path. Raises Refused (404) for an unknown path."""
        if path in _OF_SERVER:
            return {"GET": _OF_SERVER[path]}
        if path == f"{ROOT}/sandboxes":
            return self._sandboxes_methods()
        match = _PATH.fullmatch(path)
        if match is None:
            raise _unknown_path()
        return self._sandbox_methods(match[1], match[2], match[3], match[4])

    def _sandboxes_methods(self) -> dict[str, Handler]:
        return {
            "GET": lambda _: answer(200, {"sandboxes": self._registry.names()}),
            "POST": self._make_sandbox,
        }

    def _sandbox_methods(
        self, sandbox: str, part: str | None, name: str | None, verb: str | None
    ) -> dict[str, Handler]:
        if part is not None and (part not in _PARTS or (name is not None and part != "snapshots")):
            raise _unknown_path()
        pbx, kept = self._registry.find(sandbox), self._registry.snapshots(sandbox)
        if pbx is None or kept is None:
            raise Refused(404, f"there is no sandbox {sandbox!r}; GET {ROOT}/sandboxes lists them")
        handle = SandboxHandle(sandbox=sandbox, pbx=pbx, snapshots=kept, token=self._token)
        if part is None:
            return {
                "GET": lambda _: answer(200, describe(sandbox, pbx)),
                "DELETE": lambda _: self._drop_sandbox(sandbox),
            }
        if name is None:
            return {method: partial(handler, handle) for method, handler in _PARTS[part].items()}
        if verb is None:
            return {"DELETE": partial(snapshots.drop_snapshot, handle, name)}
        return {"POST": partial(snapshots.restore_snapshot, handle, name)}

    def _make_sandbox(self, request: Request) -> Response:
        spec = read_sandbox_spec(request)
        try:
            sandbox, pbx = self._registry.make(spec)
        except ArchiveError as wrong:
            raise Refused(400, wrong.message, f"$.archive{wrong.path[1:]}") from None
        except ProfileError as wrong:
            raise Refused(400, wrong.message, f"$.profile{wrong.path[1:]}") from None
        finally:
            calls = spec.archive.get("calls") if isinstance(spec.archive, dict) else None
            if isinstance(calls, list):
                let_go(calls)
        return answer(201, describe(sandbox, pbx))

    def _drop_sandbox(self, sandbox: str) -> Response:
        if sandbox == DEFAULT_SANDBOX:
            raise Refused(409, "the default sandbox cannot be deleted; make another sandbox for a test")
        self._registry.drop(sandbox)
        return Response(204)


def _unknown_path() -> Refused:
    return Refused(404, f"the control API has no such path; start at {ROOT}/")


def _about(_: Request) -> Response:
    return answer(
        200,
        {
            "server": "noojee-fake",
            "version": resources.version(),
            "control": 1,
            "sandboxes": True,
            "dialects": list(DIALECTS),
            "openapi": f"{ROOT}/openapi.json",
            "pbx_openapi": f"{ROOT}/pbx.openapi.json",
            "archive_schema": f"{ROOT}/archive.schema.json",
            "directory_schema": f"{ROOT}/directory.schema.json",
        },
    )


def _description(request: Request) -> Response:
    """An OpenAPI description or a JSON Schema, as it ships."""
    body = resources.schema(DESCRIPTIONS[request.path]).read_bytes()
    return Response(200, (("Content-Type", "application/json"), ("Content-Length", str(len(body)))), body)


_OF_SERVER: Mapping[str, Handler] = {
    **dict.fromkeys(DESCRIPTIONS, _description),
    HEALTH: lambda _: answer(200, {"ready": True}),
    ROOT: _about,
    f"{ROOT}/": _about,
}
