"""Reports of fixed runs: the verdict comes first, nothing is lost, and hostile text breaks none of them."""

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
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Report
from noojee_contract.model.schemas import violations
from noojee_contract.report import jsonlines, junit, markdown, terminal, writing
from noojee_contract.report.html import page as html
from noojee_contract.report.summary import count_of, summarize

RUNS = ("passed_run", "failed_run", "inconclusive_run", "unreachable_run")
VERDICTS = ("PASSED", "FAILED", "INCONCLUSIVE", "UNREACHABLE")
WRITERS: dict[str, Callable[[Report], str]] = {
    "terminal": terminal.render, "junit": junit.render, "markdown": markdown.render, "json": jsonlines.render,
    "html": html.render,
}  # fmt: skip


def written(writer: str, report: Report) -> str:
    """A report, without the style and script of the HTML page."""
    text = WRITERS[writer](report)
    return re.sub(r"<style>.*?</style>|<script>.*?</script>|'sha256-[^']*'", "", text, flags=re.S)


@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_a_report_is_unchanged(writer: str, failed_run: Report, snapshot: SnapshotAssertion) -> None:
    """Snapshots of reports show a change of words or order."""
    assert written(writer, failed_run) == snapshot


@pytest.mark.parametrize("name", [name for name in RUNS if name != "failed_run"])
@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_a_report_of_another_run_differs_in_these_lines(
    writer: str, name: str, failed_run: Report, request: pytest.FixtureRequest, snapshot: SnapshotAssertion
) -> None:
    """The lines that the report of the failed run does not have."""
    known = set(written(writer, failed_run).splitlines())
    lines = written(writer, request.getfixturevalue(name)).splitlines()
    assert "\n".join(line for line in lines if line not in known) == snapshot


@pytest.mark.parametrize(("name", "verdict"), list(zip(RUNS, VERDICTS, strict=True)))
@pytest.mark.parametrize("writer", ["terminal", "markdown"])
def test_the_verdict_comes_first(writer: str, name: str, verdict: str, request: pytest.FixtureRequest) -> None:
    """Then how much was checked, then failures worst first, then the rest, then how to repeat."""
    text = WRITERS[writer](request.getfixturevalue(name))
    assert text.splitlines()[0].removeprefix("# ").startswith(verdict)
    if name == "failed_run":
        headings = (
            " checks, ",
            "Required clauses",
            "worst first",
            "Internal errors",
            "Not tested",
            "Expected failures",
            "Informational",
            "Repeat with",
        )
        places = [text.index(words) for words in headings]
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


def test_a_result_row_holds_plain_values(failed_run: Report) -> None:
    """Workers of pytest-xdist send rows by execnet, which refuses enums and other subclasses."""
    plain = (str, int, float, bool, type(None), dict, list)
    values = [jsonlines.result_row(result) for result in failed_run.results]
    while values:
        value = values.pop()
        assert type(value) in plain, value
        values += value.values() if isinstance(value, dict) else value if isinstance(value, list) else []


@pytest.mark.parametrize("cut", [1, 2, 5])
def test_a_report_that_was_cut_off_is_refused(cut: int, failed_run: Report) -> None:
    """A footer that is missing, or counts other results."""
    lines = jsonlines.render(failed_run).splitlines()
    with pytest.raises(TargetError, match="cut off"):
        jsonlines.read("\n".join(lines[:-cut]))
    with pytest.raises(TargetError, match="cut off"):
        jsonlines.read("\n".join([lines[0], *lines[2:]]))


@pytest.mark.parametrize("text", ["", "{}", "hello", "[]", '{"kind":"header"}', "null"])
def test_text_that_is_not_a_report_is_refused(text: str) -> None:
    """The error is one line."""
    with pytest.raises(TargetError) as raised:
        jsonlines.read(text)
    assert "\n" not in str(raised.value)


def test_an_old_format_is_refused(passed_run: Report) -> None:
    """The error names the old and the new format in one line."""
    text = jsonlines.render(passed_run).replace("noojee-report/2", "noojee-report/1")
    with pytest.raises(TargetError, match=r"\Athe report has the format noojee-report/1; .* noojee-report/2: .*\Z"):
        jsonlines.read(text)


def test_junit_counts_its_cases(failed_run: Report) -> None:
    """The numbers of a suite are those of its cases. Call sources of a clause share a case."""
    root = ET.fromstring(junit.render(failed_run))
    assert int(root.attrib["tests"]) == len(failed_run.merged())
    for suite in root:
        cases = suite.findall("testcase")
        for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[kind]) == sum(case.find(tag) is not None for case in cases)
        assert int(suite.attrib["tests"]) == len(cases)
    (case,) = root.findall("./testsuite[@name='staging']/testcase[@name='metadata.tag']")
    failure = case.find("failure")
    assert failure is not None
    assert "noojee-contract verify staging --only metadata.tag" in (failure.text or "")
    assert failure.attrib["type"] == "missing_leg"
    properties = {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")}
    assert properties["field"] == "Leg"
    assert properties["expected"] == "leg 1 of '1773190799.2'"
    (case,) = root.findall("./testsuite[@name='staging']/testcase[@name='audio.labelled']")
    properties = {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")}
    assert (properties["kind"], properties["header"], properties["actual"]) == (
        "wrong_header",
        "Content-Type",
        "text/html",
    )


def test_json_lines_carry_the_parts_of_a_failure(failed_run: Report) -> None:
    """Kind, field, header, option, expected and actual are values of their own."""
    rows = [json.loads(line) for line in jsonlines.render(failed_run).splitlines()]
    failure = next(row["failure"] for row in rows if row.get("clause") == "audio.labelled")
    assert [failure[name] for name in ("kind", "field", "header", "option", "expected", "actual")] == [
        "wrong_header", None, "Content-Type", None, "audio/wav", "text/html",
    ]  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_numbers_agree_in_all_formats(name: str, request: pytest.FixtureRequest) -> None:
    """JUnit, JSON footer, terminal, Markdown and HTML state the same totals, which add up."""
    report: Report = request.getfixturevalue(name)
    totals, counts = report.totals(), report.counts()
    assert sum(counts.values()) == totals.outcomes
    footer = json.loads(jsonlines.render(report).splitlines()[-1])
    assert {key: footer[key] for key in dataclasses.asdict(totals)} == dataclasses.asdict(totals)
    assert footer["counts"] == {str(outcome): count for outcome, count in counts.items()}
    root = ET.fromstring(junit.render(report))
    assert int(root.attrib["tests"]) == totals.outcomes + len(report.unreachable)
    assert int(root.attrib["failures"]) == counts.get(Outcome.FAILED, 0)
    assert int(root.attrib["errors"]) == counts.get(Outcome.ERROR, 0) + len(report.unreachable) + len(report.missing)
    checks = sum(int(each.attrib["value"]) for each in root.iter("property") if each.attrib["name"] == "checks")
    assert checks == totals.checks
    requests = root.findall("./testsuite/properties/property[@name='requests']")
    assert sum(int(each.attrib["value"]) for each in requests) == totals.requests
    for writer in ("terminal", "markdown", "html"):
        text = WRITERS[writer](report)
        assert summarize(report).checked in text
        assert count_of(totals.outcomes, "outcome") in text or not counts
    checked = summarize(report).checked
    for number, noun in (
        (totals.clauses, "clause"), (totals.targets, "target"), (totals.migrations, "migration"),
        (totals.results, "result"), (totals.checks, "check"), (totals.requests, "request"),
    ):  # fmt: skip
        assert count_of(number, noun) in checked


@pytest.mark.parametrize("writer", sorted(set(WRITERS) - {"json"}))
def test_a_random_seed_needs_generated_archives(writer: str, failed_run: Report, passed_run: Report) -> None:
    """Without generated calls the seed means nothing, so no report for people names it."""
    words = re.compile(r"random.seed", re.IGNORECASE)
    assert words.search(WRITERS[writer](failed_run))
    assert not words.search(WRITERS[writer](passed_run))


@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_a_run_without_targets_is_refused(writer: str, passed_run: Report) -> None:
    """An empty run never passes."""
    if writer != "json":
        with pytest.raises(ContractError):
            WRITERS[writer](dataclasses.replace(passed_run, targets=[]))


def test_control_characters_do_not_reach_the_terminal(failed_run: Report) -> None:
    """Escape sequences, NUL and characters that reverse text are shown as escapes."""
    plain = terminal.render(failed_run)
    assert "\x1b" not in plain
    assert "\x00" not in plain
    assert "\u202e" not in plain
    assert "\\x1b[31m" in plain
    assert "\x1b[" in terminal.render(failed_run, colour=True)


def test_markdown_shows_hostile_text_as_text(failed_run: Report) -> None:
    """Outside of code blocks there are no tags but our own."""
    outside = re.sub(r"```+.*?```+", "", markdown.render(failed_run), flags=re.S)
    assert "<script>" not in outside
    assert set(re.findall(r"(?<!\\)</?([a-z]+)", outside)) <= {"details", "summary"}


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """The old file stays until the new one is complete, and no temporary file remains."""
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
