"""Writes and prints the report of a command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from noojee_contract.model.outcome import EXIT_INCONCLUSIVE
from noojee_contract.model.result import Report
from noojee_contract.report import junit, terminal, writing

WRITERS: Mapping[str, str] = {"junit": "junit", "json": "jsonlines", "markdown": "markdown", "html": "html.page"}
"""The module of `report` that writes the file of each report flag."""


def report_paths(options: argparse.Namespace) -> dict[str, Path]:
    """The files of the report flags that are given, by the name of the flag."""
    return {name: Path(getattr(options, name)) for name in WRITERS if getattr(options, name) is not None}


def refuse(options: argparse.Namespace, message: str) -> None:
    """Print why a run cannot begin or give a report. A JUnit file that was asked for says it too, as an error.

    CI reads a file that an earlier run left, or none, as a success.
    """
    print(f"noojee-contract: {message}", file=sys.stderr, flush=True)
    if options.junit is None:
        return
    suite = f"noojee-contract {version('noojee-contract')}"
    started = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        writing.write(Path(options.junit), junit.render_refused(suite, message, started=started))
    except OSError as error:
        print(f"noojee-contract: the report {options.junit} could not be written: {error.strerror}", file=sys.stderr)


def publish(options: argparse.Namespace, report: Report) -> int:
    """Write the report files, then print the report. Returns the exit code.

    The files come first, so that they exist even if the reader of the output stops early (`| head`).
    """
    code = report.exit_code
    for name, path in report_paths(options).items():
        try:
            writing.write(path, import_module(f"noojee_contract.report.{WRITERS[name]}").render(report))
        except OSError as error:
            print(f"noojee-contract: the report {path} could not be written: {error.strerror}", file=sys.stderr)
            code = max(code, EXIT_INCONCLUSIVE)
    try:
        print(terminal.render(report, colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR")), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python reports it again at its end
    return code
