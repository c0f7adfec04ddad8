"""Connects to the targets of a run before its clauses: a wrong key, address or dialect ends it after a few requests."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.cli.first_contact import KeyRefused, NotHttp, first_contact
from noojee_contract.cli.one_target import not_reached, places_of
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.engine.check import Check
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.runner import Runner
from noojee_contract.engine.subject import Subject
from noojee_contract.errors import BudgetSpent, NoAnswer, Unreachable
from noojee_contract.model.cell import CallSource, Cell
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Report, Result
from noojee_contract.pytest_plugin.collected import Collected
from noojee_contract.pytest_plugin.options import RunOptions
from noojee_contract.pytest_plugin.run_report import Run, run_report
from noojee_contract.suite.support.queries import check_answered
from noojee_contract.targets.target import Target

ACCEPTED = "authentication.accepted"


@dataclass(slots=True)
class Preflight:
    """What the first requests showed. `collected` has their numbers, and a failure for each key that is refused.

    `stopped` says why the run must not go on.
    """

    collected: Collected
    stopped: list[str] = field(default_factory=list)

    def report(self, options: RunOptions, targets: Sequence[Target]) -> Report | None:
        """The report of a run that ends here; None if the run can go on."""
        if not self.stopped and not self.collected.unreachable:
            return None
        seed = options.random_seed or 0
        run = Run(options=options, targets=targets, migrations=(), random_seed=seed, environ=os.environ)
        report = run_report(self.collected, run)
        caveats = [*report.caveats, *self.stopped]
        complete = bool(self.collected.results) and not report.unreachable
        missing = () if report.unreachable else report.missing  # no clause ran: the reason says enough
        return replace(report, caveats=caveats, complete=complete, missing=missing)


def preflight(options: RunOptions, targets: Sequence[Target], folder: Path) -> Preflight:
    """Connect to each target that no command starts. `folder` has the limits of the run. Raises TargetError."""
    found = Preflight(Collected())
    served = [target for target in targets if target.command is None]  # the workers that need it start a command
    config = RunnerConfig(
        targets=served,
        random_seed=options.random_seed or 0,
        examples=options.examples,
        repeat_flags=options.repeat_words,
        limits_folder=folder,
    )
    with Runner(config) as runner:
        for client in runner.target_clients.values():
            try:
                _contact(runner, client, options, found)
            except Unreachable as error:
                found.collected.unreachable[client.target.name] = str(error)
            found.collected.take_tally(client.target.name, client.tally)
    return found


def _contact(runner: Runner, client: TargetClient, options: RunOptions, found: Preflight) -> None:
    target = client.target
    if target.writable or target.base_url is None:
        if target.writable:
            _describe(client, places_of(options, target))
        _ = client.http
        return
    shown = None
    with suppress(BudgetSpent):
        shown = first_contact(client, places_of(options, target))
    if isinstance(shown, KeyRefused | NotHttp):
        result = _refused(runner, target.name, shown.exchange)
        if result.outcome is Outcome.FAILED:
            found.collected.results.append(result)
            why = "refuses its key" if isinstance(shown, KeyRefused) else "does not answer with valid HTTP"
            found.stopped.append(f"nothing else was sent, because {target.name} {why}")
    elif shown is not None:
        found.stopped.append(shown.reason)


def _describe(client: TargetClient, place: Callable[[str], str]) -> None:
    """Read what the control API offers. Raises TargetError if it is none, Unreachable if no server answers."""
    try:
        client.control.describe()
    except NoAnswer as error:
        raise not_reached(client.target, str(error), place) from error


def _refused(runner: Runner, name: str, exchange: Exchange) -> Result:
    """The result of the clause that the documented credentials are accepted, on an exchange that shows a refusal."""

    def check_accepted(subject: Subject, check: Check) -> None:
        check_answered(subject, check, exchange, "with the documented credentials")

    return runner.result(catalogue()[ACCEPTED], check_accepted, Cell(name, CallSource.OBSERVED))
