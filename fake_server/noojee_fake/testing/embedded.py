"""A PBX in this process, for tests of clients: no socket, a key, a frozen clock, and its control client.

with EmbeddedPbx() as pbx:
    crm = Crm(httpx.Client(transport=pbx.transport, base_url=pbx.base_url), key=pbx.api_key)
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

import httpx

from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.client.control_client import ControlClient, Sandbox
from noojee_fake.pbx.clock import Clock, CountedIds, parse_instant
from noojee_fake.server.sandboxes import Sandboxes, build

START = "2026-03-02T10:00:00+11:00"
"""Where the clock stands at first: a Monday morning in Melbourne, where the PBX is."""

BASE_URL = "http://noojee.invalid"


def fresh_sandboxes() -> Sandboxes:
    """The sandboxes of a server of its own, with the vendor's sample key and ids that are the same in every run."""
    return build(clock=Clock(now=parse_instant(START), frozen=True), ids=CountedIds())


class EmbeddedPbx:
    """A PBX that `client` asks without a socket. `sandbox` drives it; close it when done.

    `transport` is for clients of one's own, sync and async; whatever address they ask at is this PBX.
    """

    def __init__(self) -> None:
        self.sandboxes = fresh_sandboxes()
        self.transport = Transport(self.sandboxes)
        self.base_url = BASE_URL
        self.control = ControlClient(BASE_URL, transport=self.transport)
        self.sandbox: Sandbox = self.control.sandbox()
        self.api_key = self.sandbox.api_key
        self.user_key = self.sandbox.user_key
        self.client = httpx.Client(transport=self.transport, base_url=BASE_URL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the clients."""
        self.client.close()
        self.control.close()

    def check(self) -> None:
        """Raises AssertionError where the PBX had a bug of its own."""
        check(self.sandboxes)


def check(sandboxes: Sandboxes) -> None:
    """Raises AssertionError, with the bug as its cause, where the fake had one of its own."""
    if sandboxes.own_bugs:
        bug = sandboxes.own_bugs[0]
        raise AssertionError(f"the fake PBX had a bug of its own, not your client: {bug!r}") from bug
