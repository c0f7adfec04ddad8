"""Answers of a control API that are malformed, or come from a cache, are named as its fault.

The server is on a socket.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer

from noojee_contract.clients.control import ControlClient, Sandbox
from noojee_contract.errors import TargetError

MADE: dict[str, Any] = {
    "sandbox": "1a", "path": "s/1a", "api_key": "k", "user_key": "u", "profile": {}, "dialects": ["njadmin"],
    "audio": {}, "time_zone": "Australia/Melbourne", "clock": {"now": "2026-03-11T12:00:00Z"},
}  # fmt: skip
SANDBOX = Sandbox(
    id="1a", path="s/1a", api_key="k", user_key="u", profile={}, dialects=("njadmin",), audio={},
    time_zone="Australia/Melbourne", now=datetime(2026, 3, 11, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture
def control(httpserver: HTTPServer) -> Iterator[ControlClient]:
    """A client of a control API."""
    with httpx.Client(trust_env=False) as http:
        yield ControlClient(http, httpserver.url_for("/c"))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"path": None}, "with a wrong value"),
        ({"profile": ["a"]}, "with a wrong value"),
        ({"dialects": 3}, "with a wrong value"),
        ({"clock": {}}, "without 'now'"),
        ({"clock": {"now": "noon"}}, "with a wrong value"),
    ],
)
def test_a_malformed_sandbox(
    changed: dict[str, Any], says: str, httpserver: HTTPServer, control: ControlClient
) -> None:
    """Each key of the answer is checked."""
    httpserver.expect_request("/c/sandboxes", method="POST").respond_with_json({**MADE, **changed})
    with pytest.raises(TargetError, match=re.escape(says)):
        control.make_sandbox()


def test_a_sandbox_of_an_older_control_api(httpserver: HTTPServer, control: ControlClient) -> None:
    """It has other keys."""
    httpserver.expect_request("/c/sandboxes", method="POST").respond_with_json({"id": "1a"})
    with pytest.raises(TargetError, match="without 'sandbox'"):
        control.make_sandbox()


def test_played_steps_of_another_request(httpserver: HTTPServer, control: ControlClient) -> None:
    """A cache gives the answer to earlier steps, which names other calls."""
    stale = {"now": "2026-03-11T12:00:00Z", "calls": {"earlier": {"unique_id": "1.2"}}}
    httpserver.expect_request("/c/sandboxes/1a/flow", method="POST").respond_with_json(stale)
    with pytest.raises(TargetError, match="without the call 'old': the answer may come from a cache"):
        control.play(SANDBOX, [{"do": "inbound", "as": "old"}])


def test_a_clock_without_a_time(httpserver: HTTPServer, control: ControlClient) -> None:
    """The new time of a sandbox is required."""
    httpserver.expect_request("/c/sandboxes/1a/clock", method="POST").respond_with_json({"now": 3})
    with pytest.raises(TargetError, match="with a wrong value"):
        control.step(SANDBOX, 5)
