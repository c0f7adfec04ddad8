"""The package installs from a git URL and from a wheel, and works outside of the checkout, as the README says."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.commands import environment

ROOT = Path(__file__).parents[3]
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)
"""The interpreter outside of any virtual environment: it has pip."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A virtual environment, and an empty folder to run its commands in."""

    python: Path
    folder: Path

    def pip(self, *words: str) -> None:
        """Run pip on the environment."""
        run([BASE_PYTHON, "-m", "pip", "--python", str(self.python), *words, "-q"], self.folder)

    def output(self, command: str, *words: str) -> str:
        """The output of an installed command, which must succeed."""
        return run([str(self.python.with_name(command)), *words], self.folder)


def run(words: Sequence[str], folder: Path) -> str:
    done = subprocess.run(
        words, cwd=folder, env=environment(PYTHONPATH=""), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The package, installed with its dependencies from the git repository of this checkout."""
    if not (ROOT / ".git").exists() and not os.environ.get("CI"):
        pytest.skip("needs a git checkout")
    folder = tmp_path_factory.mktemp("installation")
    venv.create(folder / "venv", with_pip=False)
    installed = Installation(folder / "venv" / "bin" / "python", folder / "empty")
    installed.folder.mkdir()
    installed.pip("install", f"git+file://{ROOT}")
    return installed


def check(installed: Installation) -> None:
    """All data files are there: clauses, schemas, archives, and the embedded PBX."""
    assert "[must]" in installed.output("noojee-contract", "clauses", "metadata.start")
    assert "retrieveMetaDataByHour" in installed.output("noojee-fake", "explain", "retrieveMetaDataByHour")
    assert installed.output("noojee-contract", "verify", "--smoke").startswith("PASSED")
    installed.output("noojee-contract", "init", "own.toml")
    (installed.folder / "own.toml").unlink()
    (installed.folder / "own.schema.json").unlink()


def test_it_runs_from_a_git_url(installation: Installation) -> None:
    check(installation)


def test_it_runs_from_a_wheel(installation: Installation, tmp_path: Path) -> None:
    run([BASE_PYTHON, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(tmp_path), str(ROOT)], tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    installation.pip("install", "--force-reinstall", "--no-deps", str(wheel))
    check(installation)
