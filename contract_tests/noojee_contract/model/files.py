"""Reads files that users wrote: never more than a limit, and with one-line errors."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from noojee_contract.errors import TargetError


def beginning_of(path: Path, most_bytes: int) -> bytes:
    """The content of a file; of a file that is longer than the limit, one byte more than the limit. Raises OSError."""
    with path.open("rb") as file:
        return file.read(most_bytes + 1)


def text_of(path: Path, what: str, most_bytes: int) -> str:
    """A UTF-8 file, without its byte order mark. Raises TargetError, which names the file as `what`."""
    try:
        content = beginning_of(path, most_bytes)
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
        return tomllib.loads(text_of(path, what, most_bytes))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TargetError(f"{path}: the {what} is no TOML: {str(error).splitlines()[0]}") from None


def json_document(path: Path, what: str, most_bytes: int) -> dict[str, Any]:
    """A JSON file as a document. Raises TargetError, which names the file as `what`."""
    try:
        document = json.loads(text_of(path, what, most_bytes))
    except (ValueError, RecursionError) as error:
        raise TargetError(f"{path}: the {what} is no JSON: {str(error).splitlines()[0]}") from None
    if not isinstance(document, dict):
        raise TargetError(f"{path}: the {what} is no JSON object")
    return document
