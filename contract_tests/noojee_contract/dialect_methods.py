"""Reads one method of a dialect file: its request, how an hour is asked for, and the JSON Schema of its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from noojee_contract.dialect import Method, Place
from noojee_contract.dialect_form import CREDENTIAL_HINT, MOMENT, Wrong, description, judge_pattern
from noojee_contract.dialect_hour import TIMES_WRITTEN, DateAndHour, Hour, TimeRange
from noojee_contract.redact import names_a_credential
from noojee_contract.validate import Schema

MOST_BYTES = 1024 * 1024


def read_method(row: Mapping[str, Any], place: str, folder: Path, *, hourly: bool) -> Method:
    verb, _, target = row["request"].partition(" ")
    path, _, query = target.partition("?")
    pairs = []
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        if "{" in name:
            raise Wrong(f"{place}.request", "the name of a parameter is fixed; write name={...}")
        if names_a_credential(name):
            raise Wrong(
                f"{place}.request", f"the parameter {name} {CREDENTIAL_HINT}: [authentication] query = {name!r}"
            )
        pairs.append((name, value))
    return Method(
        verb=verb,
        path=path,
        query=tuple(pairs),
        legs=place_of(row.get("legs", "")),
        schema=_schema(folder / row["schema"], f"{place}.schema") if "schema" in row else None,
        hour=_hour(row, place) if hourly else DateAndHour(),
        once_a_minute=row.get("once_a_minute", False),
    )


def _hour(row: Mapping[str, Any], place: str) -> Hour:
    is_range = "{from}" in row["request"] or "{until}" in row["request"]
    if not is_range and "time" in row:
        raise Wrong(f"{place}.time", "is how {from} and {until} are written; write them in request, or take this out")
    if not is_range:
        written = row.get("date", "%Y/%m/%d")
        judge_pattern(written, f"{place}.date", date(2021, 9, 14), "%Y-%m-%d")
        return DateAndHour(day_pattern=written, padded=row.get("hour") == "padded")
    for name in ("date", "hour"):
        if name in row:
            raise Wrong(f"{place}.{name}", "a range of times has none; time says how {from} and {until} are written")
    if "time" not in row:
        raise Wrong(f"{place}.time", f"is missing. {description(['methods', 'by_hour', 'time'])}")
    if row["time"] not in TIMES_WRITTEN:
        judge_pattern(row["time"], f"{place}.time", MOMENT.replace(second=0), "%Y-%m-%d %H:%M:%S")
    return TimeRange(row["time"])


def _schema(path: Path, place: str) -> Schema:
    try:
        content = path.read_bytes()[: MOST_BYTES + 1]
    except OSError as error:
        raise Wrong(place, f"{path} cannot be read: {error.strerror}; write a file beside the dialect file") from error
    if len(content) > MOST_BYTES:
        raise Wrong(place, f"{path} is longer than {MOST_BYTES} bytes")
    try:
        return Schema(json.loads(content))
    except (ValueError, RecursionError) as error:
        said = str(error).splitlines()[0]
        raise Wrong(place, f"{path} is no JSON Schema that stands in one file: {said[:200]}") from error


def place_of(written: str) -> Place:
    return tuple(written.split(".")) if written else ()
