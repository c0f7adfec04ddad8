"""One run under pytest: its targets from options, its results from all workers, its verdict at the end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noojee_contract.catalogue.clauses import (
    REQUIRED_CLAUSES,
    REQUIRED_CLAUSES_OF_SERVICES,
    catalogue,
    choose,
    fingerprint,
)
from noojee_contract.engine.counterexamples import FOLDER, CounterexampleStore
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Report, RequiredClauses, Result, TargetRow
from noojee_contract.pytest_plugin.plugin import limits_folder_of, random_seed_of
from noojee_contract.redaction.redact import HIDDEN
from noojee_contract.report.jsonlines import result_of
from noojee_contract.resources import fixtures
from noojee_contract.targets.applicability import applies_to, concerns
from noojee_contract.targets.config import Config, from_options, load_config
from noojee_contract.targets.target import Target

if TYPE_CHECKING:
    import pytest

    from noojee_contract.engine.runner import Runner

EXAMPLES = 25
SMOKE_TARGETS = ("legacy-http", "replacement-http")


def targets_of(config: pytest.Config) -> tuple[list[Target], tuple[MigrationPair, ...]]:
    """The targets and migrations that the options choose. Raises TargetError with one line."""
    option = config.option
    if option.noojee_base_url:
        return [
            from_options(
                base_url=option.noojee_base_url,
                dialect=option.noojee_dialect,
                api_key_env=option.noojee_api_key_env,
                recordings=option.noojee_recordings,
                time_zone=option.noojee_time_zone,
                audio=option.noojee_audio,
                authentication=option.noojee_authentication,
                allow=option.noojee_allow or (),
                ca_file=option.noojee_ca_file,
                writable=option.noojee_writable,
                control_url=option.noojee_control_url,
                control_token_env=option.noojee_control_token_env,
                requests_per_second=option.noojee_requests_per_second,
                request_budget=option.noojee_request_budget,
                timeout_seconds=option.noojee_timeout,
            )
        ], ()
    file: Config = load_config(option.noojee_config or fixtures("targets", "embedded.toml"))
    names = option.noojee_target or ()
    if not names and option.noojee_smoke and not option.noojee_config:
        names = SMOKE_TARGETS
    chosen = list(file.choose(names))
    if option.noojee_replay_counterexample and not names:  # all that can be filled with its archive
        chosen = [target for target in chosen if target.writable and "generated" in target.sources]
    return chosen, file.migrations


def open_runner(config: pytest.Config) -> Runner:
    """The runner that the options describe; nothing is connected yet."""
    from noojee_contract.engine.config import RunnerConfig
    from noojee_contract.engine.runner import Runner

    targets, migrations = targets_of(config)
    option = config.option
    for target in targets:
        for expected in target.expected_failures:
            choose([expected.clause])
    return Runner(
        RunnerConfig(
            targets=targets,
            migrations=migrations,
            random_seed=random_seed_of(config),
            examples=option.noojee_examples or EXAMPLES,
            smoke=option.noojee_smoke,
            repeat_flags=repeat_options(option),
            limits_folder=limits_folder_of(config),
            counterexamples=CounterexampleStore(Path(option.noojee_counterexamples or FOLDER)),
            replay_archive=found_archive(option),
        )
    )


def found_archive(option: Any) -> Mapping[str, Any] | None:
    """The archive of the find that --noojee-replay-counterexample names; None where it names none. Raises TargetError for an unknown one."""
    return (
        None
        if not option.noojee_replay_counterexample
        else CounterexampleStore(Path(option.noojee_counterexamples or FOLDER)).load(
            option.noojee_replay_counterexample
        )[1]
    )


def repeat_options(option: Any) -> list[str]:
    """The options of `verify` that name the same targets again."""
    words: list[str] = []
    for name in (
        "config",
        "base_url",
        "dialect",
        "api_key_env",
        "recordings",
        "time_zone",
        "audio",
        "authentication",
        "ca_file",
        "control_url",
        "control_token_env",
    ):
        value = getattr(option, f"noojee_{name}")
        if value:
            words += [f"--{name.replace('_', '-')}", str(value)]
    for word in option.noojee_allow or ():
        words += ["--allow", word]
    if option.noojee_writable:
        words.append("--writable")
    return words


def only_of(option: Any) -> list[str]:
    """The patterns of clauses to check: those given, and the clause of a find."""
    if not option.noojee_replay_counterexample:
        return list(option.noojee_only or ())
    return [
        CounterexampleStore(Path(option.noojee_counterexamples or FOLDER)).load(option.noojee_replay_counterexample)[0]
    ]


def chosen_ids(config: pytest.Config) -> frozenset[str] | None:
    """The clause ids that --noojee-only chooses; with --noojee-smoke alone, those that bind everywhere; else None: all."""
    only = config.getoption("noojee_only")
    if config.getoption("noojee_replay_counterexample"):
        only = only_of(config.option)
    if not only:
        smoke = config.getoption("noojee_smoke")
        binding = frozenset(clause.id for clause in catalogue().values() if clause.severity in ("must", "should"))
        return binding if smoke else None
    import pytest

    from noojee_contract.errors import ContractError

    try:
        return frozenset(clause.id for clause in choose(only))
    except ContractError as error:
        raise pytest.UsageError(str(error)) from error


def required_clauses(targets: Sequence[Target], only: Sequence[str], require: Sequence[str]) -> RequiredClauses:
    """What must be proved of each target. --only replaces the usual floor by the ids that it names, and by what is left
    of the floor among those that its patterns match."""
    known = catalogue()
    asked = {clause.id for clause in choose(require)}
    named = {pattern for pattern in only if pattern in known}
    chosen = {clause.id for clause in choose(only)} if only else {*REQUIRED_CLAUSES, *REQUIRED_CLAUSES_OF_SERVICES}
    needed = {
        target.name: [
            clause_id
            for clause_id in sorted(named | asked | (chosen & set(_floor(target))))
            if applies_to(known[clause_id], target) and known[clause_id].severity in ("must", "should")
        ]
        for target in targets
    }
    return RequiredClauses(needed=needed, claimed={} if only else {target.name: _claims(target) for target in targets})


def _floor(target: Target) -> tuple[str, ...]:
    return REQUIRED_CLAUSES_OF_SERVICES if target.dialect == "services" else REQUIRED_CLAUSES


EXERCISES = {
    "by_tag": "metadata.by-tag-answered",
    "by_unique_id": "metadata.by-unique-id-answered",
    "by_hour": "by-hour.answered",
    "audio": "audio.fetched",
}
"""The clause that a capability cannot do without."""


def _claims(target: Target) -> dict[str, str]:
    """The clause that exercises each capability which a target's file names."""
    known = catalogue()
    return {name: EXERCISES[name] for name in sorted(target.claimed) if concerns(known[EXERCISES[name]], target)}


class Collected:
    """The results of a run as they come in, from this process or from all workers."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.lost: list[str] = []
        self.calls: list[Mapping[str, Any]] = []
        self.requests: dict[str, int] = {}
        self.expected = 0
        self.listeners: list[Any] = []
        self._started = time.monotonic()
        self._at = datetime.now(UTC)
        self._run: Report | None = None

    @property
    def has_results(self) -> bool:
        """Whether any clause ran, or failed to."""
        return bool(self.results or self.lost)

    def expect(self, nodeids: Iterable[str]) -> None:
        """How many results are to come."""
        self.expected = max(self.expected, len(list(nodeids)))
        for listener in self.listeners:
            listener.start(self.expected)

    def report(self, report: Any) -> None:
        """Take a pytest report: its result, or the loss of one."""
        row = getattr(report, "noojee", None)
        if row is not None:
            result = result_of(row)
            self.results.append(result)
            for listener in self.listeners:
                listener.advance(result)
        elif report.failed and "noojee_contract" in report.nodeid.replace("/", "."):
            self.lost.append(f"{report.nodeid}: {str(report.longrepr)[-500:]}")

    def take(self, runner: Runner) -> None:
        """What the runner of this process knows at the end."""
        self.calls += runner.calls()
        for name, client in runner.target_clients.items():
            self.requests[name] = self.requests.get(name, 0) + client.requests

    def as_worker(self) -> dict[str, Any]:
        """The same, to send to the controller."""
        return {"calls": self.calls, "requests": self.requests, "expected": self.expected}

    def from_worker(self, sent: Mapping[str, Any]) -> None:
        """What a worker sent at its end; nothing came from one that crashed."""
        seen = {call["target"] for call in self.calls}
        self.calls += [call for call in sent.get("calls", ()) if call["target"] not in seen]
        for name, count in sent.get("requests", {}).items():
            self.requests[name] = self.requests.get(name, 0) + count
        self.expected = max(self.expected, sent.get("expected", 0))

    def finish(self, config: pytest.Config) -> Report:
        """The whole run, checks. The same again when asked again."""
        if self._run is None:
            targets, migrations = targets_of(config)
            self._run = self._finish(config, targets, migrations)
        return self._run

    def _finish(self, config: pytest.Config, targets: Sequence[Target], migrations: Sequence[MigrationPair]) -> Report:
        option = config.option
        results = [*self.results, *_healed(self.results, targets, migrations)]
        judged_ids = {result.clause for result in results}
        floor = required_clauses(targets, only_of(option), option.noojee_require or ())
        cells: dict[str, list[str]] = {}
        for result in results:
            cells.setdefault(result.target, [])
            if result.source not in cells[result.target]:
                cells[result.target].append(result.source)
        rows = [
            _target_row(target, cells.get(target.name, []), self.requests.get(target.name, 0)) for target in targets
        ]
        rows += [
            TargetRow(name=name, dialect="migration", address="", sources=sources)
            for name, sources in cells.items()
            if name in set(map(str, migrations))
        ]
        notes = [f"{target.name}: {note}" for target in targets for note in target.notes]
        notes += [
            f"{target.name}: no known recordings are given, so there is no leg to ask for: name a few (tags, unique ids, hours)"
            for target in targets
            if not target.writable and not target.recordings
        ]
        if option.noojee_replay_counterexample:
            notes.append(f"only the find {option.noojee_replay_counterexample} was judged, on its own archive")
        elif option.noojee_only:
            notes.append("only chosen clauses were judged; the usual floor was not asked for")
        elif option.noojee_smoke:
            notes.append("smoke: only what binds everywhere was judged, on the archives that ship")
        return Report(
            suite=f"noojee-contract {version('noojee-contract')}",
            catalogue=fingerprint(),
            started=self._at.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self._started, 2),
            random_seed=random_seed_of(config),
            examples=option.noojee_examples or EXAMPLES,
            targets=rows,
            clauses=[clause.row() for clause in catalogue().values() if clause.id in judged_ids],
            results=sorted(results, key=lambda result: (result.clause, result.target, result.source)),
            missing=floor.missing(results),
            calls=self.calls,
            notes=[*notes, *self.lost],
            complete=not self.lost and len(self.results) >= self.expected,
        )


def _target_row(target: Target, cells: Sequence[str], requests: int) -> TargetRow:
    address = target.base_url or target.transport or _shown(target.command or ())
    return TargetRow(name=target.name, dialect=target.dialect, address=address, sources=cells, requests=requests)


def _shown(command: Sequence[str]) -> str:
    """A command without what its options are given: a key may stand there. Numbers and {places} are harmless."""
    words: list[str] = []
    for word in command:
        name, equals, value = word.partition("=")
        given = value if equals else word if words and words[-1].startswith("--") and not word.startswith("-") else ""
        harmless = not given or given.isdigit() or (given.startswith("{") and given.endswith("}"))
        words.append(word if harmless else f"{name}={HIDDEN}" if equals else HIDDEN)
    return " ".join(words)


def _healed(results: Sequence[Result], targets: Sequence[Target], migrations: Sequence[MigrationPair]) -> list[Result]:
    """Question deviations that no cell showed: the list is out of date, which counts as broken."""
    rows = []
    for target in targets:
        for expected in target.expected_failures:
            names = {target.name, *(str(pair) for pair in migrations if target.name in (pair.old, pair.new))}
            mine = [r for r in results if r.clause == expected.clause and r.target in names]
            if mine and all(result.outcome is Outcome.PASSED for result in mine):
                reason = f"the known expected ({expected.reason}) is healed: take it out of the target file"
                rows.append(
                    Result(
                        clause=expected.clause,
                        target=target.name,
                        source=mine[0].source,
                        outcome=Outcome.FAILED,
                        reason=reason,
                    )
                )
    return rows
