"""What all CI systems have in common: a workspace, what is kept between runs, a shell, and the outcome of a run."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from support.commands import PATH, environment

GUIDES = Path(__file__).parents[3] / "docs" / "guides"
RECIPES = GUIDES / "ci"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine of CI: `repository` is what it checks out, `storage` is what the CI system keeps between runs."""

    repository: Path
    storage: Path
    wheels: Path

    def variables(self, **more: str) -> dict[str, str]:
        """The environment of a step: pip installs from `wheels` only, and variables of the tests are left out."""
        clean = {name: value for name, value in environment().items() if not name.startswith(("TOX_", "PYTHON"))}
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull}
        return {**clean, "PATH": PATH, "CI": "true", **pip, **more}


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """A run of a recipe. `result` is what the CI system shows; `code` is the exit code of the step that verifies."""

    workspace: Path
    artefacts: Path
    result: str = "success"
    code: int | None = None
    log: str = ""
    summary: str = ""
    steps: list[str] = field(default_factory=list)

    def shell(self, words: Iterable[str], script: str, variables: Mapping[str, str]) -> int:
        """Run a script as a shell of the CI system. Returns its exit code; its output is added to the log."""
        done = subprocess.run(
            [*words, script],
            cwd=self.workspace, env=dict(variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        self.log += done.stdout
        return done.returncode

    def texts(self) -> dict[str, str]:
        """All that a reader of the run can see: the log, the summary, each artefact."""
        files = {path.name: path.read_text(encoding="utf-8") for path in self.artefacts.rglob("*") if path.is_file()}
        return {"log": self.log, "summary": self.summary, **files}


def copy_files(pattern: str, source: Path, target: Path) -> int:
    """Copy the files of a pattern with their folders, as artefacts and caches are. Returns how many there are."""
    found = [path for path in source.glob(pattern) if path.is_file()]
    for path in found:
        (target / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / path.relative_to(source))
    return len(found)


def write_wheel(folder: Path) -> None:
    """A wheel of this project that refers to the tested packages: an install step runs offline, in a second."""
    name = f"noojee_contract-{version('noojee-contract')}"
    files = {
        "noojee_contract_tested.pth": "\n".join(entry for entry in sys.path if entry) + "\n",
        f"{name}.dist-info/METADATA": (
            f"Metadata-Version: 2.1\nName: noojee-contract\nVersion: {version('noojee-contract')}\n"
        ),
        f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}.dist-info/entry_points.txt": "[console_scripts]\nnoojee-contract = noojee_contract.cli.main:main\n",
    }
    rows = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in files.items()]
    files[f"{name}.dist-info/RECORD"] = "\n".join([*rows, f"{name}.dist-info/RECORD,,"]) + "\n"
    with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
