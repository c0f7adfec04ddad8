"""What a test needs to run commands as users do: the environment, programs, a free port, waiting for a server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

needs_curl = pytest.mark.skipif(
    (shutil.which("curl") is None or shutil.which("bash") is None) and not os.environ.get("CI"),
    reason="needs bash and curl",
)

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
"""The programs of the tested Python, and those of the machine."""


def environment(**variables: str) -> dict[str, str]:
    """The variables of this process without those of pytest and its coverage plugin, and some more."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    return kept | variables


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[str], *, seconds: float = 30) -> None:
    """Wait until a process is ready. Raises AssertionError if it ends before, or at the deadline."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.001)
