"""The report for a terminal. In a log or a pipe it is the same text without colour."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from noojee_contract.model.coverage import Coverage
from noojee_contract.model.outcome import Outcome, Verdict
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

WIDTH = 80
MOST_INFORMATIONAL = 40
MOST_UNTESTED = 5
"""Clauses that are named for each reason why clauses were not tested: a run of a read-only PBX leaves out 200."""
VERDICT_STYLES: Mapping[Verdict, str] = {
    Verdict.PASSED: "bold green",
    Verdict.FAILED: "bold red",
    Verdict.INCONCLUSIVE: "bold yellow",
    Verdict.ERROR: "bold magenta",
    Verdict.INCOMPLETE: "bold yellow",
    Verdict.UNREACHABLE: "bold red",
}
STYLES: Mapping[Outcome, str] = {
    Outcome.ERROR: "bold magenta",
    Outcome.FAILED: "bold red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.EXPECTED_FAILURE: "cyan",
    Outcome.INFORMATIONAL: "blue",
    Outcome.PASSED: "green",
}


def render(report: Report, *, colour: bool = False) -> str:
    """Render a run as text; `colour` adds escape sequences for a terminal."""
    page = _Page(colour)
    summary = summarize(report)
    page.line((summary.verdict.upper(), VERDICT_STYLES[summary.verdict]), (f"  {summary.sentence}", "bold"))
    _extent(page, report, summary)
    for heading, groups in summary.sections:
        page.heading(heading)
        for group in groups:
            _group(page, group)
    _rest(page, summary)
    if summary.repeat is not None:
        page.line((f"Repeat with the same generated archives and samples: {summary.repeat}", "dim"))
    return page.text()


def _extent(page: _Page, report: Report, summary: Summary) -> None:
    """How much was checked."""
    page.line((summary.checked, ""))
    counts = report.counts()
    if counts:
        page.line((f"{summary.tally}:", ""))
        signs = [
            (f"{SIGNS[outcome]} {count} {in_words(outcome)}", STYLES[outcome]) for outcome, count in counts.items()
        ]
        page.line(("  ", ""), *_joined(signs))
    if summary.read_only is not None:
        page.paragraph(summary.read_only, indent=2)
    for target in report.targets:
        if target.address:
            page.line((f"  {target.name}: ", ""), (f"{target.dialect} at {target.address}", "dim"))
    if summary.coverage:
        page.heading("Coverage: compared of known")
    for name in dict.fromkeys(name for name, _ in summary.coverage):
        own = [_coverage(each) for target, each in summary.coverage if target == name]
        page.paragraph(f"{name}: {', '.join(own)}", indent=2)
    if summary.differing_options:
        page.heading("Options that differ")
    for option in summary.differing_options:
        page.line(
            (f"  {option.option}: ", ""), (f"{option.old}, then {option.new}", ""), (f"  ({option.migration})", "dim")
        )
    if summary.missing:
        page.heading("Required clauses that did not pass")
    for missing in summary.missing:
        page.line(("  ! ", "bold yellow"), (missing, ""))
    if summary.empty_rows:
        page.heading("Rows of the recordings file that bring nothing")
    for row in summary.empty_rows:
        page.line(("  ! ", "bold yellow"), (row, ""))
    if summary.empty_rows:
        page.paragraph(EMPTY_ROWS_ADVICE, indent=2)


def _coverage(coverage: Coverage) -> str:
    """A coverage with its reasons: "20 of 480 sounds (460 outside the sample)"."""
    reasons = reasons_in_words(coverage)
    return f"{coverage} ({reasons})" if reasons else str(coverage)


def _rest(page: _Page, summary: Summary) -> None:
    """Untested clauses, expected failures, informational results, and the notes."""
    if summary.untested:
        page.heading("Not tested")
    for reason, clauses in summary.untested:
        page.line((f"  {reason}", "yellow"), (f"  [{count_of(len(clauses), 'clause')}]", "dim"))
        more = len(clauses) - MOST_UNTESTED
        shown = clauses if more <= 0 else (*clauses[:MOST_UNTESTED], f"and {more} more; --html and --json list all")
        page.paragraph(", ".join(shown), indent=4)
    if summary.expected_failures:
        page.heading("Expected failures")
    for row in summary.expected_failures:
        _row(page, row, Outcome.EXPECTED_FAILURE)
    if summary.informational:
        page.heading("Informational")
    for row in summary.informational[:MOST_INFORMATIONAL]:
        _row(page, row, Outcome.INFORMATIONAL)
    if len(summary.informational) > MOST_INFORMATIONAL:
        page.line((f"  and {len(summary.informational) - MOST_INFORMATIONAL} more; --json has all", "dim"))
    if summary.notes:
        page.heading("Notes")
    for note in summary.notes:
        page.paragraph(note, indent=2)


def _row(page: _Page, row: ReportRow, outcome: Outcome) -> None:
    page.line((f"  {SIGNS[outcome]} {row.clause.id}", STYLES[outcome]), (f" on {'; '.join(row.cells)}", ""))
    page.paragraph(row.reason or "", indent=4)


def _group(page: _Page, group: FailureGroup) -> None:
    if group.others:
        clauses = count_of(group.clauses, "clause")
        page.line((f"In common: {group.common}", "bold"), (f"  [{clauses}]", "dim"))
    _failure(page, group.example)
    if not group.others:
        return
    page.line(("  Also in:", ""))
    for row in group.others:
        page.line(
            (f"  {SIGNS[row.outcome]} {row.clause.id}", STYLES[row.outcome]),
            (f"  [{row.clause.severity}] on {'; '.join(row.cells)}", "dim"),
        )
        page.paragraph(shortened(row.message), indent=4)
        if row.failure is not None and row.failure.command is not None:
            page.line((f"    Repeat: {row.failure.command}", "dim"))
    page.line(("", ""))


def _failure(page: _Page, row: ReportRow) -> None:
    clause, failure = row.clause, row.failure
    page.line((f"{SIGNS[row.outcome]} {clause.id}", STYLES[row.outcome]), (f"  [{clause.severity}]", "dim"))
    page.paragraph(clause.sentence, indent=2)
    page.line((f"  Source: {clause.provenance}", "dim"))
    page.line((f"  On: {'; '.join(row.cells)}", ""))
    if row.reason:
        page.block(row.reason, indent=2)
    if failure is None:
        page.line(("", ""))
        return
    page.line((f"  Kind: {kind_in_words(failure)}", ""))
    page.paragraph(failure.headline, indent=2, style="bold")
    if failure.flaky is not None:
        page.paragraph(failure.flaky, indent=2, style="yellow")
    if failure.exchange is not None:
        page.block(request_text(failure.exchange), indent=4, mark="> ")
        page.block(answer_text(failure.exchange), indent=4, mark="< ")
    if failure.archive is not None:
        page.line(("  The smallest archive that shows it (an archive file):", ""))
        page.block(archive_text(failure.archive), indent=4)
    if failure.script is not None:
        page.line(("  Manually, in bash:", ""))
        page.block(failure.script, indent=4)
    for label, command in commands(failure):
        page.line((f"  {label}: ", ""), (command, "bold" if command == failure.command else ""))
    page.line(("", ""))


def _joined(parts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The parts with space between them."""
    pieces: list[tuple[str, str]] = []
    for part in parts:
        if pieces:
            pieces.append(("   ", ""))
        pieces.append(part)
    return pieces


class _Page:
    """Lines of styled text. Lines to copy are never wrapped."""

    def __init__(self, colour: bool) -> None:
        self._file = io.StringIO()
        self._console = Console(
            file=self._file,
            force_terminal=colour,
            color_system="standard" if colour else None,
            width=WIDTH,
            highlight=False,
            legacy_windows=False,
        )

    def line(self, *parts: tuple[str, str]) -> None:
        text = Text.assemble(*((escaped(words), style) for words, style in parts))
        self._console.print(text, soft_wrap=True, overflow="ignore")

    def heading(self, words: str) -> None:
        self.line(("", ""))
        self.line((words, "bold underline"))

    def paragraph(self, words: str, *, indent: int, style: str = "") -> None:
        space = " " * indent
        for wrapped in textwrap.wrap(escaped(words), WIDTH - indent, break_long_words=False, break_on_hyphens=False):
            self.line((space + wrapped, style))

    def block(self, words: str, *, indent: int, mark: str = "") -> None:
        for row in words.splitlines():
            self.line((" " * indent + mark, "dim"), (row, ""))

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._file.getvalue().splitlines())
