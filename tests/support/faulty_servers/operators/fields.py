"""Operators on the fields of a leg: in documents by tag, by unique id and by hour."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from noojee_contract.model.failure import FailureKind
from noojee_contract.report.marks import OPTION_FIELDS
from support.faulty_servers import FaultyServer, with_body, with_legs
from support.faulty_servers.expected import LEGS, VALUES, ExpectedFailure, expect
from support.faulty_servers.operators import BY_HOUR, METADATA, WORDS, answering, dialects_of

Leg = Mapping[str, str]
Change = Callable[[Sequence[Leg], int, str], Any]
FIELDS = (
    "Source", "Destination", "Leg", "Start", "Duration", "Tag", "Username", "CallRecordId", "UniqueId", "DID",
    "Direction",
)  # fmt: skip
BY_HOUR_FIELDS = (*FIELDS, "callend")
NUMBERS = frozenset({"Leg", "Duration", "CallRecordId"})
TIMES = frozenset({"Start", "callend"})
WORDED = frozenset({"Tag", "Username"})
KINDS: Mapping[str, str] = {
    "Leg": "leg-numbering", "CallRecordId": "identity", "UniqueId": "identity",
    "Start": "date-and-zone", "callend": "date-and-zone", "Duration": "date-and-zone",
}  # fmt: skip
# What the published samples show. Source: 4.1 Retrieve Meta Data (SPEC), 9.4 Retrieve recording list (DOC).
SAMPLES: Mapping[str, str] = {
    "Source": "400", "Destination": "410", "Leg": "1", "Start": "2014-02-13 17:06:52.0", "Duration": "4", "Tag": "1234",
    "Username": "Fred", "CallRecordId": "198348", "UniqueId": "1392271611.238", "DID": "internal", "Direction": "2",
}  # fmt: skip
BY_HOUR_SAMPLES: Mapping[str, str] = {
    "Source": "500", "Destination": "123", "Leg": "1", "Start": "Tue Sep 14 15:03:30 AEST 2021", "Duration": "4",
    "Tag": "1234", "Username": "NoojeeAdmin", "CallRecordId": "6468", "UniqueId": "1631595787.5", "DID": "7601",
    "Direction": "Inbound", "callend": "Tue Sep 14 15:03:34 AEST 2021",
}  # fmt: skip
# Numbers that only change places make each leg another one: any field that distinguishes two legs points at the fault.
OTHER_FIELDS = {
    ("Leg", "of-the-next-leg"): ("CallRecordId", "Start", "Duration", "Destination"),
    ("UniqueId", "of-the-next-leg"): ("Start",),
}
NAMES = ("UniqueId", "Leg")  # a wrong name of a leg is a missing leg and an unexpected one
GONE = object()
RENAMED = "\x00name"
_JAVA_DATE = re.compile(r"(\w{3} \w{3} \d\d \d\d:\d\d:\d\d) (\S+) (\d{4})")


@dataclass(frozen=True, slots=True)
class Operator:
    """What becomes of one field of each leg. `change` gives the new value from (all legs, place of the leg, field).

    `form`: the form of the document changes, not only what it says. `fields`: those it is applied to; empty: all.
    """

    name: str
    words: str
    change: Change
    form: bool = False
    fields: frozenset[str] = frozenset()


def expected_of(field: str, operator: Operator) -> tuple[ExpectedFailure, ...]:
    """The failure that shows a mutant: it names the field, or an option about it."""
    fields = (field, *OTHER_FIELDS.get((field, operator.name), ()))
    options = [option for option, about in OPTION_FIELDS.items() if about == field]
    kinds = (FailureKind.MISSING_FIELD, *VALUES) if operator.form else VALUES
    expected = expect(*kinds, fields=fields, options=options)
    return expected + expect(*LEGS) if field in NAMES else expected


def moved(text: str, by: timedelta) -> str:
    """A time in either shape, moved; what is no time stays as it is."""
    java = _JAVA_DATE.fullmatch(text)
    if java is not None:
        local = datetime.strptime(f"{java[1]} {java[3]}", "%a %b %d %H:%M:%S %Y") + by  # noqa: DTZ007  a local time
        return f"{local:%a %b %d %H:%M:%S} {java[2]} {local.year}"
    try:
        local = datetime.fromisoformat(text[:19]) + by
    except ValueError:
        return text
    return f"{local:%Y-%m-%d %H:%M:%S}{text[19:]}"


def off_by_one(legs: Sequence[Leg], at: int, field: str) -> Any:
    """One more of what the field counts: a second of a time, a letter less of a text."""
    value = legs[at][field]
    if field in TIMES:
        return moved(value, timedelta(seconds=1))
    if field == "UniqueId":
        second, dot, counter = value.partition(".")
        return f"{second}.{int(counter) + 1}" if dot and counter.isdigit() else value + "1"
    words = ("Inbound", "Outbound", "Internal")
    if value in words:
        return words[(words.index(value) + 1) % 3]
    if field == "Direction":
        return str((int(value) + 1) % 3)
    return str(int(value) + 1).zfill(len(value)) if value.isascii() and value.isdigit() else value[:-1]


def retyped(value: str) -> Any:
    """A number where the value is one, else an array of the value."""
    plain = value.isascii() and value.isdigit() and (value == "0" or value[0] != "0")
    return int(value) if plain else [value]


def next_field(leg: Leg, field: str) -> str:
    """The value of the field that stands next in the published list."""
    names = [name for name in BY_HOUR_FIELDS if name in leg]
    return leg[names[(names.index(field) + 1) % len(names)]]


def first_leg_of(legs: Sequence[Leg], at: int) -> Leg:
    """The first listed leg of the same call."""
    return next(leg for leg in legs if leg["UniqueId"] == legs[at]["UniqueId"])


OPERATORS = (
    Operator("dropped", "is left out", lambda legs, at, field: GONE, form=True),
    Operator("null", "is null", lambda legs, at, field: None, form=True),
    Operator("retyped", "is no string", lambda legs, at, field: retyped(legs[at][field]), form=True),
    Operator("renamed", "begins with the other letter case", lambda legs, at, field: RENAMED, form=True),
    Operator("constant", "is always that of the published sample", lambda legs, at, field: (
        BY_HOUR_SAMPLES if "callend" in legs[at] else SAMPLES)[field]),
    Operator("off-by-one", "is off by one", off_by_one),
    Operator("of-the-next-leg", "is that of the leg listed next",
             lambda legs, at, field: legs[(at + 1) % len(legs)][field]),
    Operator("of-the-next-field", "holds the value of another field",
             lambda legs, at, field: next_field(legs[at], field)),
    Operator("of-the-first-leg", "is that of the first leg of the call",
             lambda legs, at, field: first_leg_of(legs, at)[field]),
    Operator("empty", "is always empty", lambda legs, at, field: ""),
    Operator("padded", "ends in a space", lambda legs, at, field: legs[at][field] + " "),
    Operator("in-capitals", "is in capitals", lambda legs, at, field: legs[at][field].upper(), fields=WORDED),
    Operator("an-hour-late", "is an hour late",
             lambda legs, at, field: moved(legs[at][field], timedelta(hours=1)), fields=TIMES),
    Operator("a-day-early", "is a day early",
             lambda legs, at, field: moved(legs[at][field], -timedelta(days=1)), fields=TIMES),
    Operator("negative", "is negative", lambda legs, at, field: "-" + legs[at][field], form=True, fields=NUMBERS),
    Operator("with-a-fraction", "has a fraction",
             lambda legs, at, field: legs[at][field] + ".0", form=True, fields=NUMBERS),
)  # fmt: skip


def changed(legs: Sequence[dict[str, str]], field: str, change: Change) -> list[dict[str, Any]]:
    """Every leg with one field changed, the others in their order."""
    written: list[dict[str, Any]] = []
    for at, leg in enumerate(legs):
        value = change(legs, at, field) if field in leg else GONE
        if value is RENAMED:
            written.append({(name.swapcase()[0] + name[1:] if name == field else name): leg[name] for name in leg})
        elif value is GONE:
            written.append({name: leg[name] for name in leg if name != field})
        else:
            written.append({**leg, field: value})
    return written


def repeated(answer: httpx.Response, field: str) -> httpx.Response:
    """The same answer with one key twice in each leg."""
    return with_body(answer, answer.content.replace(b'{"', b'{"%s":"","' % field.encode()))


def mutants() -> Iterator[FaultyServer]:
    """Each field of each document by each operator that fits it."""
    for place in METADATA:
        for field in BY_HOUR_FIELDS if place == BY_HOUR else FIELDS:
            for operator in OPERATORS:
                if operator.fields and field not in operator.fields:
                    continue
                yield FaultyServer(
                    name=f"{place}-{field.lower()}-{operator.name}",
                    description=f"{WORDS[place]}, {field} {operator.words}.",
                    mistake=answering(
                        place,
                        lambda _, answer, field=field, change=operator.change: with_legs(
                            answer, lambda legs: changed(legs, field, change)
                        ),
                    ),
                    operator=operator.name,
                    kind="schema-and-type" if operator.form else KINDS.get(field, "field-meaning"),
                    expected=expected_of(field, operator),
                    dialects=dialects_of(place),
                )
        yield from _repeated_keys(place)


def _repeated_keys(place: str) -> Iterator[FaultyServer]:
    for field in ("Leg", "UniqueId", "Username"):
        yield FaultyServer(
            name=f"{place}-{field.lower()}-twice",
            description=f"{WORDS[place]}, the key {field} occurs twice in each leg, first with an empty value.",
            mistake=answering(
                place,
                lambda _, answer, field=field: repeated(answer, field) if _is_list(answer) else answer,
            ),
            operator="twice",
            kind="envelope",
            expected=expect(FailureKind.INVALID_BODY),
            dialects=dialects_of(place),
        )


def _is_list(answer: httpx.Response) -> bool:
    try:
        return bool(isinstance(json.loads(answer.content), list))
    except ValueError:
        return False
