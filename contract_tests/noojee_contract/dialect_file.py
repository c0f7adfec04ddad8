"""Reads dialect files (TOML) into `Dialect` values. What is wrong is said in one line: file, JSON path, what to write.

The form is `schemas/own/dialect.schema.json`, whose descriptions are the hints. No value of a file is repeated in a
message unless it stands where only words of ours may stand: it could be a credential.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from noojee_contract.dialect import (
    Dialect,
    Failures,
    KeyInBasic,
    KeyInHeader,
    KeyInQuery,
    Method,
    Place,
    Refusal,
    Scheme,
    VendorHash,
)
from noojee_contract.dialect_hour import TIMES_WRITTEN, DateAndHour, Hour, TimeRange
from noojee_contract.errors import TargetError, near
from noojee_contract.formats import NUMBERS, TIMES, UNSET, Format, pattern, text, words
from noojee_contract.redact import names_a_credential
from noojee_contract.validate import Schema, load, problems, violations

FORM = "own/dialect"
MOST_BYTES = 1024 * 1024
KINDS = ("refused", "bad_request", "unknown_path", "wrong_method", "no_sound", "unknown_recording")
_CREDENTIAL_HINT = "would keep a credential in the file: the key stays in the environment; write {key} where it goes"
_MOMENT = datetime(2021, 9, 14, 15, 3, 30)  # noqa: DTZ001  a local time to try patterns with


class _Wrong(Exception):
    """What is wrong at a JSON path, and what to write."""

    def __init__(self, place: str, says: str) -> None:
        super().__init__(f"{place}: {says}")


def is_file_name(dialect: str) -> bool:
    """Whether the dialect of a target names a file: a path, or something that ends in .toml."""
    return "/" in dialect or "\\" in dialect or dialect.endswith(".toml")


def read_dialect(path: Path) -> Dialect:
    """The dialect that a file describes. Raises TargetError with the file, the JSON path and what to write."""
    document = _document(path)
    try:
        _judge_form(document)
        return _dialect(document, path.parent)
    except _Wrong as wrong:
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


def _judge_form(document: Mapping[str, Any]) -> None:
    """Raises `_Wrong` for the first thing that the form does not allow; keys that it does not know come first."""
    if not violations(document, FORM):
        return
    found = sorted(_mistakes(document), key=lambda mistake: mistake[0])
    _, place, says = found[0] if found else (0, "$", "this is no dialect file")
    raise _Wrong(place, says)


def _mistakes(document: Mapping[str, Any]) -> Iterator[tuple[int, str, str]]:
    for error in problems(document, FORM):
        place, form, value = error.json_path, error.schema, error.instance
        if error.validator == "additionalProperties" and isinstance(value, dict):
            known = list(form.get("properties", {}))
            if not known:
                yield 1, place, _told(error)
            for key in [key for key in value if known and key not in known]:
                if names_a_credential(key) and place.endswith(("authentication", "$")):
                    yield 0, f"{place}.{key}", _CREDENTIAL_HINT
                else:
                    yield 0, place, f"there is no key {key!r}{near(key, known)}; it knows {', '.join(known)}"
        elif error.validator == "required" and isinstance(value, dict):
            for missing in [key for key in error.validator_value if key not in value]:
                yield 1, f"{place}.{missing}", f"is missing. {_description([*error.absolute_path, missing])}"
        else:
            yield 2, place, _told(error)


def _told(error: Any) -> str:
    """What a value should be: the description of its place, and the nearest word where it is one of a list."""
    form = error.schema
    says = _description(error.absolute_path)
    allowed = form.get("enum") or next((each["enum"] for each in form.get("anyOf", ()) if "enum" in each), None)
    if isinstance(error.instance, str) and allowed:
        return f"there is no {error.instance!r}{near(error.instance, allowed)}. {says}"
    return f"is not as it must be. {says}"


def _description(place: Iterable[str | int]) -> str:
    """The description of a place in the form, or of the nearest one around it."""
    form = load(FORM)
    says = str(form["description"])
    for step in place:
        inner = form.get("properties", {}).get(step) or form.get("additionalProperties") or {}
        reference = inner.get("$ref", "").rpartition("/")[2]
        says = inner.get("description", says)
        form = load(FORM)["$defs"][reference] if reference else inner
    return says


def _dialect(document: Mapping[str, Any], folder: Path) -> Dialect:
    fields = {name: _place(written) for name, written in document["fields"].items()}
    return Dialect(
        name=document["name"],
        scheme=_scheme(document["authentication"]),
        methods={
            name: _method(row, f"$.methods.{name}", folder, hourly=name == "by_hour")
            for name, row in document["methods"].items()
        },
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


def _method(row: Mapping[str, Any], place: str, folder: Path, *, hourly: bool) -> Method:
    verb, _, target = row["request"].partition(" ")
    path, _, query = target.partition("?")
    pairs = []
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        if "{" in name:
            raise _Wrong(f"{place}.request", "the name of a parameter is fixed; write name={...}")
        if names_a_credential(name):
            raise _Wrong(
                f"{place}.request", f"the parameter {name} {_CREDENTIAL_HINT}: [authentication] query = {name!r}"
            )
        pairs.append((name, value))
    return Method(
        verb=verb,
        path=path,
        query=tuple(pairs),
        legs=_place(row.get("legs", "")),
        schema=_schema(folder / row["schema"], f"{place}.schema") if "schema" in row else None,
        hour=_hour(row, place) if hourly else DateAndHour(),
        once_a_minute=row.get("once_a_minute", False),
    )


def _hour(row: Mapping[str, Any], place: str) -> Hour:
    is_range = "{from}" in row["request"] or "{until}" in row["request"]
    if not is_range and "time" in row:
        raise _Wrong(f"{place}.time", "is how {from} and {until} are written; write them in request, or take this out")
    if not is_range:
        written = row.get("date", "%Y/%m/%d")
        _judge_pattern(written, f"{place}.date", date(2021, 9, 14), "%Y-%m-%d")
        return DateAndHour(day_pattern=written, padded=row.get("hour") == "padded")
    for name in ("date", "hour"):
        if name in row:
            raise _Wrong(f"{place}.{name}", "a range of times has none; time says how {from} and {until} are written")
    if "time" not in row:
        raise _Wrong(f"{place}.time", f"is missing. {_description(['methods', 'by_hour', 'time'])}")
    if row["time"] not in TIMES_WRITTEN:
        _judge_pattern(row["time"], f"{place}.time", _MOMENT.replace(second=0), "%Y-%m-%d %H:%M:%S")
    return TimeRange(row["time"])


def _schema(path: Path, place: str) -> Schema:
    try:
        content = path.read_bytes()[: MOST_BYTES + 1]
    except OSError as error:
        raise _Wrong(place, f"{path} cannot be read: {error.strerror}; write a file beside the dialect file") from error
    if len(content) > MOST_BYTES:
        raise _Wrong(place, f"{path} is longer than {MOST_BYTES} bytes")
    try:
        return Schema(json.loads(content))
    except (ValueError, RecursionError) as error:
        said = str(error).splitlines()[0]
        raise _Wrong(place, f"{path} is no JSON Schema that stands in one file: {said[:200]}") from error


def _formats(rows: Mapping[str, Any], fields: Mapping[str, Place]) -> dict[str, Format]:
    found: dict[str, Format] = {}
    for name in rows:
        if name not in fields:
            raise _Wrong(f"$.formats.{name}", f"$.fields names no {name}; name it there, or take this out")
    for name in fields:
        place, row = f"$.formats.{name}", rows.get(name)
        if name in ("Start", "End"):
            found[name] = _time(row, place)
        elif name == "Direction":
            if row is None:
                raise _Wrong(place, f"is missing. {_description(['formats', name])}")
            found[name] = words(row)
        elif name in ("Leg", "Duration", "CallRecordId"):
            found[name] = NUMBERS[row or "number"]
        else:
            found[name] = text(UNSET[row or "empty"])
    return found


def _time(row: str | None, place: str) -> Format:
    if row is None:
        raise _Wrong(place, f"is missing. {_description(['formats', 'End'])}")
    if row in TIMES:
        return TIMES[row]
    _judge_pattern(row, place, _MOMENT, "%Y-%m-%d %H:%M:%S")
    return pattern(row)


def _judge_pattern(written: str, place: str, moment: date, sample: str) -> None:
    """Raises `_Wrong` for a pattern that does not give back the moment that it wrote."""
    try:
        shown = moment.strftime(written.replace("%z", "+1000"))
        back = datetime.strptime(shown, written).replace(tzinfo=None)  # noqa: DTZ007  a local time to try the pattern
    except ValueError:
        back = None
    if "%Z" in written or back is None or (back if isinstance(moment, datetime) else back.date()) != moment:
        raise _Wrong(place, f"the pattern does not hold a whole time of its kind; write one such as {sample}")


def _failures(row: Mapping[str, Any]) -> Failures:
    def statuses(written: int | list[int]) -> tuple[int, ...]:
        return (written,) if isinstance(written, int) else tuple(written)

    for kind in KINDS:
        if "code" in row.get(kind, {}) and "code" not in row:
            raise _Wrong(f"$.failures.{kind}.code", 'nothing says where codes stand; write code = "..." in [failures]')
    return Failures(
        code=_place(row["code"]) if "code" in row else None,
        message=_place(row["message"]) if "message" in row else None,
        success=row.get("success"),
        kinds={
            kind: Refusal(statuses=statuses(row[kind]["status"]), code=row[kind].get("code"))
            for kind in KINDS
            if kind in row
        },
    )


def _place(written: str) -> Place:
    return tuple(written.split(".")) if written else ()
