"""Servers for the tests of `noojee-fake serve`: started in the folder of the test, and ended with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from noojee_fake.errors import StartError
from noojee_fake.testing.process import ServerProcess
from support.commands import environment

ServeFixture = Callable[..., ServerProcess]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[ServeFixture]:
    """Starts a server with flags and environment variables."""
    started: list[ServerProcess] = []

    def start(*flags: str, **variables: str) -> ServerProcess:
        started.append(ServerProcess(*flags, folder=tmp_path, environment=environment(**variables)).start())
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., str]:
    """The one line of a server that does not start: exit 2, nothing on standard output."""

    def start(*flags: str, **variables: str) -> str:
        server = ServerProcess(*flags, folder=tmp_path, environment=environment(**variables))
        with pytest.raises(StartError) as error:
            server.start()
        assert (error.value.exit_code, error.value.output) == (2, "")
        assert error.value.log.count("\n") == 1, error.value.log
        return error.value.log

    return start
