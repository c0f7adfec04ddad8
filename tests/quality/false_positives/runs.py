"""Runs the whole suite on conformant servers and lists the false positives."""

from __future__ import annotations

import os
from collections.abc import Sequence

from noojee_contract.dialects.custom import CustomDialect
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.targets.target import Target
from support.running import run_clauses

RUNS = int(os.environ.get("NOOJEE_FALSE_POSITIVE_RUNS", "1"))
FIRST_SEED = int(os.environ.get("NOOJEE_FALSE_POSITIVE_RANDOM_SEED", "1"))
EXAMPLES = 3


def results_of(
    targets: Sequence[Target], seed: int, *, migrations: Sequence[MigrationPair], of: str | None = None
) -> list[Result]:
    """The results of every clause in its cells; with `of`, in those of this target and of migrations to it."""
    config = RunnerConfig(targets=targets, migrations=migrations, random_seed=seed, examples=EXAMPLES, shrink_seconds=0)
    return list(run_clauses(config, wanted=lambda cell: of is None or cell.target_names[-1] == of))


def false_positives(results: Sequence[Result]) -> list[str]:
    """Failures and errors, one line each."""
    return [
        f"{result.clause} in {result.target} {result.source}: "
        f"{result.failure.message if result.failure else result.reason}"
        for result in results
        if result.outcome in (Outcome.FAILED, Outcome.ERROR)
    ]


def described(dialect: CustomDialect, base_url: str) -> Target:
    """The target "records": an API that a dialect file describes, on a socket."""
    return Target(
        name="records", dialect=dialect.name, described=dialect, capabilities=dialect.capabilities, base_url=base_url,
        writable=True,
    )  # fmt: skip
