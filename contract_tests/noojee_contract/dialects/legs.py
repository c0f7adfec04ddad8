"""Decoded answers: legs, error bodies, and the reader of a JSON array of legs that every dialect uses. Pure.

The reader never guesses: what it cannot read becomes a problem in words, and the other fields of the leg are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from noojee_contract.dialects.pages import says_more
from noojee_contract.model.exchange import Exchange, NotJson, beginning

MOST_LEGS = 100_000
MOST_PROBLEMS = 20
MISSING = object()
"""The value of a key that a document does not have."""
MISSING_IN_WORDS = "missing"
AN_ARRAY = "an array"

Place = tuple[str, ...]
"""The keys that lead to a value in a document, outermost first; () is the document itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg of an answer.

    `start` and `end` are the instants that the text can mean: two in the hour that daylight saving repeats, none if the
    text is no date. `direction` is inbound, outbound, internal, or the word of the answer. `number` and `unique_id`
    identify the leg, so they are also read from values of other types. `texts` are the values that are texts, by the
    vendor's names of the fields ("End" in custom dialects); `raw` is the entry, `extra` its unpublished keys. `unread`
    are the fields that are missing or unreadable, with what came in words: their attributes have no meaning, and
    `exchange` shows them. `silent` are the fields that another method may write differently, as a dialect file says.
    """

    source: str = ""
    number: int = 0
    start: tuple[datetime, ...] = ()
    end: tuple[datetime, ...] = ()
    tag: str = ""
    duration_seconds: int | None = None
    username: str = ""
    call_record_id: str = ""
    unique_id: str = ""
    did: str = ""
    direction: str = ""
    destination: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    exchange: Exchange | None = field(default=None, compare=False, repr=False)
    silent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """The API's error object. `code` is None if it is no code of the dialect's type."""

    code: int | str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read in an answer: its legs, problems in words, and the error body if it is one.

    `more` says what in the answer announces further pages: its legs are not all. `document` is the type of the document
    in words; `not_json` says why there is none.
    """

    legs: tuple[Leg, ...] = ()
    problems: tuple[str, ...] = ()
    error_body: ErrorBody | None = None
    more: str | None = None
    document: str | None = None
    not_json: str | None = None


ReadEntry = Callable[[Mapping[str, Any]], tuple[Leg, list[str]]]
"""Reads one entry of an array: the leg, and the problems of its fields."""


def read_legs(
    exchange: Exchange, place: Place, read_entry: ReadEntry, error_body_of: Callable[[Any], ErrorBody | None]
) -> Reading:
    """Read an answer as an array of legs at a place in its document.

    An HTTP error without an error body reads as a problem, and so does a document without an array.
    """
    if exchange.response is None:
        return Reading(problems=(exchange.transport_error or "no answer",))
    is_error = exchange.status is not None and exchange.status >= 300
    status = f"HTTP {exchange.status}; " if is_error else ""
    try:
        document = exchange.json()
    except NotJson as error:
        return Reading(problems=(status + (exchange.transport_error or str(error)),), not_json=str(error))
    kind = kind_of_value(document)
    error_body = error_body_of(document)
    if error_body is not None:
        return Reading(error_body=error_body, document=kind)
    rows = value_at(document, place)
    if not isinstance(rows, list):
        found = "is missing" if rows is MISSING else f"is {kind_of_value(rows)}, not an array of legs"
        return Reading(problems=(f"{status}{'.'.join(place) or 'the document'} {found}",), document=kind)
    problems = [exchange.transport_error] if exchange.transport_error else []
    if is_error:
        problems.append(f"an array came with HTTP {exchange.status}")
    legs, wrong = _read_rows(rows, read_entry)
    shown = tuple(replace(leg, exchange=exchange) if leg.unread else leg for leg in legs)
    more = says_more(exchange, _around(document, place), len(rows))
    return Reading(legs=shown, problems=_at_most([*problems, *wrong]), more=more, document=kind)


def _around(document: Any, place: Place) -> Iterator[Mapping[str, Any]]:
    """The objects on the way to a place, outermost first."""
    for key in place:
        yield document
        document = document[key]


def _read_rows(rows: Sequence[Any], read_entry: ReadEntry) -> tuple[list[Leg], list[str]]:
    legs: list[Leg] = []
    problems: list[str] = []
    if len(rows) > MOST_LEGS:
        problems.append(f"{len(rows)} entries; only the first {MOST_LEGS} were read")
    for number, entry in enumerate(rows[:MOST_LEGS]):
        if isinstance(entry, dict):
            leg, wrong = read_entry(entry)
            legs.append(leg)
            problems += [f"entry {number}: {problem}" for problem in wrong]
        else:
            problems.append(f"entry {number} is {kind_of_value(entry)}, not an object")
    return legs, problems


def _at_most(problems: Sequence[str]) -> tuple[str, ...]:
    more = len(problems) - MOST_PROBLEMS
    return (*problems[:MOST_PROBLEMS], f"and {more} more") if more > 0 else tuple(problems)


def value_at(document: Any, place: Place) -> Any:
    """The value at a place in a document, `MISSING` if there is none."""
    for key in place:
        if not isinstance(document, dict) or key not in document:
            return MISSING
        document = document[key]
    return document


def kind_of_value(value: Any) -> str:
    """The type of a JSON value in words."""
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: AN_ARRAY,
        dict: "an object",
    }
    return names.get(type(value), "something else")


def value_in_words(value: object) -> str:
    """A JSON value in a few words: the start of a string in quotes, a number, the type of a container, "missing"."""
    if value is MISSING:
        return MISSING_IN_WORDS
    if isinstance(value, str):
        return quoted_beginning(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else kind_of_value(value)


def quoted_beginning(text: str) -> str:
    """The beginning of a text, in quotes."""
    return repr(beginning(text, 80))
