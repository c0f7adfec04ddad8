"""The report for a pull request or a wiki: Markdown, as GitHub and GitLab show it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from noojee_contract.model.result import Report
from noojee_contract.report.grouping import FailureGroup, shortened
from noojee_contract.report.marks import ReportRow
from noojee_contract.report.summary import SIGNS, answer_text, archive_text, commands, request_text, summarize


def render(run: Report) -> str:
    """The report as Markdown: the verdict first, failures folded."""
    told = summarize(run)
    lines = [f"# {told.word.capitalize()}: {_text(told.sentence)}", "", f"{_text(told.checked)}.", ""]
    counts = run.counts()
    if counts:
        lines += [" · ".join(f"{SIGNS[outcome]} {count} {outcome}" for outcome, count in counts.items()), ""]
    lines += _table(("target", "dialect", "address", "sources", "requests"), [
        (target.name, target.dialect, target.address, ", ".join(target.sources), f"{target.requests:,}") for target in run.targets
    ])  # fmt: skip
    if told.missing or told.not_proved:
        lines += ["## Not proved", ""]
        lines += [f"- **needed for a green run:** {_text(missing)}" for missing in told.missing]
        lines += [f"- {_text(reason)}: {_text(', '.join(clauses))}" for reason, clauses in told.not_proved]
        lines.append("")
    if told.broken:
        lines += ["## CheckFailed, worst first", ""]
        for cause in told.groups:
            lines += _cause(cause)
    for heading, rows in (("Question deviations", told.known), ("Observed, where nothing binds", told.observed)):
        if rows:
            lines += [f"## {heading}", ""]
            lines += [
                f"- `{row.clause.id}` on {_text('; '.join(row.places))}: {_text(row.reason or '')}" for row in rows
            ]
            lines.append("")
    if told.notes:
        lines += ["## Notes", "", *(f"- {_text(note)}" for note in told.notes), ""]
    lines += [f"The same archives again: `{told.repeat}`", ""]
    return "\n".join(lines)


def _cause(cause: FailureGroup) -> list[str]:
    if not cause.others:
        return _failure(cause.shown)
    lines = [f"_In common: {_text(cause.what)} ({cause.clauses} clauses)_", "", *_failure(cause.shown)]
    lines += ["<details><summary>The same shows in other clauses</summary>", ""]
    for row in cause.others:
        head = f"- {SIGNS[row.outcome]} `{row.clause.id}` ({row.clause.severity}) on {_text('; '.join(row.places))}"
        lines.append(f"{head}: {_text(shortened(row.said))}")
        if row.failure is not None and row.failure.command is not None:
            lines += ["", *(f"  {line}" for line in _fence(row.failure.command, "sh")), ""]
    return [*lines, "", "</details>", ""]


def _failure(row: ReportRow) -> list[str]:
    clause, failure = row.clause, row.failure
    lines = [f"### {SIGNS[row.outcome]} `{clause.id}` ({clause.severity})", "", _text(clause.sentence), ""]
    lines += [f"Source: {_text(clause.provenance)}. On: {_text('; '.join(row.places))}.", ""]
    if row.reason:
        lines += [_text(row.reason), ""]
    if failure is None:
        return lines
    lines += [f"**{_text(failure.message)}**", ""]
    if failure.flaky is not None:
        lines += [f"_{_text(failure.flaky)}_", ""]
    if repeated := commands(failure):
        lines += [*_fence("\n".join(f"{command}  # {label.lower()}" for label, command in repeated), "sh"), ""]
    folded: list[tuple[str, str, str]] = []
    if failure.exchange is not None:
        folded.append(("The exchange", f"{request_text(failure.exchange)}\n\n{answer_text(failure.exchange)}", "http"))
    if failure.archive is not None:
        folded.append(("The smallest archive that shows it", archive_text(failure.archive), "json"))
    if failure.script is not None:
        folded.append(("By hand, in bash", failure.script, "sh"))
    for title, content, language in folded:
        lines += [f"<details><summary>{title}</summary>", "", *_fence(content, language), "", "</details>", ""]
    return lines


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(_text(cell) for cell in row)} |" for row in rows), ""]


def _fence(content: str, language: str) -> list[str]:
    """A code block whose fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", content.rstrip("\n"), fence]


def _text(text: str) -> str:
    """Text that Markdown and HTML show as it is."""
    escaped = re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", text.replace("&", "&amp;"))
    return re.sub(
        r"\s+",
        " ",
        "".join(sign if sign.isprintable() or sign.isspace() else f"\\\\u{ord(sign):04x}" for sign in escaped),
    )
