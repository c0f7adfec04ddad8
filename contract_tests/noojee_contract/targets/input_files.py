"""The files that a run reads, so that no report replaces one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from noojee_contract.errors import TargetError
from noojee_contract.model.files import json_document, toml_document

MOST_BYTES = 1024 * 1024
MOST_DEPTH = 8


def input_files(values: Mapping[str, Any], folder: Path = Path()) -> list[Path]:
    """The files that the texts of a document name, and the files that these name if they are TOML or JSON.

    `values` are flags, or the tables of a target file or dialect file. Relative names start from `folder`. A file that
    cannot be read counts, but what it names is unknown.
    """
    found: dict[Path, None] = {}
    _collect(values, folder, found)
    return list(found)


def _collect(values: Any, folder: Path, found: dict[Path, None]) -> None:
    for text in _texts(values, MOST_DEPTH):
        path = folder / text
        if not _is_file(path) or path in found:
            continue
        found[path] = None
        if path.suffix in (".toml", ".json"):
            _collect(_document(path), path.parent, found)


def _document(path: Path) -> Mapping[str, Any]:
    read = json_document if path.suffix == ".json" else toml_document
    try:
        return read(path, "file", MOST_BYTES)
    except TargetError:
        return {}  # reading it for the run says what is wrong


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text that is no file name: too long, or with a NUL
        return False


def _texts(value: Any, depth: int) -> Iterator[str]:
    """The texts of a document, in lists and tables too, down to a depth."""
    if isinstance(value, str):
        if value:
            yield value
    elif depth and isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner, depth - 1)
    elif depth and isinstance(value, Sequence) and not isinstance(value, bytes):
        for inner in value:
            yield from _texts(inner, depth - 1)
