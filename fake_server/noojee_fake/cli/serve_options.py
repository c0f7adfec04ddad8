"""The flags of `noojee-fake serve`, and the files and variables that they name, read and checked."""

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

from noojee_fake import resources
from noojee_fake.control import IdInUse, TooManySandboxes, sandbox_spec_of
from noojee_fake.control.json_body import OPENAPI, Refused
from noojee_fake.errors import ArchiveError, FakeError, ProfileError, UsageError
from noojee_fake.pbx.addresses import Addresses
from noojee_fake.pbx.documents import mistake
from noojee_fake.pbx.memory_budget import read_size
from noojee_fake.pbx.options import Profile, named_profiles
from noojee_fake.pbx.versions import DIALECTS, VERSIONS
from noojee_fake.server.sandboxes import Sandboxes, ServerConfig

LARGEST_FILE_BYTES = 256 * 1024 * 1024
LEAST_BUDGET_BYTES = 16 * 1024 * 1024
RUNNING, FROZEN = "running", "frozen"
PROFILE_FORMAT = "noojee-profile/1"
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("must be a port, 0 to 65535")
    return int(text)


def _host(text: str) -> str:
    """A name as it comes in a Host header, in lower case, without brackets."""
    if not _HOST.fullmatch(text):
        raise argparse.ArgumentTypeError("must be a name or an address without scheme and port, such as fake.example")
    return text.lower().strip("[]").rstrip(".")


def _origin(text: str) -> str:
    """An origin as a browser writes it. Source: the Fetch standard."""
    if text != "*" and not _ORIGIN.fullmatch(text):
        raise argparse.ArgumentTypeError(
            "must be a scheme, a host in lower case and maybe a port, such as https://crm.example or http://localhost:5173"
        )
    return text


def _size(text: str) -> int:
    try:
        size = read_size(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None
    if size < LEAST_BUDGET_BYTES:
        raise argparse.ArgumentTypeError("must be 16M or more")
    return size


def _archive(text: str) -> Path:
    """The path of an archive file. A name without a dot or a separator is a bundled archive."""
    if any(mark in text for mark in ("/", "\\", ".")):
        return Path(text)
    bundled = resources.archives()
    if text not in bundled:
        raise argparse.ArgumentTypeError(f"no bundled archive is named {text}; write {', '.join(bundled)}, or ./{text}")
    return bundled[text]


_TABLE: Mapping[str, Mapping[str, Any]] = {
    "--host": {"default": "127.0.0.1", "help": "address to listen on (default 127.0.0.1)"},
    "--port": {"type": _port, "default": 8000, "help": "port, 0 for any free port (default 8000)"},
    "--dialect": {"action": "append", "metavar": "NAME", "help": f"{', '.join(DIALECTS)}; repeatable (default all)"},
    "--version": {
        "metavar": "VERSION",
        "dest": "product",
        "help": f"serve the dialects of this product version: {', '.join(VERSIONS)} (default: all dialects)",
    },
    "--directory": {"type": Path, "metavar": "FILE", "help": "users, queues and routes of the PBX (JSON)"},
    "--allow-address": {
        "action": "append",
        "metavar": "ADDRESS",
        "help": "serve only this client address or network; repeatable (default: all)",
    },
    "--strict-transport": {"action": "store_true", "help": "refuse http where the vendor's pages demand https"},
    "--archive": {
        "type": _archive,
        "metavar": "NAME|FILE",
        "help": "calls to start from: an archive file (JSON), or a bundled one, which noojee-fake archives describes: "
        + ", ".join(resources.archives()),
    },
    "--clock": {
        "choices": [RUNNING, FROZEN],
        "help": "whether the clock runs, from the time of the archive if it has one, or is frozen there; then the"
        " by-hour limit does not end until the control API steps the clock (default running; a state file keeps its"
        " clock)",
    },
    "--sandboxes": {
        "type": Path,
        "metavar": "FILE",
        "help": "sandboxes to make at the start, with their ids and keys (JSON: a list of sandbox specs)",
    },
    "--state": {
        "type": Path,
        "metavar": "FILE",
        "help": "keep the calls in this file across restarts (SQLite, created if missing)",
    },
    "--profile": {
        "metavar": "NAME|FILE",
        "help": (
            "values of options: the file of noojee-contract probe, a TOML or JSON file with key = value, or a name: "
            + ", ".join(named_profiles())
        ),
    },
    "--api-key-env": {"metavar": "NAME", "help": "variable with the API key (default: the vendor's sample key)"},
    "--control-token-env": {"metavar": "NAME", "help": "variable with a token for control clients beyond the loopback"},
    "--allow-host": {
        "type": _host,
        "action": "append",
        "metavar": "NAME",
        "help": "Host name, in addition to loopback names, that clients on the loopback may use for the control API"
        " without a token; repeatable",
    },
    "--allow-origin": {
        "type": _origin,
        "action": "append",
        "metavar": "ORIGIN",
        "help": "let pages of this origin read the answers of the PBX (CORS), * for all; repeatable",
    },
    "--memory-budget": {
        "type": _size,
        "default": 2 * 1024**3,
        "metavar": "SIZE",
        "help": "memory for what clients make the server keep: bodies under way, calls, stored sound, snapshots,"
        " journals; what does not fit is refused with 507 or 503 (a number of bytes, or such as 512M; default 2G)",
    },
    "--ready-file": {"type": Path, "metavar": "FILE", "help": "gets the base URL once the server answers"},
    "--tls-cert": {"type": Path, "metavar": "FILE", "help": "serve https with this certificate chain (PEM)"},
    "--tls-key": {"type": Path, "metavar": "FILE", "help": "the private key of the certificate (PEM)"},
    "--tls-self-signed": {"action": "store_true", "help": "serve https with a new certificate, made for this run"},
    "--quiet": {"action": "store_true", "help": "no log line for each request"},
}
FLAGS = tuple(_TABLE)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    for name, settings in _TABLE.items():
        parser.add_argument(name, **settings)


def sandboxes_of(options: argparse.Namespace, key: str, token: str | None, addresses: Addresses) -> Sandboxes:
    """The sandboxes that the flags ask for. Raises FakeError."""
    archive = _document(options.archive, "archive") if options.archive is not None else None
    try:
        config = ServerConfig(
            archive=archive,
            archive_folder=None if options.archive is None else options.archive.parent,
            profile=_values(options),
            dialects=options.dialect,
            version=options.product,
            directory=None if options.directory is None else _document(options.directory, "directory"),
            api_key=key,
            control_token=token,
            control_hosts=tuple(options.allow_host or ()),
            addresses=addresses,
            frozen=options.clock == FROZEN,
            state=options.state,
            memory_budget_bytes=options.memory_budget,
        )
        sandboxes = Sandboxes(config)
    except ArchiveError as error:
        raise UsageError(f"{options.archive}: {error}") from error
    if options.clock is not None:
        sandboxes.default.clock.freeze(options.clock == FROZEN)  # a state file keeps the clock of an earlier run
    if options.sandboxes is not None:
        _make_all(sandboxes, options.sandboxes)
    return sandboxes


def _make_all(sandboxes: Sandboxes, path: Path) -> None:
    """Make the sandboxes of a file. Raises UsageError with the JSON path."""
    rows = _document(path, "sandboxes")
    if not isinstance(rows, list):
        raise UsageError(f"{path}: write a list of sandbox specs, as POST /__noojee/sandboxes takes them")
    for at, row in enumerate(rows):
        wrong = mistake(row, OPENAPI, "SandboxSpec")
        if wrong is not None:
            raise UsageError(f"{path}: $[{at}]{wrong[1][1:]}: {wrong[0]}")
        try:
            sandboxes.make(sandbox_spec_of(row))
        except (FakeError, IdInUse, TooManySandboxes, Refused) as error:
            raise UsageError(f"{path}: $[{at}]: {error}") from None


def _values(options: argparse.Namespace) -> Mapping[str, str]:
    """The values of the profile; --strict-transport overrides one of them."""
    values = {} if options.profile is None else dict(_profile(options.profile))
    if options.strict_transport:
        values["plain_http"] = "refused"
    return values


def addresses_of(networks: list[str] | None) -> Addresses:
    """The client addresses of --allow-address. Raises UsageError."""
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
    """The values of a named profile, or of a file: a text with an extension or a folder names a file."""
    named, path = named_profiles(), Path(given)
    if given in named:
        return named[given].values
    if path.name == given and not path.suffix and not path.exists():
        near = difflib.get_close_matches(given, named, n=1, cutoff=0)[0]
        raise UsageError(f"there is no profile {given!r}; did you mean {near}? The name of a file needs its extension")
    if path.suffix == ".json":
        written = _document(path, "profile")
    else:
        try:
            written = tomllib.loads(_content(path, "profile").decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}: the profile is no TOML: {one_line(error)}") from None
    if isinstance(written, dict) and "format" in written:
        written = _profile_values(path, written)
    if not isinstance(written, dict) or not all(isinstance(value, str) for value in written.values()):
        raise UsageError(f'{path}: a profile is a flat table of texts, such as tag_selects = "legs"')
    try:
        Profile(written)
    except ProfileError as error:
        raise UsageError(f"{path}: {error.message}") from None
    return written


def _profile_values(path: Path, written: dict[str, Any]) -> Any:
    """The values of a profile file, which `noojee-contract probe` writes. Raises UsageError for another format."""
    if written["format"] != PROFILE_FORMAT:
        raise UsageError(f"{path}: the profile has another format; this version reads {PROFILE_FORMAT}")
    if not isinstance(written.get("values"), dict):
        raise UsageError(f"{path}: the profile has no table [values]; let noojee-contract probe write it again")
    return written["values"]


def _content(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: the {what} file cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_FILE_BYTES:
        raise UsageError(f"{path}: the {what} file is longer than {LARGEST_FILE_BYTES} bytes")
    return content


def secret(variable: str | None, flag: str) -> str | None:
    """The value of the variable that a flag names; None without the flag. Raises UsageError, without the value."""
    if variable is None:
        return None
    if not _VARIABLE.fullmatch(variable):
        raise UsageError(f"{flag} takes the name of an environment variable, not a value")
    value = os.environ.get(variable, "").strip()
    if not value:
        raise UsageError(f"the variable {variable} of {flag} is not set: export it")
    return value


def one_line(error: BaseException) -> str:
    """The message of an error in one line."""
    return " ".join(str(error).split())
