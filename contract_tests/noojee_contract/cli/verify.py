"""`noojee-contract verify`: checks the flags and the targets, runs the pytest suite, publishes the report.

A mistake in the flags or the target file is reported before the first request: exit code 2, one line, no report.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from noojee_contract.catalogue.clauses import MIGRATION, choose
from noojee_contract.cli.interruption import Interruption, interruptible
from noojee_contract.cli.messages import say
from noojee_contract.cli.output import check_sharing, print_text, publish, refuse, refuse_outputs, wrong_outputs
from noojee_contract.cli.plan import announcement, partners_of, plan_text, plans_of
from noojee_contract.cli.preflight import preflight
from noojee_contract.engine.budget import usual_seconds
from noojee_contract.errors import NothingToCheck, TargetError
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE, EXIT_OK, EXIT_USAGE
from noojee_contract.model.result import Report
from noojee_contract.pytest_plugin.collected import Collected
from noojee_contract.pytest_plugin.options import RunOptions, chosen_clauses, chosen_targets
from noojee_contract.pytest_plugin.session import collected_of, report_of
from noojee_contract.pytest_plugin.shared import LIMITS
from noojee_contract.redaction.printable import escaped
from noojee_contract.report import differences, writing
from noojee_contract.report.progress import Progress
from noojee_contract.targets.applicability import applies_to
from noojee_contract.targets.credentials import redactor_of
from noojee_contract.targets.flags import PYTEST_FLAGS, PYTEST_PREFIX, REPEATED_FLAGS, given, words
from noojee_contract.targets.input_files import input_files
from noojee_contract.targets.target import Target

MOST_WORKERS = 4
INTERRUPTED = "it was interrupted before the first result"
PYTEST_INTERRUPTED = 2
PYTEST_USAGE_ERROR = 4
PYTEST_NO_TESTS = 5


def verify(arguments: argparse.Namespace) -> int:
    """Run the suite as the flags say, publish the report, and return the exit code."""
    options = RunOptions.of(vars(arguments))
    inputs = {**given(REPEATED_FLAGS, vars(arguments)), "config": options.config}
    wrong = wrong_outputs(arguments, input_files(inputs))
    if wrong:
        return refuse_outputs(arguments, wrong)
    try:
        check_sharing(arguments)
        targets = _checked_targets(options, needs_keys=not arguments.plan)
        _check_differences(arguments, options, targets)
    except (TargetError, OSError) as error:
        refuse(arguments, str(error))
        return EXIT_INCONCLUSIVE if isinstance(error, NothingToCheck) else EXIT_USAGE
    if arguments.plan:
        plan = plan_text(options, targets, workers=_chosen_workers(arguments, options, targets))
        plan = escaped(redactor_of(targets, os.environ).text(plan), kept="\n")
        return EXIT_OK if print_text(plan.removesuffix("\n")) else EXIT_INCONCLUSIVE
    if arguments.differences is not None:
        Path(arguments.differences).unlink(missing_ok=True)  # a run that stops early writes none
    with interruptible() as interruption:
        try:
            with tempfile.TemporaryDirectory(prefix="noojee-contract-") as folder:
                return _verify(arguments, options, targets, Path(folder), interruption)
        except TargetError as error:
            refuse(arguments, str(error), redactor_of(targets, os.environ))
            return EXIT_USAGE
        except KeyboardInterrupt:
            interruption.ending = True
            refuse(arguments, f"the suite did not run: {INTERRUPTED}")
            return EXIT_INCONCLUSIVE


def _verify(
    arguments: argparse.Namespace,
    options: RunOptions,
    targets: Sequence[Target],
    folder: Path,
    interruption: Interruption,
) -> int:
    """Contact the targets, run the suite, publish its report. `folder` is for the limits and differences of the run."""
    found = preflight(options, targets, folder)
    stopped = found.report(options, targets)
    if stopped is not None:
        return publish(arguments, stopped)
    observer = _Observer(Progress(), folder, found.collected, interruption)
    code = _run(arguments, options, targets, observer)
    return code if observer.report is None else max(code, _write_differences(arguments, folder))


def _run(arguments: argparse.Namespace, options: RunOptions, targets: Sequence[Target], observer: _Observer) -> int:
    workers = _chosen_workers(arguments, options, targets)
    plans = plans_of(options, targets, workers=workers)
    for plan in plans:
        say(announcement(plan, partners_of(options, targets, plan.target)))
    observer.progress.usual_seconds = usual_seconds(plans) if len(plans) == len(targets) else None
    code = _pytest([*_pytest_words(arguments, options, workers), f"--basetemp={observer.folder / 'pytest'}"], observer)
    observer.progress.finish()
    if observer.report is not None:
        return publish(arguments, observer.report)
    reason = f"pytest ended with {code}"
    if observer.errors:
        reason = "; ".join(observer.errors)
    elif code == PYTEST_INTERRUPTED:
        reason = INTERRUPTED
    elif code == PYTEST_NO_TESTS:
        reason = "none of the chosen clauses applies to a chosen target"
    refuse(arguments, f"the suite did not run: {reason}", redactor_of(targets, os.environ))
    return EXIT_USAGE if code == PYTEST_USAGE_ERROR else EXIT_INCONCLUSIVE


class _Observer:
    """A pytest plugin that shows progress, and takes the report at the end."""

    def __init__(self, progress: Progress, folder: Path, contacted: Collected, interruption: Interruption) -> None:
        self._interruption = interruption
        self.progress = progress
        self.folder = folder
        self._contacted = contacted
        self.report: Report | None = None
        self.errors: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(report.longreprtext.strip().splitlines()[-1])

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[LIMITS] = self.folder
        collected = collected_of(config)
        collected.listeners.append(self.progress)
        for name, tally in self._contacted.tallies.items():
            collected.take_tally(name, tally)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Take the number of results early: the controller collects no tests, and a worker may crash."""
        collected_of(node.config).expect(ids)

    def pytest_runtest_logfinish(self) -> None:
        self._interruption.check()

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """From here on the run ends: a second signal must not keep servers running, or reports from being written."""
        self._interruption.ending = True

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        if collected_of(config).has_results:
            self.report = report_of(config)


def _checked_targets(options: RunOptions, *, needs_keys: bool) -> list[Target]:
    """The chosen targets. Raises TargetError for a mistake in the flags or the target file."""
    for pattern in (*options.only, *options.require):
        choose([pattern])
    targets, _ = chosen_targets(options)
    chosen_clauses(options)
    for clause in choose(options.require):
        if MIGRATION not in clause.dialects and not any(applies_to(clause, target) for target in targets):
            raise TargetError(
                f"clause {clause.id!r} is required, but no chosen target has the dialect {' or '.join(clause.dialects)}"
            )
    for target in targets:
        if needs_keys and not target.writable:
            target.secret(os.environ)
        if needs_keys:
            target.secret_headers(os.environ)
        choose([*target.binding, *(expected.clause for expected in target.expected_failures)])
    return targets


def _check_differences(arguments: argparse.Namespace, options: RunOptions, targets: Sequence[Target]) -> None:
    """Raises TargetError if --differences is given and no migration is compared."""
    if arguments.differences is None:
        return
    _, migrations = chosen_targets(options)
    names = {target.name for target in targets}
    if not any({pair.old, pair.new} <= names for pair in migrations):
        raise TargetError("--differences needs both targets of a [[migration]]; choose both, or leave it out")


def _write_differences(arguments: argparse.Namespace, folder: Path) -> int:
    """Write the file of --differences. Returns 0, or the exit code if it cannot be written."""
    if arguments.differences is None:
        return EXIT_OK
    try:
        writing.write(Path(arguments.differences), differences.render(differences.collect(folder)))
    except TargetError as error:
        say(f"noojee-contract: {error}")
        return EXIT_INCONCLUSIVE
    return EXIT_OK


def _pytest_words(arguments: argparse.Namespace, options: RunOptions, workers: int) -> list[str]:
    ini = resources.files("noojee_contract") / "suite" / "verify.ini"
    found = ["--pyargs", "noojee_contract.suite", "-c", str(ini), "--noconftest", "--assert=plain"]
    found += ["-p", "noojee_contract.pytest_plugin.plugin"]
    for plugin in ("cacheprovider", "terminal", "junitxml", "pastebin", "doctest"):
        found += ["-p", f"no:{plugin}"]
    values = {**vars(arguments), "config": options.config}
    found += words(PYTEST_FLAGS, values, prefix=PYTEST_PREFIX)
    if workers > 1:
        found += ["-p", "xdist.plugin", "-n", str(workers), "--dist", "load"]
    return found


def _chosen_workers(arguments: argparse.Namespace, options: RunOptions, targets: Sequence[Target]) -> int:
    return arguments.workers if arguments.workers is not None else _workers(options, targets)


def _workers(options: RunOptions, targets: Sequence[Target]) -> int:
    small = options.smoke or options.only or options.replay_counterexample
    if small or any(not target.writable for target in targets):
        return 1
    return min(os.cpu_count() or 1, MOST_WORKERS)


def _pytest(arguments: Sequence[str], observer: _Observer) -> int:
    with _environment({"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": None, "PYTEST_PLUGINS": None}):
        return int(pytest.main(list(arguments), plugins=[observer]))


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    try:
        _set_environment(changes)
        yield
    finally:
        _set_environment(before)


def _set_environment(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
