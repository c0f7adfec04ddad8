"""The parts of a custom dialect, as a dialect file describes them. Values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from noojee_contract.dialects.body import NAME, Body, filled, names_in, quoted
from noojee_contract.dialects.formats import Format
from noojee_contract.dialects.hour import DateAndHour, Hour
from noojee_contract.dialects.legs import Place
from noojee_contract.model.schemas import Schema

METHOD_OF = {"tag": "by_tag", "unique_id": "by_unique_id", "hour": "by_hour"}
"""The method that answers a kind of question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How the answers of a method write legs: the place and the format of each field, by the field's name in the file.

    `silent` are the fields that by tag and by unique id write differently, so that they cannot be compared.
    """

    fields: Mapping[str, Place] = field(default_factory=dict)
    formats: Mapping[str, Format] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRule:
    """How an API answers one kind of error: the possible HTTP statuses, and the code in the body, if there is one.

    `empty_list`: the answer may be an empty list. Only unknown recordings are answered so.
    """

    statuses: tuple[int, ...]
    code: str | int | None = None
    empty_list: bool = False

    @property
    def option_values(self) -> tuple[str, ...]:
        """The values that an option about this error may have: empty-list, failure-404."""
        return (*(("empty-list",) if self.empty_list else ()), *(f"failure-{status}" for status in self.statuses))


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of an API. `path`, the values of `query`, and `body` hold {names} that values replace.

    `legs` is the place of the array of legs in the answer, `shape` how legs are written there. `hour` is how the method
    by hour takes an hour. `failures` are the kinds of errors that this method answers in a way of its own.
    """

    verb: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    legs: Place = ()
    shape: Shape = field(default_factory=Shape)
    schema: Schema | None = None
    hour: Hour = field(default_factory=DateAndHour)
    once_a_minute: bool = False
    failures: Mapping[str, ErrorRule] = field(default_factory=dict)

    def takes_as_parameter(self, name: str) -> bool:
        """Whether a value is sent as a parameter, which can be left out, and not in the path."""
        in_body = self.body is not None and name in names_in(*self.body.texts)
        return in_body or any(f"{{{name}}}" in value for _, value in self.query)

    def url(self, values: Mapping[str, str], *, also: tuple[tuple[str, str], ...] = ()) -> str:
        """Path and query with values; parameters without a value are left out. `also` are more parameters."""
        path = NAME.sub(lambda name: quoted(values[name[1]]) if name[1] in values else name[0], self.path)
        given = ((parameter, filled(text, values, quoted)) for parameter, text in self.query)
        pairs = [f"{parameter}={text}" for parameter, text in given if text is not None]
        pairs += [f"{quoted(name)}={quoted(value)}" for name, value in also]
        return f"{path}?{'&'.join(pairs)}" if pairs else path


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRules:
    """Where an error body has code and message, and how the API answers each kind of error, by its name in the file."""

    code: Place | None = None
    message: Place | None = None
    success: str | int | None = None
    kinds: Mapping[str, ErrorRule] = field(default_factory=dict)


def place_of(written: str) -> Place:
    """The place that a file writes as "data.items"; "" is the document itself."""
    return tuple(written.split(".")) if written else ()
