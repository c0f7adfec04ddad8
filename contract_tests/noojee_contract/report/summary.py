"""What every report tells, in its order: the verdict, how much was checked, what was not proved, what is broken. Pure.

The writers only dress it: terminal, JUnit, Markdown, HTML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from noojee_contract.errors import ContractError
from noojee_contract.model.failure import Failure
from noojee_contract.model.outcome import EXIT_FAILED, EXIT_OK, EXIT_UNREACHABLE, Outcome
from noojee_contract.model.result import ClauseRow, Report, Result
from noojee_contract.report.grouping import FailureGroup, groups, rank
from noojee_contract.report.marks import ReportRow

SIGNS: Mapping[Outcome, str] = {
    Outcome.ERROR: "!",
    Outcome.FAILED: "✗",
    Outcome.INCONCLUSIVE: "?",
    Outcome.NOT_APPLICABLE: "–",
    Outcome.EXPECTED_FAILURE: "~",
    Outcome.INFORMATIONAL: "○",
    Outcome.PASSED: "✓",
}
SENTENCES: Mapping[str, str] = {
    "good": "Nothing is broken, and the floor is proved.",
    "error": "An error of our own stands in the way: what it says is no word on the target.",
    "incomplete": "The run is not whole: some clauses were lost.",
    "not proved": "Nothing is broken, but what must be proved was not.",
}
LONGEST_BODY = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run, ready to be told. `not_proved` is grouped by reason: the reason, and the clauses with their targets.

    `groups` are the rows of `broken`, grouped by what they have in common.
    """

    word: str
    sentence: str
    checked: str
    missing: tuple[str, ...]
    not_proved: tuple[tuple[str, tuple[str, ...]], ...]
    broken: tuple[ReportRow, ...]
    groups: tuple[FailureGroup, ...]
    known: tuple[ReportRow, ...]
    observed: tuple[ReportRow, ...]
    notes: tuple[str, ...]
    repeat: str


def summarize(run: Report) -> Summary:
    """The summarize of a run. Raises ContractError for a run without targets: nothing is not a report."""
    if not run.targets:
        raise ContractError("a report needs a run with one target or more")
    rows = {clause.id: clause for clause in run.clauses}
    word = verdict_word(run)
    broken = _told(run, rows, (Outcome.ERROR, Outcome.FAILED))
    grouped = groups(broken)
    return Summary(
        word=word,
        sentence=_sentence(run, word, len(grouped)),
        checked=_checked(run),
        missing=tuple(f"{clause} on {target}" for target, clause in run.missing),
        not_proved=_not_proved(run),
        broken=broken,
        groups=grouped,
        known=_told(run, rows, (Outcome.EXPECTED_FAILURE,)),
        observed=_told(run, rows, (Outcome.INFORMATIONAL,)),
        notes=tuple(run.notes),
        repeat=f"--random-seed {run.random_seed} --examples {run.examples}",
    )


def verdict_word(run: Report) -> str:
    """The verdict in a word or two: good, broken, not proved, not reached, incomplete, or error."""
    code = run.exit_code
    if code == EXIT_OK:
        return "good"
    if code == EXIT_UNREACHABLE:
        return "not reached"
    if any(result.outcome is Outcome.ERROR for result in run.results):
        return "error"
    if not run.complete:
        return "incomplete"
    return "broken" if code == EXIT_FAILED else "not proved"


def _sentence(run: Report, word: str, groups: int) -> str:
    if word == "not reached":
        return "; ".join(reason for _, reason in run.unreachable) + "."
    if word == "broken":
        broken = [result for result in run.results if result.outcome is Outcome.FAILED]
        clauses = len({result.clause for result in broken})
        together = f", in {_count(groups, 'group')}" if groups < clauses else ""
        return f"{_count(clauses, 'clause')} broken on {', '.join(sorted({each.target for each in broken}))}{together}."
    return SENTENCES[word]


def _checked(run: Report) -> str:
    held = [result for result in run.results if result.checks]
    parts = [
        f"{_count(len({result.clause for result in held}), 'clause')} judged",
        _count(len({result.target for result in held}), "target"),
        f"{sum(result.checks for result in run.results):,} things looked at",
        f"{sum(target.requests for target in run.targets):,} requests",
    ]
    if any(result.source == "generated" for result in run.results):
        parts.append(f"{_count(run.examples, 'generated archive')} (random seed {run.random_seed})")
    return f"{', '.join(parts)}; {run.seconds:.1f} s"


def _not_proved(run: Report) -> tuple[tuple[str, tuple[str, ...]], ...]:
    merged = run.merged()
    groups: dict[str, dict[str, list[str]]] = {}
    for result in run.results:
        outcome = merged[result.clause, result.target]
        if outcome in (Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE) and result.outcome is outcome:
            reason = f"{outcome}: {result.reason}"
            targets = groups.setdefault(reason, {}).setdefault(result.clause, [])
            if result.target not in targets:
                targets.append(result.target)
    return tuple(
        (reason, tuple(f"{clause} ({', '.join(targets)})" for clause, targets in sorted(clauses.items())))
        for reason, clauses in sorted(groups.items())
    )


def _told(run: Report, rows: Mapping[str, ClauseRow], outcomes: Sequence[Outcome]) -> tuple[ReportRow, ...]:
    groups: dict[tuple[Outcome, str, str | None, str | None], list[Result]] = {}
    for result in run.results:
        if result.outcome in outcomes:
            said = None if result.failure is None else result.failure.message
            groups.setdefault((result.outcome, result.clause, said, result.reason), []).append(result)
    told = [
        ReportRow(
            clause=rows.get(clause_id)
            or ClauseRow(id=clause_id, sentence="", severity="must", provenance="", group=""),
            outcome=outcome,
            places=tuple(dict.fromkeys(f"{result.target}, {result.source}" for result in results)),
            reason=reason,
            failure=_smallest(results),
        )
        for (outcome, clause_id, _, reason), results in groups.items()
    ]
    return tuple(sorted(told, key=rank))


def _smallest(results: Sequence[Result]) -> Failure | None:
    """The failure that is easiest to repeat: with a small archive if there is one, then the first."""
    failures = [result.failure for result in results if result.failure is not None]
    return min(failures, key=lambda failure: failure.archive is None, default=None)


def commands(failure: Failure) -> list[tuple[str, str]]:
    """The commands that repeat a failure, each with what it is for."""
    found = (
        ("RepeatCommands", failure.command),
        ("On the fake", failure.on_the_fake),
        ("On another target", failure.elsewhere),
    )
    return [(label, command) for label, command in found if command]


def request_text(exchange: Mapping[str, Any]) -> str:
    """What was asked, as HTTP shows it."""
    asked = exchange["request"]
    lines = [f"{asked['method']} {asked['url']}", *(f"{name}: {value}" for name, value in asked["headers"])]
    body = body_text(asked["body"])
    return "\n".join([*lines, "", body] if body else lines)


def answer_text(exchange: Mapping[str, Any]) -> str:
    """What came, as HTTP shows it; or why nothing came."""
    answered = exchange["response"]
    if answered is None:
        return exchange["transport_error"] or "no answer"
    lines = [f"HTTP {answered['status']}", *(f"{name}: {value}" for name, value in answered["headers"])]
    if exchange["transport_error"]:
        lines.append(f"({exchange['failure']})")
    body = body_text(answered["body"])
    return "\n".join([*lines, "", body] if body else lines)


def body_text(body: Mapping[str, Any]) -> str:
    """A body as far as it can be read, with how much was left out."""
    text = body.get("text", "")
    if "base64" in body:
        text = f"(base64) {body['base64']}"
    left_out = body.get("omitted_bytes", 0)
    if len(text) > LONGEST_BODY:
        left_out += len(text[LONGEST_BODY:].encode("utf-8", "replace"))
        text = text[:LONGEST_BODY]
    return f"{text}{' ' * bool(text)}[{left_out:,} bytes left out]" if left_out else text


def archive_text(document: Mapping[str, Any]) -> str:
    """A archive file, a leg a line."""
    calls = []
    for call in document["calls"]:
        legs = ",\n    ".join(json.dumps(leg, ensure_ascii=True) for leg in call["legs"])
        head = json.dumps({key: value for key, value in call.items() if key != "legs"}, ensure_ascii=True)
        calls.append(f'  {head[:-1]}, "legs": [\n    {legs}]}}')
    head = json.dumps({key: value for key, value in document.items() if key != "calls"}, ensure_ascii=True)
    return f'{head[:-1]}, "calls": [\n' + ",\n".join(calls) + "]}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
