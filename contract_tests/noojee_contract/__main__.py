"""`noojee-contract`: verify an endpoint, list the clauses."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from noojee_contract.options import add_options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 good, 1 broken, 2 wrong use, 3 not proved, 4 not reached."""
    parser = argparse.ArgumentParser(
        prog="noojee-contract", description="Contracts of the Noojee call recording APIs, and the tools around them."
    )
    parser.add_argument("--version", action="version", version=f"noojee-contract {version('noojee-contract')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verify = commands.add_parser("verify", help="judge targets by the contract; without one, the embedded PBX")
    add_options(verify)
    listing = commands.add_parser("clauses", help="list the clauses with their sentences and sources")
    listing.add_argument("pattern", nargs="*", metavar="ID", help="an id or a pattern such as 'audio.*'")
    options = parser.parse_args(arguments)
    if options.command == "clauses":
        from noojee_contract.clauses import catalogue, choose
        from noojee_contract.errors import TargetError

        try:
            chosen = choose(options.pattern) if options.pattern else tuple(catalogue().values())
        except TargetError as error:
            print(f"noojee-contract: {error}", file=sys.stderr)
            return 2
        for clause in chosen:
            print(
                f"{clause.id}  [{clause.severity}] {', '.join(clause.dialects)}\n  {clause.sentence}\n  {clause.provenance}"
            )
        return 0
    from noojee_contract.verify import verify as run

    return run(options)


if __name__ == "__main__":
    sys.exit(main())
