"""The options of a run, from the command line of `noojee-contract verify` or of pytest, and what they choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from noojee_contract.targets.flags import PYTEST_FLAGS, PYTEST_PREFIX, REPEATED_FLAGS, TARGET_FLAGS, given, words

if TYPE_CHECKING:
    import pytest

    from noojee_contract.engine.counterexamples import CounterexampleStore
    from noojee_contract.model.cell import MigrationPair
    from noojee_contract.targets.target import Target

EXAMPLES = 25
HERE = Path("noojee-contract.toml")
"""The target file that a run uses if no flag names another."""
EMBEDDED = "embedded"
"""The name of the target file that ships: the embedded PBX. A run uses it if there is no other."""
UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600}
SMOKE_TARGETS = ("legacy-http", "replacement-http")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The flags of a run. `target_flags` are the flags that describe a target, by key; empty with a target file."""

    config: str | None = None
    exchanges: str | None = None
    target: Sequence[str] = ()
    only: Sequence[str] = ()
    require: Sequence[str] = ()
    examples: int = EXAMPLES
    random_seed: int | None = None
    smoke: bool = False
    time_limit: str | None = None
    counterexamples: str | None = None
    replay_counterexample: str | None = None
    target_flags: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The options that parsed flags set, by flag name. Without --config, takes the file in this folder."""
        run = given([flag for flag in PYTEST_FLAGS if flag not in TARGET_FLAGS], values)
        target_flags = given(TARGET_FLAGS, values)
        if not {"config", "exchanges"} & run.keys() and not target_flags and HERE.exists():
            run["config"] = str(HERE)
        return cls(**run, target_flags=target_flags)

    @classmethod
    def of_pytest(cls, config: pytest.Config) -> Self:
        """The options of a pytest run."""
        prefix = PYTEST_PREFIX.strip("-")
        return cls.of({flag.name: getattr(config.option, f"{prefix}_{flag.name}") for flag in PYTEST_FLAGS})

    @property
    def repeat_words(self) -> list[str]:
        """The flags of `verify` that find the same target again, under the same limits."""
        config = self.config or (None if self.target_flags or self.exchanges else EMBEDDED)
        return words(REPEATED_FLAGS, {"config": config, "exchanges": self.exchanges, **self.target_flags})

    @property
    def is_embedded_by_default(self) -> bool:
        """Whether the run checks the embedded PBX because nothing names another, and the folder has no target file."""
        return self.config is None and not self.target_flags and not self.exchanges

    @property
    def time_limit_seconds(self) -> float | None:
        """The longest time of the run; None for no limit. Raises TargetError for a text that is no time."""
        if self.time_limit is None:
            return None
        from noojee_contract.errors import TargetError

        number, unit = self.time_limit[:-1], self.time_limit[-1:]
        if not (number.isascii() and number.isdigit() and int(number) > 0 and unit in UNIT_SECONDS):
            raise TargetError(f"--time-limit {self.time_limit!r} is no time; write 90s, 30m or 1h")
        return float(number) * UNIT_SECONDS[unit]

    @property
    def store(self) -> CounterexampleStore:
        """The folder that keeps counterexamples."""
        from noojee_contract.engine.counterexamples import FOLDER, CounterexampleStore

        return CounterexampleStore(Path(self.counterexamples or FOLDER))


def check_flags(options: RunOptions) -> None:
    """Raises TargetError for flags that contradict each other."""
    from noojee_contract.errors import TargetError

    _ = options.time_limit_seconds
    flags = {flag.name: flag for flag in TARGET_FLAGS}
    if options.exchanges and (options.target or options.config or "base_url" in options.target_flags):
        raise TargetError(
            "--exchanges is checked instead of a PBX: leave out --config, --base-url and the names of targets"
        )
    if options.target_flags and not options.exchanges and "base_url" not in options.target_flags:
        name = next(iter(options.target_flags))
        raise TargetError(
            f"{flags[name].flag} describes a target without a target file: give --base-url too, "
            f"or set {name} in the target file"
        )
    if options.target_flags and (options.target or options.config):
        raise TargetError("--base-url describes one target: leave out --config and the names of targets")


def chosen_targets(options: RunOptions) -> tuple[list[Target], tuple[MigrationPair, ...]]:
    """The targets that the options choose, and the migrations of their file. Raises TargetError."""
    from noojee_contract.resources import fixtures
    from noojee_contract.targets.config import from_flags, load_config

    check_flags(options)
    if options.exchanges:
        from noojee_contract.traffic.offline import offline_target

        return [offline_target(Path(options.exchanges), options.target_flags)], ()
    if options.target_flags:
        return [from_flags(options.target_flags)], ()
    embedded = options.config in (None, EMBEDDED)
    file = load_config(fixtures("targets", "embedded.toml") if embedded else Path(str(options.config)))
    if embedded:
        _check_embedded(options, file.targets)
    names = options.target
    if not names and options.smoke and embedded:
        names = SMOKE_TARGETS
    chosen = list(file.choose(names))
    if options.replay_counterexample and not names:  # every target that can get the archive
        chosen = [target for target in chosen if target.writable and "generated" in target.sources]
    return chosen, file.migrations


def _check_embedded(options: RunOptions, known: Mapping[str, Target]) -> None:
    """Raises TargetError for names that are not meant for the embedded PBX, without the path of its file.

    A name without a target file belongs to a file of another folder: its run must not pass on the embedded PBX.
    """
    from noojee_contract.errors import TargetError, near

    if options.target and options.config is None:
        raise TargetError(
            f"there is no target file {HERE} in this folder, so there is no target {options.target[0]!r}: "
            "name a target file with --config, or one target with --base-url; "
            f"--config {EMBEDDED} has the targets of the embedded PBX"
        )
    for name in options.target:
        if name not in known:
            raise TargetError(f"the embedded PBX has no target {name!r}{near(name, known)}; it has {', '.join(known)}")


def chosen_clauses(options: RunOptions) -> frozenset[str] | None:
    """The ids of the clauses to run; None for all. Raises TargetError for an unknown pattern or counterexample."""
    from noojee_contract.catalogue.clauses import catalogue, choose

    if options.replay_counterexample:
        clause, _ = options.store.load(options.replay_counterexample)
        return frozenset([clause])
    if options.only:
        return frozenset(clause.id for clause in choose(options.only))
    if options.smoke:
        return frozenset(clause.id for clause in catalogue().values() if clause.severity in ("must", "should"))
    return None


def counterexample_archive(options: RunOptions) -> Mapping[str, Any] | None:
    """The archive of the counterexample to replay; None without one. Raises TargetError for an unknown id."""
    if not options.replay_counterexample:
        return None
    _, archive = options.store.load(options.replay_counterexample)
    return archive
