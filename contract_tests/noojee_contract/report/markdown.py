"""The report for a pull request or a wiki: Markdown, as GitHub and GitLab show it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from noojee_contract.model.result import Report
from noojee_contract.redaction.printable import escaped
from noojee_contract.report.grouping import FailureGroup, ReportRow, shortened
from noojee_contract.report.summary import (
    EMPTY_ROWS_ADVICE,
    SIGNS,
    Summary,
    answer_text,
    archive_text,
    commands,
    count_of,
    in_words,
    kind_in_words,
    reasons_in_words,
    request_text,
    summarize,
)


def render(report: Report) -> str:
    """Render a run as Markdown: the verdict first, details of failures folded."""
    summary = summarize(report)
    lines = [f"# {summary.verdict.upper()}: {_text(summary.sentence)}", "", f"{_text(summary.checked)}.", ""]
    counts = report.counts()
    if counts:
        signs = [f"{SIGNS[outcome]} {count} {in_words(outcome)}" for outcome, count in counts.items()]
        lines += [f"{summary.tally}: {' · '.join(signs)}", ""]
    if summary.read_only is not None:
        lines += [_text(summary.read_only), ""]
    lines += _table(("target", "dialect", "address", "sources", "requests"), [
        (target.name, target.dialect, target.address, ", ".join(target.sources), f"{target.requests:,}")
        for target in report.targets
    ])  # fmt: skip
    if summary.coverage:
        lines += ["## Coverage", ""]
        lines += _table(("target", "", "known", "compared", "not compared"), [
            (name, each.what.value, f"{each.known:,}", f"{each.compared:,}", reasons_in_words(each))
            for name, each in summary.coverage
        ])  # fmt: skip
    if summary.differing_options:
        lines += ["## Options that differ", ""]
        lines += _table(("migration", "option", "old", "new"), [
            (each.migration, each.option, each.old, each.new) for each in summary.differing_options
        ])  # fmt: skip
    if summary.missing:
        lines += ["## Required clauses that did not pass", ""]
        lines += [*(f"- {_text(missing)}" for missing in summary.missing), ""]
    if summary.empty_rows:
        lines += ["## Rows of the recordings file that bring nothing", ""]
        lines += [*(f"- {_text(row)}" for row in summary.empty_rows), "", EMPTY_ROWS_ADVICE, ""]
    for heading, groups in summary.sections:
        lines += [f"## {heading}", ""]
        for group in groups:
            lines += _group(group)
    lines += _rest(summary)
    if summary.repeat is not None:
        lines += [f"Repeat with the same generated archives and samples: `{summary.repeat}`", ""]
    return escaped("\n".join(lines), kept="\n\t")  # a step of CI may print the file


def _rest(summary: Summary) -> list[str]:
    """Untested clauses, expected failures, informational results, and the notes."""
    lines: list[str] = []
    if summary.untested:
        lines += ["## Not tested", ""]
        lines += [f"- {_text(reason)}: {_text(', '.join(clauses))}" for reason, clauses in summary.untested]
        lines.append("")
    for heading, rows in (("Expected failures", summary.expected_failures), ("Informational", summary.informational)):
        if rows:
            lines += [f"## {heading}", ""]
            lines += [
                f"- `{row.clause.id}` on {_text('; '.join(row.cells))}: {_text(row.reason or '')}" for row in rows
            ]
            lines.append("")
    if summary.notes:
        lines += ["## Notes", "", *(f"- {_text(note)}" for note in summary.notes), ""]
    return lines


def _group(group: FailureGroup) -> list[str]:
    if not group.others:
        return _failure(group.example)
    clauses = count_of(group.clauses, "clause")
    lines = [f"_In common: {_text(group.common)} ({clauses})_", "", *_failure(group.example)]
    lines += ["<details><summary>Also in other clauses</summary>", ""]
    for row in group.others:
        head = f"- {SIGNS[row.outcome]} `{row.clause.id}` ({row.clause.severity}) on {_text('; '.join(row.cells))}"
        lines.append(f"{head}: {_text(shortened(row.message))}")
        if row.failure is not None and row.failure.command is not None:
            lines += ["", *(f"  {line}" for line in _fence(row.failure.command, "sh")), ""]
    return [*lines, "", "</details>", ""]


def _failure(row: ReportRow) -> list[str]:
    clause, failure = row.clause, row.failure
    lines = [f"### {SIGNS[row.outcome]} `{clause.id}` ({clause.severity})", "", _text(clause.sentence), ""]
    lines += [f"Source: {_text(clause.provenance)}. On: {_text('; '.join(row.cells))}.", ""]
    if row.reason:
        lines += [_text(row.reason), ""]
    if failure is None:
        return lines
    lines += [f"Kind: {_text(kind_in_words(failure))}", "", f"**{_text(failure.headline)}**", ""]
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
        folded.append(("Manually, in bash", failure.script, "sh"))
    for title, content, language in folded:
        lines += [f"<details><summary>{title}</summary>", "", *_fence(content, language), "", "</details>", ""]
    return lines


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(_text(cell) for cell in row)} |" for row in rows), ""]


def _fence(content: str, language: str) -> list[str]:
    """A code block whose fence is longer than any run of backticks in its content."""
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", content.rstrip("\n"), fence]


def _text(text: str) -> str:
    """Text, escaped for Markdown and HTML."""
    literal = re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", text.replace("&", "&amp;"))
    return re.sub(
        r"\s+",
        " ",
        "".join(sign if sign.isprintable() or sign.isspace() else f"\\\\u{ord(sign):04x}" for sign in literal),
    )
