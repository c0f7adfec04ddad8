"""JUnit XML of a run that did not pass has a failure or an error: CI systems read a file without one as a success."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Report
from noojee_contract.report import junit


def errors(report: Report) -> dict[tuple[str, str], str]:
    """The message of each error, by suite and case."""
    root = ET.fromstring(junit.render(report))
    found = {
        (suite.attrib["name"], case.attrib["name"]): error.attrib["message"]
        for suite in root
        for case in suite.findall("testcase")
        for error in case.findall("error")
    }
    assert int(root.attrib["errors"]) == len(found)
    assert sum(int(suite.attrib["errors"]) for suite in root) == len(found)
    return found


def test_a_missing_required_clause_is_an_error(inconclusive_run: Report) -> None:
    """Each (target, clause) that the verdict names, with the reason where the clause ran."""
    found = errors(inconclusive_run)
    assert set(inconclusive_run.missing) <= set(found)
    for result in inconclusive_run.results:
        if (result.target, result.clause) in inconclusive_run.missing and result.reason:
            assert result.reason in found[result.target, result.clause]


def test_a_required_clause_that_was_not_run_is_an_error(passed_run: Report) -> None:
    """It has a case of its own, because it has no result."""
    target = passed_run.targets[0].name
    missing = [(target, "by-hour.limit"), (target, "the claimed capability audio (no clause used it)")]
    assert set(errors(replace(passed_run, missing=missing))) == set(missing)


def test_a_missing_clause_of_a_migration_is_an_error(passed_run: Report) -> None:
    """A migration of which no clause ran has no row among the targets."""
    missing = [("old -> new", "migration.sound"), ("old -> new", "migration.legs")]
    found = errors(replace(passed_run, missing=missing))
    assert set(found) == {("run", f"{clause} on {pair}") for pair, clause in missing}


def test_a_failure_is_shown_next_to_an_internal_error(failed_run: Report) -> None:
    """The verdict is about the failure, but of several call sources the error is the outcome of the clause."""
    failed = next(result for result in failed_run.results if result.failure is not None)
    broken = replace(failed, source="generated", outcome=Outcome.ERROR, failure=None, reason="KeyError: 'x'")
    text = junit.render(replace(failed_run, results=[failed, broken], missing=[]))
    (error,) = ET.fromstring(text).iter("error")
    assert error.attrib["message"] == "KeyError: 'x'"
    assert "bundled: failed: expected leg 1 of '1773190799.2', got no leg" in (error.text or "")


def test_a_missing_clause_is_counted_once(inconclusive_run: Report) -> None:
    """As an error, and not as skipped."""
    root = ET.fromstring(junit.render(inconclusive_run))
    for suite in root:
        for kind, tag in (("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[kind]) == len(suite.findall(f"testcase/{tag}"))
        assert all(len(case.findall("error") + case.findall("skipped")) <= 1 for case in suite.iter("testcase"))


def test_a_run_in_which_nothing_passed_is_an_error(passed_run: Report) -> None:
    """Nothing is required, but nothing was tested either."""
    results = [replace(result, outcome=Outcome.NOT_APPLICABLE, checks=0) for result in passed_run.results]
    assert set(errors(replace(passed_run, results=results))) == {("run", "inconclusive")}


def test_an_incomplete_run_is_an_error(passed_run: Report, failed_run: Report) -> None:
    """Some clauses have no result, whether others failed or not."""
    assert set(errors(replace(passed_run, complete=False))) == {("run", "incomplete")}
    assert ("run", "failed") in errors(replace(failed_run, complete=False))


def test_an_unreachable_target_is_an_error(unreachable_run: Report) -> None:
    """The suite of the target has it."""
    assert set(errors(unreachable_run)) == {(name, "reachable") for name, _ in unreachable_run.unreachable}


def test_a_run_that_cannot_begin_is_an_error() -> None:
    """The message of the refusal, escaped."""
    root = ET.fromstring(junit.render_refused("noojee-contract 1", "no <target> \x00", started="2026-11-23T12:00:00Z"))
    (error,) = root.findall("./testsuite[@errors='1']/testcase/error")
    assert error.attrib["message"].startswith("no <target>")
    assert (root.attrib["tests"], root.attrib["errors"]) == ("1", "1")


@pytest.mark.parametrize("name", ["passed_run", "failed_run", "inconclusive_run", "unreachable_run"])
def test_junit_is_red_exactly_when_the_run_is(name: str, request: pytest.FixtureRequest) -> None:
    """Failures and errors together, for each exit code."""
    report: Report = request.getfixturevalue(name)
    root = ET.fromstring(junit.render(report))
    assert bool(int(root.attrib["failures"]) + int(root.attrib["errors"])) == bool(report.exit_code)
