"""A control API is not trusted: its answers are read within bounds of size and time. The server is on a socket."""

from __future__ import annotations

import time

import httpx
import pytest

from noojee_contract.clients.control import MOST_BYTES, ControlClient
from noojee_contract.clients.transport import BoundedTransport
from noojee_contract.errors import ContractError
from support.hostile_answers import HOSTILE, HostileServer, once, with_length

TIMEOUT_SECONDS = 0.4
LONGEST_SECONDS = 5.0  # a loaded machine


def described_by(server: HostileServer) -> object:
    """What the control API of a server says of itself."""
    with httpx.Client(transport=BoundedTransport(), trust_env=False) as http:
        return ControlClient(http, server.url, timeout_seconds=TIMEOUT_SECONDS).describe()


@pytest.mark.parametrize(
    "name", ["head dripped", "body dripped", "chunks dripped", "endless 1xx", "endless empty gzip members"]
)
def test_an_endless_answer_of_a_control_api_ends_in_time(name: str) -> None:
    """The time-out covers the whole answer."""
    started = time.monotonic()
    with HostileServer(HOSTILE[name]) as server, pytest.raises(ContractError):
        described_by(server)
    assert time.monotonic() - started < LONGEST_SECONDS


def test_a_long_answer_of_a_control_api_is_refused() -> None:
    """No description of a sandbox has megabytes."""
    body = b'{"sandboxes":1,"x":"' + b"a" * MOST_BYTES + b'"}'
    with HostileServer(once(lambda: with_length(body))) as server, pytest.raises(ContractError, match=str(MOST_BYTES)):
        described_by(server)


def test_an_answer_of_a_control_api_within_the_bound_is_read() -> None:
    """The bound is beyond every answer of a control API."""
    body = b'{"sandboxes":1,"x":"' + b"a" * (MOST_BYTES - 100) + b'"}'
    with HostileServer(once(lambda: with_length(body))) as server:
        assert described_by(server)
