"""Variations of conformant servers, proxies and addresses, each with the whole suite: none is a failure."""

from __future__ import annotations

import socket
from contextlib import closing
from dataclasses import replace

import pytest

from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.cell import CallSource
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.config import from_flags
from quality.detection.socket_adapter import SocketAdapter
from quality.false_positives.runs import false_positives
from support.conformant_servers.wire_variations import CLOSING, WIRE_VARIATIONS
from support.running import run_clauses

DECLARED = ("transport.json-content-type",)
"""Clauses about what the profile of the sandbox declares: a variation changes it behind its back."""


def as_usual(head: bytes, body: bytes) -> bytes | None:
    """No variation."""
    return None


def failures_on(adapter: SocketAdapter, base_url: str) -> list[str]:
    """What the suite says of a server, with the bundled archives."""
    given = {
        "base_url": base_url,
        "control_url": f"{adapter.control_url}/__noojee",
        "dialect": "njadmin",
        "writable": True,
    }
    target = replace(from_flags(given), sources=(CallSource.BUNDLED,))
    results = list(run_clauses(RunnerConfig(targets=[target], random_seed=1, examples=1, shrink_seconds=0)))
    assert sum(result.outcome is Outcome.PASSED for result in results) > 50
    return false_positives([result for result in results if result.clause not in DECLARED])


@pytest.mark.parametrize("name", WIRE_VARIATIONS)
def test_a_variation_of_a_conformant_server_is_no_failure(name: str) -> None:
    """Each occurs in the wild, and a standard allows it."""
    with closing(SocketAdapter(WIRE_VARIATIONS[name], closes=name in CLOSING)) as adapter:
        assert failures_on(adapter, adapter.url) == []
        assert adapter.watched.differing


@pytest.mark.parametrize("idle_seconds", [0.05, 0.25])
def test_a_server_that_closes_idle_connections_is_no_failure(idle_seconds: float) -> None:
    """RFC 9112, 9.3.1: a server may close an idle connection at any time; a client sends the request again."""
    with closing(SocketAdapter(as_usual, idle_seconds=idle_seconds)) as adapter:
        assert failures_on(adapter, adapter.url) == []


@pytest.mark.parametrize("end", ["", "/"])
def test_a_base_url_with_a_path_is_no_failure(end: str) -> None:
    """With and without a slash at its end; the letters of the path count."""
    with closing(SocketAdapter(as_usual, prefix="/PBX-1/api")) as adapter:
        assert failures_on(adapter, f"{adapter.url}{end}") == []


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_an_ipv6_address_is_no_failure() -> None:
    """The address is in brackets."""
    with closing(SocketAdapter(as_usual, host="::1")) as adapter:
        assert failures_on(adapter, adapter.url) == []
