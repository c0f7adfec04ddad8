"""A PBX in this process, for tests of clients: without a socket, with a frozen clock and a control client.

with EmbeddedPbx() as pbx:
    crm = Crm(httpx.Client(transport=pbx.transport, base_url=pbx.base_url), key=pbx.api_key)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.client.async_control_client import AsyncControlClient
from noojee_fake.client.control_client import ControlClient, Sandbox
from noojee_fake.client.option_types import OptionValues
from noojee_fake.client.types import PbxSettings
from noojee_fake.pbx.clock import Clock, CountedIds, parse_instant
from noojee_fake.server.sandboxes import Sandboxes, build

START = "2026-03-02T10:00:00+11:00"
"""The first time of the frozen clock: a Monday morning in Melbourne, the zone of the PBX."""

BASE_URL = "http://noojee.invalid"


def fresh_sandboxes(
    *,
    now: datetime | str = START,
    archive: Mapping[str, Any] | Path | str | None = None,
    profile: OptionValues | Mapping[str, str] | None = None,
    dialects: Sequence[str] | None = None,
    version: str | None = None,
    directory: Mapping[str, Any] | None = None,
    time_zone: str | None = None,
) -> Sandboxes:
    """The sandboxes of a new server, with the vendor's sample key. Ids are the same in every run.

    `archive` is an archive file (a text is its name), or its content. The clock is frozen at `now`. Raises a FakeError
    for a wrong setting.
    """
    archive = Path(archive) if isinstance(archive, str) else archive
    document = json.loads(archive.read_text(encoding="utf-8")) if isinstance(archive, Path) else archive
    instant = now.isoformat() if isinstance(now, datetime) else now
    return build(
        archive=document,
        archive_folder=archive.parent if isinstance(archive, Path) else None,
        profile=None if profile is None else {option: str(value) for option, value in profile.items()},
        dialects=dialects,
        version=version,
        directory=directory,
        time_zone=time_zone,
        clock=Clock(now=parse_instant(instant), frozen=True),
        ids=CountedIds(),
    )


class EmbeddedPbx:
    """A PBX without a socket. Close it, or use it as a context manager.

    `client` is an httpx.Client for the PBX; `transport` is for your own clients, sync and async, at any address.
    `sandbox` controls the PBX, `control` makes more sandboxes; `async_control` does the same in async tests. `api_key`
    and `user_key` are its keys. `settings` are those of `fresh_sandboxes`: archive, profile, version, now and so on.
    """

    def __init__(self, **settings: Unpack[PbxSettings]) -> None:
        self.sandboxes = fresh_sandboxes(**settings)
        self.transport = Transport(self.sandboxes)
        self.base_url = BASE_URL
        self.control = ControlClient(BASE_URL, transport=self.transport)
        self.async_control = AsyncControlClient(BASE_URL, transport=self.transport)
        self.sandbox: Sandbox = self.control.sandbox()
        self.api_key = self.sandbox.api_key
        self.user_key = self.sandbox.user_key
        self.client = httpx.Client(transport=self.transport, base_url=BASE_URL)

    def __repr__(self) -> str:
        return f"<EmbeddedPbx {self.base_url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the clients."""
        self.client.close()
        self.control.close()

    def check(self) -> None:
        """Raise AssertionError if the fake had an unexpected exception."""
        check(self.sandboxes)


def check(sandboxes: Sandboxes) -> None:
    """Raise AssertionError, with the trace of the exception, if the fake had an unexpected exception."""
    if sandboxes.own_bugs:
        bug = sandboxes.own_bugs[0]
        last = bug.text.strip().rpartition("\n")[2]
        raise AssertionError(f"a bug of the fake PBX, not of your client: {last}\n{bug.text}")
