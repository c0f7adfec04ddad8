"""Runs one clause in one cell and says what became of it: the middle between the pytest plugin and the checks.

A cell is a target and a source of calls: `recorded` (the archives that ship: recorded on a real Asterisk, published by
the vendor, written by hand), `generated` (Hypothesis), or `observed` (what is known of a target that is not filled).
"""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from noojee_contract.catalogue.clauses import MIGRATION, Clause
from noojee_contract.clients.client import TimeUnavailable
from noojee_contract.clients.limits import limits_of
from noojee_contract.clients.processes import Servers
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.engine.bundled import bundled, small
from noojee_contract.engine.check import Check, CheckFailed, Inconclusive
from noojee_contract.engine.counterexamples import CounterexampleStore
from noojee_contract.engine.filled_subject import FilledSubject, Filling, fill
from noojee_contract.engine.read_only_subject import observe
from noojee_contract.engine.repeat import repeat_commands, repeat_script
from noojee_contract.engine.rerun import difference
from noojee_contract.engine.subject import Subject, SubjectPair
from noojee_contract.engine.timeline import time_lines
from noojee_contract.errors import BudgetSpent, ContractError, TargetError, TooSoon, Unreachable
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.redaction.redact import Redactor
from noojee_contract.targets.applicability import concerns, lacking, stranger
from noojee_contract.targets.target import Target

BUNDLED = "bundled"
GENERATED = "generated"
OBSERVED = "observed"
BUG_HEADER = "x-noojee-fake-bug"
SHRINK_SECONDS = 5.0

ClauseFunction = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a clause is checks: a target (or "old > new" for a migration) and a source of calls."""

    target: str
    source: str

    def __str__(self) -> str:
        return f"{self.target}-{self.source}"


class Runner:
    """All that one worker needs to check clauses: clients of the targets, archives, sandboxes, limits. Close it at the end."""

    def __init__(
        self,
        targets: Sequence[Target],
        *,
        migrations: Sequence[tuple[str, str]] = (),
        random_seed: int,
        examples: int,
        smoke: bool = False,
        options: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        today: date | None = None,
        limits_folder: Path | None = None,
        shrink_seconds: float = SHRINK_SECONDS,
        finds: CounterexampleStore | None = None,
        find: Mapping[str, Any] | None = None,
    ) -> None:
        """`shrink_seconds` 0: finds are neither made small nor asked again. `finds` keeps them; `find` is the archive of
        one of them, the only one to check on."""
        self._folder = tempfile.TemporaryDirectory(prefix="noojee-contract-") if limits_folder is None else None
        folder = limits_folder or Path(self._folder.name if self._folder else "")
        self.targets = {target.name: target for target in targets}
        self.migrations = [pair for pair in migrations if pair[0] in self.targets and pair[1] in self.targets]
        self.random_seed = random_seed
        self.examples = examples
        self.smoke = smoke
        self._shrink_seconds = shrink_seconds
        self._finds = finds
        self._find = find
        self.options = tuple(options)
        self.today = today or datetime.now(UTC).date()
        self._servers = Servers()
        self.lines = {
            name: TargetClient(target, limits=limits_of(target, folder), environ=environ, servers=self._servers)
            for name, target in self.targets.items()
        }
        for target in targets:
            if target.command is not None:
                self._servers.begin(target.command, target.name)
        self._cases: dict[Cell, list[Subject]] = {}
        self._pairs: dict[Cell, list[SubjectPair]] = {}

    def cells(self, clause: Clause) -> list[Cell]:
        """Where a clause is checks: its dialects' targets, and for each the sources of calls it asks for."""
        found: list[Cell] = []
        for target in self.targets.values():
            if concerns(clause, target):
                found += [Cell(target.name, source) for source in self._sources(target, clause)]
        if MIGRATION in clause.dialects:
            for old, new in self.migrations:
                sides = [set(self._sources(self.targets[side], clause)) for side in (old, new)]
                both = sides[0] & sides[1]
                found += [Cell(f"{old} > {new}", source) for source in (BUNDLED, GENERATED, OBSERVED) if source in both]
        return found

    def result(self, clause: Clause, function: ClauseFunction, cell: Cell) -> Result:
        """Check a clause in a cell. Never raises for what a server does; own errors become the outcome `error`."""
        started = time.monotonic()
        try:
            result = self._judged(clause, function, cell)
        except (TargetError, Unreachable) as error:
            result = self._row(clause, cell, Outcome.ERROR, reason=self._redactor(cell).text(str(error)))
        except Exception as error:  # noqa: BLE001  the top of a clause: our own error is an outcome, not a crash
            text = "".join(traceback.format_exception(error)[-3:])
            result = self._row(clause, cell, Outcome.ERROR, reason=self._redactor(cell).text(text))
        return replace(result, seconds=round(time.monotonic() - started, 4))

    def calls(self, most: int = 60) -> list[dict[str, Any]]:
        """Time lines of calls that were put in or seen, redacted; at most `most` a target."""
        found: list[dict[str, Any]] = []
        for cell, subjects in self._cases.items():
            if cell.source == GENERATED or any(row["target"] == cell.target for row in found):
                continue
            rows = [row for subject in subjects for row in time_lines(subject)][:most]
            if cell.source == OBSERVED:  # what was put in is ours
                redactor = self._redactor(cell)
                rows = [redactor.document(row) for row in rows]
            found += [{"target": cell.target, **row} for row in rows]
        return found

    def close(self) -> None:
        """End what was opened."""
        for line in self.lines.values():
            line.close()
        self._servers.close()
        if self._folder is not None:
            self._folder.cleanup()

    def _sources(self, target: Target, clause: Clause) -> list[str]:
        if self._find is not None:
            return [GENERATED] if target.writable and GENERATED in target.sources else []
        if not target.writable:
            return [OBSERVED]
        if clause.over == "exchange" or self.smoke:
            return [BUNDLED]
        return [source for source in (BUNDLED, GENERATED) if source in target.sources]

    def _judged(self, clause: Clause, function: ClauseFunction, cell: Cell) -> Result:
        if (stop := self._obstacle(clause, cell)) is not None:
            return self._row(clause, cell, stop[0], reason=stop[1])
        check = Check()
        document: Mapping[str, Any] | None = None
        try:
            for subject in self._subjects(clause, cell):
                document = _document(subject)
                function(subject, check)
        except (Inconclusive, BudgetSpent, TooSoon) as reason:
            return self._row(clause, cell, Outcome.INCONCLUSIVE, checks=check.checks, reason=str(reason))
        except TimeUnavailable as found:
            return self._broken(
                clause, cell, CheckFailed(str(found), FailureKind.WRONG_TIME, exchange=found.exchange), check, None
            )
        except CheckFailed as found:
            generated = cell.source == GENERATED and document is not None
            if generated and document is not None and self._shrink_seconds > 0 and self._find is None:
                found, document = self._shrunk(function, cell, found, document)
            flaky = self._asked_again(clause, function, cell, found, document)
            return self._broken(clause, cell, found, check, document if generated else None, flaky=flaky)
        if check.notes:
            seen = "; ".join(check.notes)
            return self._row(clause, cell, Outcome.INFORMATIONAL, checks=check.checks, reason=f"saw {seen}")
        if check.checks == 0:
            return self._row(clause, cell, Outcome.INCONCLUSIVE, reason="there was nothing to check it on")
        return self._row(clause, cell, Outcome.PASSED, checks=check.checks)

    def _broken(
        self,
        clause: Clause,
        cell: Cell,
        found: CheckFailed,
        check: Check,
        document: Mapping[str, Any] | None,
        *,
        flaky: str | None = None,
    ) -> Result:
        redactor = self._redactor(cell)
        exchange = found.exchange
        if exchange is not None and exchange.header(BUG_HEADER) is not None:
            reason = f"the fake has a bug of its own ({exchange.header(BUG_HEADER)}); no contract is broken by it"
            return self._row(clause, cell, Outcome.ERROR, checks=check.checks, reason=reason)
        message = redactor.text(found.message)
        find = None
        if document is not None and self._finds is not None and clause.severity != "may":
            find_id = self._finds.keep(clause.id, document)
            find = None if find_id is None else (find_id, str(self._finds.folder))
        again = repeat_commands(
            clause.id, cell.target.split(" > "), self.options, self.random_seed, self.examples, find=find
        )
        failure = Failure(
            message=message,
            kind=found.kind,
            field=found.field,
            header=found.header,
            option=found.option,
            expected=None if found.expected is None else redactor.text(found.expected),
            actual=None if found.actual is None else redactor.text(found.actual),
            exchange=None if exchange is None else redactor.exchange(exchange),
            archive=None if document is None else redactor.document(document),
            script=self._script(clause, cell, exchange, document, redactor),
            command=again.command,
            on_the_fake=again.on_the_fake,
            elsewhere=again.elsewhere,
            flaky=flaky,
        )
        if clause.severity == "may":
            return self._row(clause, cell, Outcome.INFORMATIONAL, checks=check.checks, reason=message, failure=failure)
        expected = self._expected_failure(clause, cell)
        if expected is not None and expected.expires >= self.today:
            reason = f"known until {expected.expires}: {expected.reason}"
            return self._row(
                clause, cell, Outcome.EXPECTED_FAILURE, checks=check.checks, reason=reason, failure=failure
            )
        expired = None if expected is None else f"the known expected expired on {expected.expires}: {expected.reason}"
        return self._row(clause, cell, Outcome.FAILED, checks=check.checks, reason=expired, failure=failure)

    def _script(
        self,
        clause: Clause,
        cell: Cell,
        exchange: Exchange | None,
        document: Mapping[str, Any] | None,
        redactor: Redactor,
    ) -> str | None:
        target = self.targets.get(cell.target)
        if target is None or exchange is None or clause.over != "archive":
            return None
        path = None if target.described is None else self.lines[cell.target].below_root(exchange.request.url)
        return repeat_script(target, exchange, document=document, redactor=redactor, path=path)

    def _expected_failure(self, clause: Clause, cell: Cell) -> Any:
        names = cell.target.split(" > ")
        rows = [row for name in names for row in self.targets[name].expected_failures]
        return next((row for row in rows if row.clause == clause.id), None)

    def _obstacle(self, clause: Clause, cell: Cell) -> tuple[Outcome, str] | None:
        for name in cell.target.split(" > "):
            target = self.targets[name]
            reason = stranger(clause, target)
            if reason is not None:
                return Outcome.NOT_APPLICABLE, reason
            for need in clause.needs:
                stop = lacking(target, need)
                if stop is not None:
                    return stop
        asked = self.targets[cell.target.rpartition(" > ")[2]]
        if "by_hour" in clause.needs and not asked.has_by_hour:
            return Outcome.NOT_APPLICABLE, f"the dialect {asked.dialect} has no method by hour"
        return None

    def _subjects(self, clause: Clause, cell: Cell) -> Iterator[Subject | SubjectPair]:
        """What a clause is judged on in a cell; archives that broke it once come first."""
        if cell.source == GENERATED and self._finds is not None and self._find is None:
            for document in self._finds.of(clause.id):
                yield self._filled(cell, document)
        yield from self._usual(clause, cell)

    def _filled(self, cell: Cell, document: Mapping[str, Any]) -> Subject | SubjectPair:
        """Fresh sandboxes for one clause, filled with one archive."""
        archive = bundled() if cell.source == BUNDLED else None
        filling = Filling(document=document, archive=archive)
        subjects = [fill(self.lines[name], filling) for name in cell.target.split(" > ")]
        return subjects[0] if len(subjects) == 1 else SubjectPair(*subjects)

    def _asked_again(
        self,
        clause: Clause,
        function: ClauseFunction,
        cell: Cell,
        found: CheckFailed,
        document: Mapping[str, Any] | None,
    ) -> str | None:
        """Check once more in fresh sandboxes, and say what differed; None where nothing did, or nothing may be asked."""
        if cell.source == OBSERVED or document is None or self._shrink_seconds <= 0:
            return None
        asked: list[Exchange] = []
        again: CheckFailed | None = None
        own = clause.over == "exchange" and " > " not in cell.target
        subject = self._own(cell.target, cell.source)[0] if own else self._filled(cell, document)
        subjects = [subject] if isinstance(subject, Subject) else [subject.legacy, subject.replacement]
        for subject in subjects:
            subject.client.told = asked.append
        try:
            function(subject, Check())
        except CheckFailed as shown:
            again = shown
        except (Inconclusive, ContractError, TimeUnavailable):
            return None
        finally:
            for subject in subjects:
                subject.client.told = None
        lines = [self.lines[name] for name in cell.target.split(" > ")]

        def below(url: str) -> str:
            return min((line.below_root(url) for line in lines), key=len)

        return difference(found, again, asked, self._redactor(cell), below=below)

    def _usual(self, clause: Clause, cell: Cell) -> Iterator[Subject | SubjectPair]:
        if " > " in cell.target:
            if cell not in self._pairs:
                old, new = cell.target.split(" > ")
                if cell.source == OBSERVED:
                    sides = [self._own(name, cell.source) for name in (old, new)]
                else:
                    sides = [self._shared(Cell(name, cell.source)) for name in (old, new)]
                self._pairs[cell] = [SubjectPair(*both) for both in zip(*sides, strict=True)]
            yield from self._pairs[cell]
        elif clause.over == "exchange":
            yield from self._own(cell.target, cell.source)
        else:
            yield from self._shared(cell)

    def _shared(self, cell: Cell) -> list[Subject]:
        """The subjects of a cell, asked by all its clauses, so that each question is asked once."""
        if cell not in self._cases:
            line = self.lines[cell.target]
            if cell.source == GENERATED:
                self._cases[cell] = [fill(line, Filling(document=document)) for document in self._drawn]
            elif cell.source == BUNDLED:
                self._cases[cell] = [fill(line, Filling(document=bundled().document, archive=bundled()))]
            else:
                self._cases[cell] = [observe(line)]
        return self._cases[cell]

    @cached_property
    def _drawn(self) -> list[dict[str, Any]]:
        """The generated archives: the same for all targets."""
        if self._find is not None:
            return [dict(self._find)]
        from noojee_contract.engine.strategies import draw_archives  # Hypothesis takes long to import

        return draw_archives(self.examples, self.random_seed)

    def _own(self, name: str, source: str) -> list[Subject]:
        """A case for one clause alone, so that a stepped clock or a spent limit meets nobody else."""
        if source == OBSERVED:
            return self._shared(Cell(name, source))
        return [fill(self.lines[name], Filling(document=small().document, archive=small()))]

    def _shrunk(
        self, function: ClauseFunction, cell: Cell, found: CheckFailed, document: Mapping[str, Any]
    ) -> tuple[CheckFailed, Mapping[str, Any]]:
        """The smallest archive that shows a failure, within some seconds."""
        from noojee_contract.engine.shrink import smallest

        names = cell.target.split(" > ")

        def shows(candidate: Mapping[str, Any]) -> CheckFailed | None:
            subjects: list[FilledSubject] = [fill(self.lines[name], Filling(document=candidate)) for name in names]
            try:
                function(subjects[0] if len(subjects) == 1 else SubjectPair(*subjects), Check())
            except CheckFailed as shown:
                return shown
            except (Inconclusive, ContractError, TimeUnavailable):
                return None
            finally:
                for subject in subjects:
                    subject.drop()
            return None

        return smallest(
            document, found, shows, examples=self.examples, random_seed=self.random_seed, seconds=self._shrink_seconds
        )

    def _redactor(self, cell: Cell) -> Redactor:
        secrets: list[str] = []
        names: list[str] = []
        for name in cell.target.split(" > "):
            secrets += self.lines[name].secrets()
            described = self.targets[name].described
            names += () if described is None else described.scheme.names
        return Redactor(dict.fromkeys(secrets), names=names)

    def _row(
        self,
        clause: Clause,
        cell: Cell,
        outcome: Outcome,
        *,
        checks: int = 0,
        reason: str | None = None,
        failure: Failure | None = None,
    ) -> Result:
        return Result(
            clause=clause.id,
            target=cell.target,
            source=cell.source,
            outcome=outcome,
            checks=checks,
            reason=reason,
            failure=failure,
        )


def _document(subject: Subject | SubjectPair) -> Mapping[str, Any] | None:
    subject = subject.legacy if isinstance(subject, SubjectPair) else subject
    return None if subject.archive is None else subject.archive.document
