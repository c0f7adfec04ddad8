"""Reads files that somebody else wrote: never more of one than is allowed, and what is wrong in one line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from noojee_contract.errors import TargetError


def beginning_of(path: Path, most_bytes: int) -> bytes:
    """The content of a file, and of one that is longer than allowed a byte more than that. Raises OSError."""
    with path.open("rb") as file:
        return file.read(most_bytes + 1)


def toml_document(path: Path, what: str, most_bytes: int) -> dict[str, Any]:
    """A TOML file as a document; `what` it is, is said in the TargetError where it is none."""
    try:
        content = beginning_of(path, most_bytes)
    except OSError as error:
        raise TargetError(f"{path}: the {what} cannot be read: {error.strerror}") from error
    if len(content) > most_bytes:
        raise TargetError(f"{path}: the {what} is longer than {most_bytes} bytes")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise TargetError(f"{path}: the {what} is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TargetError(f"{path}: the {what} is no TOML: {str(error).splitlines()[0]}") from None
