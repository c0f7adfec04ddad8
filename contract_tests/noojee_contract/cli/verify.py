"""`noojee-contract verify`: a front of the pytest suite. It checks what it was given, runs, writes the reports.

Everything that can be wrong with the call is found before the first request: exit 2, one line, nothing written.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module, resources
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noojee_contract.catalogue.clauses import MIGRATION, catalogue, choose, fingerprint
from noojee_contract.clients.limits import limits_of
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.engine.budget import planned_requests
from noojee_contract.errors import NothingToCheck, TargetError, Unreachable
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE, EXIT_USAGE
from noojee_contract.model.result import Report, TargetRow
from noojee_contract.report import terminal, writing
from noojee_contract.report.progress import Progress
from noojee_contract.targets.applicability import applies_to
from noojee_contract.targets.target import Target

if TYPE_CHECKING:
    import pytest

WRITERS: Mapping[str, str] = {
    "junit": "junit",
    "json": "jsonlines",
    "markdown": "markdown",
    "html": "html.page",
}  # modules of report
PASSED_ON = (
    "config",
    "examples",
    "random_seed",
    "counterexamples",
    "replay_counterexample",
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
    "requests_per_second",
    "request_budget",
    "timeout",
)
REPEATED = ("target", "only", "require", "allow")


def verify(options: argparse.Namespace) -> int:
    """Report the suite as the options say, print and write the reports, and return the exit code of design.md."""
    try:
        targets = _targets(options)
        for path in _paths(options).values():
            writing.ensure_writable(path)
    except (TargetError, OSError) as error:
        print(f"noojee-contract: {error}", file=sys.stderr)
        return EXIT_INCONCLUSIVE if isinstance(error, NothingToCheck) else EXIT_USAGE
    with tempfile.TemporaryDirectory(prefix="noojee-contract-") as folder:
        return _run(options, targets, Path(folder))


def show(options: argparse.Namespace) -> int:
    """Show a kept report again and write it in other forms; its own exit code, or 3 where it proves nothing here."""
    from noojee_contract.report.jsonlines import read

    try:
        text = options.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"noojee-contract: the report {options.file} cannot be read: {error}", file=sys.stderr)
        return EXIT_USAGE
    try:
        run = read(text)
    except TargetError as error:
        print(f"noojee-contract: {options.file}: {error}; it proves nothing", file=sys.stderr)
        return EXIT_INCONCLUSIVE
    code = _told(options, run)
    if run.catalogue != fingerprint():
        print(
            f"noojee-contract: {options.file} was judged by another suite ({run.suite}, catalogue {run.catalogue});"
            f" this one has catalogue {fingerprint()}: it proves nothing of it",
            file=sys.stderr,
        )
        return max(code, EXIT_INCONCLUSIVE)
    return code


def _run(options: argparse.Namespace, targets: Sequence[Target], folder: Path) -> int:
    try:
        _preflight(targets, folder)
    except Unreachable as error:
        run = _unreached(options, targets, str(error))
        return _told(options, run)
    except TargetError as error:
        print(f"noojee-contract: {error}", file=sys.stderr)
        return EXIT_USAGE
    for target in targets:
        if not target.writable:
            _say(f"{target.name}: at most {planned_requests(target, options.only)} requests, nothing is written")
    front = _Front(Progress(), folder)
    code = _pytest(_arguments(options, targets), front)
    front.progress.finish()
    if front.run is None:
        nothing = "none of the chosen clauses is judged on a chosen target, so nothing was proved"
        why = "; ".join(front.trouble) or (nothing if code == 5 else f"pytest ended with {code}")
        print(f"noojee-contract: the suite did not run: {why}", file=sys.stderr)
        return EXIT_USAGE if code == 4 else EXIT_INCONCLUSIVE
    return _told(options, front.run)


class _Front:
    """A pytest plugin: shows progress, takes the run at the end."""

    def __init__(self, progress: Progress, folder: Path) -> None:
        self.progress = progress
        self._folder = folder
        self.run: Report | None = None
        self.trouble: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.trouble.append(report.longreprtext.strip().splitlines()[-1])

    def pytest_configure(self, config: pytest.Config) -> None:
        from noojee_contract.pytest_plugin.plugin import LIMITS, collected_of

        config.stash[LIMITS] = self._folder
        collected_of(config).listeners.append(self.progress)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        from noojee_contract.pytest_plugin.plugin import COLLECTED

        if not hasattr(session.config, "workerinput") and COLLECTED in session.config.stash:
            self._config = session.config

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        from noojee_contract.pytest_plugin.plugin import collected_of

        collected = collected_of(config)
        if collected.has_results:
            self.run = collected.finish(config)


def _targets(options: argparse.Namespace) -> list[Target]:
    from noojee_contract.pytest_plugin.session import found_archive, targets_of

    given = [name for name in ("dialect", "api_key_env", "recordings", "control_url") if getattr(options, name)]
    if given and not options.base_url:
        raise TargetError(f"--{given[0].replace('_', '-')} describes a target without a config: give --base-url too")
    if options.base_url and (options.target or options.config):
        raise TargetError("--base-url describes a target by itself: leave out --config and the target names")
    if options.config is None and not options.base_url and options.target:
        here = Path("noojee-contract.toml")
        if here.exists():
            options.config = str(here)
    for pattern in (*(options.only or ()), *(options.require or ())):
        choose([pattern])
    view = _Options(options)
    targets, _ = targets_of(view)  # type: ignore[arg-type]  # only .option is read
    found_archive(view.option)
    if options.require:
        _judgeable(options.require, targets)
    for target in targets:
        if not target.writable:
            target.secret(os.environ)
        for expected in target.expected_failures:
            choose([expected.clause])
    return targets


def _judgeable(patterns: Sequence[str], targets: Sequence[Target]) -> None:
    for clause in choose(patterns):
        if MIGRATION not in clause.dialects and not any(applies_to(clause, target) for target in targets):
            raise TargetError(
                f"clause {clause.id!r} is required, but no chosen target speaks {' or '.join(clause.dialects)}"
            )


class _Options:
    """The parsed options under the names that the pytest options have."""

    def __init__(self, options: argparse.Namespace) -> None:
        names = (*PASSED_ON, *REPEATED, "smoke", "writable")
        self.option = argparse.Namespace(**{f"noojee_{name}": getattr(options, name) for name in names})


def _preflight(targets: Sequence[Target], folder: Path) -> None:
    for target in targets:
        if target.command is not None:
            continue  # started by the workers that need it
        line = TargetClient(target, limits=limits_of(target, folder))
        try:
            if target.base_url is not None:
                line.probe()
            _ = line.http
            if target.writable:
                line.control.describe()
        finally:
            line.close()


def _arguments(options: argparse.Namespace, targets: Sequence[Target]) -> list[str]:
    words = [
        "--pyargs",
        "noojee_contract.suite",
        "-c",
        str(resources.files("noojee_contract") / "suite" / "verify.ini"),
    ]
    words += [
        "-p",
        "noojee_contract.pytest_plugin.plugin",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:terminal",
        "--noconftest",
        "--assert=plain",
    ]
    words += ["-p", "no:junitxml", "-p", "no:pastebin", "-p", "no:doctest"]
    for name in PASSED_ON:
        value = getattr(options, name)
        if value is not None:
            words.append(f"--noojee-{name.replace('_', '-')}={value}")
    for name in REPEATED:
        words += [f"--noojee-{name}={value}" for value in getattr(options, name) or ()]
    words += [f"--noojee-{name}" for name in ("smoke", "writable") if getattr(options, name)]
    workers = options.workers if options.workers is not None else _workers(options, targets)
    if workers > 1:
        words += ["-p", "xdist.plugin", "-n", str(workers), "--dist", "load"]
    return words


def _workers(options: argparse.Namespace, targets: Sequence[Target]) -> int:
    if options.smoke or options.only or options.replay_counterexample or any(not target.writable for target in targets):
        return 1
    return min(os.cpu_count() or 1, 4)


def _pytest(words: Sequence[str], front: _Front) -> int:
    import pytest

    with _environment({"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": None, "PYTEST_PLUGINS": None}):
        return int(pytest.main(list(words), plugins=[front]))


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Any:
    before = {name: os.environ.get(name) for name in changes}
    try:
        for name, value in changes.items():
            _put(name, value)
        yield
    finally:
        for name, value in before.items():
            _put(name, value)


def _put(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _unreached(options: argparse.Namespace, targets: Sequence[Target], reason: str) -> Report:
    name = next((target.name for target in targets if repr(target.name) in reason), targets[0].name)
    return Report(
        suite=f"noojee-contract {version('noojee-contract')}",
        catalogue=fingerprint(),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=0.0,
        random_seed=options.random_seed or 0,
        examples=options.examples or 0,
        targets=[
            TargetRow(name=target.name, dialect=target.dialect, address=target.base_url or "", sources=())
            for target in targets
        ],
        clauses=[clause.row() for clause in catalogue().values()][:0],
        results=(),
        complete=False,
        unreachable=[(name, reason)],
    )


def _paths(options: argparse.Namespace) -> dict[str, Path]:
    return {name: getattr(options, name) for name in WRITERS if getattr(options, name) is not None}


def _told(options: argparse.Namespace, run: Report) -> int:
    """Write the reports, then print: whoever reads only the first lines (`| head`) still has the files."""
    code = run.exit_code
    for name, path in _paths(options).items():
        try:
            writing.write(path, import_module(f"noojee_contract.report.{WRITERS[name]}").render(run))
        except OSError as error:
            print(f"noojee-contract: the report could not be written to {path}: {error.strerror}", file=sys.stderr)
            code = max(code, EXIT_INCONCLUSIVE)
    try:
        print(terminal.render(run, colour=sys.stdout.isatty()), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains once more at its end
    return code


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
