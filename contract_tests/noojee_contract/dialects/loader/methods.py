"""Reads one method of a dialect file: its request and body, the form of an hour, and the JSON Schema of its answer."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any

from noojee_contract.dialects.body import AS_NUMBER, NAME, Body, FormBody, JsonBody, names_in
from noojee_contract.dialects.hour import TIMES_WRITTEN, DateAndHour, Hour, TimeRange
from noojee_contract.dialects.loader.form import CREDENTIAL_HINT, FORM, MOMENT, check_pattern
from noojee_contract.dialects.model import Method, Shape, place_of
from noojee_contract.model.files import beginning_of
from noojee_contract.model.form import FormError
from noojee_contract.model.schemas import Schema
from noojee_contract.redaction.redact import names_a_credential

MOST_BYTES = 1024 * 1024
NEEDED: Mapping[str, tuple[str, ...]] = {"by_tag": ("tag",), "by_unique_id": ("unique_id",), "audio": ("leg",)}
KNOWN: Mapping[str, tuple[str, ...]] = {**NEEDED, "audio": ("unique_id", "leg", "tag")}
"""The names in braces that a method may use; by hour they depend on the form of the hour."""


def read_method(name: str, row: Mapping[str, Any], folder: Path, shape: Shape) -> Method:
    """One method, by its name in the file, with the shape of its legs. Raises `FormError`."""
    place = f"$.methods.{name}"
    verb, _, target = row["request"].partition(" ")
    path, _, query = target.partition("?")
    pairs = []
    for pair in filter(None, query.split("&")):
        parameter, _, value = pair.partition("=")
        _check_parameter(parameter, f"{place}.request")
        pairs.append((parameter, value))
    body = _body(row, place, verb)
    names = names_in(row["request"], *(() if body is None else body.texts))
    hour = _hour(row, place, names) if name == "by_hour" else DateAndHour()
    needed, known = (hour.names, hour.names) if name == "by_hour" else (NEEDED[name], KNOWN[name])
    if body is not None:
        _check_names(body, f"{place}.{'json' if isinstance(body, JsonBody) else 'form'}", known, hour)
    for each in needed:
        if each not in names:
            raise FormError(
                f"{place}.request",
                f"{{{each}}} is neither here nor in the body. {FORM.description(['methods', name, 'request'])}",
            )
    return Method(
        verb=verb,
        path=path,
        query=tuple(pairs),
        body=body,
        legs=place_of(row.get("legs", "")),
        shape=shape,
        schema=_schema(folder / row["schema"], f"{place}.schema") if "schema" in row else None,
        hour=hour,
        once_a_minute=row.get("once_a_minute", False),
    )


def _check_parameter(name: str, place: str) -> None:
    """Raises `FormError` for a parameter whose name is not fixed, or whose value would be a credential."""
    if "{" in name:
        raise FormError(place, "the name of a parameter is fixed; write name={...}")
    if names_a_credential(name):
        raise FormError(place, f"the parameter {name} {CREDENTIAL_HINT}: [authentication] query = {name!r}")


def _body(row: Mapping[str, Any], place: str, verb: str) -> Body | None:
    kinds = [kind for kind in ("json", "form") if kind in row]
    if not kinds:
        return None
    (kind, *more) = kinds
    if more:
        raise FormError(f"{place}.form", "there is json already; a request has one body")
    if verb == "GET":
        raise FormError(f"{place}.{kind}", "a GET has no body; write POST in request")
    if kind == "form":
        for name in row["form"]:
            _check_parameter(name, f"{place}.form.{name}")
        return FormBody(tuple((name, str(value)) for name, value in row["form"].items()))
    _check_json(row["json"], f"{place}.json")
    return JsonBody(row["json"])


def _check_json(value: Any, place: str) -> None:
    """Raises `FormError` for values that JSON does not have (dates, infinity), and for wrong names of members."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _check_parameter(name, f"{place}.{name}")
            _check_json(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _check_json(inner, f"{place}[{number}]")
    elif not isinstance(value, str | int) and not (isinstance(value, float) and isfinite(value)):
        raise FormError(place, "JSON has no such value; write it as a string, in quotes")


def _check_names(body: Body, place: str, known: Sequence[str], hour: Hour) -> None:
    """Raises `FormError` for a name in braces that this method does not have, or that is no number."""
    numbers = [name for name in known if name in ("leg", "hour")]
    if isinstance(hour, TimeRange) and hour.form.startswith("epoch"):
        numbers = list(hour.names)
    for text in body.texts:
        as_number = AS_NUMBER.fullmatch(text)
        if as_number is not None and isinstance(body, JsonBody):
            if as_number[1] not in numbers:
                can = f"of {', '.join(numbers)} alone" if numbers else "of nothing in this method"
                raise FormError(place, f":number makes a whole number {can}; write {{...}}")
        elif set(NAME.findall(text)) - set(known) or set("{}") & set(NAME.sub("", text)):
            shown = ", ".join(f"{{{name}}}" for name in known)
            alone = "; :number must be the whole JSON string" if ":number" in text else ""
            raise FormError(place, f"only {shown} may be in braces{alone}")


def _hour(row: Mapping[str, Any], place: str, names: Collection[str]) -> Hour:
    is_range = not {"from", "until"}.isdisjoint(names)
    if not is_range and "time" in row:
        raise FormError(
            f"{place}.time", "is how {from} and {until} are written; use them in the request, or remove this key"
        )
    if not is_range:
        written = row.get("date", "%Y/%m/%d")
        check_pattern(written, f"{place}.date", date(2021, 9, 14), "%Y-%m-%d")
        return DateAndHour(day_pattern=written, padded=row.get("hour") == "padded")
    for name in ("date", "hour"):
        if name in row:
            raise FormError(
                f"{place}.{name}",
                "a range of times does not use this key; time says how {from} and {until} are written",
            )
    if "time" not in row:
        raise FormError(f"{place}.time", f"is missing. {FORM.description(['methods', 'by_hour', 'time'])}")
    if row["time"] not in TIMES_WRITTEN:
        check_pattern(row["time"], f"{place}.time", MOMENT.replace(second=0), "%Y-%m-%d %H:%M:%S")
    return TimeRange(row["time"])


def _schema(path: Path, place: str) -> Schema:
    try:
        content = beginning_of(path, MOST_BYTES)
    except OSError as error:
        raise FormError(
            place, f"{path} cannot be read: {error.strerror}; put the file next to the dialect file"
        ) from error
    if len(content) > MOST_BYTES:
        raise FormError(place, f"{path} is longer than {MOST_BYTES} bytes")
    try:
        return Schema(json.loads(content))
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise FormError(place, f"{path} is not a JSON Schema in one file: {reason[:200]}") from error
