"""The flags of `noojee-contract record`. This module stays light: every command imports it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from noojee_contract.cli.serving_flags import add_proxy_flags
from noojee_contract.targets.flags import CONFIG, TARGET_FLAGS, add_flag

SUITE_FLAGS = frozenset(
    ["slow_seconds", "negative_tests", "max_wait_seconds", "writable", "control_url", "control_token_env"]
)
"""The flags of a target that only the clauses need."""

REDACTION_FLAGS: Mapping[str, Mapping[str, Any]] = {
    "--redaction-key-env": {
        "metavar": "NAME",
        "help": "The variable with the key of stand-ins, 16 characters or more. Files with one key have equal "
        "stand-ins for equal values. Default a new key that nobody knows.",
    },
    "--no-redaction": {"action": "store_true", "help": "Write numbers, names, credentials and voices as they are."},
    "--keep-sound": {
        "action": "store_true",
        "help": "Keep voices; default a tone of the same codec, length and level.",
    },
    "--keep-unparsed": {
        "action": "store_true",
        "help": "Keep bodies that no parser understands; default filler of the same size.",
    },
}


def add_record_flags(parser: argparse.ArgumentParser) -> None:
    """Add the arguments and flags of `noojee-contract record`."""
    parser.add_argument("target", nargs="?", metavar="TARGET", help="A target of the target file.")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="The exchange file to write; required. It must not exist."
    )
    parser.add_argument("--har", type=Path, metavar="FILE", help="Write the exchanges as HAR 1.2 too.")
    parser.add_argument(
        "--day",
        action="append",
        type=_day,
        metavar="DATE",
        help="Ask for the hours of this local day, such as 2026/11/24; repeatable. One hour is asked a minute.",
    )
    parser.add_argument(
        "--hours", type=_hours, metavar="FIRST-LAST", help="The hours of each day, such as 9-17; default 0-23."
    )
    parser.add_argument(
        "--largest-body",
        type=_bytes,
        metavar="BYTES",
        help="The longest body that is kept, such as 500K, 64M or 1G; of longer ones, only size and hash. Default 64M.",
    )
    add_proxy_flags(parser)
    redaction = parser.add_argument_group("redaction")
    for name, settings in REDACTION_FLAGS.items():
        redaction.add_argument(name, **settings)
    add_flag(parser.add_argument, CONFIG)
    direct = parser.add_argument_group("a target without a target file")
    for flag in TARGET_FLAGS:
        if flag.name not in SUITE_FLAGS:
            add_flag(direct.add_argument, flag)


def _day(text: str) -> date:
    match = re.fullmatch(r"([0-9]{4})[/-]([0-9]{2})[/-]([0-9]{2})", text)
    try:
        if match is not None:
            return date(*map(int, match.groups()))
    except ValueError:
        pass
    raise argparse.ArgumentTypeError("must be a day such as 2026/11/24")


def _hours(text: str) -> range:
    match = re.fullmatch(r"([0-9]{1,2})(?:-([0-9]{1,2}))?", text)
    if match is not None:
        first, last = int(match[1]), int(match[2] or match[1])
        if first <= last <= 23:
            return range(first, last + 1)
    raise argparse.ArgumentTypeError("must be hours of 0 to 23, such as 9-17")


def _bytes(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,12})([KMG]?)", text)
    if match is None:
        raise argparse.ArgumentTypeError("must be a number of bytes, such as 500K, 64M or 1G")
    return int(match[1]) * {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}[match[2]]
