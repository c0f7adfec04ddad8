"""The tutorial is correct: its commands run unchanged, and print the lines that it shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from support.commands import environment

ROOT = Path(__file__).parents[3]
TUTORIAL = ROOT / "docs" / "tutorial"
END_JOBS = "trap 'for job in $(jobs -p); do kill $job; done' EXIT"
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", (TUTORIAL / page).read_text(encoding="utf-8"), re.S | re.M)


def run(script: str, folder: Path) -> str:
    """The output of a script in bash, which must succeed."""
    command = ["bash", "-euo", "pipefail", "-c", f"{END_JOBS}\n{script}"]
    process = subprocess.run(
        command, cwd=folder, env=environment(PATH=PATH), capture_output=True, text=True, timeout=120, check=False
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def test_verify_in_five_minutes(tmp_path: Path) -> None:
    """All commands but the installation; each line that the page shows is printed, in this order."""
    shutil.copytree(ROOT / "fixtures" / "archives" / "synthetic", tmp_path / "fixtures" / "archives" / "synthetic")
    install, *commands = blocks("verify.md", "sh")
    assert "pip" in install
    printed = iter(run("".join(commands), tmp_path).splitlines())
    shown = "".join(blocks("verify.md", "text")).splitlines()
    assert len(shown) == 4
    assert all(any(line.startswith(each) for line in printed) for each in shown)
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_first_test_with_the_fake(tmp_path: Path) -> None:
    """Each Python block is a file with its name in the first line; the last block runs the tests."""
    for text in blocks("pytest.md", "python"):
        (tmp_path / text.split("\n", 1)[0].removeprefix("# ")).write_text(text, encoding="utf-8")
    (command,) = blocks("pytest.md", "sh")
    assert "1 passed" in run(command, tmp_path)
