"""Reads dialect files (TOML) into `Dialect` values. What is wrong is said in one line: file, JSON path, what to write."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from noojee_contract.dialect import (
    Dialect,
    Failures,
    KeyInBasic,
    KeyInHeader,
    KeyInQuery,
    Place,
    Refusal,
    Scheme,
    VendorHash,
)
from noojee_contract.dialect_form import MOMENT, Wrong, description, judge_form, judge_pattern
from noojee_contract.dialect_methods import MOST_BYTES, place_of, read_method
from noojee_contract.errors import TargetError
from noojee_contract.formats import NUMBERS, TIMES, UNSET, Format, pattern, text, words

KINDS = ("refused", "bad_request", "unknown_path", "wrong_method", "no_sound", "unknown_recording")


def is_file_name(dialect: str) -> bool:
    """Whether the dialect of a target names a file: a path, or something that ends in .toml."""
    return "/" in dialect or "\\" in dialect or dialect.endswith(".toml")


def read_dialect(path: Path) -> Dialect:
    """The dialect that a file describes. Raises TargetError with the file, the JSON path and what to write."""
    document = _document(path)
    try:
        judge_form(document)
        return _dialect(document, path.parent)
    except Wrong as wrong:
        raise TargetError(f"{path}: {wrong}") from None


def _document(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise TargetError(f"{path}: the dialect file cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise TargetError(f"{path}: the dialect file is longer than {MOST_BYTES} bytes")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise TargetError(f"{path}: the dialect file is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TargetError(f"{path}: the dialect file is no TOML: {str(error).splitlines()[0]}") from None


def _dialect(document: Mapping[str, Any], folder: Path) -> Dialect:
    fields = {name: place_of(written) for name, written in document["fields"].items()}
    return Dialect(
        name=document["name"],
        scheme=_scheme(document["authentication"]),
        methods={name: read_method(name, row, folder) for name, row in document["methods"].items()},
        fields=fields,
        formats=_formats(document["formats"], fields),
        failures=_failures(document.get("failures", {})),
    )


def _scheme(row: Mapping[str, str]) -> Scheme:
    if "header" in row:
        return KeyInHeader(row["header"], row["value"])
    if "query" in row:
        return KeyInQuery(row["query"])
    if "basic" in row:
        return KeyInBasic(row["basic"])
    verb, _, path = row["hash"].partition(" ")
    return VendorHash(verb, path)


def _formats(rows: Mapping[str, Any], fields: Mapping[str, Place]) -> dict[str, Format]:
    found: dict[str, Format] = {}
    for name in rows:
        if name not in fields:
            raise Wrong(f"$.formats.{name}", f"$.fields names no {name}; name it there, or take this out")
    for name in fields:
        place, row = f"$.formats.{name}", rows.get(name)
        if name in ("Start", "End"):
            found[name] = _time(row, place)
        elif name == "Direction":
            if row is None:
                raise Wrong(place, f"is missing. {description(['formats', name])}")
            found[name] = words(row)
        elif name in ("Leg", "Duration", "CallRecordId"):
            found[name] = NUMBERS[row or "number"]
        else:
            found[name] = text(UNSET[row or "empty"])
    return found


def _time(row: str | None, place: str) -> Format:
    if row is None:
        raise Wrong(place, f"is missing. {description(['formats', 'End'])}")
    if row in TIMES:
        return TIMES[row]
    judge_pattern(row, place, MOMENT, "%Y-%m-%d %H:%M:%S")
    return pattern(row)


def _failures(row: Mapping[str, Any]) -> Failures:
    def statuses(written: int | list[int]) -> tuple[int, ...]:
        return (written,) if isinstance(written, int) else tuple(written)

    for kind in KINDS:
        if "code" in row.get(kind, {}) and "code" not in row:
            raise Wrong(f"$.failures.{kind}.code", 'nothing says where codes stand; write code = "..." in [failures]')
    return Failures(
        code=place_of(row["code"]) if "code" in row else None,
        message=place_of(row["message"]) if "message" in row else None,
        success=row.get("success"),
        kinds={
            kind: Refusal(statuses=statuses(row[kind]["status"]), code=row[kind].get("code"))
            for kind in KINDS
            if kind in row
        },
    )
