"""Plans a run: which cells a clause has, and what stops it in a cell. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from noojee_contract.catalogue.clauses import MIGRATION, Clause
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.cell import CallSource, Cell
from noojee_contract.model.coverage import Coverage, Covered
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.applicability import concerns, lacking, reason_not_applicable
from noojee_contract.targets.target import ExpectedFailure, Target


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a clause cannot run in a cell, and its outcome there."""

    outcome: Outcome
    reason: str


def place_in_run(clause: Clause, cell: Cell) -> int:
    """Where a clause comes in a run, by whether it needs by-hour listings of a read-only target.

    A migration follows the calls that its sides list by hour. Clauses of other cells keep their order, at place 0.
    """
    if cell.source != CallSource.OBSERVED or clause.id == "authentication.accepted":
        return 0
    if "by_hour" not in clause.needs:
        return 2 if cell.is_migration else 1
    if clause.id == "by-hour.limit-ends":  # a listing of another clause shows it
        return 4
    return 3


@dataclass(frozen=True)
class Planner:
    """The cells of clauses, and their obstacles, for one configuration."""

    config: RunnerConfig

    @cached_property
    def targets(self) -> dict[str, Target]:
        """The targets by name, in the order of the configuration."""
        return {target.name: target for target in self.config.targets}

    def cells(self, clause: Clause) -> list[Cell]:
        """The cells of a clause: first those of targets, then those of migration pairs."""
        found = [
            Cell(target.name, source)
            for target in self.targets.values()
            if concerns(clause, target)
            for source in self._sources(target, clause)
        ]
        if MIGRATION in clause.dialects:
            for pair in self.config.migrations:
                sides = [self.targets[name] for name in (pair.old, pair.new) if name in self.targets]
                if len(sides) == 2:
                    both = set(self._sources(sides[0], clause)) & set(self._sources(sides[1], clause))
                    found += [Cell(pair, source) for source in CallSource if source in both]
        return found

    def obstacle(self, clause: Clause, cell: Cell) -> Obstacle | None:
        """What stops a clause in a cell; None if it can run."""
        targets = [self.targets[name] for name in cell.target_names]
        serves_hours = any(target.has_by_hour for target in targets)  # one side of a migration is enough
        for target in targets:
            reason = reason_not_applicable(clause, target)
            if reason is not None:
                return Obstacle(Outcome.NOT_APPLICABLE, reason)
            is_helped = serves_hours and not target.has_by_hour
            stop = lacking(clause, target, served_elsewhere=("by_hour",) if is_helped else ())
            if stop is not None:
                outcome, reason = stop
                return Obstacle(Outcome.NOT_APPLICABLE if target.is_replayed else outcome, reason)
        if "by_hour" in clause.needs and not serves_hours:
            return Obstacle(Outcome.NOT_APPLICABLE, f"the dialect {targets[-1].dialect} has no method by hour")
        return None

    def expected_failures(self, clause: Clause, cell: Cell) -> tuple[ExpectedFailure, ...]:
        """The rows of the target file that expect a clause to fail in a cell."""
        rows = (row for name in cell.target_names for row in self.targets[name].expected_failures)
        return tuple(row for row in rows if row.clause == clause.id)

    def is_binding(self, clause: Clause, cell: Cell) -> bool:
        """Whether a failed check of a clause fails in a cell: by its severity, or because a target file says so."""
        patterns = [pattern for name in cell.target_names for pattern in self.targets[name].binding]
        return clause.severity != "may" or any(fnmatchcase(clause.id, pattern) for pattern in patterns)

    def dropped_hours(self, clause: Clause, cell: Cell) -> tuple[Coverage, ...]:
        """The coverage of a clause that the time limit has left out: none of the known hours that it is about."""
        rows = self.targets[cell.target_names[-1]].recordings
        hours = len({row.value for row in rows if row.kind == "hour"}) if "by_hour" in clause.needs else 0
        if not hours or cell.source != CallSource.OBSERVED:
            return ()
        return (
            Coverage(what=Covered.HOURS, known=hours, compared=0, not_compared={"left out by the time limit": hours}),
        )

    def _sources(self, target: Target, clause: Clause) -> list[CallSource]:
        if self.config.replay_archive is not None:
            can_replay = target.writable and CallSource.GENERATED in target.sources
            return [CallSource.GENERATED] if can_replay else []
        if not target.writable:
            return [CallSource.OBSERVED]
        if clause.over == "exchange" or self.config.smoke:
            return [CallSource.BUNDLED]
        return [source for source in (CallSource.BUNDLED, CallSource.GENERATED) if source in target.sources]
