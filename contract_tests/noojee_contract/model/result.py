"""Results of clauses, how they merge, and the report of a run. Pure values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from noojee_contract.model.cell import CallSource
from noojee_contract.model.coverage import OUTSIDE_SAMPLE, Coverage, Covered, largest
from noojee_contract.model.failure import Failure
from noojee_contract.model.outcome import EXIT_CODES, SATISFIED, WORST_FIRST, Outcome, Verdict, merge

MIGRATION = "migration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """How many questions a target did not answer. `said` is what came instead: a status, or "no answer"."""

    target: str
    said: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome of one clause in one cell of one target.

    `checks` counts the comparisons that were made. `coverage` says how much of what is known they are about. `options`
    holds the values that the clause observed for each option, redacted. `unanswered` are the questions about known
    recordings that the clause needs and that were not answered: it cannot pass.
    """

    clause: str
    target: str
    source: str
    outcome: Outcome
    checks: int = 0
    seconds: float = 0.0
    reason: str | None = None
    failure: Failure | None = None
    coverage: Sequence[Coverage] = ()
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unanswered: Sequence[Unanswered] = ()

    @property
    def counted_outcome(self) -> Outcome:
        """The outcome for merging: a clause that made no check is inconclusive, even if it says that it passed."""
        return Outcome.INCONCLUSIVE if self.outcome is Outcome.PASSED and self.checks == 0 else self.outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredClauses:
    """The clauses that must have passed for exit code 0: ids for each target.

    `claimed` holds, for each target, the capabilities that its target file claims, each with the clause that uses it.
    """

    needed: Mapping[str, Sequence[str]]
    claimed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def missing(self, results: Sequence[Result]) -> list[tuple[str, str]]:
        """Return (target, clause) for each required clause that neither passed nor failed as expected.

        A claimed capability that no clause used is listed as well.
        """
        satisfied = {(each.target, each.clause) for each in results if each.counted_outcome in SATISFIED}
        missing = [
            (target, clause)
            for target, ids in self.needed.items()
            for clause in ids
            if (target, clause) not in satisfied
        ]
        used = {(each.target, each.clause) for each in results if each.checks > 0}
        for target, claims in self.claimed.items():
            missing += [
                (target, f"the claimed capability {name} (no clause used it)")
                for name, clause in claims.items()
                if (target, clause) not in used
            ]
        return missing


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseRow:
    """What a report says about a clause, from the catalogue."""

    id: str
    sentence: str
    severity: str
    provenance: str
    group: str


@dataclass(slots=True, kw_only=True)
class Tally:
    """The requests that were sent to a target so far, and how it answered.

    `answers` counts the answers by status, and "no answer". `unavailable` counts those of them that say nothing about
    the question: 429, 5xx, no whole answer. Requests that must not be repeated, such as by hour, are not in it.
    """

    requests: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    unavailable: Counter[str] = field(default_factory=Counter)

    def count(self, answer: str, *, unavailable: bool) -> None:
        """Count a request that was sent, by its answer: a status, or "no answer"."""
        self.requests += 1
        self.answers[answer] += 1
        if unavailable:
            self.unavailable[answer] += 1

    def add(self, other: Tally) -> None:
        """Add the numbers of another client or process."""
        self.requests += other.requests
        self.answers += other.answers
        self.unavailable += other.unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """What a report says about a target or a migration. `address` is redacted; `sources` are the call sources.

    `answers` and `unavailable` are those of a `Tally`.
    """

    name: str
    dialect: str
    address: str
    sources: Sequence[str]
    requests: int = 0
    answers: Mapping[str, int] = field(default_factory=dict)
    unavailable: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_migration(self) -> bool:
        """Whether this is a pair of targets that were compared, and no target of its own."""
        return self.dialect == MIGRATION


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingOption:
    """An option whose values on the two sides of a migration differ, as declared by the profile or else as observed."""

    migration: str
    option: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The numbers of a run. `results` counts one per clause, target and call source; `outcomes` merges the sources."""

    clauses: int
    targets: int
    migrations: int
    results: int
    outcomes: int
    checks: int
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole run. `missing` and `unreachable` are (target, clause or reason); `empty_rows` are (target, row of its
    recordings file that brings nothing); `calls` are redacted legs of known calls.

    `caveats` are what the first line adds to the verdict: what was not tested, in a few words each.
    """

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
    empty_rows: Sequence[tuple[str, str]] = ()
    calls: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = ()
    differing_options: Sequence[DifferingOption] = ()
    caveats: Sequence[str] = ()
    complete: bool = True
    unreachable: Sequence[tuple[str, str]] = ()

    def by_pair(self) -> dict[tuple[str, str], list[Result]]:
        """Return the results of each (clause, target): one for each call source."""
        results: dict[tuple[str, str], list[Result]] = {}
        for result in self.results:
            results.setdefault((result.clause, result.target), []).append(result)
        return results

    def merged(self) -> dict[tuple[str, str], Outcome]:
        """Return the outcome of each (clause, target), merged over the call sources."""
        return {pair: merge([result.counted_outcome for result in each]) for pair, each in self.by_pair().items()}

    def counts(self) -> dict[Outcome, int]:
        """Return how many (clause, target) pairs have each outcome, worst first, without zeros."""
        tally = Counter(self.merged().values())
        return {outcome: tally[outcome] for outcome in WORST_FIRST if tally[outcome]}

    def totals(self) -> Totals:
        """Return the numbers that every form of the report states."""
        migrations = sum(target.is_migration for target in self.targets)
        return Totals(
            clauses=len({result.clause for result in self.results}),
            targets=len(self.targets) - migrations,
            migrations=migrations,
            results=len(self.results),
            outcomes=len(self.merged()),
            checks=sum(result.checks for result in self.results),
            requests=sum(target.requests for target in self.targets),
        )

    def coverage(self) -> dict[str, dict[Covered, Coverage]]:
        """Return the coverage of each target and migration that states any, in the order of the targets."""
        stated: dict[str, list[Coverage]] = {target.name: [] for target in self.targets}
        for result in self.results:
            stated.setdefault(result.target, []).extend(result.coverage)
        return {name: largest(each) for name, each in stated.items() if each}

    @property
    def unanswered(self) -> list[Unanswered]:
        """Return the questions that targets did not answer: for each target and status, the most of any clause."""
        most: dict[tuple[str, str], Unanswered] = {}
        for each in (each for result in self.results for each in result.unanswered):
            before = most.get((each.target, each.said))
            if before is None or each.count > before.count:
                most[each.target, each.said] = each
        return list(most.values())

    @property
    def has_generated(self) -> bool:
        """Whether a clause ran on generated archives, so that the random seed matters."""
        return any(result.source == CallSource.GENERATED for result in self.results)

    @property
    def has_samples(self) -> bool:
        """Whether a clause compared a random sample, so that the random seed matters."""
        return any(OUTSIDE_SAMPLE in each.not_compared for result in self.results for each in result.coverage)

    @property
    def verdict(self) -> Verdict:
        """The verdict. A failure outranks internal errors, because it is about the target."""
        outcomes = {result.counted_outcome for result in self.results}
        rules = (
            (bool(self.unreachable), Verdict.UNREACHABLE),
            (Outcome.FAILED in outcomes, Verdict.FAILED),
            (Outcome.ERROR in outcomes, Verdict.ERROR),
            (not self.complete, Verdict.INCOMPLETE),
            (
                bool(self.missing or self.empty_rows or self.unanswered) or not outcomes & SATISFIED,
                Verdict.INCONCLUSIVE,
            ),
        )
        return next((verdict for applies, verdict in rules if applies), Verdict.PASSED)

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 3 too little was tested or only internal errors, 4 a target is unreachable."""
        return EXIT_CODES[self.verdict]
