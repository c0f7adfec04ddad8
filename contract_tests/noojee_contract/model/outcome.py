"""The outcomes of a clause, how they merge, and when a run is green.

Pure values: the plugin makes them, the reports print them. The worst outcome of a clause on a target wins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What became of a clause on a target, worst first."""

    ERROR = "error"
    BROKEN = "broken"
    UNPROVED = "unproved"
    UNSUPPORTED = "unsupported"
    KNOWN = "known"
    OBSERVED = "observed"
    HOLDS = "holds"


WORST_FIRST = tuple(Outcome)

EXIT_GOOD = 0
EXIT_BROKEN = 1
EXIT_USAGE = 2
EXIT_UNPROVED = 3
EXIT_UNREACHABLE = 4


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of some outcomes. Raises ValueError where there is none: nothing is not green."""
    return min(outcomes, key=WORST_FIRST.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What shows that a clause is broken (or known, or observed), ready to print: everything in it is redacted.

    `exchange` has the shape of `schemas/own/exchange.schema.json`; `seed_document` is the smallest archive that shows
    it, where the calls were generated; `script` repeats it by hand; `command` repeats it with this tool, `on_the_fake`
    does the same on the embedded PBX, and `elsewhere` on another target. `flaky` says what differed when it was asked again.
    """

    message: str
    exchange: Mapping[str, Any] | None = None
    seed_document: Mapping[str, Any] | None = None
    script: str | None = None
    command: str | None = None
    on_the_fake: str | None = None
    elsewhere: str | None = None
    flaky: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome of one clause in one lane of one target. `judged` counts what was looked at."""

    clause: str
    target: str
    lane: str
    outcome: Outcome
    judged: int = 0
    seconds: float = 0.0
    reason: str | None = None
    finding: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What must be proved before a run is green: clause ids for each target.

    `claimed`: for each target the capabilities that it claims, with the clause that exercises each.
    """

    needed: Mapping[str, Sequence[str]]
    claimed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def missing(self, results: Sequence[Result]) -> list[tuple[str, str]]:
        """The (target, clause) pairs of the floor that no lane proved; a claim that nothing exercised is one as well."""
        proved = {(r.target, r.clause) for r in results if r.outcome is Outcome.HOLDS and r.judged > 0}
        proved |= {(r.target, r.clause) for r in results if r.outcome is Outcome.KNOWN}
        lacking = [
            (target, clause) for target, ids in self.needed.items() for clause in ids if (target, clause) not in proved
        ]
        judged = {(r.target, r.clause) for r in results if r.judged > 0}
        for target, claims in self.claimed.items():
            lacking += [
                (target, f"the claimed capability {name} (nothing exercised it)")
                for name, clause in claims.items()
                if (target, clause) not in judged
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
    """What a report says of a target. `address` is redacted; `lanes` name where the calls came from."""

    name: str
    dialect: str
    address: str
    lanes: Sequence[str]
    requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A whole run, as the reports need it. `calls` are time lines: legs of calls that were seen, redacted."""

    suite: str
    catalogue: str
    started: str
    seconds: float
    seed: int
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
        """How many clause-and-target pairs ended in each outcome, worst first; the worst lane wins."""
        tally = Counter(outcome for outcome in self.merged().values())
        return {outcome: tally[outcome] for outcome in WORST_FIRST if tally[outcome]}

    def merged(self) -> dict[tuple[str, str], Outcome]:
        """(clause, target) to its outcome; a lane that proved it outweighs a lane that could not exercise it."""
        lanes: dict[tuple[str, str], list[Outcome]] = {}
        for result in self.results:
            lanes.setdefault((result.clause, result.target), []).append(result.outcome)
        return {pair: _merge(outcomes) for pair, outcomes in lanes.items()}

    @property
    def exit_code(self) -> int:
        """0 good, 1 broken, 3 not proved or an error of our own, 4 a target that cannot be reached."""
        outcomes = [result.outcome for result in self.results]
        if self.unreachable:
            return EXIT_UNREACHABLE
        if Outcome.ERROR in outcomes or not self.complete:
            return EXIT_UNPROVED
        if Outcome.BROKEN in outcomes:
            return EXIT_BROKEN
        if self.missing or not {Outcome.HOLDS, Outcome.KNOWN} & set(outcomes):
            return EXIT_UNPROVED
        return EXIT_GOOD


def _merge(outcomes: Sequence[Outcome]) -> Outcome:
    bad = [outcome for outcome in outcomes if outcome in (Outcome.ERROR, Outcome.BROKEN)]
    if bad:
        return worst(bad)
    proved = [outcome for outcome in outcomes if outcome in (Outcome.KNOWN, Outcome.OBSERVED, Outcome.HOLDS)]
    return worst(proved or outcomes)
