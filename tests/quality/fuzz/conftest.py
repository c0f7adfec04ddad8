"""Served fakes for the tests of this folder: one of each kind, however many tests use it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from quality.fuzz.served import Served, served


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """As it is served, without a line for each request."""
    with served("--quiet") as server:
        yield server


@pytest.fixture(scope="session")
def hasty_server() -> Iterator[Served]:
    """A server with small limits.

    It looks at its clients ten times a second, waits one second where others wait twenty, and takes a small body for a
    large one.
    """
    preface = """
from noojee_fake.adapters import service, wire, wire_server
wire_server.TICK_SECONDS = 0.1
wire.PATIENCE_SECONDS, wire.UNREAD_SECONDS, wire.KEEP_ALIVE_SECONDS = 10, 25, 10
service.LARGEST_BODY_BYTES = 1_000_000
"""
    with served("--quiet", preface=preface) as server:
        yield server


@pytest.fixture(scope="session")
def tls_server() -> Iterator[Served]:
    """Over https, with a certificate made for the run."""
    with served("--quiet", "--tls-self-signed") as server:
        yield server
