"""`noojee-contract report`: shows a report that --json wrote, and writes it in other formats."""

from __future__ import annotations

import argparse
import sys

from noojee_contract.catalogue.clauses import fingerprint
from noojee_contract.cli.output import publish, refuse
from noojee_contract.errors import TargetError
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE, EXIT_USAGE
from noojee_contract.report.jsonlines import read


def show(options: argparse.Namespace) -> int:
    """Print and write a kept report. Returns its exit code, or 3 if it is cut off or comes from another catalogue."""
    try:
        text = options.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "the file is not UTF-8"
        refuse(options, f"{options.file}: the report cannot be read: {reason}")
        return EXIT_USAGE
    try:
        report = read(text)
    except TargetError as error:
        refuse(options, f"{options.file}: {error}")
        return EXIT_INCONCLUSIVE
    code = publish(options, report)
    if report.catalogue == fingerprint():
        return code
    message = (
        f"{options.file} is inconclusive: it comes from {report.suite} with the catalogue "
        f"{report.catalogue}; this suite has the catalogue {fingerprint()}"
    )
    if code:
        print(f"noojee-contract: {message}", file=sys.stderr)
    else:
        refuse(options, message)
    return max(code, EXIT_INCONCLUSIVE)
