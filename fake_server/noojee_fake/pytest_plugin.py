"""pytest fixtures for tests of clients: a PBX in this process, and one on a socket. Nothing is loaded until one is used.

Each test has a PBX of its own, whose clock stands, and fails where the fake had a bug of its own.
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
    """A fake Noojee PBX in this process: client, transport, base_url, api_key, and sandbox to drive it with."""
    from noojee_fake.testing.embedded import EmbeddedPbx

    with EmbeddedPbx() as pbx:
        yield pbx
        pbx.check()


@pytest.fixture
def noojee_server(_noojee_server: PbxServer) -> Iterator[PbxServer]:
    """A fake Noojee PBX on a free port: a pytest-httpserver server whose other requests go to the PBX."""
    yield from _opened(_noojee_server)


@pytest.fixture
def noojee_tls_server(_noojee_tls_server: PbxServer) -> Iterator[PbxServer]:
    """The same over https; ca_file is the authority that vouches for it."""
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
