"""The page of flags and keys, from the table of flags and the schema of the target file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tables import section

from noojee_contract.targets.flags import (
    DIFFERENCES,
    PLAN,
    PYTEST_PREFIX,
    REPORT_FLAGS,
    RUN_FLAGS,
    SHARING_FLAGS,
    TARGET_FLAGS,
    TARGET_NAME,
    WORKERS,
    Flag,
    help_of,
    target_keys,
)

HEAD = """# Flags and keys

The flags of `noojee-contract verify`, the flags of pytest, and the keys of a target file. They have one source:
`noojee_contract/targets/flags.py` and `schemas/own/target.schema.json`.

No flag and no file holds a secret: name the environment variable that holds it.
"""


def page() -> str:
    """The whole page."""
    parts = [
        HEAD,
        section(
            "Flags of a run",
            "Pytest has the same flags with the prefix `--noojee-`. The command takes the names of targets as "
            f"arguments; pytest takes them with `{PYTEST_PREFIX}target`.",
            ["flag", "flag of pytest", "what it does"],
            [_flag(flag) for flag in (*RUN_FLAGS, TARGET_NAME)],
        ),
        section(
            "Flags of the command only",
            "Pytest has its own `-n`, from pytest-xdist, and writes no reports of this suite.",
            ["flag", "what it does"],
            [[written(flag), help_of(flag)] for flag in (WORKERS, *REPORT_FLAGS, *SHARING_FLAGS, DIFFERENCES, PLAN)],
        ),
        section(
            "Keys of a target, and their flags",
            "A target file has a table `[targets.NAME]` for each target. Without a file, flags describe one target. "
            "A flag that takes several values is repeated; a key takes a list.",
            ["key", "flag", "flag of pytest", "what it is"],
            [_key(name, row) for name, row in target_keys().items()],
        ),
    ]
    return "\n".join(parts)


def _flag(flag: Flag) -> list[str]:
    own = "`TARGET`" if flag is TARGET_NAME else written(flag)
    return [own, written(flag, PYTEST_PREFIX), help_of(flag)]


def _key(name: str, row: Mapping[str, Any]) -> list[str]:
    flag = next((flag for flag in TARGET_FLAGS if flag.name == name), None)
    if flag is None:
        return [f"`{name}`", "-", "-", row["description"]]
    return [f"`{name}`", written(flag), written(flag, PYTEST_PREFIX), row["description"]]


def written(flag: Flag, prefix: str = "--") -> str:
    """A flag as code, with its short form, its value and whether it is repeatable."""
    names = [prefix + flag.flag.removeprefix("--")]
    if flag.short is not None:
        names.insert(0, flag.short)
    value = "" if flag.metavar is None else f" {flag.metavar}"
    marks = [text for text, applies in (("repeatable", flag.repeatable), ("a variable", flag.variable)) if applies]
    note = f" ({', '.join(marks)})" if marks else ""
    return f"`{', '.join(names)}{value}`{note}"
