"""Writes and prints the report of a command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from noojee_contract.cli.messages import say
from noojee_contract.cli.redaction_key import stand_in_key
from noojee_contract.errors import TargetError
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE, EXIT_USAGE
from noojee_contract.model.result import Report
from noojee_contract.redaction.redact import Redactor
from noojee_contract.report import junit, terminal, writing
from noojee_contract.report.shared import shared_report

PERSONAL = "personal"
"""What --redact takes."""

WRITERS: Mapping[str, str] = {"junit": "junit", "json": "jsonlines", "markdown": "markdown", "html": "html.page"}
"""The module of `report` that writes the file of each report flag."""


def report_paths(options: argparse.Namespace) -> dict[str, Path]:
    """The files of the report flags that are given, by the name of the flag."""
    return {name: Path(getattr(options, name)) for name in WRITERS if getattr(options, name, None) is not None}


def output_paths(options: argparse.Namespace) -> dict[str, Path]:
    """All files that a command writes, by the name of the flag."""
    given = getattr(options, "differences", None)  # a flag of verify only
    return report_paths(options) | ({} if given is None else {"differences": Path(given)})


def wrong_outputs(options: argparse.Namespace, inputs: Sequence[Path]) -> dict[str, str]:
    """What is wrong with the files that a command writes, by flag name. `inputs` are the files that it reads."""
    wrong: dict[str, str] = {}
    taken: dict[str, Path] = {}
    for name, path in output_paths(options).items():
        same = next((other for other, used in taken.items() if _is_same(path, used)), None)
        try:
            writing.ensure_writable(path)
        except TargetError as error:
            wrong[name] = str(error)
        if any(_is_same(path, used) for used in inputs):
            wrong[name] = f"--{name} {path} would replace a file that this command reads; give another name"
        elif same is not None:
            wrong[name] = f"--{same} and --{name} name the same file {path}; give each its own"
        taken[name] = path
    return wrong


def refuse_outputs(options: argparse.Namespace, wrong: Mapping[str, str]) -> int:
    """Say what is wrong with a file that a command writes. Returns the exit code."""
    refuse(options, next(iter(wrong.values())), in_junit="junit" not in wrong)
    return EXIT_USAGE


def _is_same(path: Path, other: Path) -> bool:
    """Whether two names are of one file; it need not exist."""
    try:
        return path.samefile(other)
    except OSError:
        return os.path.realpath(path) == os.path.realpath(other)


def refuse(
    options: argparse.Namespace, message: str, redactor: Redactor | None = None, *, in_junit: bool = True
) -> None:
    """Print in one line why a run cannot begin or give a report. A requested JUnit file says it too, as an error.

    CI reads a file that an earlier run left, or none, as a success.
    """
    message = (redactor or Redactor()).line(message)
    say(f"noojee-contract: {message}")
    if options.junit is None or not in_junit:
        return
    suite = f"noojee-contract {version('noojee-contract')}"
    started = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        writing.write(Path(options.junit), junit.render_refused(suite, message, started=started))
    except TargetError as error:
        say(f"noojee-contract: {error}")


def check_sharing(options: argparse.Namespace) -> None:
    """Raises TargetError for flags of a shared report that are wrong, before a run begins."""
    if options.redact is None and options.redaction_key_env is not None:
        raise TargetError("--redaction-key-env needs --redact personal")
    if options.redact not in (None, PERSONAL):
        raise TargetError(f"--redact must be {PERSONAL}")
    stand_in_key(options.redaction_key_env)
    if options.redact is not None and getattr(options, "differences", None) is not None:
        raise TargetError("--differences has all values as they are: leave it out with --redact, or do not share it")


def publish(options: argparse.Namespace, report: Report) -> int:
    """Write the report files, then print the report. Returns the exit code.

    The files come first, so that they exist even if the reader of the output stops early (`| head`).
    """
    code = report.exit_code
    if options.redact is not None:
        report = shared_report(report, stand_in_key(options.redaction_key_env))
    for name, path in report_paths(options).items():
        try:
            writing.write(path, import_module(f"noojee_contract.report.{WRITERS[name]}").render(report))
        except TargetError as error:
            say(f"noojee-contract: {error}")
            code = max(code, EXIT_INCONCLUSIVE)
    colour = sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return code if print_text(terminal.render(report, colour=colour)) else max(code, EXIT_INCONCLUSIVE)


def print_text(text: str) -> bool:
    """Print what a command was asked for. False if the output takes none of it, such as a full disk.

    A reader that has seen enough (`| head`) is fine, and so is an output that the caller has closed, as a daemon does.
    """
    if sys.stdout is None:
        return True
    try:
        print(text, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python reports it again at its end
        if not isinstance(error, BrokenPipeError):
            say(f"noojee-contract: the output could not be written: {error.strerror}")
            return False
    return True
