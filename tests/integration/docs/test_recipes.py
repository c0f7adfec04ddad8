"""The recipes do what they say: their code runs as it stands, and prints what they show."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def blocks(name: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page, each with its language."""
    return re.findall(r"^```(\w+)\n(.*?)^```", (DOCS / name).read_text(encoding="utf-8"), re.S | re.M)


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    return kept | {"PATH": PATH}


def run(script: str, folder: Path) -> str:
    """What a script prints; whatever it has started is ended with it."""
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        out, _ = process.communicate(timeout=120)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, out
    return out


def test_the_recipe_over_curl_prints_what_it_shows(tmp_path: Path) -> None:
    """All blocks are one script; what is shown after a block is what it prints, and nothing else is printed."""
    found = blocks("recipe-curl.md")
    assert {language for language, _ in found} == {"sh", "text"}
    shown = "".join(text for language, text in found if language == "text")
    assert run("".join(text for language, text in found if language == "sh"), tmp_path) == shown


def test_the_recipe_in_python_passes(tmp_path: Path) -> None:
    """Each Python block is a file, whose name is its first line; the last block runs them."""
    found = blocks("recipe-python.md")
    files = [text for language, text in found if language == "python"]
    for text in files:
        (tmp_path / text.split("\n", 1)[0].removeprefix("# ")).write_text(text, encoding="utf-8")
    (command,) = [text for language, text in found if language == "sh"]
    out = run(command, tmp_path)
    tests = sum(text.count("\ndef test_") for text in files)
    assert f"{tests} passed" in out


@pytest.mark.parametrize("name", ["recipe-curl.md", "recipe-python.md"])
def test_a_recipe_is_short(name: str) -> None:
    """One screen; each link leads to a file, or elsewhere."""
    text = (DOCS / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) < 100
    assert all((DOCS / link).exists() for link in re.findall(r"\]\(([^)#:]+)\)", text))
