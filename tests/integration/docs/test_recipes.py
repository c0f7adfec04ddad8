"""The recipes are correct: their code runs unchanged, and prints the shown output."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from noojee_fake import ControlClient, ServerProcess
from support.commands import PATH, environment, needs_curl
from support.node import needs_node

GUIDES = Path(__file__).parents[3] / "docs" / "guides"


def blocks(name: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page, each with its language."""
    return re.findall(r"^```(\w+)\n(.*?)^```", (GUIDES / name).read_text(encoding="utf-8"), re.S | re.M)


def run(script: str, folder: Path, **variables: str) -> str:
    """The output of a script. All processes that it started end with it."""
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=environment(PATH=PATH, **variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )  # fmt: skip
    try:
        out, _ = process.communicate(timeout=120)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, out
    return out


@pytest.mark.parametrize("name", ["curl.md", "clients.md"])
def test_curl_recipe_prints_the_shown_output(name: str, tmp_path: Path) -> None:
    """The sh blocks are one script; the text blocks are its whole output."""
    found = blocks(name)
    assert {language for language, _ in found} >= {"sh", "text"}
    shown = "".join(text for language, text in found if language == "text")
    assert run("".join(text for language, text in found if language == "sh"), tmp_path) == shown


def write_files(name: str, language: str, folder: Path) -> str:
    """Write the blocks of a language to the files that their first lines name. Returns their texts."""
    texts = [text for found, text in blocks(name) if found == language]
    for text in texts:
        file = text.split("\n", 1)[0].lstrip("#/ ").removesuffix(" (continued)")
        with (folder / file).open("a", encoding="utf-8") as written:
            written.write(text)
    return "".join(texts)


@pytest.mark.parametrize("name", ["python.md", "http-clients.md"])
def test_python_recipe_passes(name: str, tmp_path: Path) -> None:
    """Each Python block is a file with its name in the first line; the last block runs the tests."""
    text = write_files(name, "python", tmp_path)
    (command,) = [text for language, text in blocks(name) if language == "sh"]
    out = run(command, tmp_path)
    tests = len(re.findall(r"^(?:async )?def test_", text, re.M))
    assert f"{tests} passed" in out


@needs_node
def test_node_recipe_passes(tmp_path: Path) -> None:
    """A team's tests in Node: two files, sixteen tests of a file at a time, each with a sandbox of its own."""
    write_files("node.md", "js", tmp_path)
    tests = (tmp_path / "recordings.test.mjs").read_text(encoding="utf-8")
    (tmp_path / "more.test.mjs").write_text(tests, encoding="utf-8")
    (command,) = [text for language, text in blocks("node.md") if language == "sh"]
    with ServerProcess() as server:
        out = run(command, tmp_path, NOOJEE_URL=server.base_url)
        with ControlClient(server.base_url) as control:
            assert control.names() == ["default"]
            assert control.sandbox().journal() == []
    assert re.search(r"^# pass 64$|^ℹ pass 64$", out, re.M), out


@pytest.mark.parametrize("name", ["curl.md", "python.md", "http-clients.md", "node.md", "record.md", "share-report.md"])
def test_recipe_is_short(name: str) -> None:
    """A recipe has fewer than 100 lines."""
    assert len((GUIDES / name).read_text(encoding="utf-8").splitlines()) < 100


@pytest.mark.parametrize("name", ["record.md", "share-report.md"])
def test_traffic_recipe_prints_the_shown_output(name: str, tmp_path: Path) -> None:
    """The sh blocks are one script; the text blocks are the output of its commands."""
    found = blocks(name)
    assert {language for language, _ in found} == {"sh", "text"}
    shown = "".join(text for language, text in found if language == "text")
    out = run("".join(text for language, text in found if language == "sh"), tmp_path)
    assert shown in out


@needs_curl
def test_replay_guide_prints_the_shown_output(tmp_path: Path) -> None:
    """The sh blocks are one script, and the python blocks are files.

    The lines of the text block are a part of the output.
    """
    write_files("replay.md", "python", tmp_path)
    found = blocks("replay.md")
    assert {language for language, _ in found} == {"sh", "text", "python"}
    out = run("".join(text for language, text in found if language == "sh"), tmp_path)
    shown = "".join(text for language, text in found if language == "text").splitlines()
    assert set(shown) <= set(out.splitlines())
    assert ("2 passed" in out, "PASSED  Nothing failed" in out) == (True, True)
    first, again = (json.loads((tmp_path / name).read_text(encoding="utf-8")) for name in ("answer.json", "again.json"))
    assert [leg["Duration"] for leg in again] == [leg["Duration"] for leg in first]
    assert first[0]["Source"] not in (tmp_path / "day.jsonl").read_text(encoding="utf-8")
