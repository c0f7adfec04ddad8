"""`noojee-fake`: serve the fake PBX, explain its methods."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from noojee_fake import resources
from noojee_fake.cli import explain, serve, serve_options


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"noojee-fake: {' '.join(message.split())}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 after it was ended, 2 for wrong use."""
    parser = OneLineParser(
        prog="noojee-fake", description="A faithful fake of the Noojee call recording APIs.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"noojee-fake {resources.version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    about = "Serve a fake PBX over http or https until SIGTERM or SIGINT."
    command = commands.add_parser(
        "serve", help="serve a fake PBX over http or https", description=about, allow_abbrev=False
    )
    serve_options.add_options(command)
    about = "Print what a method does, on whose word, and what is only chosen."
    explaining = commands.add_parser(
        "explain", help="say what a method does, and on whose word", description=about, allow_abbrev=False
    )
    explain.add_options(explaining)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        # Only the names of options: a word that has lost its option may be a key.
        names = [word.partition("=")[0] for word in unknown if word.startswith("--")]
        (explaining if options.command == "explain" else command).error(
            f"there is no option {', '.join(names)}" if names else "a word stands there without its option"
        )
    return explain.run(options) if options.command == "explain" else serve.serve(options)
