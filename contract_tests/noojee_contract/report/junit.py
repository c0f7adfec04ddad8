"""The report for CI: JUnit XML with a suite for each target and a case for each clause. Call sources share a case."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from noojee_contract.model.failure import Failure
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import ClauseRow, Report, Result, TargetRow
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


def render(report: Report) -> str:
    """Render a run as JUnit XML, in the form that Jenkins, GitLab and GitHub Actions read."""
    summary = summarize(report)
    root = ET.Element("testsuites", name=_clean(report.suite))
    totals = dict.fromkeys(COUNTS, 0)
    for target in report.targets:
        for name, count in _suite(root, report, target, summary).items():
            totals[name] += count
    for name, count in totals.items():
        root.set(name, str(count))
    root.set("time", f"{report.seconds:.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, report: Report, target: TargetRow, summary: Summary) -> dict[str, int]:
    """Add the suite of a target, and return its counts."""
    suite = ET.SubElement(root, "testsuite", name=_clean(target.name), timestamp=report.started, hostname="localhost")
    rows = {
        "dialect": target.dialect,
        "address": target.address,
        "requests": str(target.requests),
        "catalogue": report.catalogue,
        "verdict": f"{summary.verdict}: {summary.sentence}",
    }
    rows |= {f"coverage_{name}": str(each) for name, each in report.coverage().get(target.name, {}).items()}
    if report.has_generated:
        rows["random_seed"] = str(report.random_seed)
    _properties(suite, rows)
    clauses = {clause.id: clause for clause in report.clauses}
    counts = dict.fromkeys(COUNTS, 0)
    seconds = 0.0
    outcomes = report.merged()
    for (clause_id, name), results in sorted(report.by_pair().items()):
        if name == target.name:
            outcome = outcomes[clause_id, name]
            seconds += sum(result.seconds for result in results)
            _case(suite, clause_id, clauses.get(clause_id), outcome, results)
            counts["tests"] += 1
            if outcome in TAGS:
                counts[TAGS[outcome][1]] += 1
    if any(name == target.name for name, _ in report.unreachable):
        case = ET.SubElement(suite, "testcase", classname="noojee_contract", name="reachable", time="0")
        ET.SubElement(case, "error", message=_clean(summary.sentence))
        counts["tests"] += 1
        counts["errors"] += 1
    for name, count in counts.items():
        suite.set(name, str(count))
    suite.set("time", f"{seconds:.3f}")
    return counts


def _case(
    suite: ET.Element, clause_id: str, clause: ClauseRow | None, outcome: Outcome, results: Sequence[Result]
) -> None:
    """Add the case of a clause. The first result with the merged outcome is shown."""
    shown = next(result for result in results if result.counted_outcome is outcome)
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"noojee_contract.{clause_id.partition('.')[0]}",
        name=clause_id,
        time=f"{sum(result.seconds for result in results):.3f}",
    )
    rows = {
        "severity": clause.severity if clause else "",
        "provenance": clause.provenance if clause else "",
        "checks": str(sum(result.checks for result in results)),
        "sources": ", ".join(result.source for result in results),
    }
    if shown.failure is not None:
        rows |= dict(parts(shown.failure))
    _properties(case, rows)
    if outcome in (Outcome.FAILED, Outcome.ERROR):
        message = shown.failure.headline if shown.failure else shown.reason or str(outcome)
        kind = shown.failure.kind if shown.failure else outcome
        element = ET.SubElement(case, TAGS[outcome][0], message=_clean(message), type=str(kind))
        element.text = _clean(_detail(shown, clause.sentence if clause else clause_id))
    elif outcome in TAGS:
        reason = shown.reason or "no check was made"
        ET.SubElement(case, "skipped", message=_clean(f"{in_words(outcome)}: {reason}"))
    elif outcome is Outcome.INFORMATIONAL:
        ET.SubElement(case, "system-out").text = _clean(shown.reason or "")


def _properties(parent: ET.Element, rows: Mapping[str, str]) -> None:
    properties = ET.SubElement(parent, "properties")
    for name, value in rows.items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))


def _detail(result: Result, sentence: str) -> str:
    details = [sentence, result.reason]
    if result.failure is not None:
        details += _failure_details(result.failure)
    return "\n\n".join(part for part in details if part)


def _failure_details(failure: Failure) -> list[str | None]:
    details: list[str | None] = ["\n".join(f"{name}: {value}" for name, value in parts(failure))]
    if failure.exchange is not None:
        details += [request_text(failure.exchange), answer_text(failure.exchange)]
    if failure.archive is not None:
        details.append(archive_text(failure.archive))
    return [*details, failure.flaky, failure.script, *(f"{label}: {command}" for label, command in commands(failure))]


def _clean(text: str) -> str:
    return _FORBIDDEN.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
