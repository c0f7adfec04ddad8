"""A recorded answer as named parts: status, headers, kind of body, and each value of each leg. Pure.

Legs are keyed by unique id and number, with a count for a leg that is listed again: a multiset.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from noojee_contract.dialects.legs import kind_of_value
from noojee_contract.model.exchange import Exchange, NotJson

LegKey = tuple[str, str, int]
"""The unique id and the number of a leg as they are written, and how often the leg came before in the same list."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
AUDIO_TYPES = ("audio/", "application/octet-stream")


@dataclass(frozen=True, slots=True)
class Atom:
    """A JSON value without parts: its type in words, and its text."""

    type: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerParts:
    """An answer, taken apart. `question` names what was asked, `method` the method of the API.

    `body` is the kind of body in words. `legs` are the values of each leg by key, in the order of the list; `fields`
    the values of another document by their path. `broken` says why a body is no strict JSON, None if it is.
    """

    question: str
    method: str
    at: datetime
    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = "no body"
    legs: Mapping[LegKey, Mapping[str, Atom]] = field(default_factory=dict)
    fields: Mapping[str, Atom] = field(default_factory=dict)
    broken: str | None = None
    transport_error: str | None = None


def answer_of(exchange: Exchange, *, question: str, method: str) -> AnswerParts:
    """Take an exchange apart."""
    response = exchange.response
    if response is None:
        return AnswerParts(
            question=question, method=method, at=exchange.at, status=None, transport_error=exchange.transport_error
        )
    body, legs, fields, broken = _body(exchange)
    return AnswerParts(
        question=question,
        method=method,
        at=exchange.at,
        status=response.status,
        headers=dict(response.headers),
        body=body,
        legs=legs,
        fields=fields,
        broken=broken,
        transport_error=exchange.transport_error,
    )


_Body = tuple[str, Mapping[LegKey, Mapping[str, Atom]], Mapping[str, Atom], str | None]


def _body(exchange: Exchange) -> _Body:
    content_type = (exchange.header("content-type") or "").lower()
    if content_type.startswith(AUDIO_TYPES):
        return "audio", {}, {}, None
    if not exchange.body.strip():
        return "no body", {}, {}, None
    if exchange.body.strip().isdigit():
        return "digits", {}, {"": Atom("digits", exchange.body.strip().decode("ascii", "replace"))}, None
    if exchange.body.startswith(BYTE_ORDER_MARK):
        return "an array or object", {}, {}, "the body begins with a byte order mark"
    try:
        document = exchange.json()
    except NotJson as error:
        start = exchange.body.lstrip()[:1]
        return "a page" if start == b"<" else "a text", {}, {}, str(error)
    if isinstance(document, list):
        legs = _legs(document)
        rest = {} if len(legs) == len(document) else dict(_atoms(document, ""))
        return "an array", legs, rest, None
    return kind_of_value(document), {}, dict(_atoms(document, "")), None


def _legs(rows: list[Any]) -> Mapping[LegKey, Mapping[str, Atom]]:
    seen: Counter[tuple[str, str]] = Counter()
    found: dict[LegKey, Mapping[str, Atom]] = {}
    for row in rows:
        if not isinstance(row, dict):
            continue
        name = (str(row.get("UniqueId", "")), str(row.get("Leg", "")))
        found[*name, seen[name]] = dict(_atoms(row, ""))
        seen[name] += 1
    return found


def _atoms(value: Any, place: str) -> Iterator[tuple[str, Atom]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _atoms(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _atoms(inner, f"{place}[{number}]")
    else:
        yield place, Atom(kind_of_value(value), _text(value))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value)
