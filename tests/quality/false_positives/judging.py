"""The whole suite on right servers, and what of it is a false alarm."""

from __future__ import annotations

import os
from collections.abc import Sequence

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.dialects.model import Dialect
from noojee_contract.engine.runner import Bench
from noojee_contract.model.outcome import Outcome, Result
from noojee_contract.suite import checks
from noojee_contract.targets.target import Target

RUNS = int(os.environ.get("NOOJEE_CALM_RUNS", "2"))
FIRST_SEED = int(os.environ.get("NOOJEE_CALM_SEED", "1"))
EXAMPLES = 3


def judged(
    targets: Sequence[Target], seed: int, *, migrations: Sequence[tuple[str, str]], of: str | None = None
) -> list[Result]:
    """The results of every clause in its lanes; with `of`, in those of this target and of migrations to it."""
    bench = Bench(targets, migrations=migrations, seed=seed, examples=EXAMPLES, shrink_seconds=0)
    try:
        return [
            bench.result(clause, checks()[clause.id], lane)
            for clause in catalogue().values()
            for lane in bench.lanes(clause)
            if of is None or lane.target.rpartition(" > ")[2] == of
        ]
    finally:
        bench.close()


def alarms(results: Sequence[Result]) -> list[str]:
    """What is broken, or an error of ours, in a line each."""
    return [
        f"{result.clause} in {result.target} {result.lane}: {result.finding.message if result.finding else result.reason}"
        for result in results
        if result.outcome in (Outcome.BROKEN, Outcome.ERROR)
    ]


def described(dialect: Dialect, base_url: str) -> Target:
    """The target "records": an API that a dialect file describes, on a socket."""
    return Target(
        name="records", dialect=dialect.name, described=dialect, capabilities=dialect.capabilities, base_url=base_url,
        fillable=True,
    )  # fmt: skip
