"""Reads files that users wrote: never more than a limit, and with one-line errors."""

from __future__ import annotations

import errno
import json
import stat
import tomllib
from pathlib import Path
from typing import Any

from noojee_contract.errors import TargetError

MOST_BITS = 63
OPEN_DESCRIPTORS = (Path("/dev/fd"), Path("/dev/stdin"))
"""Where a shell passes what a command reads: `<(command)` and `-`."""


def beginning_of(path: Path, most_bytes: int, *, from_shell: bool = False) -> bytes:
    """The content of a file; of a file that is longer than the limit, one byte more than the limit.

    Raises OSError, also for a pipe, a device and a socket: reading them may never end. `from_shell` allows what the
    shell has opened, such as `<(command)`.
    """
    opened = from_shell and (path in OPEN_DESCRIPTORS or path.parent in OPEN_DESCRIPTORS)
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or opened):
        raise OSError(errno.EINVAL, "it is a pipe, device or socket; save it as a file")
    with path.open("rb") as file:
        return file.read(most_bytes + 1)


def text_of(path: Path, what: str, most_bytes: int, *, from_shell: bool = False) -> str:
    """A UTF-8 file, without its byte order mark. Raises TargetError, which names the file as `what`."""
    try:
        content = beginning_of(path, most_bytes, from_shell=from_shell)
    except OSError as error:
        raise TargetError(f"{path}: the {what} cannot be read: {error.strerror}") from error
    if len(content) > most_bytes:
        raise TargetError(f"{path}: the {what} is longer than {most_bytes} bytes; shorten it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TargetError(f"{path}: the {what} is not UTF-8 in line {line}; save it as UTF-8") from error


def toml_document(path: Path, what: str, most_bytes: int) -> dict[str, Any]:
    """A TOML file as a document. Raises TargetError, which names the file as `what`."""
    try:
        document = tomllib.loads(text_of(path, what, most_bytes))
        _check_values(document)
    except (ValueError, RecursionError) as error:  # ValueError: also an integer of more than 4,300 digits
        raise TargetError(f"{path}: the {what} is no TOML: {str(error).splitlines()[0]}") from None
    return document


def json_document(path: Path, what: str, most_bytes: int) -> dict[str, Any]:
    """A JSON file as a document. Raises TargetError, which names the file as `what`."""
    try:
        document = json.loads(text_of(path, what, most_bytes))
        _check_values(document)
    except (ValueError, RecursionError) as error:
        raise TargetError(f"{path}: the {what} is no JSON: {str(error).splitlines()[0]}") from None
    if not isinstance(document, dict):
        raise TargetError(f"{path}: the {what} is no JSON object")
    return document


def _check_values(value: Any) -> None:
    """Raises ValueError for a whole number that no validator takes, RecursionError for a document that is too deep."""
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise ValueError(f"it has a number of more than {MOST_BITS} bits")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        _check_values(each)
