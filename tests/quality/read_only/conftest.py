"""The old PBX with its archive, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from quality.detection.read_only import ReadOnlyRun


@pytest.fixture(scope="session")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadOnlyRun]:
    """The old PBX of the faulty migrations, with its recordings files."""
    with ReadOnlyRun(tmp_path_factory.mktemp("read-only")) as opened:
        yield opened
