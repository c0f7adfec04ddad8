"""The flags of `noojee-contract probe`."""

from __future__ import annotations

import argparse

from noojee_contract.targets.flags import CONFIG, TARGET_FLAGS, Flag, add_flag

OUT = Flag(
    name="out",
    flag="--out",
    metavar="FILE",
    help="The profile file to write, TOML; default profile.toml. "
    "A file that is no profile of this target is not overwritten.",
)
PERMISSION_KEYS = ("negative_tests", "max_wait_seconds", "request_budget")
"""The keys of a target whose flags also apply to a target of a target file."""


def add_probe_flags(parser: argparse.ArgumentParser) -> None:
    """Add the arguments and flags of the command to a parser."""
    parser.add_argument(
        "target", nargs="?", metavar="TARGET", help="A target of the target file; default its only target."
    )
    for flag in (OUT, CONFIG):
        add_flag(parser.add_argument, flag)
    permissions = parser.add_argument_group("what the probe may do, in addition to what the target file allows")
    direct = parser.add_argument_group("a target without a target file")
    for flag in TARGET_FLAGS:
        group = permissions if flag.name in PERMISSION_KEYS else direct
        add_flag(group.add_argument, flag)
