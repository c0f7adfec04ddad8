"""pytest fixtures for tests of clients: a PBX in this process, and one on a socket.

Each test gets its own PBX with a frozen clock, and fails if the fake has an unexpected exception. The marker `noojee`
sets up the PBX of a test:

    @pytest.mark.noojee(version="4.8", profile={"tag_selects": "legs"}, archive="calls.json", now="2026-11-24T09:30:00+11:00")

The libraries of a fixture are loaded when it is first used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from noojee_fake.testing.embedded import EmbeddedPbx
    from noojee_fake.testing.server import PbxServer


MARK = "noojee"
SETTINGS = ("version", "profile", "archive", "now", "time_zone", "dialects", "directory")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", f"{MARK}({', '.join(SETTINGS)}): how the fake PBX of a test is set up")


@pytest.fixture
def noojee_pbx(request: pytest.FixtureRequest) -> Iterator[EmbeddedPbx]:
    """A fake Noojee PBX in this process: client, transport, base_url, api_key, and sandbox to control it."""
    from noojee_fake.testing.embedded import EmbeddedPbx

    with EmbeddedPbx(**_settings(request)) as pbx:
        yield pbx
        pbx.check()


@pytest.fixture
def noojee_server(_noojee_server: PbxServer, request: pytest.FixtureRequest) -> Iterator[PbxServer]:
    """A fake Noojee PBX on a free port: a pytest-httpserver server that answers other requests like the PBX."""
    yield from _opened(_noojee_server, _settings(request))


@pytest.fixture
def noojee_tls_server(_noojee_tls_server: PbxServer, request: pytest.FixtureRequest) -> Iterator[PbxServer]:
    """A fake Noojee PBX over https on a free port; ca_file is its certificate authority."""
    yield from _opened(_noojee_tls_server, _settings(request))


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


def _settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The settings of the closest marker. A name of an archive file is relative to the file of the test."""
    mark = request.node.get_closest_marker(MARK)
    if mark is None:
        return {}
    unknown = [name for name in mark.kwargs if name not in SETTINGS]
    if mark.args or unknown:
        what = ", ".join(unknown) or "a value without a name"
        raise pytest.UsageError(f"{request.node.nodeid}: the marker {MARK} takes {', '.join(SETTINGS)}, not {what}")
    settings = dict(mark.kwargs)
    if isinstance(settings.get("archive"), (str, Path)):
        settings["archive"] = request.path.parent / settings["archive"]
    return settings


def _opened(server: PbxServer, settings: dict[str, Any]) -> Iterator[PbxServer]:
    server.open(**settings)
    try:
        yield server
        server.check()
    finally:
        server.clear()
