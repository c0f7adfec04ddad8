"""Reads the shape of legs in a dialect file: the place and the format of each field, method by method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from noojee_contract.dialects.formats import NUMBERS, TIMES, UNSET, Format, pattern, text, words
from noojee_contract.dialects.loader.form import FORM, MOMENT, check_pattern
from noojee_contract.dialects.model import Shape, place_of
from noojee_contract.model.form import FormError

Rows = Mapping[str, Any]
OWN = ("fields", "formats", "without")
"""The keys that a method may have for the legs of its own answers."""
TIME_FIELDS = ("Start", "End")


def read_shapes(document: Rows) -> dict[str, Shape]:
    """The shape of each method that lists legs: the common shape with the method's changes. Raises `FormError`."""
    common = _shape(document["fields"], document["formats"], "$")
    listing = {name: row for name, row in document["methods"].items() if name != "audio"}
    rows = {name: _rows(document, row, f"$.methods.{name}") for name, row in listing.items()}
    silent = _apart(rows["by_tag"], rows["by_unique_id"])
    found = {}
    for name, row in listing.items():
        own = any(key in row for key in OWN)
        shape = _shape(*rows[name], f"$.methods.{name}") if own else common
        found[name] = Shape(
            fields=shape.fields, formats=shape.formats, silent=frozenset() if name == "by_hour" else silent
        )
    return found


def _rows(document: Rows, row: Rows, place: str) -> tuple[Rows, Rows]:
    """The fields and the formats of a method, as the file writes them."""
    own, without = row.get("fields", {}), row.get("without", ())
    for name in without:
        if name not in document["fields"] or name in own:
            raise FormError(
                f"{place}.without",
                f"removes {name} from $.fields, so it must be there and not in the fields of the method",
            )
    fields = {name: where for name, where in {**document["fields"], **own}.items() if name not in without}
    for name in row.get("formats", {}):
        if name not in fields:
            raise FormError(
                f"{place}.formats.{name}", f"no field is named {name}; name it in fields, or remove this key"
            )
    formats = {**document["formats"], **row.get("formats", {})}
    return fields, {name: written for name, written in formats.items() if name in fields}


def _apart(one: tuple[Rows, Rows], other: tuple[Rows, Rows]) -> frozenset[str]:
    """The fields that only one of two methods has, and the times that they write differently."""
    times = {name for name in TIME_FIELDS if one[1].get(name) != other[1].get(name)}
    return frozenset(one[0].keys() ^ other[0].keys() | times)


def _shape(fields: Rows, formats: Rows, place: str) -> Shape:
    for name in formats:
        if name not in fields:
            raise FormError(f"{place}.formats.{name}", f"$.fields names no {name}; name it there, or remove this key")
    return Shape(
        fields={name: place_of(written) for name, written in fields.items()},
        formats={name: _format(name, formats.get(name), f"{place}.formats.{name}") for name in fields},
    )


def _format(name: str, row: Any, place: str) -> Format:
    if row is None and name in (*TIME_FIELDS, "Direction"):
        raise FormError(place, f"is missing. {FORM.description(['formats', name])}")
    if name in TIME_FIELDS:
        if row in TIMES:
            return TIMES[row]
        check_pattern(row, place, MOMENT, "%Y-%m-%d %H:%M:%S")
        return pattern(row)
    if name == "Direction":
        return words(row)
    if name in ("Leg", "Duration", "CallRecordId"):
        return NUMBERS[row or "number"]
    return text(UNSET[row or "empty"])
