"""Sandboxes as the control API has them: the settings of a new sandbox, a running sandbox, and its description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from noojee_fake.api.dialects.retrieve import AUDIO
from noojee_fake.api.dialects.services import AUDIO as SERVICES_AUDIO
from noojee_fake.api.pbx import Pbx
from noojee_fake.api.snapshots import Snapshots
from noojee_fake.control.json_body import Refused, read_body, read_instant
from noojee_fake.control.settings import clock_of
from noojee_fake.errors import UsageError
from noojee_fake.messages import Request
from noojee_fake.pbx.directory import read_directory
from noojee_fake.pbx.versions import SERVICES

DEFAULT_SANDBOX = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSpec:
    """Settings of a new sandbox. None: those of the archive, then those of the server; ids and keys are random."""

    archive: Mapping[str, Any] | None = None
    profile: Mapping[str, str] = field(default_factory=dict)
    dialects: Sequence[str] | None = None
    version: str | None = None
    directory: Any = None
    time_zone: str | None = None
    now_micros: int | None = None
    frozen: bool | None = None
    sandbox: str | None = None
    api_key: str | None = None
    user_key: str | None = None


class IdInUse(Exception):
    """A sandbox with the chosen id exists."""

    def __init__(self, sandbox: str) -> None:
        super().__init__(f"there is a sandbox {sandbox!r} already; DELETE it, or choose another id")


class TooManySandboxes(Exception):
    """The server has its maximum number of sandboxes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"this server has {limit} sandboxes, its maximum; DELETE some that nobody needs")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxHandle:
    """A running sandbox. `token` is that of the control API, None if it has none."""

    sandbox: str
    pbx: Pbx
    snapshots: Snapshots
    token: str | None

    @property
    def path(self) -> str:
        """The path of the PBX below the server's base URL: "" for the default sandbox, else "s/<id>"."""
        return sandbox_path(self.sandbox)


class SandboxRegistry(Protocol):
    """The sandboxes of a server, as far as the control API needs them."""

    def names(self) -> list[str]:
        """The names of all sandboxes."""
        ...

    def find(self, sandbox: str) -> Pbx | None:
        """The PBX of a sandbox; None if there is none."""
        ...

    def snapshots(self, sandbox: str) -> Snapshots | None:
        """The snapshots of a sandbox; None if there is none."""
        ...

    def make(self, spec: SandboxSpec) -> tuple[str, Pbx]:
        """Create a sandbox; returns its name and PBX."""
        ...

    def drop(self, sandbox: str) -> bool:
        """Delete a sandbox; False if there is none."""
        ...


def sandbox_path(sandbox: str) -> str:
    """The path of a sandbox's PBX below the server's base URL: "" for the default sandbox, else "s/<id>"."""
    return "" if sandbox == DEFAULT_SANDBOX else f"s/{sandbox}"


def describe(sandbox: str, pbx: Pbx) -> dict[str, Any]:
    """The Sandbox object of the description: address, keys, profile, clock and counts."""
    calls, legs = pbx.store.count()
    return {
        "sandbox": sandbox,
        "path": sandbox_path(sandbox),
        "api_key": pbx.api_key,
        "user_key": pbx.user_key,
        "profile": dict(pbx.profile),
        "dialects": list(pbx.dialects),
        "version": pbx.version,
        "audio": {name: SERVICES_AUDIO if name == SERVICES else AUDIO for name in pbx.dialects},
        "time_zone": pbx.zone.key,
        "clock": clock_of(pbx),
        "calls": calls,
        "legs": legs,
    }


def read_sandbox_spec(request: Request) -> SandboxSpec:
    """The sandbox spec of a request; its archive is validated when the sandbox is made. Raises Refused."""
    return sandbox_spec_of(read_body(request, "SandboxSpec", placeholders={"archive": None}))


def sandbox_spec_of(body: Mapping[str, Any]) -> SandboxSpec:
    """The sandbox spec of an object that is valid by the component SandboxSpec. Raises Refused."""
    directory, clock = body.get("directory"), body.get("clock") or {}
    if directory is not None:
        try:
            read_directory(directory)
        except UsageError as wrong:
            raise Refused(400, wrong.message, f"$.directory{(wrong.path or '$')[1:]}") from None
    return SandboxSpec(
        archive=body.get("archive"),
        profile=body.get("profile") or {},
        dialects=body.get("dialects"),
        version=body.get("version"),
        directory=directory,
        time_zone=body.get("time_zone"),
        now_micros=read_instant(clock, "now", "$.clock"),
        frozen=clock.get("frozen"),
        sandbox=body.get("sandbox"),
        api_key=body.get("api_key"),
        user_key=body.get("user_key"),
    )
