"""The report for CI: JUnit XML with a suite for each target and a case for each clause. Call sources share a case.

CI systems read a file without a failure or an error as a success. So a run that exits with another code than 0 has at
least one: a required clause that is missing is an error, and so is a run that could not begin.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping, Sequence

from noojee_contract.model.failure import Failure
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import ClauseRow, Report, Result, TargetRow
from noojee_contract.redaction.printable import escaped
from noojee_contract.report.summary import (
    Summary,
    answer_text,
    archive_text,
    commands,
    in_words,
    parts,
    request_text,
    summarize,
)

# XML 1.0 cannot hold these characters, even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
COUNTS = ("tests", "failures", "errors", "skipped")
TAGS: Mapping[Outcome, tuple[str, str]] = {
    Outcome.FAILED: ("failure", "failures"),
    Outcome.ERROR: ("error", "errors"),
    Outcome.INCONCLUSIVE: ("skipped", "skipped"),
    Outcome.NOT_APPLICABLE: ("skipped", "skipped"),
    Outcome.EXPECTED_FAILURE: ("skipped", "skipped"),
}
"""The element of a case and the attribute of a suite that counts it, by outcome; others are passes."""


RUN = "run"
"""The suite with what is wrong with the run as a whole."""
MISSING = "This clause is required, and did not pass."
EMPTY_ROW = "This row of the recordings file brings nothing."


def render(report: Report) -> str:
    """Render a run as JUnit XML, in the form that Jenkins, GitLab and GitHub Actions read."""
    summary = summarize(report)
    root = ET.Element("testsuites", name=_clean(report.suite))
    totals = Counter(dict.fromkeys(COUNTS, 0))
    for target in report.targets:
        totals.update(_suite(root, report, target, summary))
    names = {target.name for target in report.targets}
    without_row = [(f"{clause} on {name}", MISSING) for name, clause in report.missing if name not in names]
    if without_row:
        totals.update(_run_suite(root, without_row, started=report.started))
    green = not totals["failures"] + totals["errors"]
    if (report.exit_code and green) or (not report.complete and not report.unreachable):
        totals.update(_run_suite(root, [(str(report.verdict), summary.sentence)], started=report.started))
    return _document(root, totals, seconds=report.seconds)


def render_refused(suite: str, message: str, *, started: str) -> str:
    """JUnit XML of a run that could not begin, with the message as its one error."""
    root = ET.Element("testsuites", name=_clean(suite))
    return _document(root, _run_suite(root, [("started", message)], started=started), seconds=0.0)


def _document(root: ET.Element, totals: Mapping[str, int], *, seconds: float) -> str:
    for name in COUNTS:
        root.set(name, str(totals.get(name, 0)))
    root.set("time", f"{seconds:.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _run_suite(root: ET.Element, errors: Sequence[tuple[str, str]], *, started: str) -> Mapping[str, int]:
    """Add a suite with errors (case, message) about the run as a whole, and return its counts."""
    count = str(len(errors))
    suite = ET.SubElement(
        root, "testsuite", name=RUN, timestamp=started, hostname="localhost", tests=count, failures="0", errors=count,
        skipped="0", time="0.000",
    )  # fmt: skip
    for case, message in errors:
        _error_case(suite, case, message)
    return {"tests": len(errors), "errors": len(errors)}


def _error_case(suite: ET.Element, name: str, message: str) -> None:
    case = ET.SubElement(suite, "testcase", classname="noojee_contract", name=_clean(name), time="0")
    ET.SubElement(case, "error", message=_clean(message), type="error")


def _suite(root: ET.Element, report: Report, target: TargetRow, summary: Summary) -> dict[str, int]:
    """Add the suite of a target, and return its counts."""
    suite = ET.SubElement(root, "testsuite", name=_clean(target.name), timestamp=report.started, hostname="localhost")
    _properties(suite, _of_target(report, target, summary))
    clauses = {clause.id: clause for clause in report.clauses}
    counts = dict.fromkeys(COUNTS, 0)
    seconds = 0.0
    outcomes = report.merged()
    missing = [clause for name, clause in report.missing if name == target.name]
    for (clause_id, name), results in sorted(report.by_pair().items()):
        if name == target.name:
            outcome = outcomes[clause_id, name]
            seconds += sum(result.seconds for result in results)
            element = _case(suite, clause_id, clauses.get(clause_id), outcome, results, required=clause_id in missing)
            counts["tests"] += 1
            if element:
                counts[element] += 1
    errors = [(clause, MISSING) for clause in missing if (clause, target.name) not in outcomes]
    errors += [("reachable", summary.sentence) for name, _ in report.unreachable if name == target.name]
    errors += [(row, EMPTY_ROW) for name, row in report.empty_rows if name == target.name]
    for name, message in errors:
        _error_case(suite, name, message)
    counts["tests"] += len(errors)
    counts["errors"] += len(errors)
    for name, count in counts.items():
        suite.set(name, str(count))
    suite.set("time", f"{seconds:.3f}")
    return counts


def _of_target(report: Report, target: TargetRow, summary: Summary) -> dict[str, str]:
    """The properties of a suite: what a report says about a target."""
    rows = {
        "dialect": target.dialect,
        "address": target.address,
        "requests": str(target.requests),
        "catalogue": report.catalogue,
        "verdict": f"{summary.verdict}: {summary.sentence}",
    }
    rows |= {
        f"option_{each.option}": f"old: {each.old}, new: {each.new}"
        for each in report.differing_options
        if each.migration == target.name
    }
    rows |= {f"coverage_{name}": str(each) for name, each in report.coverage().get(target.name, {}).items()}
    if report.has_generated:
        rows["random_seed"] = str(report.random_seed)
    return rows


def _case(
    suite: ET.Element,
    clause_id: str,
    clause: ClauseRow | None,
    outcome: Outcome,
    results: Sequence[Result],
    *,
    required: bool,
) -> str | None:
    """Add the case of a clause, and return the count that it belongs to: None for a pass.

    The first result with the merged outcome is shown, then failures and errors of other call sources.
    `required`: the run needs this clause and did not get it.
    """
    shown = next(result for result in results if result.counted_outcome is outcome)
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"noojee_contract.{clause_id.partition('.')[0]}",
        name=clause_id,
        time=f"{sum(result.seconds for result in results):.3f}",
    )
    _properties(case, _of_clause(clause, results, shown))
    if outcome in (Outcome.FAILED, Outcome.ERROR):
        kind = shown.failure.kind if shown.failure else outcome
        element = ET.SubElement(case, TAGS[outcome][0], message=_clean(_headline(shown)), type=str(kind))
        element.text = _clean(_text(clause.sentence if clause else clause_id, shown, results))
        return TAGS[outcome][1]
    text = f"{in_words(outcome)}: {shown.reason or 'no check was made'}"
    if required:
        ET.SubElement(case, "error", message=_clean(f"{MISSING} {text}"), type="missing")
        return "errors"
    if outcome in TAGS:
        ET.SubElement(case, "skipped", message=_clean(text))
        return TAGS[outcome][1]
    if outcome is Outcome.INFORMATIONAL:
        ET.SubElement(case, "system-out").text = _clean(shown.reason or "")
    return None


def _of_clause(clause: ClauseRow | None, results: Sequence[Result], shown: Result) -> dict[str, str]:
    """The properties of a case: what a report says about a clause and its failure."""
    rows = {
        "severity": clause.severity if clause else "",
        "provenance": clause.provenance if clause else "",
        "checks": str(sum(result.checks for result in results)),
        "sources": ", ".join(result.source for result in results),
    }
    if shown.failure is not None:
        rows |= dict(parts(shown.failure))
    return rows


def _properties(parent: ET.Element, rows: Mapping[str, str]) -> None:
    properties = ET.SubElement(parent, "properties")
    for name, value in rows.items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))


def _headline(result: Result) -> str:
    return result.failure.headline if result.failure else result.reason or str(result.outcome)


def _text(sentence: str, shown: Result, results: Sequence[Result]) -> str:
    """The details of a result, then failures and errors of other call sources."""
    details = [sentence, *_details(shown)]
    for other in _others(shown, results):
        details += [f"{other.source}: {in_words(other.outcome)}: {_headline(other)}", *_details(other)]
    return "\n\n".join(details)


def _others(shown: Result, results: Sequence[Result]) -> list[Result]:
    """The failures and errors of other call sources, each message once."""
    bad = [shown, *(result for result in results if result.outcome in (Outcome.FAILED, Outcome.ERROR))]
    once = {_headline(result): result for result in reversed(bad)}
    return [result for result in bad if once[_headline(result)] is result and result is not shown]


def _details(result: Result) -> list[str]:
    details = [result.reason]
    if result.failure is not None:
        details += _failure_details(result.failure)
    return [part for part in details if part]


def _failure_details(failure: Failure) -> list[str | None]:
    details: list[str | None] = ["\n".join(f"{name}: {value}" for name, value in parts(failure))]
    if failure.exchange is not None:
        details += [request_text(failure.exchange), answer_text(failure.exchange)]
    if failure.archive is not None:
        details.append(archive_text(failure.archive))
    return [*details, failure.flaky, failure.script, *(f"{label}: {command}" for label, command in commands(failure))]


def _clean(text: str) -> str:
    return _FORBIDDEN.sub(lambda match: f"\\x{ord(match[0]):02x}", escaped(text, kept="\n\t"))
