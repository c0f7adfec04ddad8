"""Every flag of `noojee-contract verify`, once.

The command, pytest's flags, the repeat command and docs/reference/flags.md follow.
A flag of a target has the name of a key in `schemas/own/target.schema.json`, which owns its type, bounds and help. This
module stays light: pytest imports it in every project where the plugin is installed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from noojee_contract.resources import schemas

PYTEST_PREFIX = "--noojee-"


class Flag(NamedTuple):  # a dataclass takes a millisecond more to define, in every pytest session
    """One flag. `name` is the name of its value: a key of a target table, or a setting of the run.

    `flag` is how it is written on the command line; `short` is an abbreviation. `variable` says that the value is the
    name of an environment variable with a secret. `repeatable` flags collect a list. `help`, `type` and `minimum` are
    empty for a key of the target table: the schema has them.
    """

    name: str
    flag: str
    short: str | None = None
    metavar: str | None = None
    help: str = ""
    type: type[str] | type[int] | type[bool] = str
    minimum: int | None = None
    variable: bool = False
    repeatable: bool = False


TARGET_FLAGS = (
    Flag(name="base_url", flag="--base-url", metavar="URL"),
    Flag(name="dialect", flag="--dialect", metavar="NAME"),
    Flag(name="authentication", flag="--authentication", metavar="SCHEME"),
    Flag(name="api_key_env", flag="--api-key-env", metavar="NAME", variable=True),
    Flag(name="recordings", flag="--recordings", metavar="FILE", repeatable=True),
    Flag(name="time_zone", flag="--time-zone", metavar="ZONE"),
    Flag(name="audio", flag="--audio", metavar="TEMPLATE"),
    Flag(name="ca_file", flag="--ca-file", metavar="FILE", repeatable=True),
    Flag(name="client_cert", flag="--client-cert", metavar="FILE"),
    Flag(name="client_key", flag="--client-key", metavar="FILE"),
    Flag(name="tls_server_name", flag="--tls-server-name", metavar="NAME"),
    Flag(name="headers", flag="--header", metavar="HEADER", repeatable=True),
    Flag(name="headers_env", flag="--header-env", metavar="HEADER", repeatable=True),
    Flag(name="requests_per_second", flag="--requests-per-second", metavar="N"),
    Flag(name="request_budget", flag="--request-budget", metavar="N"),
    Flag(name="timeout_seconds", flag="--timeout", metavar="SECONDS"),
    Flag(name="sounds", flag="--sounds", metavar="N"),
    Flag(name="longest_sound", flag="--longest-sound", metavar="SECONDS"),
    Flag(name="largest_audio_bytes", flag="--largest-audio", metavar="BYTES"),
    Flag(name="calls", flag="--calls", metavar="N"),
    Flag(name="slow_seconds", flag="--slow-seconds", metavar="SECONDS"),
    Flag(name="negative_tests", flag="--negative-tests"),
    Flag(name="max_wait_seconds", flag="--max-wait", metavar="SECONDS"),
    Flag(name="writable", flag="--writable"),
    Flag(name="control_url", flag="--control-url", metavar="URL"),
    Flag(name="control_token_env", flag="--control-token-env", metavar="NAME", variable=True),
)
"""The flags that describe one target without a target file."""

CONFIG = Flag(
    name="config",
    flag="--config",
    metavar="FILE",
    help="The target file, or the word embedded for the embedded PBX; default noojee-contract.toml in the current "
    "folder, and embedded if there is no such file.",
)
EXCHANGES = Flag(
    name="exchanges",
    flag="--exchanges",
    metavar="FILE",
    help="Check recorded traffic instead of a PBX: an exchange file of `record`, or a HAR file. Clauses that the file "
    "has no answers for are not applicable.",
)
RUN_FLAGS = (
    CONFIG,
    EXCHANGES,
    Flag(
        name="only",
        flag="--only",
        metavar="ID",
        repeatable=True,
        help="Check only this clause, or the clauses that a pattern such as 'audio.*' matches.",
    ),
    Flag(
        name="require",
        flag="--require",
        metavar="ID",
        repeatable=True,
        help="Require this clause to pass, in addition to the usual required clauses.",
    ),
    Flag(
        name="examples",
        flag="--examples",
        metavar="N",
        type=int,
        minimum=1,
        help="The number of archives that Hypothesis generates; default 25.",
    ),
    Flag(
        name="random_seed",
        flag="--random-seed",
        metavar="N",
        type=int,
        help="The random seed of the generated archives; default a new one, which the report shows.",
    ),
    Flag(
        name="smoke",
        flag="--smoke",
        type=bool,
        help="A run of seconds: only must and should clauses, only bundled archives, only http.",
    ),
    Flag(
        name="time_limit",
        flag="--time-limit",
        metavar="TIME",
        help="The longest time of the run, such as 90s, 30m or 1h: clauses that cannot end in time are inconclusive.",
    ),
    Flag(
        name="counterexamples",
        flag="--counterexamples",
        metavar="DIR",
        help="The folder that keeps counterexamples, which run first; default .noojee-contract/counterexamples.",
    ),
    Flag(
        name="replay_counterexample",
        flag="--replay-counterexample",
        metavar="ID",
        help="Check only the clause of this counterexample, on its archive.",
    ),
)
"""The flags of a run, for the command and for pytest."""

TARGET_NAME = Flag(
    name="target", flag="--target", metavar="NAME", repeatable=True, help="A target of the target file; default all."
)
"""A flag of pytest only: the command takes the names of targets as arguments."""

WORKERS = Flag(
    name="workers",
    flag="--workers",
    short="-n",
    metavar="N",
    type=int,
    minimum=1,
    help="The number of worker processes; default by targets and cores.",
)
"""A flag of the command only: pytest has the -n of pytest-xdist."""

REPORT_FLAGS = (
    Flag(name="junit", flag="--junit", metavar="FILE", help="Write the report as JUnit XML."),
    Flag(name="json", flag="--json", metavar="FILE", help="Write the report as JSON lines."),
    Flag(name="markdown", flag="--markdown", metavar="FILE", help="Write the report as Markdown."),
    Flag(name="html", flag="--html", metavar="FILE", help="Write the report as one HTML page."),
)
"""Flags of the command only."""

SHARING_FLAGS = (
    Flag(
        name="redact",
        flag="--redact",
        metavar="WHAT",
        help="Write personal to replace numbers, names and addresses by stand-ins, "
        "for a report that leaves the organisation.",
    ),
    Flag(
        name="redaction_key_env",
        flag="--redaction-key-env",
        metavar="NAME",
        help="The variable with the key of stand-ins, 16 characters or more: with one key, equal values have equal "
        "stand-ins in all reports and recordings. Default a new key that nobody knows.",
    ),
)
"""Flags of the command only, for reports that are shared."""

DIFFERENCES = Flag(
    name="differences",
    flag="--differences",
    metavar="FILE",
    help="Write all differences between the two sides of migrations as CSV: "
    "migration, clause, unique id, leg, field, old and new value.",
)
"""A flag of `verify` only: a kept report has no list of differences."""

PLAN = Flag(
    name="plan",
    flag="--plan",
    type=bool,
    help="Print the requests, retries, waits and time of a run for each target, and send nothing.",
)
"""A flag of `verify` only."""

PYTEST_FLAGS = (*RUN_FLAGS, TARGET_NAME, *TARGET_FLAGS)
REPEATED_FLAGS = (CONFIG, EXCHANGES, *TARGET_FLAGS)
"""The flags that a repeat command needs to find the same target under the same limits."""


def help_of(flag: Flag) -> str:
    """What a flag does: its own help, or the description of its key in the schema."""
    return flag.help or str(_schema_of(flag)["description"])


def add_flag(add: Callable[..., object], flag: Flag, *, prefix: str = "") -> None:
    """Add a flag by the `add_argument` of a parser or group, or the `addoption` of pytest's, with its pytest prefix."""
    names = [prefix + flag.flag.removeprefix("--") if prefix else flag.flag]
    if flag.short is not None:
        names.insert(0, flag.short)
    add(*names, **argument_of(flag, prefix=prefix))


def argument_of(flag: Flag, *, prefix: str = "") -> dict[str, Any]:
    """The keyword arguments of argparse for a flag."""
    dest = f"{prefix.strip('-')}_{flag.name}".replace("-", "_") if prefix else flag.name
    argument: dict[str, Any] = {"dest": dest, "help": help_of(flag).replace("%", "%%")}
    value = _type_of(flag)
    if value is bool:
        return {**argument, "action": "store_true"}
    if isinstance(value, str):
        return {**argument, "nargs": "?", "const": value, "choices": _schema_of(flag)["enum"]}
    argument["metavar"] = flag.metavar
    argument["type"] = value if flag.minimum is None else _at_least(flag.minimum)
    if flag.repeatable:
        argument["action"] = "append"
    return argument


def words(flags: Sequence[Flag], values: Mapping[str, Any], *, prefix: str = "--") -> list[str]:
    """The command-line words that set these values again; a value that is not set has no words."""
    found: list[str] = []
    for flag in flags:
        value = values.get(flag.name)
        if not _is_set(value):
            continue
        name = prefix + flag.flag.removeprefix("--")
        if flag.metavar is None:
            found += [name] if value in (True, _type_of(flag)) else [name, str(value)]
        else:
            for row in value if isinstance(value, (list, tuple)) else [value]:
                found += [f"{name}={row}"] if str(row).startswith("-") else [name, str(row)]
    return found


def given(flags: Sequence[Flag], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are set, by name."""
    return {flag.name: values[flag.name] for flag in flags if _is_set(values.get(flag.name))}


def _is_set(value: Any) -> bool:
    return value is not None and value is not False and value != [] and value != ()


def _at_least(minimum: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        value = int(text)
        if value < minimum:
            raise argparse.ArgumentTypeError(f"must be {minimum} or more")
        return value

    return whole_number


def _number_or_word(text: str) -> int | str:
    """A whole number, or a word that the schema allows instead."""
    return int(text) if text.isdecimal() else text


def _type_of(flag: Flag) -> Callable[[str], object] | str:
    """The reader of a value; without a metavar, `bool`, or the word that the flag stands for if no word follows."""
    if flag.help:
        return flag.type
    schema = _schema_of(flag)
    if flag.metavar is None and "enum" in schema:
        return str(schema["enum"][0])
    if any(each.get("type") == "integer" for each in schema.get("anyOf", ())):
        return _number_or_word
    types: Mapping[str, type[int] | type[float] | type[bool]] = {"integer": int, "number": float, "boolean": bool}
    return types.get(schema.get("type", "string"), str)


def _schema_of(flag: Flag) -> Mapping[str, Any]:
    row: Mapping[str, Any] = target_keys()[flag.name]
    return row


@cache
def target_keys() -> Mapping[str, Any]:
    """The schema of each key of a target table, in the order of the schema."""
    document = json.loads(schemas("own", "target.schema.json").read_text(encoding="utf-8"))
    keys: Mapping[str, Any] = document["$defs"]["target"]["properties"]
    return keys
