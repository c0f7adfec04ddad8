"""`noojee-contract`: the table of commands. One module a command."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from noojee_contract.cli.capture_flags import add_capture_flags, add_upgrade_check_flags
from noojee_contract.cli.probe_flags import add_probe_flags
from noojee_contract.cli.record_flags import add_record_flags
from noojee_contract.cli.serving_flags import add_archive_flags, add_replay_flags
from noojee_contract.errors import near
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE
from noojee_contract.targets.flags import (
    DIFFERENCES,
    PLAN,
    REPORT_FLAGS,
    RUN_FLAGS,
    SHARING_FLAGS,
    TARGET_FLAGS,
    WORKERS,
    add_flag,
)

OLD_FLAGS: Mapping[str, str] = {
    "seed": "--random-seed",
    "finds": "--counterexamples",
    "find": "--replay-counterexample",
    "known": "--recordings",
    "fillable": "--writable",
    "allow": "--negative-tests or --max-wait",
}
"""Flags of an older version, without their dashes, and what replaces each."""


class OneLineParser(argparse.ArgumentParser):
    """Reports an error in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Exit with 2 and one line."""
        self.exit(2, f"noojee-contract: {' '.join(message.split())}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns its exit code: 0 passed, 1 failed, 2 wrong use, 3 inconclusive, 4 target unreachable."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("noojee-contract: interrupted\n")
        return EXIT_INCONCLUSIVE


def _run(arguments: Sequence[str] | None) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a report in a pipe of Windows, or with LC_ALL of Latin-1
    parser, commands = _parser()
    options, unexpected = parser.parse_known_args(arguments)
    if unexpected:
        parser.error(_unexpected(unexpected, commands[options.command]))
    module, _, function = COMMANDS[options.command].run.partition(":")
    run: Callable[[argparse.Namespace], int] = getattr(import_module(module), function)
    return run(options)


def verify_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the arguments and flags of `noojee-contract verify` to a parser."""
    parser.add_argument(
        "target", nargs="*", metavar="TARGET", help="A target of the target file; default all of its targets."
    )
    for flag in (*RUN_FLAGS, WORKERS, PLAN):
        add_flag(parser.add_argument, flag)
    direct = parser.add_argument_group("a target without a target file")
    for flag in TARGET_FLAGS:
        add_flag(direct.add_argument, flag)
    reports = _add_reports(parser)
    add_flag(reports.add_argument, DIFFERENCES)
    return parser


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command, by its full name."""
    _, commands = _parser()
    return {f"noojee-contract {name}": parser for name, parser in commands.items()}


def _parser() -> tuple[OneLineParser, dict[str, argparse.ArgumentParser]]:
    parser = OneLineParser(
        prog="noojee-contract",
        description="Contracts of the Noojee call recording APIs, and tools for them.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"noojee-contract {version('noojee-contract')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    parsers: dict[str, argparse.ArgumentParser] = {}
    for name, command in COMMANDS.items():
        parsers[name] = commands.add_parser(
            name, help=command.summary, description=command.description, allow_abbrev=False
        )
        command.add_flags(parsers[name])
    return parser, parsers


def _clauses_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pattern", nargs="*", metavar="ID", help="An id, or a pattern such as 'audio.*'.")


def _report_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="The report, JSON lines.")
    _add_reports(parser)


def _init_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        default=Path("noojee-contract.toml"),
        metavar="FILE",
        help="The target file to write; default %(default)s. The JSON Schema for editors is written next to it.",
    )


def _add_reports(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    group = parser.add_argument_group("reports")
    for flag in (*REPORT_FLAGS, *SHARING_FLAGS):
        add_flag(group.add_argument, flag)
    return group


def _unexpected(words: Sequence[str], parser: argparse.ArgumentParser) -> str:
    """What is wrong with words that no flag takes. A word without a leading - may be a key: it is not repeated."""
    names = [word.partition("=")[0] for word in words if word.startswith("-")]
    if not names:
        return "unexpected argument"
    name = names[0]
    new = OLD_FLAGS.get(name.removeprefix("--"))
    if new is not None:
        return f"unknown flag {name}; use {new}"
    usage = parser.format_usage().replace("[", " ").replace("]", " ").split()
    return f"unknown flag {name}{near(name, [word for word in usage if word.startswith('-')], cutoff=0.7)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: a line for the list of commands, a text for its help, its flags, and its function as `module:name`.

    The module is imported when the command runs.
    """

    summary: str
    description: str
    add_flags: Callable[[argparse.ArgumentParser], object]
    run: str


COMMANDS: Mapping[str, Command] = {
    "verify": Command(
        summary="check targets against the contract; default the embedded PBX",
        description=(
            "Check targets against the contract, and compare the two sides of each migration. Without a target file "
            "and flags, check the embedded PBX."
        ),
        add_flags=verify_parser,
        run="noojee_contract.cli.verify:verify",
    ),
    "init": Command(
        summary="write a target file to begin with",
        description="Write a commented target file to begin with. No file is overwritten.",
        add_flags=_init_parser,
        run="noojee_contract.cli.init:init",
    ),
    "record": Command(
        summary="record the answers of a PBX to an exchange file, redacted",
        description=(
            "Ask a read-only target for the recordings of its recordings file and for the hours of days, within its "
            "limits, and write each exchange to an exchange file. Numbers, names, credentials and voices are replaced "
            "before they are written."
        ),
        add_flags=add_record_flags,
        run="noojee_contract.cli.record_proxy:record_or_relay",
    ),
    "replay": Command(
        summary="serve an exchange file: recorded answers for a client under test",
        description="Serve an exchange file: recorded answers for a client under test.",
        add_flags=add_replay_flags,
        run="noojee_contract.cli.replay:replay",
    ),
    "archive": Command(
        summary="make an archive file for the fake of recorded answers",
        description=(
            "Make an archive file of the calls that an exchange file, a HAR file or one saved answer lists: "
            "noojee-fake serve --archive serves them. The fake generates a tone for each leg."
        ),
        add_flags=add_archive_flags,
        run="noojee_contract.cli.archive:archive",
    ),
    "probe": Command(
        summary="learn the options of a target, and write them as a profile file",
        description=(
            "Ask a target which options it has, and write them with their evidence as a profile file. At most 60 "
            "requests are sent unless --request-budget allows more."
        ),
        add_flags=add_probe_flags,
        run="noojee_contract.cli.probe:run",
    ),
    "capture": Command(
        summary="keep the answers, sound and options of a PBX before an upgrade",
        description=(
            "Ask a target for the recordings of its recordings file, and keep the answers, a summary of the sound, the "
            "options and the contract, redacted. Run it twice before an upgrade, so that noise is learnt."
        ),
        add_flags=add_capture_flags,
        run="noojee_contract.cli.capture:run",
    ),
    "upgrade-check": Command(
        summary="compare a PBX after an upgrade with its capture: go or no-go",
        description=(
            "Ask a target again, and compare the answers with its capture from before the upgrade. Each difference "
            "breaks clients, changes what is documented, changes what is not documented, or is noise."
        ),
        add_flags=add_upgrade_check_flags,
        run="noojee_contract.cli.upgrade_check:run",
    ),
    "clauses": Command(
        summary="list the clauses with their sentences and provenance",
        description="List the clauses with severity, dialects, sentence and provenance.",
        add_flags=_clauses_parser,
        run="noojee_contract.cli.clauses:list_clauses",
    ),
    "report": Command(
        summary="show a report that --json wrote, and write it in other formats",
        description="Show a report that --json wrote, and write it in other formats.",
        add_flags=_report_parser,
        run="noojee_contract.cli.report:show",
    ),
}
