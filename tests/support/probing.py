"""A fake PBX for probes: calls that show every option that can be learnt.

A probe runs by a clock that sleeping moves.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from noojee_contract.clients.clock import Clock
from noojee_contract.clients.limits import limits_of
from noojee_contract.clients.processes import Servers
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.model.question import Question
from noojee_contract.probing.pbx import ProbedPbx
from noojee_contract.probing.probe import ProbeResult, probe, probed
from noojee_contract.targets.target import Target
from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.pbx.clock import CountedIds
from noojee_fake.server.sandboxes import Sandboxes, build
from support.builders import KEY, archive, call, leg

ZONE = "Australia/Melbourne"
AUDIO = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
SERVICE_AUDIO = "GET {base}?method=retrieve&uniqueId={unique_id}&leg={leg}"
PARTLY_TAGGED, OUTBOUND, ACCENTED, OLD, TODAY, SECOND_PASS = (
    "1795384790.2",
    "1795388400.4",
    "1795392000.6",
    "1773200300.8",
    "1795473000.10",
    "1649002000.12",
)
CALLS = (
    call(
        PARTLY_TAGGED,
        leg("2026-11-23T09:00:00.120+11:00", "2026-11-23T09:00:04+11:00", tag="Abc1", username="Fred"),
        leg("2026-11-23T09:00:04.250+11:00", "2026-11-23T09:00:10+11:00", tag="B2"),
        leg("2026-11-23T09:00:10.500+11:00", "2026-11-23T09:00:14+11:00", tag=""),
    ),
    call(OUTBOUND, leg("2026-11-23T10:00:01.300+11:00", "2026-11-23T10:00:09+11:00", tag="Out1"), direction="outbound"),
    call(ACCENTED, leg("2026-11-23T11:00:01.300+11:00", "2026-11-23T11:00:09+11:00", tag="é")),
    call(OLD, leg("2026-03-11T14:40:01.400+11:00", "2026-03-11T14:40:21+11:00", tag="Old1")),
    call(TODAY, leg("2026-11-24T09:30:01.400+11:00", "2026-11-24T09:30:21+11:00", tag="New1")),
    call(SECOND_PASS, leg("2022-04-02T16:29:50+00:00", "2022-04-02T16:30:00+00:00", tag="Dst1")),
)
"""PBX time is 24 November 2026, 11:00 in Melbourne.

One leg is of today, one ended in the second pass of a repeated hour.
"""
RECORDINGS = tuple(
    Question(kind, value)
    for kind, value in (
        ("tag", "Abc1"),
        ("tag", "é"),
        ("unique_id", PARTLY_TAGGED),
        ("unique_id", OUTBOUND),
        ("unique_id", OLD),
        ("unique_id", TODAY),
        ("unique_id", SECOND_PASS),
    )
)
Change = Callable[[httpx.Response], httpx.Response]
_served: list[tuple[Sandboxes, Change]] = []


class ChangedTransport(httpx.BaseTransport):
    """A transport to a fake whose answers are changed on their way."""

    def __init__(self, sandboxes: Sandboxes, change: Change) -> None:
        self._transport = Transport(sandboxes)
        self._change = change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The changed answer."""
        return self._change(self._transport.handle_request(request))


def transport() -> ChangedTransport:
    """A transport to the fake that is probed now; targets name this function."""
    return ChangedTransport(*_served[-1])


def fake_with(profile: Mapping[str, str], *, frozen: bool = False) -> Sandboxes:
    """A fake PBX with the calls of this module and these options; its clock runs, or stands still."""
    sandboxes = build(archive=archive(*CALLS), profile=profile, ids=CountedIds(), api_key=KEY)
    sandboxes.default.clock.freeze(frozen)
    return sandboxes


def target_for(dialect: str, **settings: object) -> Target:
    """A read-only target that allows negative tests and waits, with the recordings of this module."""
    values: dict[str, object] = {
        "name": "pbx",
        "dialect": dialect,
        "transport": "support.probing:transport",
        "time_zone": ZoneInfo(ZONE),
        "api_key_env": "KEY",
        "recordings": RECORDINGS,
        "audio": SERVICE_AUDIO if dialect == "services" else AUDIO,
        "negative_tests": True,
        "max_wait_seconds": 61.0,
        "request_budget": 60,
    }
    return Target(**(values | settings))  # type: ignore[arg-type]  # the values of a target table


def probe_fake(sandboxes: Sandboxes, target: Target, *, change: Change = lambda answer: answer) -> ProbeResult:
    """Probe a fake in this process, with changed answers. The run's clock is that of the PBX, so a wait moves it."""
    pbx_clock = sandboxes.default.clock
    clock = Clock(
        now=lambda: pbx_clock.micros() / 1_000_000, sleep=lambda seconds: pbx_clock.step(round(seconds * 1_000_000))
    )
    asked = probed(target)
    _served.append((sandboxes, change))
    try:
        with tempfile.TemporaryDirectory() as folder:
            limits = limits_of([asked], Path(folder), clock=clock)[asked.name]
            client = TargetClient(asked, servers=Servers(), limits=limits, environ={"KEY": KEY})
            try:
                return probe(ProbedPbx(client, clock=clock), client)
            finally:
                client.close()
    finally:
        _served.pop()
