"""The flags of the commands that listen on a port, and of `replay` and `archive`.

This module stays light: every command imports it.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from noojee_contract.traffic.replay.modes import Order, Repetition

LOOPBACK = "127.0.0.1"
FLAGS: Mapping[str, Mapping[str, Any]] = {
    "--tls-cert": {"type": Path, "metavar": "FILE", "help": "Listen for https with this certificate chain (PEM)."},
    "--tls-key": {"type": Path, "metavar": "FILE", "help": "The private key of the certificate (PEM)."},
    "--tls-self-signed": {
        "action": "store_true",
        "help": "Listen for https with a new certificate, made for this run; its authority is written to a file.",
    },
    "--ready-file": {"type": Path, "metavar": "FILE", "help": "Gets the base URL when the port answers."},
}
"""The flags of a command that listens; where it listens is its own flag."""


def add_replay_flags(parser: argparse.ArgumentParser) -> None:
    """Add the arguments and flags of `noojee-contract replay`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="The exchange file, or a HAR file.")
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="The port; default any free port.")
    parser.add_argument("--host", default=LOOPBACK, metavar="ADDRESS", help=f"Where to listen; default {LOOPBACK}.")
    parser.add_argument(
        "--api-key-env",
        metavar="NAME",
        help="The variable with the API key of callers: their hashes and keys are checked with it. Without it, any "
        "hash or key counts as right.",
    )
    parser.add_argument(
        "--dialect",
        metavar="NAME",
        help="The dialect of the requests, or a dialect file: the parameters that hold its credentials do not count. "
        "Default the parameters that the file names, else usual names such as key and token.",
    )
    parser.add_argument("--of-verify", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--base-path", default="", help=argparse.SUPPRESS)
    _add_matching_flags(parser)
    add_serving_flags(parser)


def _add_matching_flags(parser: argparse.ArgumentParser) -> None:
    """Which recorded answer a request gets."""
    parser.add_argument(
        "--order",
        choices=[order.value for order in Order],
        default=Order.ANY.value,
        help="Whether requests may come in any order, or in the recorded order only; default any.",
    )
    parser.add_argument(
        "--repeat",
        choices=[repetition.value for repetition in Repetition],
        default=Repetition.LAST.value,
        help="What follows the last recorded answer to a request: that answer again (last), the first one (cycle), or "
        "none (never); default last.",
    )
    parser.add_argument(
        "--ignore",
        action="append",
        metavar="NAME",
        help="A parameter of requests that does not count, such as a random number; repeatable.",
    )
    parser.add_argument(
        "--old-days",
        type=int,
        default=90,
        metavar="N",
        help="Report exchanges that are older than this; default 90.",
    )


def add_serving_flags(group: argparse._ArgumentGroup | argparse.ArgumentParser) -> None:
    """Add the flags to a parser or a group."""
    for name, settings in FLAGS.items():
        group.add_argument(name, **settings)


def add_archive_flags(parser: argparse.ArgumentParser) -> None:
    """Add the arguments and flags of `noojee-contract archive`."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="An exchange file, a HAR file, or a saved answer: its JSON array, or what curl -i prints.",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="The archive file to write, which must not exist; default standard output.",
    )
    parser.add_argument(
        "--time-zone",
        metavar="ZONE",
        help="The zone of the PBX; default that of the exchange file, else Australia/Melbourne.",
    )


def add_proxy_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the recording proxy of `noojee-contract record`."""
    group = parser.add_argument_group("recording the traffic of a client (a proxy)")
    group.add_argument(
        "--listen",
        type=address,
        metavar="PORT",
        help="Record what a client asks: listen here, as PORT or HOST:PORT (default host 127.0.0.1), and relay every "
        "byte to --upstream. SIGTERM and Ctrl-C end the recording.",
    )
    group.add_argument("--upstream", metavar="URL", help="The URL of the PBX that the proxy relays to.")
    group.add_argument(
        "--keep-host",
        action="store_true",
        help="Relay the Host header of the client; default the host of the upstream's URL.",
    )
    group.add_argument(
        "--idle-timeout",
        type=float,
        default=3600.0,
        metavar="SECONDS",
        help="How long the proxy waits for a byte of the PBX, also in a long poll; default 3600.",
    )
    add_serving_flags(group)


def address(text: str) -> tuple[str, int]:
    """The value of a flag that takes PORT or HOST:PORT; the host is the loopback by default."""
    host, colon, port = text.rpartition(":")
    host = host.strip("[]") if colon else LOOPBACK
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError("must be PORT or HOST:PORT, with a port of 0 to 65535")
    return host, int(port)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError("must be a port, 0 to 65535")
    return int(text)
