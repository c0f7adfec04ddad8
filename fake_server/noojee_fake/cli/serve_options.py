"""What the command line of `noojee-fake serve` says: its options, and the files and variables that they name, read and checked."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from noojee_fake.errors import ArchiveError, UsageError
from noojee_fake.pbx.addresses import Addresses
from noojee_fake.pbx.options import named_profiles, option_table
from noojee_fake.pbx.versions import DIALECTS, VERSIONS
from noojee_fake.server.sandboxes import Sandboxes, build

LARGEST_FILE_BYTES = 256 * 1024 * 1024
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on, 0 picks one (default 8000)")
    parser.add_argument(
        "--dialect", action="append", metavar="NAME", help=f"{', '.join(DIALECTS)}; repeat for several (default all)"
    )
    parser.add_argument(
        "--version",
        metavar="VERSION",
        dest="product",
        help=f"serve what this version of the product has: {', '.join(VERSIONS)} (default: all generations)",
    )
    parser.add_argument("--directory", type=Path, metavar="FILE", help="users, queues and routes of the PBX (JSON)")
    parser.add_argument(
        "--allow-address",
        action="append",
        metavar="ADDRESS",
        help="serve this client address or network alone; repeat for several (default: all)",
    )
    parser.add_argument(
        "--strict-transport", action="store_true", help="refuse plain http where the vendor's pages demand HTTPS"
    )
    parser.add_argument("--archive", type=Path, metavar="FILE", help="calls to start from (an archive file, JSON)")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep the calls in this file over restarts (SQLite, made if missing)"
    )
    parser.add_argument(
        "--profile",
        metavar="NAME|FILE",
        help=f"choices on open questions: {', '.join(named_profiles())}; or a file, TOML or JSON, key = value",
    )
    parser.add_argument(
        "--api-key-env", metavar="NAME", help="variable that holds the API key (default: the vendor's sample key)"
    )
    parser.add_argument(
        "--control-token-env",
        metavar="NAME",
        help="variable that holds a token for the control API beyond the loopback",
    )
    parser.add_argument("--ready-file", type=Path, metavar="FILE", help="gets the base URL once the server answers")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="serve https with this certificate chain (PEM)")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="... and this private key (PEM)")
    parser.add_argument(
        "--tls-self-signed", action="store_true", help="serve https with a certificate made for this run"
    )
    parser.add_argument("--quiet", action="store_true", help="no line for each request")


def sandboxes_of(options: argparse.Namespace, key: str, token: str | None, addresses: Addresses) -> Sandboxes:
    archive = _document(options.archive, "archive") if options.archive is not None else None
    try:
        return build(
            archive=archive,
            archive_folder=None if options.archive is None else options.archive.parent,
            profile=_choices(options),
            dialects=options.dialect,
            version=options.product,
            directory=None if options.directory is None else _document(options.directory, "directory"),
            api_key=key,
            control_token=token,
            addresses=addresses,
            state=options.state,
        )
    except ArchiveError as error:
        raise UsageError(f"{options.archive}: {error}") from error


def _choices(options: argparse.Namespace) -> Mapping[str, str]:
    """The choices of the profile, and what an option decides of them."""
    choices = {} if options.profile is None else dict(_profile(options.profile))
    if options.strict_transport:
        choices["plain_http"] = "refused"
    return choices


def addresses_of(networks: list[str] | None) -> Addresses:
    try:
        return Addresses(networks)
    except ValueError as error:
        raise UsageError(f"--allow-address: {error}; write an address or a network such as 10.0.0.0/8") from None


def _document(path: Path, what: str) -> Any:
    try:
        return json.loads(_content(path, what).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the {what} file is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: the {what} file is no JSON: {error}") from None


def _profile(given: str) -> Mapping[str, str]:
    """The choices of a named profile, or of a file: what has an ending or a folder is one."""
    named, path = named_profiles(), Path(given)
    if given in named:
        return named[given].values
    if path.name == given and not path.suffix and not path.exists():
        near = difflib.get_close_matches(given, named, n=1, cutoff=0)[0]
        raise UsageError(f"there is no profile {given!r}; the nearest is {near}, and a file is named with its ending")
    if path.suffix == ".json":
        found = _document(path, "profile")
    else:
        try:
            found = tomllib.loads(_content(path, "profile").decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}: the profile is no TOML: {one_line(error)}") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise UsageError(f'{path}: a profile is a flat table of texts, such as tag_selects = "legs"')
    return _checked(path, found)


def _checked(path: Path, choices: Mapping[str, str]) -> Mapping[str, str]:
    """The choices of a profile file, once each is one that the table of open questions has."""
    table = option_table()
    for key, choice in choices.items():
        question = table.get(key)
        if question is None:
            near = difflib.get_close_matches(key, table, n=1, cutoff=0) or sorted(table)
            raise UsageError(f"{path}: there is no option {key!r}; the nearest is {near[0]}")
        allowed = (question.default, *question.alternatives)
        if choice not in allowed:
            raise UsageError(f"{path}: {key} is {choice!r}; it may be {', '.join(allowed)}")
    return choices


def _content(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: the {what} file cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_FILE_BYTES:
        raise UsageError(f"{path}: the {what} file is longer than {LARGEST_FILE_BYTES} bytes")
    return content


def secret(variable: str | None, option: str) -> str | None:
    if variable is None:
        return None
    if not _VARIABLE.fullmatch(variable):
        raise UsageError(f"{option} takes the name of an environment variable, not a value")
    value = os.environ.get(variable, "").strip()
    if not value:
        raise UsageError(f"the variable {variable} of {option} is not set: export it")
    return value


def one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("must be a port, 0 to 65535")
    return int(text)
