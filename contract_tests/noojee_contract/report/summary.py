"""What every report tells, in its order: the verdict, how much was checked, what was not proved, what is broken. Pure.

The writers only dress it: terminal, JUnit, Markdown, HTML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from noojee_contract.errors import ContractError
from noojee_contract.model.outcome import (
    EXIT_BROKEN,
    EXIT_GOOD,
    EXIT_UNREACHABLE,
    ClauseRow,
    Finding,
    Outcome,
    Result,
    Run,
)
from noojee_contract.report.grouping import Cause, causes, rank
from noojee_contract.report.marks import Told

SIGNS: Mapping[Outcome, str] = {
    Outcome.ERROR: "!",
    Outcome.BROKEN: "✗",
    Outcome.UNPROVED: "?",
    Outcome.UNSUPPORTED: "–",
    Outcome.KNOWN: "~",
    Outcome.OBSERVED: "○",
    Outcome.HOLDS: "✓",
}
SENTENCES: Mapping[str, str] = {
    "good": "Nothing is broken, and the floor is proved.",
    "error": "An error of our own stands in the way: what it says is no word on the target.",
    "incomplete": "The run is not whole: some clauses were lost.",
    "not proved": "Nothing is broken, but what must be proved was not.",
}
LONGEST_BODY = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A run, ready to be told. `not_proved` is grouped by reason: the reason, and the clauses with their targets.

    `causes` are the rows of `broken`, grouped by what they have in common.
    """

    word: str
    sentence: str
    checked: str
    missing: tuple[str, ...]
    not_proved: tuple[tuple[str, tuple[str, ...]], ...]
    broken: tuple[Told, ...]
    causes: tuple[Cause, ...]
    known: tuple[Told, ...]
    observed: tuple[Told, ...]
    notes: tuple[str, ...]
    repeat: str


def story(run: Run) -> Story:
    """The story of a run. Raises ContractError for a run without targets: nothing is not a report."""
    if not run.targets:
        raise ContractError("a report needs a run with one target or more")
    rows = {clause.id: clause for clause in run.clauses}
    word = verdict_word(run)
    broken = _told(run, rows, (Outcome.ERROR, Outcome.BROKEN))
    grouped = causes(broken)
    return Story(
        word=word,
        sentence=_sentence(run, word, len(grouped)),
        checked=_checked(run),
        missing=tuple(f"{clause} on {target}" for target, clause in run.missing),
        not_proved=_not_proved(run),
        broken=broken,
        causes=grouped,
        known=_told(run, rows, (Outcome.KNOWN,)),
        observed=_told(run, rows, (Outcome.OBSERVED,)),
        notes=tuple(run.notes),
        repeat=f"--seed {run.seed} --examples {run.examples}",
    )


def verdict_word(run: Run) -> str:
    """The verdict in a word or two: good, broken, not proved, not reached, incomplete, or error."""
    code = run.exit_code
    if code == EXIT_GOOD:
        return "good"
    if code == EXIT_UNREACHABLE:
        return "not reached"
    if any(result.outcome is Outcome.ERROR for result in run.results):
        return "error"
    if not run.complete:
        return "incomplete"
    return "broken" if code == EXIT_BROKEN else "not proved"


def _sentence(run: Run, word: str, groups: int) -> str:
    if word == "not reached":
        return "; ".join(reason for _, reason in run.unreachable) + "."
    if word == "broken":
        broken = [result for result in run.results if result.outcome is Outcome.BROKEN]
        clauses = len({result.clause for result in broken})
        together = f", in {_count(groups, 'group')}" if groups < clauses else ""
        return f"{_count(clauses, 'clause')} broken on {', '.join(sorted({each.target for each in broken}))}{together}."
    return SENTENCES[word]


def _checked(run: Run) -> str:
    held = [result for result in run.results if result.judged]
    parts = [
        f"{_count(len({result.clause for result in held}), 'clause')} judged",
        _count(len({result.target for result in held}), "target"),
        f"{sum(result.judged for result in run.results):,} things looked at",
        f"{sum(target.requests for target in run.targets):,} requests",
    ]
    if any(result.lane == "generated" for result in run.results):
        parts.append(f"{_count(run.examples, 'generated archive')} (seed {run.seed})")
    return f"{', '.join(parts)}; {run.seconds:.1f} s"


def _not_proved(run: Run) -> tuple[tuple[str, tuple[str, ...]], ...]:
    merged = run.merged()
    groups: dict[str, dict[str, list[str]]] = {}
    for result in run.results:
        outcome = merged[result.clause, result.target]
        if outcome in (Outcome.UNPROVED, Outcome.UNSUPPORTED) and result.outcome is outcome:
            reason = f"{outcome}: {result.reason}"
            targets = groups.setdefault(reason, {}).setdefault(result.clause, [])
            if result.target not in targets:
                targets.append(result.target)
    return tuple(
        (reason, tuple(f"{clause} ({', '.join(targets)})" for clause, targets in sorted(clauses.items())))
        for reason, clauses in sorted(groups.items())
    )


def _told(run: Run, rows: Mapping[str, ClauseRow], outcomes: Sequence[Outcome]) -> tuple[Told, ...]:
    groups: dict[tuple[Outcome, str, str | None, str | None], list[Result]] = {}
    for result in run.results:
        if result.outcome in outcomes:
            said = None if result.finding is None else result.finding.message
            groups.setdefault((result.outcome, result.clause, said, result.reason), []).append(result)
    told = [
        Told(
            clause=rows.get(clause_id)
            or ClauseRow(id=clause_id, sentence="", severity="must", provenance="", group=""),
            outcome=outcome,
            places=tuple(dict.fromkeys(f"{result.target}, {result.lane}" for result in results)),
            reason=reason,
            finding=_smallest(results),
        )
        for (outcome, clause_id, _, reason), results in groups.items()
    ]
    return tuple(sorted(told, key=rank))


def _smallest(results: Sequence[Result]) -> Finding | None:
    """The finding that is easiest to repeat: with a small archive if there is one, then the first."""
    findings = [result.finding for result in results if result.finding is not None]
    return min(findings, key=lambda finding: finding.seed_document is None, default=None)


def commands(finding: Finding) -> list[tuple[str, str]]:
    """The commands that repeat a finding, each with what it is for."""
    found = (
        ("Again", finding.command),
        ("On the fake", finding.on_the_fake),
        ("On another target", finding.elsewhere),
    )
    return [(label, command) for label, command in found if command]


def request_text(exchange: Mapping[str, Any]) -> str:
    """What was asked, as HTTP shows it."""
    asked = exchange["asked"]
    lines = [f"{asked['method']} {asked['url']}", *(f"{name}: {value}" for name, value in asked["headers"])]
    body = body_text(asked["body"])
    return "\n".join([*lines, "", body] if body else lines)


def answer_text(exchange: Mapping[str, Any]) -> str:
    """What came, as HTTP shows it; or why nothing came."""
    answered = exchange["answered"]
    if answered is None:
        return exchange["failure"] or "no answer"
    lines = [f"HTTP {answered['status']}", *(f"{name}: {value}" for name, value in answered["headers"])]
    if exchange["failure"]:
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


def seed_text(document: Mapping[str, Any]) -> str:
    """A seed document, a leg a line."""
    calls = []
    for call in document["calls"]:
        legs = ",\n    ".join(json.dumps(leg, ensure_ascii=True) for leg in call["legs"])
        head = json.dumps({key: value for key, value in call.items() if key != "legs"}, ensure_ascii=True)
        calls.append(f'  {head[:-1]}, "legs": [\n    {legs}]}}')
    head = json.dumps({key: value for key, value in document.items() if key != "calls"}, ensure_ascii=True)
    return f'{head[:-1]}, "calls": [\n' + ",\n".join(calls) + "]}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
