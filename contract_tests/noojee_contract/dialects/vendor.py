"""Decodes answers of the vendor's metadata methods into legs. Own parsers; pure.

Source: sections 7 and 2.2 of the vendor's pages (SPEC, DOC), field by field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from noojee_contract.dialects.formats import TIMES, Format, Unread, digits
from noojee_contract.dialects.legs import (
    MISSING,
    ErrorBody,
    Leg,
    Reading,
    kind_of_value,
    quoted_beginning,
    read_legs,
    value_in_words,
)
from noojee_contract.model.exchange import Exchange, NotJson

METADATA = "metadata"
BY_HOUR = "by-hour"
DIRECTIONS: Mapping[str, Mapping[str, str]] = {
    METADATA: {"0": "inbound", "1": "outbound", "2": "internal"},
    BY_HOUR: {"Inbound": "inbound", "Outbound": "outbound", "Internal": "internal", "Local": "internal"},
}

_WHOLE = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class _Field:
    """The attribute of `Leg` that a field becomes, and the format that reads its text."""

    attribute: str
    read: Format


def _text(text: str, _zone: ZoneInfo) -> str:
    return text


_TIMESTAMP, _JAVA_DATE = TIMES["java-timestamp"], TIMES["java-date"]
_COMMON: Mapping[str, _Field] = {
    "Source": _Field("source", _text),
    "Destination": _Field("destination", _text),
    "Leg": _Field("number", digits),
    "Start": _Field("start", _TIMESTAMP),
    "Duration": _Field("duration_seconds", digits),
    "Tag": _Field("tag", _text),
    "Username": _Field("username", _text),
    "CallRecordId": _Field("call_record_id", _text),
    "UniqueId": _Field("unique_id", _text),
    "DID": _Field("did", _text),
    "Direction": _Field("direction", _text),
}
_FIELDS: Mapping[str, Mapping[str, _Field]] = {
    METADATA: _COMMON,
    BY_HOUR: {**_COMMON, "Start": _Field("start", _JAVA_DATE), "callend": _Field("end", _JAVA_DATE)},
}
COMMON = tuple(_COMMON)
"""The eleven fields of the vendor's pages, in their order."""
FIELDS: Mapping[str, tuple[str, ...]] = {shape: tuple(fields) for shape, fields in _FIELDS.items()}


def read_listing(exchange: Exchange, *, shape: str = METADATA, zone: ZoneInfo) -> Reading:
    """The legs of an answer. `shape` is "metadata" (by tag, by unique id) or "by-hour".

    An HTTP error without an error body reads as a problem, and so does a document that is no JSON array.
    """
    return read_legs(exchange, (), partial(_read_leg, shape=shape, zone=zone), _error_body_of)


def read_error_body(exchange: Exchange) -> ErrorBody | None:
    """The error body of an answer, None if it has none."""
    try:
        return _error_body_of(exchange.json())
    except NotJson:
        return None


def _error_body_of(document: Any) -> ErrorBody | None:
    """A Code/Message object in either spelling whose code is not 0. Source: Noojee API overview (DOC), C-M (CLIENT)."""
    if not isinstance(document, dict):
        return None
    for code_key, message_key in (("Code", "Message"), ("code", "message")):
        if code_key in document or message_key in document:
            code, message = document.get(code_key), document.get(message_key)
            whole = code if isinstance(code, int) and not isinstance(code, bool) else None
            return None if whole == 0 else ErrorBody(code=whole, message=message if isinstance(message, str) else "")
    return None


def _read_leg(entry: Mapping[str, Any], *, shape: str, zone: ZoneInfo) -> tuple[Leg, list[str]]:
    """One entry of an array, and the problems of its fields: first the absent fields, then the unreadable ones."""
    absent: list[str] = []
    unread: list[str] = []
    came: dict[str, str] = {}
    texts: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, field in _FIELDS[shape].items():
        value = entry.get(name)
        if not isinstance(value, str):
            problem = f"is {kind_of_value(value)}, not a string" if name in entry else "is missing"
            absent.append(f"{name} {problem}")
            came[name] = value_in_words(entry.get(name, MISSING))
            continue
        texts[name] = value
        try:
            values[field.attribute] = field.read(value, zone)
        except Unread as reason:
            unread.append(f"{name} is {quoted_beginning(value)}: {reason}")
            came[name] = quoted_beginning(value)
    unread += _direction_problems(texts.get("Direction", ""), shape)
    values["direction"] = DIRECTIONS[shape].get(texts.get("Direction", ""), texts.get("Direction", ""))
    identity = _identity(entry)
    leg = Leg(
        **{**identity, **values},
        unread={name: words for name, words in came.items() if _FIELDS[shape][name].attribute not in identity},
        texts=entry if len(texts) == len(entry) else texts,  # equal dictionaries: an answer may have thousands of legs
        raw=entry,
        extra=tuple(name for name in entry if name not in FIELDS[shape]),
    )
    return leg, [*absent, *unread]


def _identity(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The number and the unique id of a leg, if they are numbers and not strings."""
    number, unique_id = entry.get("Leg"), entry.get("UniqueId")
    found: dict[str, Any] = {}
    if isinstance(number, int) and not isinstance(number, bool):
        found["number"] = number
    if isinstance(unique_id, int | float) and not isinstance(unique_id, bool):
        found["unique_id"] = str(unique_id)
    return found


def _direction_problems(direction: str, shape: str) -> list[str]:
    is_digit = _WHOLE.fullmatch(direction) is not None
    if shape == METADATA and direction and not is_digit:
        return [f"Direction is {quoted_beginning(direction)}: not a digit"]
    if shape == BY_HOUR and is_digit:
        return [f"Direction is {quoted_beginning(direction)}: not a word"]
    return []
