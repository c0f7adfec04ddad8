"""pytest fixtures for tests of clients: a PBX in this process, and one on a socket.

Each test gets its own PBX with a frozen clock, and fails if the fake has an unexpected exception. The marker `noojee`
sets up the PBX of a test:

    @pytest.mark.noojee(
        version="4.8", profile={"tag_selects": "legs"}, archive="calls.json", now="2026-11-24T09:30:00+11:00"
    )

A test module or a conftest.py can define fixtures with a wider scope, which keep their calls between tests:

    from noojee_fake import pbx_fixture, server_fixture

    shared_pbx = pbx_fixture(scope="module", archive="calls.json")
    shared_server = server_fixture(scope="session", tls=True)

The libraries of a fixture are loaded when it is first used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

import pytest

if TYPE_CHECKING:
    from noojee_fake.client.types import PbxSettings
    from noojee_fake.testing.embedded import EmbeddedPbx
    from noojee_fake.testing.server import PbxServer

Scope = Literal["function", "class", "module", "package", "session"]
"""How long a fixture lives."""

MARK = "noojee"
SETTINGS = ("version", "profile", "archive", "now", "time_zone", "dialects", "directory")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", f"{MARK}({', '.join(SETTINGS)}): how the fake PBX of a test is set up")


def pbx_fixture(*, scope: Scope = "module", **settings: Unpack[PbxSettings]) -> Any:
    """A fixture like `noojee_pbx` for all tests of a scope: assign it to the name of the fixture.

    Its tests share calls, clock and limits; `sandbox.reset()` empties it. `settings` are those of `EmbeddedPbx`, and
    the marker `noojee` of a module or class overrides them. A relative name of an archive is relative to the test
    module; with a scope beyond the module, to the root folder of pytest.
    """

    @pytest.fixture(scope=scope)
    def shared_pbx(request: pytest.FixtureRequest) -> Iterator[EmbeddedPbx]:
        """A fake Noojee PBX in this process that tests share."""
        from noojee_fake.testing.embedded import EmbeddedPbx

        with EmbeddedPbx(**_settings(request, settings)) as pbx:
            yield pbx
            pbx.check()

    return shared_pbx


def server_fixture(*, scope: Scope = "module", tls: bool = False, **settings: Unpack[PbxSettings]) -> Any:
    """A fixture like `noojee_server` for all tests of a scope; with `tls`, like `noojee_tls_server`.

    See `pbx_fixture`.
    """

    @pytest.fixture(scope=scope)
    def shared_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PbxServer]:
        """A fake Noojee PBX on a free port that tests share."""
        from noojee_fake.testing.server import PbxServer, tls_server

        made = tls_server(tmp_path_factory.mktemp("noojee") / "ca.pem") if tls else PbxServer()
        with made as server:
            yield from _opened(server, _settings(request, settings))

    return shared_server


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


def _settings(request: pytest.FixtureRequest, defaults: PbxSettings | None = None) -> PbxSettings:
    """The settings of the closest marker over the defaults, with the path of the archive file."""
    settings: Any = {**(defaults or {}), **_marked(request)}
    if isinstance(settings.get("archive"), (str, Path)):
        beyond_a_module = request.scope in ("package", "session")
        folder = request.config.rootpath if beyond_a_module else request.path.parent
        settings["archive"] = folder / settings["archive"]
    chosen: PbxSettings = settings
    return chosen


def _marked(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """The settings of the closest marker. Raises UsageError for an unknown one."""
    mark = request.node.get_closest_marker(MARK)
    if mark is None:
        return {}
    unknown = [name for name in mark.kwargs if name not in SETTINGS]
    if mark.args or unknown:
        what = ", ".join(unknown) or "a value without a name"
        raise pytest.UsageError(f"{request.node.nodeid}: the marker {MARK} takes {', '.join(SETTINGS)}, not {what}")
    settings: Mapping[str, Any] = mark.kwargs
    return settings


def _opened(server: PbxServer, settings: PbxSettings) -> Iterator[PbxServer]:
    server.open(**settings)
    try:
        yield server
        server.check()
    finally:
        server.clear()
