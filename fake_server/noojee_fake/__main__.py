"""`noojee-fake`: serve the fake PBX."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from noojee_fake import __version__, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 after it was ended, 2 for wrong use."""
    parser = argparse.ArgumentParser(
        prog="noojee-fake", description="A faithful fake of the Noojee call recording APIs."
    )
    parser.add_argument("--version", action="version", version=f"noojee-fake {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve.add_options(commands.add_parser("serve", help="serve a fake PBX over http or https"))
    return serve.serve(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
