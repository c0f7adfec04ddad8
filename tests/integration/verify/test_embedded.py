"""`noojee-contract verify` without a target checks the embedded PBX, prints a report and writes all forms of it."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from noojee_contract.engine.strategies import draw_archives
from noojee_contract.model.schemas import violations
from support.commands import environment

Contract = Callable[..., Any]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One run of everything, with all reports."""
    folder = tmp_path_factory.mktemp("whole")
    words = [
        "--random-seed",
        "7",
        "--examples",
        "8",
        "--junit",
        "r.xml",
        "--json",
        "r.jsonl",
        "--markdown",
        "r.md",
        "--html",
        "r.html",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "noojee_contract", "verify", *words],
        cwd=folder, env=environment(CI="true"), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return folder, done


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "r.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_suite_passes_on_every_dialect_of_the_embedded_pbx(whole: Any) -> None:
    """Exit code 0: in process, over http and over TLS, with bundled and generated calls."""
    folder, done = whole
    assert done.returncode == 0, done.stdout + done.stderr
    results = [row for row in rows(folder) if row["kind"] == "result"]
    cells = {(row["target"], row["source"]) for row in results if row["outcome"] == "passed"}
    assert {
        ("legacy", "generated"),
        ("replacement", "generated"),
        ("legacy-tls", "bundled"),
        ("replacement-http", "bundled"),
        ("services", "bundled"),
        ("calls", "bundled"),
        ("calls-by-hash", "bundled"),
    } <= cells
    assert {("legacy > replacement", "generated"), ("calls > replacement", "bundled")} <= cells
    assert all(row["checks"] > 0 for row in results if row["outcome"] == "passed")


def test_what_was_not_tested_is_listed(whole: Any) -> None:
    """The report lists each clause that no cell of a target could test, with the reason."""
    folder, done = whole
    results = [row for row in rows(folder) if row["kind"] == "result"]
    tested = {(row["clause"], row["target"]) for row in results if row["outcome"] in ("passed", "informational")}
    for row in results:
        if row["outcome"] in ("inconclusive", "not_applicable"):
            assert row["reason"]
            assert row["clause"] in done.stdout or (row["clause"], row["target"]) in tested


def test_every_line_of_the_json_report_is_valid(whole: Any) -> None:
    """`schemas/own/report.schema.json`."""
    folder, _ = whole
    for row in rows(folder):
        assert violations(row, "own/report") == []


def test_the_junit_report_counts_what_the_json_report_counts(whole: Any) -> None:
    """CI reads JUnit, programs read JSON lines."""
    folder, _ = whole
    cases = ET.parse(folder / "r.xml").getroot().iter("testcase")
    pairs = {(row["clause"], row["target"]) for row in rows(folder) if row["kind"] == "result"}
    assert len(list(cases)) == len(pairs)


def test_plain_lines_are_printed_without_a_terminal(whole: Any) -> None:
    """No escape sequences in a log."""
    _, done = whole
    assert "\x1b" not in done.stdout + done.stderr


def test_one_random_seed_always_gives_the_same_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """With CI=true Hypothesis would repeat the same examples for every random seed."""
    monkeypatch.setenv("CI", "true")
    assert draw_archives(5, 1) == draw_archives(5, 1)
    assert draw_archives(5, 1) != draw_archives(5, 2)


def test_the_random_seed_of_a_run_is_used_in_ci(contract: Contract, tmp_path: Path) -> None:
    """The report names the random seed that the flag sets."""
    words = ("verify", "--only", "metadata.by-tag-answered", "--examples", "3", "--random-seed")
    for seed in ("1", "2"):
        ran = contract(*words, seed, "--json", f"{seed}.jsonl", CI="true")
        assert ran.code == 0, ran.out + ran.err
        header = json.loads((tmp_path / f"{seed}.jsonl").read_text().splitlines()[0])
        assert header["random_seed"] == int(seed)


def test_reports_are_written_though_nobody_reads_the_whole_output(tmp_path: Path) -> None:
    """`noojee-contract verify --html report.html | head -1`: the page is whole, and nothing complains."""
    words = "verify --smoke --only 'metadata.*' --html report.html"
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m noojee_contract {words} | head -c 10; echo ${{PIPESTATUS[0]}}"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.endswith("\n0\n") or done.stdout.endswith("0\n"), done.stdout
    assert "Traceback" not in done.stderr
    assert (tmp_path / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
