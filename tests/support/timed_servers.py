"""Servers in this process whose time passes only by sleeping, for runs that would wait for minutes.

A target names a server by the transport `support.timed_servers:old` or `support.timed_servers:staging`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.pbx.clock import SECOND
from noojee_fake.server.sandboxes import Sandboxes, build

BY_HOUR = "retrieveMetaDataByHour"


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that a server has answered: when, its method and path, and the status."""

    at: float
    method: str
    path: str
    status: int


class TimedServer(httpx.BaseTransport):
    """A fake PBX with some calls, and the requests that it has answered."""

    def __init__(self, time: Time, archive: Mapping[str, Any], **options: str) -> None:
        self.counts_every_request = 0
        """The status of a by-hour request within a minute of any other one, also of a refused one; 0: as usual."""
        self._last_by_hour = 0.0
        self.sandboxes: Sandboxes = build(archive={**archive, "provenance": "as shipped"}, profile=options)
        self.seen: list[Seen] = []
        self._inner = Transport(self.sandboxes)
        self._time = time
        time.servers.append(self)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._limited(request) or self._inner.handle_request(request)
        self.seen.append(Seen(self._time.now, request.method, request.url.path, answer.status_code))
        return answer

    def _limited(self, request: httpx.Request) -> httpx.Response | None:
        if not self.counts_every_request or not request.url.path.endswith(BY_HOUR):
            return None
        last, self._last_by_hour = self._last_by_hour, self._time.now
        if self._time.now - last >= 60:
            return None
        error = {"Code": str(self.counts_every_request), "Message": "Rate limit exceeded"}
        return httpx.Response(self.counts_every_request, json=error)

    def by_hour(self) -> list[Seen]:
        """The by-hour requests, in order."""
        return [seen for seen in self.seen if seen.path.endswith(BY_HOUR)]


@dataclass(slots=True)
class Time:
    """A clock of a run that moves only by sleeping, and moves the clocks of the servers with it."""

    now: float = 1_800_000_000.0
    servers: list[TimedServer] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let seconds pass here and on the servers."""
        self.now += seconds
        for server in self.servers:
            server.sandboxes.default.clock.step(round(seconds * SECOND))


OPENED: dict[str, TimedServer] = {}
"""The servers of the running test, by target name."""


def old() -> TimedServer:
    """The legacy side."""
    return OPENED["old"]


def staging() -> TimedServer:
    """The replacement."""
    return OPENED["staging"]
