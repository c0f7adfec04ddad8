"""`noojee-fake`: the commands `serve`, `archives` and `explain`, one module each."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import NoReturn

from noojee_fake import resources

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ends before it serves: 128 and the number of the signal."""


class PrintVersion(argparse.Action):
    """Prints the version and ends. Unlike the version action of argparse, it reads the version only now."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print the version to standard output, and end the process with 0."""
        sys.stdout.write(f"noojee-fake {resources.version()}\n")
        parser.exit()


class OneLineParser(argparse.ArgumentParser):
    """A parser that reports an error in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """End the process with 2 and the message."""
        self.exit(2, f"noojee-fake: {' '.join(message.split())}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns its exit code: 0, 2 for wrong use, or 130 if Ctrl-C ended it before it served."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("noojee-fake: interrupted\n")
        return INTERRUPTED


def _run(arguments: Sequence[str] | None) -> int:
    modules = _modules()
    parser, commands = _parser(modules)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        commands[options.command].error(_unexpected(unknown, modules[options.command].FLAGS))
    exit_code: int = modules[options.command].run(options)
    return exit_code


def _modules() -> Mapping[str, ModuleType]:
    """The module of each command: SUMMARY, DESCRIPTION, FLAGS (the names of its flags), `add_flags` and `run`.

    They are imported here, so that Ctrl-C during a slow import ends in one line.
    """
    from noojee_fake.cli import archives, explain, serve

    return {"serve": serve, "archives": archives, "explain": explain}


def parsers() -> dict[str, OneLineParser]:
    """The parser of each command, by its full name."""
    return {f"noojee-fake {name}": parser for name, parser in _parser(_modules())[1].items()}


def _parser(modules: Mapping[str, ModuleType]) -> tuple[OneLineParser, dict[str, OneLineParser]]:
    parser = OneLineParser(
        prog="noojee-fake", description="A faithful fake of the Noojee call recording APIs.", allow_abbrev=False
    )
    parser.add_argument(
        "--version",
        action=PrintVersion,
        nargs=0,
        default=argparse.SUPPRESS,
        help="show program's version number and exit",
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands: dict[str, OneLineParser] = {}
    for name, command in modules.items():
        commands[name] = subparsers.add_parser(
            name, help=command.SUMMARY, description=command.DESCRIPTION, allow_abbrev=False
        )
        command.add_flags(commands[name])
    return parser, commands


def _unexpected(words: Sequence[str], flags: Iterable[str]) -> str:
    """What is wrong with unknown arguments. It shows names of flags only: any other argument may be a key."""
    names = [word.partition("=")[0] for word in words if word.startswith("--")]
    if not names:
        return "unexpected argument; give each value after its flag"
    near = difflib.get_close_matches(names[0], list(flags), n=1, cutoff=0.7)
    return f"unknown flag {', '.join(names)}" + "".join(f"; did you mean {name}?" for name in near)
