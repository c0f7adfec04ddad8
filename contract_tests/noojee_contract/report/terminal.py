"""The report for people at a terminal. Without one (a log, a pipe) the same text without colour."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Report
from noojee_contract.report.grouping import FailureGroup, shortened
from noojee_contract.report.marks import ReportRow
from noojee_contract.report.summary import SIGNS, answer_text, archive_text, commands, request_text, summarize

WIDTH = 80
MOST_OBSERVED = 40
WORD_STYLES: Mapping[str, str] = {"good": "bold green", "not proved": "bold yellow", "incomplete": "bold yellow"}
STYLES: Mapping[Outcome, str] = {
    Outcome.ERROR: "bold magenta",
    Outcome.FAILED: "bold red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.EXPECTED_FAILURE: "cyan",
    Outcome.INFORMATIONAL: "blue",
    Outcome.PASSED: "green",
}


def render(run: Report, *, colour: bool = False) -> str:
    """The report as text; `colour` adds what a terminal understands."""
    page = _Page(colour)
    told = summarize(run)
    verdict = (told.word.upper(), WORD_STYLES.get(told.word, "bold red")), ("  " + told.sentence, "bold")
    page.line(*verdict)
    page.line((told.checked, ""))
    counts = run.counts()
    if counts:
        page.line(
            *_joined([(f"{SIGNS[outcome]} {count} {outcome}", STYLES[outcome]) for outcome, count in counts.items()])
        )
    for target in run.targets:
        if target.address:
            page.line((f"  {target.name}: ", ""), (f"{target.dialect} at {target.address}", "dim"))
    if told.missing or told.not_proved:
        page.heading("Not proved")
    for missing in told.missing:
        page.line(("  ! needed for a green run: ", "bold yellow"), (missing, ""))
    for reason, clauses in told.not_proved:
        page.line((f"  {reason}", "yellow"))
        page.paragraph(", ".join(clauses), indent=4)
    if told.broken:
        page.heading("CheckFailed, worst first")
    for cause in told.groups:
        _cause(page, cause)
    if told.known:
        page.heading("Question deviations")
    for row in told.known:
        page.line((f"  ~ {row.clause.id}", "cyan"), (f" on {'; '.join(row.places)}", ""))
        page.paragraph(row.reason or "", indent=4)
    if told.observed:
        page.heading("Observed, where nothing binds")
    for row in told.observed[:MOST_OBSERVED]:
        page.line((f"  ○ {row.clause.id}", "blue"), (f" on {'; '.join(row.places)}", ""))
        page.paragraph(row.reason or "", indent=4)
    if len(told.observed) > MOST_OBSERVED:
        page.line((f"  and {len(told.observed) - MOST_OBSERVED} more; --json has them all", "dim"))
    if told.notes:
        page.heading("Notes")
    for note in told.notes:
        page.paragraph(note, indent=2)
    page.line((f"The same archives again: {told.repeat}", "dim"))
    if told.broken:
        page.line(*verdict)  # the first line has scrolled away
    return page.text()


def _cause(page: _Page, cause: FailureGroup) -> None:
    if cause.others:
        page.line((f"In common: {cause.what}", "bold"), (f"  [{cause.clauses} clauses]", "dim"))
    _failure(page, cause.shown)
    if not cause.others:
        return
    page.line(("  The same shows in:", ""))
    for row in cause.others:
        page.line(
            (f"  {SIGNS[row.outcome]} {row.clause.id}", STYLES[row.outcome]),
            (f"  [{row.clause.severity}] on {'; '.join(row.places)}", "dim"),
        )
        page.paragraph(shortened(row.said), indent=4)
        if row.failure is not None and row.failure.command is not None:
            page.line((f"    RepeatCommands: {row.failure.command}", "dim"))
    page.line(("", ""))


def _failure(page: _Page, row: ReportRow) -> None:
    clause = row.clause
    page.line((f"{SIGNS[row.outcome]} {clause.id}", STYLES[row.outcome]), (f"  [{clause.severity}]", "dim"))
    page.paragraph(clause.sentence, indent=2)
    page.line((f"  Source: {clause.provenance}", "dim"))
    page.line((f"  On: {'; '.join(row.places)}", ""))
    if row.reason:
        page.block(row.reason, indent=2)
    failure = row.failure
    if failure is None:
        page.line(("", ""))
        return
    page.paragraph(failure.message, indent=2, style="bold")
    if failure.flaky is not None:
        page.paragraph(failure.flaky, indent=2, style="yellow")
    if failure.exchange is not None:
        page.block(request_text(failure.exchange), indent=4, mark="> ")
        page.block(answer_text(failure.exchange), indent=4, mark="< ")
    if failure.archive is not None:
        page.line(("  The smallest archive that shows it (a archive file):", ""))
        page.block(archive_text(failure.archive), indent=4)
    if failure.script is not None:
        page.line(("  By hand, in bash:", ""))
        page.block(failure.script, indent=4)
    for label, command in commands(failure):
        page.line((f"  {label}: ", ""), (command, "bold" if command == failure.command else ""))
    page.line(("", ""))


def _joined(parts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [piece for place, part in enumerate(parts) for piece in ([("   ", "")] if place else []) + [part]]


class _Page:
    """Lines of styled text; lines to copy are never wrapped."""

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
        text = Text.assemble(*((_harmless(said), style) for said, style in parts))
        self._console.print(text, soft_wrap=True, overflow="ignore")

    def heading(self, words: str) -> None:
        self.line(("", ""))
        self.line((words, "bold underline"))

    def paragraph(self, said: str, *, indent: int, style: str = "") -> None:
        space = " " * indent
        for wrapped in textwrap.wrap(_harmless(said), WIDTH - indent, break_long_words=False, break_on_hyphens=False):
            self.line((space + wrapped, style))

    def block(self, said: str, *, indent: int, mark: str = "") -> None:
        for row in said.splitlines():
            self.line((" " * indent + mark, "dim"), (row, ""))

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._file.getvalue().splitlines())


def _harmless(said: str) -> str:
    """Control signs and those that turn the direction of text, as escapes: a hostile tag must not drive a terminal."""
    if said.isprintable():
        return said
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in said)
