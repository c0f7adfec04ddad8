"""Runs one clause in one cell and returns its result. The pytest plugin calls it with a clause function."""

from __future__ import annotations

import os
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

from noojee_contract.catalogue.clauses import Clause
from noojee_contract.clients.hashes import TimeUnavailable
from noojee_contract.clients.limits import limits_of
from noojee_contract.clients.processes import Servers
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.engine.ahead import Ahead, PlannedClause, known_hours
from noojee_contract.engine.check import Check, CheckFailed, Inconclusive
from noojee_contract.engine.clause_run import ClauseFunction, is_expected, run_clause
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.expectations import Expectations
from noojee_contract.engine.failures import FailureBuilder
from noojee_contract.engine.planner import Planner
from noojee_contract.engine.retry import Retrier
from noojee_contract.engine.second_run import run_again
from noojee_contract.engine.subject import Subject, SubjectPair
from noojee_contract.engine.subject_pool import SubjectPool
from noojee_contract.engine.timeline import time_lines
from noojee_contract.errors import LimitReached, TargetError, TimeSpent, Unreachable
from noojee_contract.model.cell import CallSource, Cell
from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.model.wait import ByHourWait
from noojee_contract.report import differences

BUG_HEADER = "x-noojee-fake-bug"
MOST_TIME_LINES = 60


class Runner:
    """Runs clauses for one worker. Use it as a context manager, or close it at the end.

    `environ` holds the variables that targets name (default: those of the process); `today` decides whether an expected
    failure has expired (default: today in UTC). `unreachable` has the reason for each target that did not answer at all.
    """

    def __init__(
        self, config: RunnerConfig, *, environ: Mapping[str, str] | None = None, today: date | None = None
    ) -> None:
        self.config = config
        self.planner = Planner(config)
        self.unreachable: dict[str, str] = {}
        self._today = today or datetime.now(UTC).date()
        self._resources = ExitStack()
        servers = Servers()
        self._resources.callback(servers.close)
        self._folder = self._shared_folder()
        self.target_clients = self._open_target_clients(os.environ if environ is None else environ, servers)
        self._subjects = SubjectPool(config, self.target_clients)
        self._retrier = Retrier(config, self.target_clients, self._subjects)
        self._failures = FailureBuilder(config, self.target_clients)
        self._ahead = Ahead(
            run=self._result,
            subject=self._subjects.read_only,
            wait_seconds=lambda name: self.target_clients[name].by_hour_wait_seconds(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the sandboxes, close the connections, end the servers that were started."""
        self._resources.close()

    def cells(self, clause: Clause) -> list[Cell]:
        """The cells of a clause; see `Planner.cells`."""
        return self.planner.cells(clause)

    def expect(self, cases: Sequence[PlannedClause]) -> None:
        """Take the cases that are to run: by-hour requests to read-only targets are sent as soon as the limit allows."""
        for target in self.config.targets:
            if target.writable or not target.has_by_hour or not target.once_a_minute:
                continue
            own = [case for case in cases if target.name in case.cell.target_names]
            own = [case for case in own if self.planner.obstacle(case.clause, case.cell) is None]
            if any("by_hour" in case.clause.needs for case in own):
                self._ahead.expect(target.name, own, known_hours(target))

    def result(self, clause: Clause, function: ClauseFunction, cell: Cell) -> Result:
        """Run a clause in a cell. Never raises for what a server does; internal errors become the outcome `error`.

        By-hour requests of other clauses are sent before and after, if the limit allows them without a wait.
        """
        case = PlannedClause(clause=clause, function=function, cell=cell)
        self._ahead.run_due()
        result = self._ahead.take(case)
        if result is None:
            result = self._result(case)
            self._ahead.note(case, result)
        self._ahead.run_due()
        return result

    def _result(self, case: PlannedClause) -> Result:
        clause, function, cell = case.clause, case.function, case.cell
        started = time.monotonic()
        try:
            result = self._run(clause, function, cell)
        except Unreachable as error:
            reason = self._redacted(cell, str(error))
            self.unreachable[error.target_name] = reason
            result = _result(clause, cell, Outcome.INCONCLUSIVE, reason=reason)
        except TargetError as error:
            result = _result(clause, cell, Outcome.ERROR, reason=self._redacted(cell, str(error)))
        except Exception as error:  # noqa: BLE001  the outermost handler of a clause: an internal error is an outcome
            text = "".join(traceback.format_exception(error)[-3:])
            result = _result(clause, cell, Outcome.ERROR, reason=self._redacted(cell, text))
        return replace(result, seconds=round(time.monotonic() - started, 4))

    def calls(self) -> list[dict[str, Any]]:
        """Time lines of the calls of bundled and observed archives, redacted; at most 60 a target."""
        found: list[dict[str, Any]] = []
        for (name, source), subjects in self._subjects.shared.items():
            if source == CallSource.GENERATED or any(row["target"] == name for row in found):
                continue
            rows = [row for subject in subjects for row in time_lines(subject)][:MOST_TIME_LINES]
            if source == CallSource.OBSERVED:  # bundled calls hold no secrets
                redactor = self._failures.redactor(Cell(name, source))
                rows = [redactor.document(row) for row in rows]
            found += [{"target": name, **row} for row in rows]
        return found

    def _shared_folder(self) -> Path:
        """The folder that all workers share; without one, a folder of this runner."""
        if self.config.limits_folder is not None:
            return self.config.limits_folder
        made = tempfile.TemporaryDirectory(prefix="noojee-contract-")
        self._resources.callback(made.cleanup)
        return Path(made.name)

    def empty_rows(self) -> list[tuple[str, str]]:
        """The name of a read-only target and a row of its recordings file that brought nothing, redacted."""
        rows = self._subjects.empty_rows()
        return [(name, self._redacted(Cell(name, CallSource.OBSERVED), row)) for name, row in rows]

    def _open_target_clients(self, environ: Mapping[str, str], servers: Servers) -> dict[str, TargetClient]:
        clients: dict[str, TargetClient] = {}
        timing = self.config.timing
        limits = limits_of(self.config.targets, self._folder, clock=timing.clock, until=timing.until)
        for target in self.config.targets:
            client = TargetClient(target, limits=limits[target.name], environ=environ, servers=servers)
            client.on_by_hour_wait = partial(self._say_wait, target.name)
            clients[target.name] = client
            self._resources.callback(client.close)
            if target.command is not None:
                servers.begin(target.command, target.name)
        return clients

    def _say_wait(self, name: str, seconds: float, number: int) -> None:
        wait = ByHourWait(target=name, seconds=seconds, number=number, minutes=self._ahead.minutes(name))
        self.config.timing.on_wait(wait)

    def _has_time(self, clause: Clause, cell: Cell) -> bool:
        """Whether a clause may start: its own wait ends before the run."""
        timing = self.config.timing
        if timing.until is None:
            return True
        waits = not all(self.planner.targets[name].writable for name in cell.target_names)
        return timing.clock.now() + (clause.wait_seconds if waits else 0) <= timing.until

    def _run(self, clause: Clause, function: ClauseFunction, cell: Cell) -> Result:
        obstacle = self.planner.obstacle(clause, cell)
        if obstacle is not None:
            return _result(clause, cell, obstacle.outcome, reason=obstacle.reason)
        if not self._has_time(clause, cell):
            return _result(clause, cell, Outcome.INCONCLUSIVE, reason=str(TimeSpent()))
        check = Check(Expectations(self.planner.expected_failures(clause, cell), self._today))
        result = self._checked(clause, function, cell, check)
        if check.comparison.differences:
            binding = self.planner.is_binding(clause, cell)
            differences.append(self._folder, self._failures.differences(clause, cell, check, binding=binding))
        options = {key: [self._redacted(cell, value) for value in seen] for key, seen in check.options.items()}
        return replace(result, coverage=tuple(check.coverage.values()), options=options)

    def _checked(self, clause: Clause, function: ClauseFunction, cell: Cell, check: Check) -> Result:
        document: Mapping[str, Any] | None = None
        subject: Subject | SubjectPair | None = None
        expected: CheckFailed | None = None
        try:
            for subject in self._subjects.subjects(clause, cell):
                document = _document(subject)
                try:
                    run_clause(function, subject, check)
                except CheckFailed as shown:
                    if not is_expected(shown, check.expectations):
                        raise
                    expected = expected or shown
        except (Inconclusive, LimitReached) as stop:
            return _result(
                clause, cell, Outcome.INCONCLUSIVE, checks=check.checks, reason=self._redacted(cell, str(stop))
            )
        except (CheckFailed, TimeUnavailable) as error:
            failed = error if isinstance(error, CheckFailed) else _without_time(error)
            if cell.source == CallSource.OBSERVED:
                result = self._failed_on_read_only(clause, function, cell, check, failed, subject)
                if result is not None:
                    return result
            elif isinstance(error, TimeUnavailable):
                return self._failed(clause, cell, check, failed)
            else:
                return self._failed_on(clause, function, cell, check, failed, document)
        if expected is not None:
            return self._failed(clause, cell, check, expected)
        if check.notes:
            seen = self._redacted(cell, f"saw {'; '.join(check.notes)}")
            return _result(clause, cell, Outcome.INFORMATIONAL, checks=check.checks, reason=seen)
        if check.checks == 0:
            return _result(clause, cell, Outcome.INCONCLUSIVE, reason="there was nothing to check it on")
        return _result(clause, cell, Outcome.PASSED, checks=check.checks)

    def _redacted(self, cell: Cell, text: str) -> str:
        """A reason that may repeat what a server said, without credentials."""
        return self._failures.redactor(cell).text(text)

    def _failed_on_read_only(
        self,
        clause: Clause,
        function: ClauseFunction,
        cell: Cell,
        check: Check,
        failed: CheckFailed,
        subject: Subject | SubjectPair | None,
    ) -> Result | None:
        """The result of a clause that failed on a read-only target, after it was run again; None if it passed then."""
        if subject is None:
            return self._failed(clause, cell, check, failed)
        again = None
        if self.config.shrink_seconds > 0:
            again = run_again(clause, function, failed, subject, check.expectations)
        if again is None:
            return self._failed(clause, cell, check, failed)
        if not again.counts:
            flaky = self._retrier.difference(cell, failed, again, self._failures.redactor(cell))
            return self._failed(clause, cell, check, failed, flaky=flaky)
        check.take(again.check)
        return None if again.failed is None else self._failed(clause, cell, check, again.failed)

    def _failed_on(
        self,
        clause: Clause,
        function: ClauseFunction,
        cell: Cell,
        check: Check,
        failed: CheckFailed,
        document: Mapping[str, Any] | None,
    ) -> Result:
        """The result of a clause that failed with an archive, after it was shrunk and retried."""
        generated = document if cell.source == CallSource.GENERATED else None
        if generated is not None:
            failed, generated = self._retrier.shrunk(function, cell, failed, generated, check.expectations)
        flaky = self._retrier.flaky(
            clause,
            function,
            cell,
            failed,
            generated or document,
            expectations=check.expectations,
            redactor=lambda: self._failures.redactor(cell),
        )
        return self._failed(clause, cell, check, failed, document=generated, flaky=flaky)

    def _failed(
        self,
        clause: Clause,
        cell: Cell,
        check: Check,
        failed: CheckFailed,
        *,
        document: Mapping[str, Any] | None = None,
        flaky: str | None = None,
    ) -> Result:
        bug = None if failed.exchange is None else failed.exchange.header(BUG_HEADER)
        if bug is not None:
            text = f"the fake has a bug of its own ({bug}); no contract is broken by it"
            return _result(clause, cell, Outcome.ERROR, checks=check.checks, reason=text)
        failure = self._failures.build(clause, cell, failed, document=document, flaky=flaky)
        outcome, reason = self._outcome_of(clause, cell, failed, check.expectations)
        if outcome is Outcome.INFORMATIONAL:
            reason = failure.headline
        return _result(clause, cell, outcome, checks=check.checks, reason=reason, failure=failure)

    def _outcome_of(
        self, clause: Clause, cell: Cell, failed: CheckFailed, expectations: Expectations
    ) -> tuple[Outcome, str | None]:
        """The outcome of a failed check, with its reason."""
        if not self.planner.is_binding(clause, cell):
            return Outcome.INFORMATIONAL, None
        if is_expected(failed, expectations):
            rows = [row for said in failed.said if (row := expectations.row_for(*said)) is not None]
            reasons = dict.fromkeys(f"expected until {row.expires}: {row.reason}" for row in rows)
            return Outcome.EXPECTED_FAILURE, "; ".join(reasons)
        expired = [row for said in failed.said if (row := expectations.expired_row_for(*said)) is not None]
        if expired:
            return Outcome.FAILED, f"the expected failure expired on {expired[0].expires}: {expired[0].reason}"
        return Outcome.FAILED, "the target file makes this clause binding" if clause.severity == "may" else None


def _result(
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
        target=str(cell.target),
        source=str(cell.source),
        outcome=outcome,
        checks=checks,
        reason=reason,
        failure=failure,
    )


def _without_time(error: TimeUnavailable) -> CheckFailed:
    return CheckFailed(str(error), FailureKind.WRONG_TIME, exchange=error.exchange)


def _document(subject: Subject | SubjectPair) -> Mapping[str, Any] | None:
    archive = subject.sides[0].archive
    return None if archive is None else archive.document
