"""Variations of conformant servers, proxies and addresses, each with the whole suite: none is a failure."""

from __future__ import annotations

import socket
from contextlib import closing
from dataclasses import replace

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.cell import CallSource
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.config import from_flags
from quality.detection.socket_adapter import SocketAdapter
from quality.false_positives.conftest import MANY
from quality.false_positives.runs import RUNS, false_positives
from support.conformant_servers.wire_variations import CLOSING, WIRE_VARIATIONS
from support.running import run_clauses

DECLARED = ("transport.json-content-type",)
"""Clauses about what the profile of the sandbox declares: a variation changes it behind its back."""


def as_usual(head: bytes, body: bytes) -> bytes | None:
    """No variation."""
    return None


def given_for(adapter: SocketAdapter, base_url: str) -> dict[str, object]:
    """The flags of the target."""
    control_url = f"{adapter.control_url}/__noojee"
    return {"base_url": base_url, "control_url": control_url, "dialect": "njadmin", "writable": True}


def failures_on(adapter: SocketAdapter, base_url: str) -> list[str]:
    """What the suite says of a server, with the bundled archives."""
    target = replace(from_flags(given_for(adapter, base_url)), sources=(CallSource.BUNDLED,))
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


def test_a_control_api_that_closes_idle_connections_is_no_failure() -> None:
    """After 20 ms: each request meets a connection that is closed, or just being closed."""
    with closing(SocketAdapter(as_usual, control_idle_seconds=0.02)) as adapter:
        assert failures_on(adapter, adapter.url) == []


def waits_between(name: str) -> bool:
    """Whether a clause asks about one recording, so that a wait before each of its requests is short."""
    return name in ("metadata.by-tag-answered", "audio.asked-again", "transport.asked-again", "by-hour.key-needed")


@pytest.mark.skipif(RUNS <= MANY, reason="waits for minutes; tox -e false-positives runs it")
def test_a_server_that_closes_after_five_seconds_is_no_failure() -> None:
    """Apache closes after 5 s (KeepAliveTimeout). Every request comes when the server is just closing."""
    with closing(SocketAdapter(as_usual, idle_seconds=5.0)) as adapter:
        target = replace(
            from_flags(given_for(adapter, adapter.url)), sources=(CallSource.BUNDLED,), requests_per_second=0.2
        )
        clauses = [clause for clause in catalogue().values() if waits_between(clause.id)]
        results = list(
            run_clauses(
                RunnerConfig(targets=[target], random_seed=1, examples=1, smoke=True, shrink_seconds=0), clauses
            )
        )
        assert [result.outcome for result in results] == [Outcome.PASSED] * len(clauses)


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
