"""Runs every clause of the shipped suite on one faulty server, and makes its row."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from noojee_contract.catalogue.clauses import MIGRATION, Clause, catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.cell import CallSource, MigrationPair
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Report, Result, TargetRow
from noojee_contract.report.grouping import ReportRow
from noojee_contract.report.summary import kind_in_words, summarize
from noojee_contract.targets.target import Target
from quality.detection import adapters
from quality.detection.socket_adapter import SocketAdapter
from support.faulty_servers import WIRE, FaultyServer
from support.running import run_clauses

EXAMPLES = 2
RANDOM_SEED = 1
LEGACY, REPLACEMENT = "recording-api", "njadmin"
USUAL = (LEGACY, REPLACEMENT)
ABOUT_CALLS = ("support.faulty_servers.live_calls", "support.faulty_servers.call_control")
OLD = "old"
BY_HASH = "call-management-by-hash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the suite found on one faulty server.

    `failed`: the failed clauses in the order of the report, each with its message. `first` is the clause of the first
    failure, `message` its kind and message. `names_it`: that failure is one of the expected ones (kind with field,
    header or option). `shows_it`: its exchange has an answer that the fault changed, or it has no exchange.
    `differs_at` counts the requests up to the first changed answer, `caught_at` those up to the first failed clause.
    `groups` is the number of failure groups in the report. `errors` are errors of the suite.
    """

    name: str
    kind: str
    operator: str
    failed: Mapping[str, str]
    first: str | None
    message: str
    names_it: bool
    shows_it: bool
    differs_at: int | None
    caught_at: int | None
    groups: int
    seconds: float
    errors: Sequence[str] = field(default=())

    @property
    def caught(self) -> bool:
        """Whether some clause failed."""
        return bool(self.failed)


def targets(server: FaultyServer) -> tuple[list[Target], list[MigrationPair]]:
    """A target for each dialect that can show the fault, and a conformant legacy PBX to migrate from.

    A dialect that lists legs as the legacy API does is run only where one of its own clauses names the server.
    """
    transport = adapters.enter(server)
    dialects = list(server.dialects or USUAL)
    if server.mistake.__module__ in ABOUT_CALLS:
        dialects.append("call-management")
    by_hash = False
    for clause in catalogue().values():
        if (
            clause.faulty_server == server.name
            and MIGRATION not in clause.dialects
            and not set(clause.dialects) & set(dialects)
        ):
            dialects += clause.dialects
        by_hash |= (
            clause.faulty_server == server.name and clause.scheme == "hash" and "call-management" in clause.dialects
        )
    found = [Target(name=each, dialect=each, transport=transport, writable=True) for each in dict.fromkeys(dialects)]
    if by_hash:
        more = Target(
            name=BY_HASH, dialect="call-management", authentication="hash", transport=transport, writable=True
        )
        found.append(more)
    if REPLACEMENT not in dialects:
        return found, []
    right = Target(name=OLD, dialect=LEGACY, transport=f"{adapters.__name__}:{adapters.CONFORMANT}", writable=True)
    return [*found, right], [MigrationPair(OLD, REPLACEMENT)]


def detect(
    server: FaultyServer, *, examples: int = EXAMPLES, random_seed: int = RANDOM_SEED, first: bool = False
) -> Row:
    """The row of a faulty server: every clause in every cell; with `first`, up to the first failure."""
    started = time.perf_counter()
    results, caught_at = results_of(server, examples=examples, random_seed=random_seed, first=first)
    return row_of(server, results, caught_at, time.perf_counter() - started)


def results_of(
    server: FaultyServer, *, examples: int = EXAMPLES, random_seed: int = RANDOM_SEED, first: bool = False
) -> tuple[list[Result], int | None]:
    """The results of every clause, and how many requests the server had answered when the first clause failed."""
    adapters.opened.clear()
    if server.name not in WIRE:
        named, migrations = targets(server)
        config = RunnerConfig(
            targets=named, migrations=migrations, random_seed=random_seed, examples=examples, shrink_seconds=0
        )
        return _run(server, config, first=first)
    with closing(SocketAdapter(WIRE[server.name][1])) as adapter:
        adapters.opened[server.name] = [adapter.watched]
        config = RunnerConfig(
            targets=[_on_the_wire(adapter)], random_seed=random_seed, examples=examples, shrink_seconds=0
        )
        return _run(server, config, first=first)


def _on_the_wire(adapter: SocketAdapter) -> Target:
    """The replacement on a real socket, with the bundled archives alone."""
    return Target(
        name=REPLACEMENT,
        dialect=REPLACEMENT,
        base_url=adapter.url,
        control_url=f"{adapter.control_url}/__noojee",
        writable=True,
        sources=(CallSource.BUNDLED,),
    )


def _run(server: FaultyServer, config: RunnerConfig, *, first: bool) -> tuple[list[Result], int | None]:
    results: list[Result] = []
    caught_at: int | None = None
    with closing(run_clauses(config, wanted=lambda cell: cell.target != OLD)) as run:
        for result in run:
            results.append(result)
            if result.outcome is Outcome.FAILED and caught_at is None:
                caught_at = sum(adapter.requests for adapter in adapters.opened[server.name])
                if first:
                    break
    return results, caught_at


def row_of(server: FaultyServer, results: Sequence[Result], caught_at: int | None, seconds: float) -> Row:
    """The row of a faulty server from the results of its clauses."""
    watched = adapters.opened.get(server.name, [])
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    summary = summarize(report_of(failed)) if failed else None
    example = None if summary is None else summary.groups[0].example
    failure = None if example is None else example.failure
    exchange = None if failure is None else failure.exchange
    return Row(
        name=server.name,
        kind=server.kind,
        operator=server.operator,
        failed={}
        if summary is None
        else {row.clause.id: row.message[:300] for group in summary.groups for row in group.rows},
        first=None if example is None else example.clause.id,
        message="" if failure is None else f"{kind_in_words(failure)}: {failure.message}",
        names_it=failure is not None and server.expects(failure),
        shows_it=example is not None and (_compares(example) or exchange is None or _changed(exchange, watched)),
        differs_at=min((at for adapter in watched for at in adapter.differing.values()), default=None),
        caught_at=caught_at,
        groups=0 if summary is None else len(summary.groups),
        seconds=round(seconds, 2),
        errors=tuple(
            f"{result.clause} in {result.source}: {(result.reason or '').splitlines()[-1:]}"
            for result in results
            if result.outcome is Outcome.ERROR
        ),
    )


def _compares(row: ReportRow) -> bool:
    """Whether a failure is about two answers: the report may show either of them."""
    return row.failure is not None and row.failure.kind is FailureKind.ANSWERS_DIFFER


def _changed(exchange: Mapping[str, Any], watched: Sequence[adapters.WatchedServer]) -> bool:
    """Whether the fault changed the answer of an exchange that a report shows, with redacted credentials."""
    method = exchange["request"]["method"]
    shown = re.compile(re.escape(exchange["request"]["url"]).replace(re.escape("[redacted]"), ".*"))
    return any(method == asked and shown.fullmatch(url) for adapter in watched for asked, url in adapter.differing)


def report_of(results: Sequence[Result]) -> Report:
    """Results as a report that can be summarized."""
    names = dict.fromkeys(result.target for result in results)
    clauses: dict[str, Clause] = {result.clause: catalogue()[result.clause] for result in results}
    return Report(
        suite="", catalogue="", started="", seconds=0.0, random_seed=RANDOM_SEED, examples=EXAMPLES,
        targets=[TargetRow(name=name, dialect=name, address="", sources=()) for name in names],
        clauses=[clause.row() for clause in clauses.values()],
        results=results,
    )  # fmt: skip
