"""Sandboxes as the control API knows them: what a new one is to be, where they are kept, what a client is told of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from noojee_fake.api.dialects.retrieve import AUDIO
from noojee_fake.api.dialects.services import AUDIO as SERVICES_AUDIO
from noojee_fake.api.pbx import Pbx
from noojee_fake.api.snapshots import Saved
from noojee_fake.control.json_body import Refused, choices_of, flag_of, instant_of, only
from noojee_fake.control.settings import clock_of
from noojee_fake.errors import UsageError
from noojee_fake.pbx.directory import read_directory
from noojee_fake.pbx.versions import SERVICES

DEFAULT_SANDBOX = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSpec:
    """What a new sandbox is to be; None: as the archive or the server has it."""

    archive: Mapping[str, Any] | None = None
    profile: Mapping[str, str] = field(default_factory=dict)
    dialects: Sequence[str] | None = None
    version: str | None = None
    directory: Any = None
    time_zone: str | None = None
    now_micros: int | None = None
    frozen: bool | None = None


class TooManySandboxes(Exception):
    """The server holds as many sandboxes as it may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"this server holds {limit} sandboxes already; DELETE those that are done with")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A sandbox with all that is known of it. `token` is the control API's, None where it has none."""

    sandbox: str
    pbx: Pbx
    saved: Saved
    token: str | None

    @property
    def path(self) -> str:
        """Where the PBX is, relative to the server: "" for the default sandbox."""
        return "" if self.sandbox == DEFAULT_SANDBOX else f"s/{self.sandbox}"


class Registry(Protocol):
    """The sandboxes, as far as the control API needs them."""

    def names(self) -> list[str]: ...
    def find(self, sandbox: str) -> Pbx | None: ...
    def saved(self, sandbox: str) -> Saved | None: ...
    def make(self, spec: SandboxSpec) -> tuple[str, Pbx]: ...
    def drop(self, sandbox: str) -> bool: ...


def describe(sandbox: str, pbx: Pbx) -> dict[str, Any]:
    """The sandbox object: what a client has to know to ask this PBX."""
    calls, legs = pbx.store.count()
    return {
        "sandbox": sandbox,
        "path": "" if sandbox == DEFAULT_SANDBOX else f"s/{sandbox}",
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


def read_sandbox_spec(body: dict[str, Any]) -> SandboxSpec:
    """The spec of a request's body."""
    only(body, "archive", "profile", "dialects", "version", "directory", "time_zone", "clock")
    archive = body.get("archive")
    if archive is not None and not isinstance(archive, dict):
        raise Refused(400, "an archive is an object", "$.archive")
    dialects = body.get("dialects")
    if dialects is not None and not (isinstance(dialects, list) and all(isinstance(name, str) for name in dialects)):
        raise Refused(400, "dialects is a list of names", "$.dialects")
    zone = body.get("time_zone")
    if zone is not None and not isinstance(zone, str):
        raise Refused(400, "a time zone is a name such as Australia/Melbourne", "$.time_zone")
    version = body.get("version")
    if version is not None and not isinstance(version, str):
        raise Refused(400, "a version is a text such as 6.0.1", "$.version")
    directory = body.get("directory")
    if directory is not None:
        try:
            read_directory(directory)
        except UsageError as wrong:
            raise Refused(400, wrong.message, f"$.directory{(wrong.path or '$')[1:]}") from None
    clock = body.get("clock")
    if clock is None:
        clock = {}
    if not isinstance(clock, dict):
        raise Refused(400, "a clock is an object with now or frozen", "$.clock")
    only(clock, "now", "frozen", path="$.clock")
    return SandboxSpec(
        archive=archive,
        profile=choices_of({} if body.get("profile") is None else body["profile"], "$.profile"),
        dialects=dialects,
        version=version,
        directory=directory,
        time_zone=zone,
        now_micros=instant_of(clock, "now", "$.clock"),
        frozen=flag_of(clock, "frozen", "$.clock"),
    )
