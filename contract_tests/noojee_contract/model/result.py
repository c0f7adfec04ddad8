"""Results of clauses, how they merge, and the report of a run. Pure values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from noojee_contract.model.failure import Failure
from noojee_contract.model.outcome import (
    EXIT_FAILED,
    EXIT_INCONCLUSIVE,
    EXIT_OK,
    EXIT_UNREACHABLE,
    WORST_FIRST,
    Outcome,
    worst,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome of one clause in one cell of one target. `checks` counts what was looked at."""

    clause: str
    target: str
    source: str
    outcome: Outcome
    checks: int = 0
    seconds: float = 0.0
    reason: str | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredClauses:
    """What must be proved before a run is green: clause ids for each target.

    `claimed`: for each target the capabilities that it claims, with the clause that exercises each.
    """

    needed: Mapping[str, Sequence[str]]
    claimed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def missing(self, results: Sequence[Result]) -> list[tuple[str, str]]:
        """The (target, clause) pairs of the floor that no cell proved; a claim that nothing exercised is one as well."""
        proved = {(r.target, r.clause) for r in results if r.outcome is Outcome.PASSED and r.checks > 0}
        proved |= {(r.target, r.clause) for r in results if r.outcome is Outcome.EXPECTED_FAILURE}
        lacking = [
            (target, clause) for target, ids in self.needed.items() for clause in ids if (target, clause) not in proved
        ]
        checks = {(r.target, r.clause) for r in results if r.checks > 0}
        for target, claims in self.claimed.items():
            lacking += [
                (target, f"the claimed capability {name} (nothing exercised it)")
                for name, clause in claims.items()
                if (target, clause) not in checks
            ]
        return lacking


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseRow:
    """What a report says of a clause: the catalogue's words."""

    id: str
    sentence: str
    severity: str
    provenance: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """What a report says of a target. `address` is redacted; `cells` name where the calls came from."""

    name: str
    dialect: str
    address: str
    sources: Sequence[str]
    requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole run, as the reports need it. `calls` are time lines: legs of calls that were seen, redacted."""

    suite: str
    catalogue: str
    started: str
    seconds: float
    random_seed: int
    examples: int
    targets: Sequence[TargetRow]
    clauses: Sequence[ClauseRow]
    results: Sequence[Result]
    missing: Sequence[tuple[str, str]] = ()
    calls: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = ()
    complete: bool = True
    unreachable: Sequence[tuple[str, str]] = field(default=())

    def counts(self) -> dict[Outcome, int]:
        """How many clause-and-target pairs ended in each outcome, worst first; the worst cell wins."""
        tally = Counter(outcome for outcome in self.merged().values())
        return {outcome: tally[outcome] for outcome in WORST_FIRST if tally[outcome]}

    def merged(self) -> dict[tuple[str, str], Outcome]:
        """(clause, target) to its outcome; a cell that proved it outweighs a cell that could not exercise it."""
        cells: dict[tuple[str, str], list[Outcome]] = {}
        for result in self.results:
            cells.setdefault((result.clause, result.target), []).append(result.outcome)
        return {pair: _merge(outcomes) for pair, outcomes in cells.items()}

    @property
    def exit_code(self) -> int:
        """0 good, 1 broken, 3 not proved or an error of our own, 4 a target that cannot be reached."""
        outcomes = [result.outcome for result in self.results]
        if self.unreachable:
            return EXIT_UNREACHABLE
        if Outcome.ERROR in outcomes or not self.complete:
            return EXIT_INCONCLUSIVE
        if Outcome.FAILED in outcomes:
            return EXIT_FAILED
        if self.missing or not {Outcome.PASSED, Outcome.EXPECTED_FAILURE} & set(outcomes):
            return EXIT_INCONCLUSIVE
        return EXIT_OK


def _merge(outcomes: Sequence[Outcome]) -> Outcome:
    bad = [outcome for outcome in outcomes if outcome in (Outcome.ERROR, Outcome.FAILED)]
    if bad:
        return worst(bad)
    proved = [
        outcome for outcome in outcomes if outcome in (Outcome.EXPECTED_FAILURE, Outcome.INFORMATIONAL, Outcome.PASSED)
    ]
    return worst(proved or outcomes)
