"""`noojee-contract`: verify an endpoint, show a report again, list the clauses."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from noojee_contract.cli.flags import add_options, add_reports


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"noojee-contract: {' '.join(message.split())}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Report the command and return its exit code: 0 good, 1 broken, 2 wrong use, 3 not proved, 4 not reached."""
    parser = OneLineParser(
        prog="noojee-contract",
        description="Contracts of the Noojee call recording APIs, and the tools around them.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"noojee-contract {version('noojee-contract')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verify = commands.add_parser(
        "verify", help="check targets by the contract; without one, the embedded PBX", allow_abbrev=False
    )
    add_options(verify)
    listing = commands.add_parser("clauses", help="list the clauses with their sentences and sources")
    listing.add_argument("pattern", nargs="*", metavar="ID", help="an id or a pattern such as 'audio.*'")
    shown = commands.add_parser(
        "report", help="show a report that --json wrote again, and write it in other forms", allow_abbrev=False
    )
    shown.add_argument("file", type=Path, metavar="FILE", help="the report, JSON lines")
    add_reports(shown)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        names = [word.partition("=")[0] for word in unknown if word.startswith("-")]  # a word beside them may be a key
        parser.error(f"there is no option {', '.join(names)}" if names else "a word stands there without its option")
    if options.command == "report":
        from noojee_contract.cli.verify import show

        return show(options)
    if options.command == "clauses":
        from noojee_contract.catalogue.clauses import FILE, catalogue, choose
        from noojee_contract.errors import TargetError

        try:
            chosen = choose(options.pattern) if options.pattern else tuple(catalogue().values())
        except TargetError as error:
            print(f"noojee-contract: {error}", file=sys.stderr)
            return 2
        for clause in chosen:
            kind = f"{clause.severity}, {clause.pattern}" if clause.pattern else clause.severity
            spoken = dict.fromkeys([*clause.dialects, *([FILE] if clause.about == "meaning" else [])])
            where = ", ".join(spoken) + (f", by {clause.proof}" if clause.proof else "")
            print(f"{clause.id}  [{kind}] {where}\n  {clause.sentence}\n  {clause.provenance}")
        return 0
    from noojee_contract.cli.verify import verify as run

    return run(options)
