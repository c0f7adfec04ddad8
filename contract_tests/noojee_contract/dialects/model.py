"""A dialect that a file describes: how an API that is not the vendor's is asked, and how its answers are read. Values.

`dialect_file` reads them from TOML, `dialect_client` asks as they say, `dialect_legs` reads what comes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from noojee_contract.dialects.body import NAME, Body, filled, names_in, quoted
from noojee_contract.dialects.formats import Format
from noojee_contract.dialects.hour import DateAndHour, Hour
from noojee_contract.model.exchange import Headers
from noojee_contract.model.schemas import Schema

Place = tuple[str, ...]
"""Keys from the outside in; () is the document itself."""
METHOD_OF = {"tag": "by_tag", "unique_id": "by_unique_id", "hour": "by_hour"}
"""The method that a kind of known recording is asked by."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves who asks, as it is sent: parameters of the query, and headers."""

    query: tuple[tuple[str, str], ...] = ()
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class KeyInHeader:
    """The key in a header; `template` has {key} where it goes."""

    header: str
    template: str
    kind: ClassVar[str] = "api-key"

    @property
    def names(self) -> tuple[str, ...]:
        """The names whose values are credentials."""
        return (self.header,)

    def proof(self, key: str) -> Proof:
        """The header with a key. Spaces around a word of a header are none of it (RFC 9110, 5.5, 11.4)."""
        return Proof(headers=((self.header.lower(), self.template.replace("{key}", key.strip()).strip()),))


@dataclass(frozen=True, slots=True)
class KeyInQuery:
    """The key as a parameter of the query."""

    parameter: str
    kind: ClassVar[str] = "api-key"

    @property
    def names(self) -> tuple[str, ...]:
        """See `KeyInHeader.names`."""
        return (self.parameter,)

    def proof(self, key: str) -> Proof:
        """The parameter with a key."""
        return Proof(query=((self.parameter, key),))


@dataclass(frozen=True, slots=True)
class KeyInBasic:
    """The key as the user or the password of HTTP Basic; `template` is user:password, with {key} for one of them."""

    template: str
    kind: ClassVar[str] = "api-key"
    names: ClassVar[tuple[str, ...]] = ("authorization",)

    def proof(self, key: str) -> Proof:
        """The Authorization header with a key."""
        coded = base64.b64encode(self.template.replace("{key}", key).encode()).decode()
        return Proof(headers=(("authorization", f"Basic {coded}"),))


@dataclass(frozen=True, slots=True)
class VendorHash:
    """The vendor's time stamp and hash, by its names. Source: 1.0 Authentication (DOC); the time is asked for elsewhere."""

    verb: str
    path: str
    kind: ClassVar[str] = "hash"
    names: ClassVar[tuple[str, ...]] = ()


Scheme = KeyInHeader | KeyInQuery | KeyInBasic | VendorHash


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How legs are written in the answers of a method: where each field stands, and its format, by their names in the file.

    `silent`: what by tag and by unique id do not tell alike, so that neither can be held against the other.
    """

    fields: Mapping[str, Place] = field(default_factory=dict)
    formats: Mapping[str, Format] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One question of an API. In `path`, in the values of `query` and in `body` stand {names}, which values take the place of.

    `legs` is where the array of legs stands in its answer, `shape` how they are written there. `hour` is how an hour is asked for, where one is.
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

    def takes_as_parameter(self, name: str) -> bool:
        """Whether a value is given as a parameter, which can be left out; else it is a part of the path."""
        in_body = self.body is not None and name in names_in(*self.body.texts)
        return in_body or any(f"{{{name}}}" in value for _, value in self.query)

    def url(self, values: Mapping[str, str], *, also: tuple[tuple[str, str], ...] = ()) -> str:
        """Path and query with values; a parameter whose value is not given is left out. `also` are parameters more."""
        path = NAME.sub(lambda name: quoted(values[name[1]]) if name[1] in values else name[0], self.path)
        given = ((parameter, filled(text, values, quoted)) for parameter, text in self.query)
        pairs = [f"{parameter}={text}" for parameter, text in given if text is not None]
        pairs += [f"{quoted(name)}={quoted(value)}" for name, value in also]
        return f"{path}?{'&'.join(pairs)}" if pairs else path


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRule:
    """How one kind of failure is answered: the HTTP statuses that may come, and the code in the body, if it has one."""

    statuses: tuple[int, ...]
    code: str | int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRules:
    """Where a failure says its code and message, and how each kind of it is answered, by the kind's name in the file."""

    code: Place | None = None
    message: Place | None = None
    success: str | int | None = None
    kinds: Mapping[str, ErrorRule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """An API as a dialect file describes it. `methods` by their names in the file."""

    name: str
    scheme: Scheme
    methods: Mapping[str, Method]
    failures: ErrorRules = field(default_factory=ErrorRules)

    @property
    def capabilities(self) -> frozenset[str]:
        """What it can be asked: by_tag, by_unique_id, by_hour, audio."""
        return frozenset(self.methods)

    def names(self, name: str, *, by_hour: bool) -> bool:
        """Whether a field is told by hour, or else by tag and by unique id."""
        asked = ("by_hour",) if by_hour else ("by_tag", "by_unique_id")
        return all(name in self.methods[each].shape.fields for each in asked if each in self.methods)

    @property
    def name_keys(self) -> frozenset[frozenset[str]]:
        """The keys that name a leg in its answers, by method: those of its unique id and of its number."""
        shapes = (each.shape.fields for each in self.methods.values() if each.shape.fields)
        return frozenset(frozenset((*fields["UniqueId"], *fields.get("Leg", ()))) for fields in shapes)

    @property
    def choices(self) -> dict[str, str]:
        """What the file declares of the open questions: keys of options.toml."""
        unknown, no_sound = (self.failures.kinds.get(kind) for kind in ("unknown_recording", "no_sound"))
        declared = {"unknown_recording": f"failure-{unknown.statuses[0]}" if unknown is not None else "empty-list"}
        if no_sound is not None:
            declared["audio_unknown_leg"] = str(no_sound.statuses[0])
        if "by_hour" in self.methods and self.methods["by_hour"].hour.says_instants:
            declared["repeated_hour"] = "both"  # the range goes over both, and an instant is in it or not
        return declared


def place_of(written: str) -> Place:
    """The keys of a place as it is written in a file: "data.items"; "" is the document itself."""
    return tuple(written.split(".")) if written else ()
