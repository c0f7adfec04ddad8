"""Reports of fixed runs: what they say first, that they hold everything, and that hostile text breaks none of them."""

from __future__ import annotations

import dataclasses
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from noojee_contract.errors import ContractError, TargetError
from noojee_contract.model.result import Report
from noojee_contract.model.schemas import violations
from noojee_contract.report import jsonlines, junit, markdown, terminal, writing
from noojee_contract.report.html import page as html

RUNS = ("good", "broken", "not_proved", "not_reached")
WRITERS: dict[str, Callable[[Report], str]] = {
    "terminal": terminal.render, "junit": junit.render, "markdown": markdown.render, "json": jsonlines.render, "html": html.render,
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("writer", sorted(set(WRITERS) - {"html"}))
def test_a_report_is_what_it_was(
    writer: str, name: str, request: pytest.FixtureRequest, snapshot: SnapshotAssertion
) -> None:
    """Snapshots of our own reports: a change of words or order is seen."""
    assert WRITERS[writer](request.getfixturevalue(name)) == snapshot


@pytest.mark.parametrize("name", RUNS)
def test_the_page_is_what_it_was(name: str, request: pytest.FixtureRequest, snapshot: SnapshotAssertion) -> None:
    """The body of the HTML page; style and script change for other reasons."""
    page = html.render(request.getfixturevalue(name))
    assert re.sub(r"<style>.*?</style>|<script>.*?</script>|'sha256-[^']*'", "", page, flags=re.S) == snapshot


@pytest.mark.parametrize(("name", "word"), list(zip(RUNS, ("good", "error", "not proved", "not reached"), strict=True)))
@pytest.mark.parametrize("writer", ["terminal", "markdown"])
def test_the_verdict_comes_first(writer: str, name: str, word: str, request: pytest.FixtureRequest) -> None:
    """Whether it is good, then how much was checked, then what was not proved, then what is broken."""
    text = WRITERS[writer](request.getfixturevalue(name))
    assert word in text.splitlines()[0].lower()
    if name == "broken":
        places = [
            text.lower().index(words)
            for words in ("checks", "not proved", "worst first", "known deviations", "observed, where")
        ]
        assert places == sorted(places)


@pytest.mark.parametrize("name", RUNS)
def test_a_json_report_is_read_back(name: str, request: pytest.FixtureRequest) -> None:
    """Nothing is lost, and each line is valid by its schema."""
    run: Report = request.getfixturevalue(name)
    text = jsonlines.render(run)
    again = jsonlines.read(text)
    assert jsonlines.render(again) == text
    assert again.exit_code == run.exit_code
    for line in text.splitlines():
        assert violations(json.loads(line), "own/report") == []


@pytest.mark.parametrize("cut", [1, 2, 5])
def test_a_report_that_was_cut_off_is_refused(cut: int, broken: Report) -> None:
    """A footer that is missing, or counts other results."""
    lines = jsonlines.render(broken).splitlines()
    with pytest.raises(TargetError, match="cut off"):
        jsonlines.read("\n".join(lines[:-cut]))
    with pytest.raises(TargetError, match="cut off"):
        jsonlines.read("\n".join([lines[0], *lines[2:]]))


@pytest.mark.parametrize("text", ["", "{}", "hello", "[]", '{"kind":"header"}', "null"])
def test_what_is_no_report_is_refused(text: str) -> None:
    """In one line."""
    with pytest.raises(TargetError):
        jsonlines.read(text)


def test_junit_counts_what_it_holds(broken: Report) -> None:
    """Each suite's numbers are those of its cases; cells of a clause are one case."""
    root = ET.fromstring(junit.render(broken))
    assert int(root.attrib["tests"]) == len(broken.merged())
    for suite in root:
        cases = suite.findall("testcase")
        for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[kind]) == sum(case.find(tag) is not None for case in cases)
        assert int(suite.attrib["tests"]) == len(cases)
    (case,) = root.findall("./testsuite[@name='staging']/testcase[@name='metadata.tag']")
    failure = case.find("failure")
    assert failure is not None
    assert "noojee-contract verify staging --only metadata.tag" in (failure.text or "")


@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_a_run_without_targets_is_no_report(writer: str, good: Report) -> None:
    """Nothing is not green."""
    if writer != "json":
        with pytest.raises(ContractError):
            WRITERS[writer](dataclasses.replace(good, targets=[]))


def test_the_terminal_is_not_driven_by_what_it_shows(broken: Report) -> None:
    """Escape sequences, NUL and signs that turn text round are shown as escapes."""
    plain = terminal.render(broken)
    assert "\x1b" not in plain
    assert "\x00" not in plain
    assert "\u202e" not in plain
    assert "\\x1b[31m" in plain
    assert "\x1b[" in terminal.render(broken, colour=True)


def test_markdown_shows_hostile_text_as_text(broken: Report) -> None:
    """Outside of code blocks no tag is left open."""
    outside = re.sub(r"```+.*?```+", "", markdown.render(broken), flags=re.S)
    assert "<script>" not in outside
    assert set(re.findall(r"(?<!\\)</?([a-z]+)", outside)) <= {"details", "summary"}


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """What is there stays until the new one is whole; nothing else is left behind."""
    path = tmp_path / "report.html"
    path.write_text("old")
    writing.ensure_writable(path)
    assert path.read_text() == "old"
    writing.write(path, "new \ud800")
    assert path.read_text() == "new \\ud800"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(TargetError, match="no folder"):
        writing.ensure_writable(tmp_path / "none" / "report.html")
    with pytest.raises(TargetError, match="is a folder"):
        writing.ensure_writable(tmp_path)
