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
from noojee_contract.clients.limits import limits_of
from noojee_contract.clients.processes import Servers
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.engine.ahead import Ahead, PlannedClause, known_hours
from noojee_contract.engine.check import Check
from noojee_contract.engine.clause_results import ClauseResults, make_result
from noojee_contract.engine.clause_run import ClauseFunction
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.expectations import Expectations
from noojee_contract.engine.failures import FailureBuilder
from noojee_contract.engine.planner import Planner
from noojee_contract.engine.retry import Retrier
from noojee_contract.engine.subject_pool import SubjectPool
from noojee_contract.engine.timeline import time_lines
from noojee_contract.engine.unanswered import counted
from noojee_contract.errors import TargetError, TimeSpent, Unreachable
from noojee_contract.model.cell import CallSource, Cell
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.model.wait import ByHourWait
from noojee_contract.redaction.reports import redacted_result
from noojee_contract.report import differences

MOST_TIME_LINES = 60


class Runner:
    """Runs clauses for one worker. Use it as a context manager, or close it at the end.

    `environ` holds the variables that targets name (default: those of the process); `today` decides whether an expected
    failure has expired (default: today in UTC). `unreachable` has the reason for each target without any answer.
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
        self._failures = FailureBuilder(config, self.target_clients)
        retrier = Retrier(config, self.target_clients, self._subjects)
        self._results = ClauseResults(config, self.planner, self._subjects, retrier, self._failures)
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
        """Take the cases to run: by-hour requests to read-only targets are sent as soon as the limit allows."""
        for target in self.config.targets:
            if target.writable or not target.has_by_hour or not target.once_a_minute:
                continue
            own = [planned for planned in cases if target.name in planned.cell.target_names]
            own = [planned for planned in own if self.planner.obstacle(planned.clause, planned.cell) is None]
            if any("by_hour" in planned.clause.needs for planned in own):
                self._ahead.expect(target.name, own, known_hours(target))

    def result(self, clause: Clause, function: ClauseFunction, cell: Cell) -> Result:
        """Run a clause in a cell. Never raises for what a server does; internal errors become the outcome `error`.

        By-hour requests of other clauses are sent before it, if the limit allows them without a wait.
        """
        planned = PlannedClause(clause=clause, function=function, cell=cell)
        self._ahead.run_due()
        self._ahead.prepare(planned)
        result = self._ahead.take(planned)
        if result is None:
            result = self._result(planned)
            self._ahead.note(planned, result)
        return result

    def _result(self, planned: PlannedClause) -> Result:
        clause, function, cell = planned.clause, planned.function, planned.cell
        started = time.monotonic()
        try:
            result = self._run(clause, function, cell)
        except Unreachable as error:
            self.unreachable[error.target_name] = self._failures.redacted(cell, str(error))
            result = make_result(clause, cell, Outcome.INCONCLUSIVE, reason=str(error))
        except TargetError as error:
            result = make_result(clause, cell, Outcome.ERROR, reason=str(error))
        except Exception as error:  # noqa: BLE001  the outermost handler of a clause: an internal error is an outcome
            text = "".join(traceback.format_exception(error)[-3:])
            result = make_result(clause, cell, Outcome.ERROR, reason=text)
        result = redacted_result(result, self._failures.redactor(cell))
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
        return [(name, self._failures.redacted(Cell(name, CallSource.OBSERVED), row)) for name, row in rows]

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
            return make_result(clause, cell, obstacle.outcome, reason=obstacle.reason)
        if not self._has_time(clause, cell):
            dropped = make_result(clause, cell, Outcome.INCONCLUSIVE, reason=str(TimeSpent()))
            return replace(dropped, coverage=self.planner.dropped_hours(clause, cell))
        check = Check(Expectations(self.planner.expected_failures(clause, cell), self._today))
        result = self._results.result(clause, function, cell, check)
        if check.comparison.differences:
            binding = self.planner.is_binding(clause, cell)
            differences.append(self._folder, self._failures.differences(clause, cell, check, binding=binding))
        return replace(
            result,
            coverage=tuple(check.coverage.values()),
            options=check.options,
            unanswered=counted(check.unanswered.values()),
        )
