"""The configuration of a runner. Values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from noojee_contract.clients.clock import CLOCK, Clock
from noojee_contract.engine.counterexamples import CounterexampleStore
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.wait import ByHourWait
from noojee_contract.targets.target import Target

SHRINK_SECONDS = 5.0


def _say_nothing(wait: ByHourWait) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The time of a run: its clock, its end by that clock (None for no end), and what hears of a wait that begins."""

    clock: Clock = CLOCK
    until: float | None = None
    on_wait: Callable[[ByHourWait], None] = _say_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerConfig:
    """What a runner needs to run clauses.

    `migrations` whose targets are not all in `targets` are left out. Generated archives are made from `random_seed`,
    `examples` of them. `smoke` runs on bundled archives only. `repeat_flags` are the flags of `noojee-contract verify`
    that name the same targets again. `limits_folder` is shared by all workers of a run; None for a folder of its own.
    With `shrink_seconds` 0, failures are neither shrunk nor retried. `counterexamples` keeps archives that made a
    clause fail. `replay_archive` is a kept archive; clauses then run on nothing else. `timing` bounds the run.
    """

    targets: Sequence[Target]
    random_seed: int
    examples: int
    migrations: Sequence[MigrationPair] = ()
    smoke: bool = False
    repeat_flags: Sequence[str] = ()
    limits_folder: Path | None = None
    shrink_seconds: float = SHRINK_SECONDS
    counterexamples: CounterexampleStore | None = None
    replay_archive: Mapping[str, Any] | None = None
    timing: Timing = field(default_factory=Timing)
