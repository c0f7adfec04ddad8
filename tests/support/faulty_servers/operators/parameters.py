"""Operators on the parameters of requests: what the server reads in place of what was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import httpx

from noojee_contract.model.failure import FailureKind
from support.faulty_servers import FaultyServer, Mistake, Send
from support.faulty_servers.expected import LEGS, REFUSALS, ExpectedFailure, expect
from support.faulty_servers.operators import BY_HOUR, BY_TAG, BY_UNIQUE_ID, SOUND, WORDS, dialects_of, is_at
from support.faulty_servers.rewriting import pairs, with_pairs

Read = Callable[[str], str | None]
OTHER_LEGS = expect(*LEGS, *REFUSALS, FailureKind.NOT_REFUSED)
OTHER_AUDIO = expect(*REFUSALS, FailureKind.WRONG_AUDIO, FailureKind.INVALID_AUDIO, FailureKind.NOT_REFUSED)


def _shifted(by: int) -> Read:
    return lambda value: str(int(value) + by) if value.isdigit() else value


def _day(by: int) -> Read:
    def shifted(value: str) -> str:
        try:
            year, month, day = map(int, value.split("/"))
            return f"{date(year, month, day) + timedelta(days=by):%Y/%m/%d}"
        except ValueError:
            return value

    return shifted


def _american(value: str) -> str:
    """The day and the month change places where both make a date."""
    year, _, rest = value.partition("/")
    month, _, day = rest.partition("/")
    return f"{year}/{day}/{month}" if day.isdigit() and int(day) <= 12 else value


TEXT: Mapping[str, tuple[str, Read]] = {
    "ignored": ("is not read", lambda value: None),
    "emptied": ("is read as empty", lambda value: ""),
    "in-small-letters": ("is read in small letters", str.lower),
    "in-capitals": ("is read in capitals", str.upper),
    "trimmed": ("is read without spaces at its ends", str.strip),
    "cut": ("is read without its last letter", lambda value: value[:-1]),
    "cut-at-twenty": ("is read up to its twentieth letter", lambda value: value[:20]),
    "up-to-a-space": ("is read up to its first space", lambda value: value.split(" ")[0]),
    "up-to-an-ampersand": ("is read up to its first &, though it was escaped", lambda value: value.split("&")[0]),
    "up-to-a-hash": ("is read up to its first #, though it was escaped", lambda value: value.split("#")[0]),
    "without-quotes": ("is read without quotes", lambda value: value.replace("'", "").replace('"', "")),
    "without-slashes": ("is read without slashes", lambda value: value.replace("/", "").replace("\\", "")),
    "in-ascii": ("is read without what is not ASCII", lambda value: value.encode("ascii", "ignore").decode()),
    "without-signs": ("is read without its signs", lambda value: "".join(sign for sign in value if sign.isalnum())),
    "as-a-number": ("is read as a number where it is one",
                    lambda value: (
                        str(int(value)) if value.isascii() and value.isdigit() and len(value) < 18 else value
                    )),
}  # fmt: skip
UNIQUE_ID: Mapping[str, tuple[str, Read]] = {
    "without-its-counter": ("is read up to its dot", lambda value: value.partition(".")[0]),
    "without-its-system": ("is read from its last dash on", lambda value: value.rpartition("-")[2]),
    "with-another-counter": ("is read with the counter 2", lambda value: f"{value.partition('.')[0]}.2"),
    "rounded": ("is read as a number of two decimals",
                lambda value: f"{float(value):.2f}" if _is_number(value) else value),
}  # fmt: skip
HOUR: Mapping[str, tuple[str, Read]] = {
    "one-more": ("is one more", _shifted(1)),
    "one-less": ("is one less", _shifted(-1)),
    "of-twelve": ("is read on a clock of twelve hours",
                  lambda value: str(int(value) % 12) if value.isdigit() else value),
    "ignored": ("is not read, and is 0", lambda value: "0"),
    "of-one-digit": ("is read as its first digit", lambda value: value[:1]),
}  # fmt: skip
DATE: Mapping[str, tuple[str, Read]] = {
    "a-day-later": ("is the day after", _day(1)),
    "a-day-earlier": ("is the day before", _day(-1)),
    "american": ("is read with day and month swapped", _american),
    "of-last-year": ("is that of the year before",
                     lambda value: str(int(value[:4]) - 1) + value[4:] if value[:4].isdigit() else value),
    "ignored": ("is not read", lambda value: None),
}  # fmt: skip
LEG: Mapping[str, tuple[str, Read]] = {
    "one-more": ("is one more", _shifted(1)),
    "one-less": ("is one less", _shifted(-1)),
    "ignored": ("is not read", lambda value: None),
    "always-two": ("is always 2", lambda value: "2"),
    "of-one-digit": ("is read as its first digit", lambda value: value[:1]),
}  # fmt: skip


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


# Unique ids have letters, digits, dots and dashes: no signs that a decoder stumbles over.
OF_IDS = ("ignored", "emptied", "in-small-letters", "in-capitals", "cut", "cut-at-twenty", "without-signs")
TABLE: tuple[tuple[str, str, Mapping[str, tuple[str, Read]], str, tuple[ExpectedFailure, ...]], ...] = (
    (BY_TAG, "tag", TEXT, "parameters", OTHER_LEGS),
    (BY_UNIQUE_ID, "uniqueId", {**{name: TEXT[name] for name in OF_IDS}, **UNIQUE_ID}, "parameters", OTHER_LEGS),
    (BY_HOUR, "hour", HOUR, "by-hour-membership", OTHER_LEGS),
    (BY_HOUR, "date", DATE, "by-hour-membership", OTHER_LEGS),
    (SOUND, "leg", LEG, "audio", OTHER_AUDIO),
    (SOUND, "uniqueId", {"cut": TEXT["cut"], "ignored": TEXT["ignored"], **UNIQUE_ID}, "audio", OTHER_AUDIO),
)


def reading(place: str, parameter: str, read: Read) -> Mistake:
    """A mistake in how one parameter of a place is read; None: as if it were not there."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        if not is_at(request, place) or request.method != "POST":
            return send(request)
        taken = [(name, read(value) if name == parameter else value) for name, value in pairs(request)]
        return send(with_pairs(request, [(name, value) for name, value in taken if value is not None]))

    return mistake


def mutants() -> Iterator[FaultyServer]:
    """Each parameter, read in each wrong way that fits it."""
    for place, parameter, ways, kind, expected in TABLE:
        for name, (words, read) in ways.items():
            yield FaultyServer(
                name=f"{place}-reads-{parameter.lower()}-{name}",
                description=f"{WORDS[place]}, the parameter {parameter} {words}.",
                mistake=reading(place, parameter, read),
                operator=f"read-{name}",
                kind=kind,
                expected=expected,
                dialects=dialects_of(place),
            )
