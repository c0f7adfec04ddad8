"""What every report says, in its order: the verdict, how much was checked, failures worst first, how to repeat. Pure.

The writers (terminal, JUnit, Markdown, HTML) only lay it out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from noojee_contract.errors import ContractError, limit_of
from noojee_contract.model.coverage import Coverage
from noojee_contract.model.failure import Failure
from noojee_contract.model.outcome import UNTESTED, Outcome, Verdict
from noojee_contract.model.result import ClauseRow, DifferingOption, Report, Result
from noojee_contract.report.grouping import FailureGroup, ReportRow, group_failures, rank
from noojee_contract.report.read_only import read_only_note

SIGNS: Mapping[Outcome, str] = {
    Outcome.ERROR: "!",
    Outcome.FAILED: "✗",
    Outcome.INCONCLUSIVE: "?",
    Outcome.NOT_APPLICABLE: "–",
    Outcome.EXPECTED_FAILURE: "~",
    Outcome.INFORMATIONAL: "○",
    Outcome.PASSED: "✓",
}
LONGEST_BODY = 2000
EMPTY_ROWS_ADVICE = (
    "Look at each row: it may be mistyped, or retention may have deleted its recording. Then correct or remove "
    "the row. Else the PBX lost the recording, which a run of one target cannot decide."
)
FAILURES, ERRORS = "Failures, worst first", "Internal errors of this tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run, ready for a writer.

    `missing` are required clauses without a pass, `empty_rows` rows of recordings files that bring nothing. `untested`
    holds (reason, clauses with their targets). `groups` are the failures, grouped by cause; `errors` are internal
    errors. `coverage` are rows of a target with what was compared there.
    `read_only` says why clauses of read-only targets are inconclusive in a run that passed, None if none is.
    `repeat` has the flags that generate the same archives and draw the same samples, or None.
    """

    verdict: Verdict
    sentence: str
    checked: str
    tally: str
    missing: tuple[str, ...]
    empty_rows: tuple[str, ...]
    untested: tuple[tuple[str, tuple[str, ...]], ...]
    groups: tuple[FailureGroup, ...]
    errors: tuple[FailureGroup, ...]
    expected_failures: tuple[ReportRow, ...]
    informational: tuple[ReportRow, ...]
    notes: tuple[str, ...]
    coverage: tuple[tuple[str, Coverage], ...]
    differing_options: tuple[DifferingOption, ...]
    repeat: str | None
    read_only: str | None = None

    @property
    def sections(self) -> tuple[tuple[str, tuple[FailureGroup, ...]], ...]:
        """The sections that have groups, each with its heading."""
        return tuple(section for section in ((FAILURES, self.groups), (ERRORS, self.errors)) if section[1])


def summarize(report: Report) -> Summary:
    """Summarize a run. Raises ContractError for a run without targets."""
    if not report.targets:
        raise ContractError("a report needs a run with at least one target")
    groups = group_failures(_rows(report, Outcome.FAILED))
    return Summary(
        verdict=report.verdict,
        sentence="; ".join([_sentence(report, groups).removesuffix("."), *report.caveats]) + ".",
        checked=_checked(report),
        tally=_tally(report),
        missing=tuple(f"{clause} on {target}" for target, clause in report.missing),
        empty_rows=tuple(f"{row} on {target}" for target, row in report.empty_rows),
        untested=_untested(report),
        groups=groups,
        errors=group_failures(_rows(report, Outcome.ERROR)),
        expected_failures=_rows(report, Outcome.EXPECTED_FAILURE),
        informational=_rows(report, Outcome.INFORMATIONAL),
        notes=tuple(report.notes),
        differing_options=tuple(report.differing_options),
        coverage=tuple((name, each) for name, stated in report.coverage().items() for each in stated.values()),
        repeat=_repeat(report),
        read_only=read_only_note(report),
    )


def _repeat(report: Report) -> str | None:
    if report.has_generated:
        return f"--random-seed {report.random_seed} --examples {report.examples}"
    return f"--random-seed {report.random_seed}" if report.has_samples else None


def _sentence(report: Report, groups: Sequence[FailureGroup]) -> str:
    if report.verdict is Verdict.UNREACHABLE:
        failed = len({result.clause for result in report.results if result.outcome is Outcome.FAILED})
        others = [f"{count_of(failed, 'clause')} failed on other targets"] if failed else []
        return "; ".join([*(reason for _, reason in report.unreachable), *others]) + "."
    if report.verdict is Verdict.FAILED:
        return _failed_sentence(report, groups)
    if report.verdict is Verdict.ERROR:
        return f"Nothing failed, but {_errors(report)}, which says nothing about the target."
    if report.verdict is Verdict.INCOMPLETE:
        return f"Nothing failed, but {_without_result(report)}."
    if report.verdict is Verdict.PASSED:
        return "Nothing failed, and no required clause is missing."
    reasons = []
    if report.missing:
        reasons.append(f"{count_of(len(report.missing), 'required clause')} did not pass")
    if report.empty_rows:
        rows = count_of(len(report.empty_rows), "row")
        reasons.append(f"{rows} of the recordings file {'brings' if len(report.empty_rows) == 1 else 'bring'} nothing")
    reasons += [
        f"{count_of(each.count, 'question')} to {each.target} {'was' if each.count == 1 else 'were'} not answered "
        f"({each.said})"
        for each in report.unanswered
    ]
    if reasons:
        return f"Nothing failed, but {', and '.join(reasons)}."
    return "Nothing failed, but nothing passed either."


def _failed_sentence(report: Report, groups: Sequence[FailureGroup]) -> str:
    failed = [result for result in report.results if result.outcome is Outcome.FAILED]
    clauses = len({result.clause for result in failed})
    targets = ", ".join(sorted({result.target for result in failed}))
    sentence = f"{count_of(clauses, 'clause')} failed on {targets}"
    if len(groups) < clauses:
        sentence += f", in {count_of(len(groups), 'group')}"
    if any(result.outcome is Outcome.ERROR for result in report.results):
        sentence += f"; {_errors(report)}"
    if not report.complete:
        sentence += f"; {_without_result(report)}"
    return f"{sentence}."


def _without_result(report: Report) -> str:
    """Why a run is not complete."""
    dropped = Counter(limit for result in report.results if (limit := limit_of(result.reason)) is not None)
    left_out = [f"the {limit} left out {count_of(number, 'result')}" for limit, number in dropped.items()]
    return ", and ".join(left_out) or "some clauses have no result"


def _errors(report: Report) -> str:
    clauses = {result.clause for result in report.results if result.outcome is Outcome.ERROR}
    return f"{count_of(len(clauses), 'clause')} ended with an internal error"


def _checked(report: Report) -> str:
    totals = report.totals()
    where = [count_of(totals.targets, "target")] if totals.targets or not totals.migrations else []
    where += [count_of(totals.migrations, "migration")] if totals.migrations else []
    text = (
        f"{count_of(totals.clauses, 'clause')} on {' and '.join(where)}: {count_of(totals.results, 'result')}, "
        f"{count_of(totals.checks, 'check')}, {count_of(totals.requests, 'request')}, {report.seconds:.1f} s"
    )
    if report.has_generated:
        archives = count_of(report.examples, "generated archive")
        text += f"; {archives} for each clause (random seed {report.random_seed})"
    return text


def _tally(report: Report) -> str:
    """How many outcomes the counts add up to; results of several call sources are merged into one outcome."""
    return f"{count_of(report.totals().outcomes, 'outcome')}, one for each clause and target"


def _untested(report: Report) -> tuple[tuple[str, tuple[str, ...]], ...]:
    merged = report.merged()
    by_reason: dict[str, dict[str, list[str]]] = {}
    for result in report.results:
        outcome = merged[result.clause, result.target]
        if outcome in UNTESTED and result.counted_outcome is outcome:
            reason = f"{in_words(outcome)}: {result.reason or 'no check was made'}"
            targets = by_reason.setdefault(reason, {}).setdefault(result.clause, [])
            if result.target not in targets:
                targets.append(result.target)
    return tuple(
        (reason, tuple(f"{clause} ({', '.join(targets)})" for clause, targets in sorted(clauses.items())))
        for reason, clauses in sorted(by_reason.items())
    )


def _rows(report: Report, outcome: Outcome) -> tuple[ReportRow, ...]:
    """One row for each clause and message with an outcome, worst first."""
    clauses = {clause.id: clause for clause in report.clauses}
    alike: dict[tuple[str, str | None, str | None], list[Result]] = {}
    for result in report.results:
        if result.outcome is outcome:
            message = None if result.failure is None else result.failure.headline
            alike.setdefault((result.clause, message, result.reason), []).append(result)
    rows = [
        ReportRow(
            clause=clauses.get(clause_id)
            or ClauseRow(id=clause_id, sentence="", severity="must", provenance="", group=""),
            outcome=outcome,
            cells=tuple(dict.fromkeys(f"{result.target}, {result.source}" for result in results)),
            reason=reason,
            failure=_easiest(results),
        )
        for (clause_id, _, reason), results in alike.items()
    ]
    return tuple(sorted(rows, key=rank))


def _easiest(results: Iterable[Result]) -> Failure | None:
    """The failure that is easiest to repeat: one with a small archive, else the first."""
    failures = [result.failure for result in results if result.failure is not None]
    return min(failures, key=lambda failure: failure.archive is None, default=None)


def reasons_in_words(coverage: Coverage) -> str:
    """Return why things were not compared, most frequent first: "460 outside the sample, 2 not reached"."""
    reasons = sorted(coverage.not_compared.items(), key=lambda each: -each[1])
    if coverage.not_reached:
        reasons.append(("not reached", coverage.not_reached))
    return ", ".join(f"{count:,} {reason}" for reason, count in reasons)


def commands(failure: Failure) -> list[tuple[str, str]]:
    """Return the commands that repeat a failure, each with a label."""
    labelled = (
        ("Repeat", failure.command),
        ("On the embedded PBX", failure.on_the_fake),
        ("On another target", failure.elsewhere),
    )
    return [(label, command) for label, command in labelled if command]


def parts(failure: Failure) -> list[tuple[str, str]]:
    """Return the structured parts of a failure that are set, the kind first."""
    named = (
        ("kind", failure.kind.value),
        ("field", failure.field),
        ("header", failure.header),
        ("option", failure.option),
        ("expected", failure.expected),
        ("actual", failure.actual),
        ("extent", None if failure.extent is None else failure.extent.in_words),
    )
    return [(name, value) for name, value in named if value is not None]


def kind_in_words(failure: Failure) -> str:
    """Return the kind with the field, header and option: "wrong value, field Duration"."""
    about = [f"{name} {value}" for name, value in parts(failure)[1:] if name in ("field", "header", "option")]
    return ", ".join([failure.kind.replace("_", " "), *about])


def in_words(outcome: Outcome) -> str:
    """Return an outcome as text: "not applicable"."""
    return outcome.value.replace("_", " ")


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun: "1 clause", "2,000 clauses"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def request_text(exchange: Mapping[str, Any]) -> str:
    """Return the request as HTTP text."""
    request = exchange["request"]
    lines = [f"{request['method']} {request['url']}", *(f"{name}: {value}" for name, value in request["headers"])]
    body = body_text(request["body"])
    return "\n".join([*lines, "", body] if body else lines)


def answer_text(exchange: Mapping[str, Any]) -> str:
    """Return the answer as HTTP text, or why there is none."""
    response = exchange["response"]
    if response is None:
        return str(exchange["transport_error"] or "no answer")
    lines = [f"HTTP {response['status']}", *(f"{name}: {value}" for name, value in response["headers"])]
    if exchange["transport_error"]:
        lines.append(f"({exchange['transport_error']})")
    body = body_text(response["body"])
    return "\n".join([*lines, "", body] if body else lines)


def body_text(body: Mapping[str, Any]) -> str:
    """Return a body as text, cut to a printable length, with the number of bytes that are left out."""
    text = str(body.get("text", ""))
    if "base64" in body:
        text = f"(base64) {body['base64']}"
    left_out = body.get("omitted_bytes", 0)
    if len(text) > LONGEST_BODY:
        left_out += len(text[LONGEST_BODY:].encode("utf-8", "replace"))
        text = text[:LONGEST_BODY]
    if not left_out:
        return text
    note = f"[{left_out:,} bytes left out]"
    return f"{text} {note}" if text else note


def archive_text(document: Mapping[str, Any]) -> str:
    """Return an archive file as JSON with one leg per line."""
    calls = []
    for call in document["calls"]:
        legs = ",\n    ".join(json.dumps(leg, ensure_ascii=True) for leg in call["legs"])
        head = json.dumps({key: value for key, value in call.items() if key != "legs"}, ensure_ascii=True)
        calls.append(f'  {head[:-1]}, "legs": [\n    {legs}]}}')
    head = json.dumps({key: value for key, value in document.items() if key != "calls"}, ensure_ascii=True)
    return f'{head[:-1]}, "calls": [\n' + ",\n".join(calls) + "]}"
