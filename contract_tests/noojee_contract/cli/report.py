"""`noojee-contract report`: shows a report that --json wrote, and writes it in other formats."""

from __future__ import annotations

import argparse

from noojee_contract.catalogue.clauses import fingerprint
from noojee_contract.cli.messages import say
from noojee_contract.cli.output import check_sharing, publish, refuse, refuse_outputs, wrong_outputs
from noojee_contract.errors import TargetError
from noojee_contract.model.files import text_of
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE, EXIT_USAGE
from noojee_contract.report.jsonlines import read

MOST_BYTES = 128 * 1024 * 1024


def show(options: argparse.Namespace) -> int:
    """Print and write a kept report. Returns its exit code, or 3 if it is cut off or comes from another catalogue."""
    wrong = wrong_outputs(options, [options.file])
    if wrong:
        return refuse_outputs(options, wrong)
    try:
        check_sharing(options)
        text = text_of(options.file, "report", MOST_BYTES, from_shell=True)
    except TargetError as error:
        refuse(options, str(error))
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
        say(f"noojee-contract: {message}")
    else:
        refuse(options, message)
    return max(code, EXIT_INCONCLUSIVE)
