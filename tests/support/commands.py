"""What a test needs to run commands as users do: the environment, programs, free ports, servers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
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


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended."""

    code: int
    out: str
    err: str


def run_contract(folder: Path, *words: str, timeout: float = 120, **variables: str) -> Ran:
    """Run `noojee-contract` as its users do, in a folder, without a terminal.

    The variables are added to the environment.
    """
    done = subprocess.run(
        [sys.executable, "-m", "noojee_contract", *words],
        cwd=folder, env=environment(**variables), capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def serve_archive(server: str, archive: Mapping[str, Any]) -> tuple[str, str]:
    """Make a sandbox with these calls on a served fake. Returns its base URL and its API key."""
    answer = httpx.post(f"{server}/__noojee/sandboxes", json={"archive": archive}, trust_env=False, timeout=30)
    made = answer.raise_for_status().json()
    return f"{server}/{made['path']}", made["api_key"]
