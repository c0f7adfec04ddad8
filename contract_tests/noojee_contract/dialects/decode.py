"""Reads an answer as a dialect file describes it, into the legs that every clause knows. Pure.

As in `legs`, what is not understood is kept as a problem in words, under the name that the API gives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from noojee_contract.dialects.formats import MISSING, Unread
from noojee_contract.dialects.model import Dialect, Method, Place, Shape
from noojee_contract.dialects.vendor import MOST_LEGS, MOST_PROBLEMS, ErrorBody, Leg, Reading, cut, kind_of_value
from noojee_contract.model.exchange import Exchange, NotJson

ATTRIBUTES: Mapping[str, str] = {
    "UniqueId": "unique_id",
    "Leg": "number",
    "CallRecordId": "call_record_id",
    "Start": "start",
    "End": "end",
    "Duration": "duration_seconds",
    "Tag": "tag",
    "Username": "username",
    "Source": "source",
    "Destination": "destination",
    "DID": "did",
    "Direction": "direction",
}
"""What a leg calls the fields of a dialect file."""


def read_answer(exchange: Exchange, dialect: Dialect, method: Method, *, zone: ZoneInfo) -> Reading:
    """The legs of an answer, its problems in words, or its failure."""
    if exchange.response is None:
        return Reading(problems=(exchange.transport_error or "no answer",))
    status = f"HTTP {exchange.status}; " if exchange.status is not None and exchange.status >= 300 else ""
    try:
        document = exchange.json()
    except NotJson as error:
        return Reading(problems=(status + (exchange.transport_error or str(error)),))
    error_body = error_body_in(document, dialect)
    if error_body is not None:
        return Reading(error_body=error_body)
    rows = at(document, method.legs)
    where = ".".join(method.legs) or "the document"
    if not isinstance(rows, list):
        found = "is missing" if rows is MISSING else f"is {kind_of_value(rows)}, not an array of legs"
        return Reading(problems=(f"{status}{where} {found}",))
    problems = [exchange.transport_error] if exchange.transport_error else []
    if status:
        problems.append(f"an array came with HTTP {exchange.status}")
    if len(rows) > MOST_LEGS:
        problems.append(f"{len(rows)} entries; only the first {MOST_LEGS} were read")
    legs: list[Leg] = []
    for place, entry in enumerate(rows[:MOST_LEGS]):
        if isinstance(entry, dict):
            leg, found_wrong = read_entry(entry, method.shape, zone=zone)
            legs.append(leg)
            problems += [f"entry {place}: {problem}" for problem in found_wrong]
        else:
            problems.append(f"entry {place} is {kind_of_value(entry)}, not an object")
    more = len(problems) - MOST_PROBLEMS
    if more > 0:
        problems[MOST_PROBLEMS:] = [f"and {more} more"]
    return Reading(legs=tuple(legs), problems=tuple(problems))


def read_entry(entry: Mapping[str, Any], shape: Shape, *, zone: ZoneInfo) -> tuple[Leg, list[str]]:
    """One entry of an array, and what could not be read in it."""
    problems: list[str] = []
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for name, place in shape.fields.items():
        value = at(entry, place)
        written = ".".join(place)
        try:
            read = shape.formats[name](value, zone)
        except Unread as reason:
            shown = "is missing" if value is MISSING else f"is {_shown(value)}: {reason}"
            problems.append(f"{written} {shown}")
            continue
        values[ATTRIBUTES[name]] = str(read) if name == "CallRecordId" else read
        texts[name] = str(value) if name in ("Start", "End") else str(read)
    return Leg(**values, texts=texts, raw=dict(entry), silent=shape.silent), problems


def error_body_in(document: Any, dialect: Dialect) -> ErrorBody | None:
    """What an answer says in place of a result, where the dialect file says that failures stand; None for a success."""
    failures = dialect.failures
    code, message = (MISSING if place is None else at(document, place) for place in (failures.code, failures.message))
    if failures.success is not None and code == failures.success:
        return None
    if code in (MISSING, None) and message in (MISSING, None):
        return None
    return ErrorBody(
        code=code if isinstance(code, int | str) and not isinstance(code, bool) else None,
        message=message if isinstance(message, str) else "",
    )


def read_error_body(exchange: Exchange, dialect: Dialect) -> ErrorBody | None:
    """The failure of an answer, None where it tells none."""
    try:
        return error_body_in(exchange.json(), dialect)
    except NotJson:
        return None


def at(document: Any, place: Place) -> Any:
    """What stands at a place in a document, `MISSING` where nothing does."""
    for key in place:
        if not isinstance(document, dict) or key not in document:
            return MISSING
        document = document[key]
    return document


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return cut(value)
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return repr(value) if plain else kind_of_value(value)
