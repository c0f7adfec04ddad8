"""What a test needs to run commands as users do: the environment, and the programs of the machine."""

from __future__ import annotations

import os
import shutil

import pytest

needs_curl = pytest.mark.skipif(
    (shutil.which("curl") is None or shutil.which("bash") is None) and not os.environ.get("CI"),
    reason="needs bash and curl",
)


def environment(**variables: str) -> dict[str, str]:
    """The variables of this process without those of pytest and its coverage plugin, and some more."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    return kept | variables
