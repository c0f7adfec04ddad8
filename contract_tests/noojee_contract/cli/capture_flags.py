"""The flags of `noojee-contract capture` and `upgrade-check`. This module stays light: every command imports it."""

from __future__ import annotations

import argparse
from pathlib import Path

from noojee_contract.cli.record_flags import REDACTION_FLAGS
from noojee_contract.targets.flags import CONFIG, REPORT_FLAGS, TARGET_FLAGS, add_flag

PARTS = ("contract", "profile")
"""The parts of a capture that can be left out."""


def add_capture_flags(parser: argparse.ArgumentParser) -> None:
    """Add the arguments and flags of `noojee-contract capture`."""
    parser.add_argument("target", nargs="?", metavar="TARGET", help="A target of the target file.")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="The folder of the capture; required. "
        "A folder with a capture of the same target and key gets one more run.",
    )
    _add_common(parser)


def add_upgrade_check_flags(parser: argparse.ArgumentParser) -> None:
    """Add the arguments and flags of `noojee-contract upgrade-check`."""
    parser.add_argument("capture", type=Path, metavar="DIR", help="The folder that capture wrote before the upgrade.")
    parser.add_argument("target", nargs="?", metavar="TARGET", help="The same target, after the upgrade.")
    _add_common(parser)
    reports = parser.add_argument_group("reports")
    for flag in REPORT_FLAGS:
        if flag.name != "json":
            add_flag(reports.add_argument, flag)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--without",
        action="append",
        choices=PARTS,
        metavar="PART",
        help="Leave out a part: contract (a run of verify) or profile (a probe); repeatable.",
    )
    redaction = parser.add_argument_group("redaction")
    for name, settings in REDACTION_FLAGS.items():
        if name != "--keep-unparsed":
            redaction.add_argument(name, **settings)
    add_flag(parser.add_argument, CONFIG)
    direct = parser.add_argument_group("a target without a target file")
    for flag in TARGET_FLAGS:
        add_flag(direct.add_argument, flag)
