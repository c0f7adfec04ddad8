"""The report for CI: JUnit XML, a suite a target, a case a clause; the cells of a clause are one case."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from noojee_contract.model.outcome import WORST_FIRST, Outcome
from noojee_contract.model.result import Report, Result
from noojee_contract.report.summary import answer_text, archive_text, commands, request_text, summarize

# What XML 1.0 cannot hold, even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(run: Report) -> str:
    """The report as JUnit XML, as Jenkins, GitLab and GitHub actions read it."""
    told = summarize(run)
    root = ET.Element("testsuites", name=_clean(run.suite))
    clauses = {clause.id: clause for clause in run.clauses}
    merged = run.merged()
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for target in run.targets:
        mine = [(pair, outcome) for pair, outcome in sorted(merged.items()) if pair[1] == target.name]
        suite = ET.SubElement(root, "testsuite", name=_clean(target.name), timestamp=run.started, hostname="localhost")
        properties = ET.SubElement(suite, "properties")
        for name, value in (
            ("dialect", target.dialect),
            ("address", target.address),
            ("requests", str(target.requests)),
            ("catalogue", run.catalogue),
            ("random_seed", str(run.random_seed)),
            ("verdict", f"{told.word}: {told.sentence}"),
        ):
            ET.SubElement(properties, "property", name=name, value=_clean(value))
        counts = dict.fromkeys(totals, 0)
        seconds = 0.0
        for (clause_id, _), outcome in mine:
            results = [row for row in run.results if row.clause == clause_id and row.target == target.name]
            took = sum(result.seconds for result in results)
            seconds += took
            clause = clauses.get(clause_id)
            case = ET.SubElement(
                suite,
                "testcase",
                classname=f"noojee_contract.{clause_id.partition('.')[0]}",
                name=clause_id,
                time=f"{took:.3f}",
            )
            _properties(case, results, clause.severity if clause else "", clause.provenance if clause else "")
            counts["tests"] += 1
            _outcome(case, outcome, results, clause.sentence if clause else clause_id, counts)
        if not mine and any(name == target.name for name, _ in run.unreachable):
            counts["tests"] += 1
            counts["errors"] += 1
            case = ET.SubElement(suite, "testcase", classname="noojee_contract", name="reachable", time="0")
            ET.SubElement(case, "error", message=_clean(told.sentence))
        for name, count in counts.items():
            suite.set(name, str(count))
            totals[name] += count
        suite.set("time", f"{seconds:.3f}")
    for name, count in totals.items():
        root.set(name, str(count))
    root.set("time", f"{run.seconds:.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _properties(case: ET.Element, results: list[Result], severity: str, provenance: str) -> None:
    properties = ET.SubElement(case, "properties")
    rows = {"severity": severity, "provenance": provenance, "checks": str(sum(result.checks for result in results))}
    for name, value in {**rows, "sources": ", ".join(result.source for result in results)}.items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))


def _outcome(case: ET.Element, outcome: Outcome, results: list[Result], sentence: str, counts: dict[str, int]) -> None:
    shown = sorted((row for row in results if row.outcome is outcome), key=lambda row: WORST_FIRST.index(row.outcome))
    result = shown[0]
    if outcome in (Outcome.FAILED, Outcome.ERROR):
        kind = "failure" if outcome is Outcome.FAILED else "error"
        counts[f"{kind}s"] += 1
        message = result.failure.message if result.failure else result.reason or str(outcome)
        element = ET.SubElement(case, kind, message=_clean(message), type=str(outcome))
        element.text = _clean(_detail(result, sentence))
    elif outcome in (Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE, Outcome.EXPECTED_FAILURE):
        counts["skipped"] += 1
        ET.SubElement(case, "skipped", message=_clean(f"{outcome}: {result.reason}"))
    elif outcome is Outcome.INFORMATIONAL:
        ET.SubElement(case, "system-out").text = _clean(result.reason or "")


def _detail(result: Result, sentence: str) -> str:
    parts = [sentence, result.reason]
    failure = result.failure
    if failure is not None:
        if failure.exchange is not None:
            parts += [request_text(failure.exchange), answer_text(failure.exchange)]
        if failure.archive is not None:
            parts.append(archive_text(failure.archive))
        parts += [failure.flaky, failure.script, *(f"{label}: {command}" for label, command in commands(failure))]
    return "\n\n".join(part for part in parts if part)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
