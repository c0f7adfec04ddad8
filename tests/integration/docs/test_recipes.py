"""The recipes are correct: their code runs unchanged, and prints the shown output."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import environment

GUIDES = Path(__file__).parents[3] / "docs" / "guides"
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def blocks(name: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page, each with its language."""
    return re.findall(r"^```(\w+)\n(.*?)^```", (GUIDES / name).read_text(encoding="utf-8"), re.S | re.M)


def run(script: str, folder: Path) -> str:
    """The output of a script. All processes that it started end with it."""
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=environment(PATH=PATH), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        out, _ = process.communicate(timeout=120)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, out
    return out


def test_curl_recipe_prints_the_shown_output(tmp_path: Path) -> None:
    """The sh blocks are one script; the text blocks are its whole output."""
    found = blocks("curl.md")
    assert {language for language, _ in found} == {"sh", "text"}
    shown = "".join(text for language, text in found if language == "text")
    assert run("".join(text for language, text in found if language == "sh"), tmp_path) == shown


def test_python_recipe_passes(tmp_path: Path) -> None:
    """Each Python block is a file with its name in the first line; the last block runs the tests."""
    found = blocks("python.md")
    files = [text for language, text in found if language == "python"]
    for text in files:
        (tmp_path / text.split("\n", 1)[0].removeprefix("# ")).write_text(text, encoding="utf-8")
    (command,) = [text for language, text in found if language == "sh"]
    out = run(command, tmp_path)
    tests = sum(text.count("\ndef test_") for text in files)
    assert f"{tests} passed" in out


@pytest.mark.parametrize("name", ["curl.md", "python.md"])
def test_recipe_is_short(name: str) -> None:
    """A recipe has fewer than 100 lines."""
    assert len((GUIDES / name).read_text(encoding="utf-8").splitlines()) < 100
