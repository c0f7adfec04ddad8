"""pytest fixtures for tests of clients: a PBX in this process, and one on a socket.

Each test gets its own PBX with a frozen clock, and fails if the fake has an unexpected exception. The libraries of a
fixture are loaded when it is first used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from noojee_fake.testing.embedded import EmbeddedPbx
    from noojee_fake.testing.server import PbxServer


@pytest.fixture
def noojee_pbx() -> Iterator[EmbeddedPbx]:
    """A fake Noojee PBX in this process: client, transport, base_url, api_key, and sandbox to control it."""
    from noojee_fake.testing.embedded import EmbeddedPbx

    with EmbeddedPbx() as pbx:
        yield pbx
        pbx.check()


@pytest.fixture
def noojee_server(_noojee_server: PbxServer) -> Iterator[PbxServer]:
    """A fake Noojee PBX on a free port: a pytest-httpserver server that answers other requests like the PBX."""
    yield from _opened(_noojee_server)


@pytest.fixture
def noojee_tls_server(_noojee_tls_server: PbxServer) -> Iterator[PbxServer]:
    """A fake Noojee PBX over https on a free port; ca_file is its certificate authority."""
    yield from _opened(_noojee_tls_server)


@pytest.fixture(scope="session")
def _noojee_server() -> Iterator[PbxServer]:
    from noojee_fake.testing.server import PbxServer

    with PbxServer() as server:
        yield server


@pytest.fixture(scope="session")
def _noojee_tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PbxServer]:
    from noojee_fake.testing.server import tls_server

    with tls_server(tmp_path_factory.mktemp("noojee") / "ca.pem") as server:
        yield server


def _opened(server: PbxServer) -> Iterator[PbxServer]:
    server.open()
    try:
        yield server
        server.check()
    finally:
        server.clear()
