"""Runs by-hour clauses ahead of their place in a run, as soon as the by-hour limit of their read-only target allows it.

The limit is one request a minute. Other clauses run during the minutes, and one listing of an hour serves all clauses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from noojee_contract.catalogue.clauses import Clause
from noojee_contract.engine.clause_run import ClauseFunction
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.errors import ContractError, TooSoon
from noojee_contract.model.cell import Cell
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.targets.target import Target

ACCEPTED = "authentication.accepted"
"""The clause that comes before the first by-hour request: it shows whether the key is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedClause:
    """A clause with its function, in a cell."""

    clause: Clause
    function: ClauseFunction
    cell: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A clause to run ahead, or a known hour to list, by place. `waits`: needs a minute without a by-hour request."""

    clause: Clause | None = None
    hour: int | None = None
    waits: bool = True


def by_hour_steps(clauses: Iterable[Clause], hours: int) -> list[list[Step]]:
    """The by-hour requests of a read-only target with so many known hours: the steps of each minute, in order. Pure.

    Requests at once come right after the first listing. Requests that must be refused come before a later listing, so
    that they do not delay the first one on a server where they use up the minute.
    """
    chosen: dict[str | None, list[Clause]] = {}
    for clause in clauses:
        chosen.setdefault(clause.slot, []).append(clause)
    minutes = [[Step(hour=place)] for place in range(hours)] or [[]]
    minutes[0] = [*(Step(clause=clause) for clause in chosen.get("first", ())), *minutes[0]]
    later = min(1, len(minutes) - 1)
    minutes[later] = [*(Step(clause=clause) for clause in chosen.get("listing", ())), *minutes[later]]
    minutes[0] = [replace(step, waits=place == 0 or step.clause is None) for place, step in enumerate(minutes[0])]
    minutes += [[Step(clause=clause)] for clause in chosen.get("own", ())]
    before = hours - 1 if hours > 1 else min(1, len(minutes) - 1)
    minutes[before] = [*(Step(clause=clause) for clause in chosen.get("refused", ())), *minutes[before]]
    return [steps for steps in minutes if steps]


def known_hours(target: Target) -> int:
    """How many hours the recordings file of a target names."""
    return len({question.value for question in target.recordings if question.kind == "hour"})


@dataclass(slots=True, kw_only=True)
class Queue:
    """What is still to be sent by hour to one target. `ready`: its key was accepted, or nothing tests that."""

    planned: Mapping[str, PlannedClause]
    steps: deque[Step]
    minutes: int
    ready: bool
    results: dict[str, Result] = field(default_factory=dict)

    def waits_for(self, clause: Clause | None) -> bool:
        """Whether a step is still to come that lists a known hour, or that runs a clause."""
        return any(step.hour is not None or (clause is not None and step.clause is clause) for step in self.steps)


class Ahead:
    """The by-hour queues of the read-only targets of a run.

    `run` gives the result of a planned clause, `subject` the subject of a target, `wait_seconds` how long a by-hour
    request to a target must wait now.
    """

    def __init__(
        self,
        *,
        run: Callable[[PlannedClause], Result],
        subject: Callable[[str], ReadOnlySubject],
        wait_seconds: Callable[[str], float],
    ) -> None:
        self._run = run
        self._subject = subject
        self._wait_seconds = wait_seconds
        self._queues: dict[str, Queue] = {}

    def expect(self, name: str, planned: Sequence[PlannedClause], hours: int) -> None:
        """Take the clauses that are to run on a read-only target with so many known hours."""
        own = {each.clause.id: each for each in planned if not each.cell.is_migration}
        minutes = by_hour_steps((each.clause for each in own.values()), hours)
        self._queues[name] = Queue(
            planned=own,
            steps=deque(step for steps in minutes for step in steps),
            minutes=len(minutes),
            ready=not any(each.clause.id == ACCEPTED for each in planned),
        )

    def minutes(self, name: str) -> int:
        """How many minutes the by-hour requests to a target need, as far as it is known."""
        return self._queues[name].minutes if name in self._queues else 0

    def take(self, planned: PlannedClause) -> Result | None:
        """The result of a clause that has run ahead; None if it has not."""
        queue = None if planned.cell.is_migration else self._queues.get(planned.cell.target_names[0])
        return None if queue is None else queue.results.pop(planned.clause.id, None)

    def note(self, planned: PlannedClause, result: Result) -> None:
        """Take the result of a clause that has run in its place."""
        for name in planned.cell.target_names:
            queue = self._queues.get(name)
            if queue is None:
                continue
            if planned.clause.id == ACCEPTED:
                queue.ready = result.outcome in (Outcome.PASSED, Outcome.EXPECTED_FAILURE)
            queue.steps = deque(step for step in queue.steps if step.clause is not planned.clause)

    def run_due(self) -> None:
        """Send the by-hour requests that the limits of the targets allow now, without a wait."""
        for name, queue in self._queues.items():
            self._run_steps(name, queue)

    def prepare(self, planned: PlannedClause) -> None:
        """Before a clause that may read listings: list the known hours of its targets, with their waits.

        A clause with by-hour requests of its own waits for its step.
        """
        if "by_hour" not in planned.clause.needs and not planned.cell.is_migration:
            return
        own = None if planned.cell.is_migration else planned.clause
        for name in planned.cell.target_names:
            queue = self._queues.get(name)
            while queue is not None and queue.ready and queue.waits_for(own):
                if not self._do_next(name, queue):
                    break

    def _run_steps(self, name: str, queue: Queue) -> None:
        while queue.ready and queue.steps and self._is_due(name, queue.steps[0]):
            if not self._do_next(name, queue):
                break

    def _do_next(self, name: str, queue: Queue) -> bool:
        """Do the next step. False if its time has not come."""
        step = queue.steps.popleft()
        if step.clause is not None:
            self._run_clause(queue, step.clause)
        elif step.hour is not None and not self._list(name, step.hour):
            queue.steps.appendleft(step)
            return False
        return True

    def _is_due(self, name: str, step: Step) -> bool:
        return not step.waits or self._wait_seconds(name) <= 0

    def _run_clause(self, queue: Queue, clause: Clause) -> None:
        result = self._run(queue.planned[clause.id])
        if result.outcome is not Outcome.INCONCLUSIVE:  # its own place in the run may be a better time
            queue.results[clause.id] = result

    def _list(self, name: str, place: int) -> bool:
        """List a known hour. False if it is too early; a clause in its own place meets any other reason to stop."""
        subject = self._subject(name)
        try:
            subject.by_hour(*subject.hours[place])
        except TooSoon:
            return False
        except ContractError:
            return True
        return True
