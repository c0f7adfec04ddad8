"""The tests of what a client sees of calls and sound run on both stores: one PBX in memory, one on a state file."""

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
    "test_seeds",
    "test_sound_ages",
    "test_storage_rules",
    "test_stored_sound",
    "test_switches",
}

_on_disk: list[Sandboxes] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Both stores for the modules named above, where they ask a PBX."""
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
    """The caller of a fresh default sandbox, as for all tests, or the same with its calls in a file of its own."""
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
    """No state file stays open after the test that made it."""
    yield
    while _on_disk:
        _on_disk.pop().close()
