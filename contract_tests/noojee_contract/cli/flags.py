"""The options of `noojee-contract verify`; plain pytest has the same with --noojee- before them (see `plugin`)."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command; each but the reports is an option of plain pytest too, with --noojee- before it."""
    parser.add_argument(
        "target",
        nargs="*",
        metavar="TARGET",
        help="a target of the config; without one, all of it, or the embedded PBX",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="target file (default: noojee-contract.toml in this folder, where a TARGET is given)",
    )
    parser.add_argument(
        "--smoke", action="store_true", help="in seconds: must and should only, on the archives that ship, over http"
    )
    parser.add_argument(
        "--only", action="append", metavar="ID", help="check only this clause, or a pattern such as 'audio.*'"
    )
    parser.add_argument(
        "--require", action="append", metavar="ID", help="a clause that must be proved, beside the usual floor"
    )
    parser.add_argument("--examples", type=_count, metavar="N", help="archives that Hypothesis makes (default 25)")
    parser.add_argument(
        "--random-seed", type=int, metavar="N", help="the random seed they are made from (default: drawn, and printed)"
    )
    parser.add_argument(
        "--replay-counterexample", metavar="ID", help="check only the clause of a find that is kept, on its own archive"
    )
    parser.add_argument(
        "--counterexamples",
        metavar="DIR",
        help="where finds are kept, and tried first (default .noojee-contract/counterexamples)",
    )
    parser.add_argument(
        "-n", "--workers", type=int, metavar="N", help="worker processes (default: by the targets and cores)"
    )
    direct = parser.add_argument_group("a target without a config")
    direct.add_argument("--base-url", metavar="URL", help="where it is, a path prefix included")
    direct.add_argument(
        "--dialect",
        metavar="NAME",
        help="services, recording-api (hash), call-management, njadmin, or a dialect file: ./dialect.toml",
    )
    direct.add_argument("--api-key-env", metavar="NAME", help="the environment variable that holds its API key")
    direct.add_argument("--recordings", metavar="FILE", help="known recordings: a CSV with the columns kind,value")
    direct.add_argument("--time-zone", metavar="ZONE", help="the zone it writes dates in (default Australia/Melbourne)")
    direct.add_argument(
        "--audio", metavar="TEMPLATE", help="'POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}'"
    )
    direct.add_argument(
        "--authentication", metavar="HOW", help="hash or api-key (the default), where the dialect is call-management"
    )
    direct.add_argument("--allow", action="append", metavar="WHAT", help="provoke, or wait:15s")
    direct.add_argument("--ca-file", metavar="FILE", help="the certificate authority of its certificate")
    direct.add_argument("--writable", action="store_true", help="it may be written to, through its control API")
    direct.add_argument("--control-url", metavar="URL", help="its control API (default: BASE_URL/__noojee)")
    direct.add_argument("--control-token-env", metavar="NAME", help="the variable that holds the control API's token")
    direct.add_argument("--requests-per-second", type=float, metavar="N", help="how fast it may be asked")
    direct.add_argument("--request-budget", type=_count, metavar="N", help="how often it may be asked in this run")
    direct.add_argument("--timeout", type=float, metavar="SECONDS", help="how long one answer may take (default 10)")
    add_reports(parser)


def add_reports(parser: argparse.ArgumentParser) -> None:
    """The reports that a command writes."""
    written = parser.add_argument_group("reports")
    for name, what in (
        ("junit", "JUnit XML"),
        ("json", "JSON lines"),
        ("markdown", "Markdown"),
        ("html", "one HTML page"),
    ):
        written.add_argument(f"--{name}", metavar="FILE", type=Path, help=f"write the report as {what}")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
