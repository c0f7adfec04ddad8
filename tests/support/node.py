"""Programs of Node for tests: `node` itself, and the programs of npm packages that `.ci/package.json` names."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.commands import environment

PACKAGES = Path(__file__).parents[2] / ".ci" / "node_modules"
NODE = shutil.which("node") or "node"
IN_CI = bool(os.environ.get("CI"))

needs_node = pytest.mark.skipif(shutil.which("node") is None and not IN_CI, reason="needs node")
needs_npm_packages = pytest.mark.skipif(
    not PACKAGES.is_dir() and not IN_CI, reason="needs npm packages: run npm ci --prefix .ci"
)


def npm_program(name: str) -> str:
    """The program of an npm package."""
    return str(PACKAGES / ".bin" / name)


def run(words: Sequence[str], folder: Path, **variables: str) -> str:
    """Run a program in a folder. Returns its output. Raises AssertionError, with the output, if it fails."""
    done = subprocess.run(
        words, cwd=folder, env=environment(**variables), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{words[0]} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
