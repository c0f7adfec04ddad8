"""Runs the tests of the answers about calls and sound on both stores: in memory, and in a state file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from noojee_fake.pbx.clock import CountedIds
from noojee_fake.server.sandboxes import Sandboxes, build

ON_DISK_TOO = {
    "test_by_hour",
    "test_made_sound",
    "test_metadata",
    "test_published_documents",
    "test_archive_files",
    "test_sound_ages",
    "test_retention_rules",
    "test_stored_sound",
    "test_options",
}

_on_disk: list[Sandboxes] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test with `pbx` in the modules above on both stores."""
    if "pbx" in metafunc.fixturenames and metafunc.module.__name__.rpartition(".")[2] in ON_DISK_TOO:
        metafunc.parametrize("pbx", ["memory", "disk"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def pbx(
    request: pytest.FixtureRequest,
    pbx: Callable[..., Any],
    archive: Callable[..., dict[str, Any]],
    calling: Callable[[Sandboxes], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., Any]:
    """Builds a caller of a new default sandbox, with its calls in memory or in a state file of its own."""
    if getattr(request, "param", "memory") == "memory":
        return pbx
    folder, number = tmp_path_factory.mktemp("states"), count()

    def make(*calls: dict[str, Any], head: dict[str, Any] | None = None, **options: str) -> Any:
        state = folder / str(next(number))
        sandboxes = build(archive=archive(*calls, **(head or {})), profile=options, ids=CountedIds(), state=state)
        _on_disk.append(sandboxes)
        return calling(sandboxes)

    return make


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Close the state files that a test opened."""
    yield
    while _on_disk:
        _on_disk.pop().close()
