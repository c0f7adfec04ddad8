"""Reads an answer of a metadata method into legs of one form, whichever shape it has. Own parsers; pure.

What is not understood is kept as a problem in words, never guessed: a leg with a problem in one field still has the
others. Source: sections 7 and 2.2 of the vendor's pages (SPEC, DOC), field by field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from noojee_contract.model.exchange import Exchange, NotJson, beginning

METADATA = "metadata"
BY_HOUR = "by-hour"
MOST_LEGS = 100_000
MOST_PROBLEMS = 20
FIRST_YEAR, LAST_YEAR = 2, 9998

COMMON = (
    "Source",
    "Destination",
    "Leg",
    "Start",
    "Duration",
    "Tag",
    "Username",
    "CallRecordId",
    "UniqueId",
    "DID",
    "Direction",
)
FIELDS: Mapping[str, tuple[str, ...]] = {METADATA: COMMON, BY_HOUR: (*COMMON, "callend")}
DIRECTIONS: Mapping[str, Mapping[str, str]] = {
    METADATA: {"0": "inbound", "1": "outbound", "2": "internal"},
    BY_HOUR: {"Inbound": "inbound", "Outbound": "outbound", "Internal": "internal", "Local": "internal"},
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_TIMESTAMP = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{1,9})")
_DATE = re.compile(
    rf"({'|'.join(DAYS)}) ({'|'.join(MONTHS)}) ([0-9]{{2}}) ([0-9]{{2}}):([0-9]{{2}}):([0-9]{{2}}) (\S+) ([0-9]{{4}})"
)
_WHOLE = re.compile(r"[0-9]{1,18}")
_PACIFIC_EASTERN = {"EST": ("AEST", "AEDT"), "EDT": ("AEDT",)}  # older Java wrote Australian eastern time so


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg as an answer tells it. `start` and `end` are the instants that the text can mean: two in the hour that
    daylight saving repeats, none where the text is no date. `direction` is inbound, outbound, internal, or the word as
    it came. `number` and `unique_id` name the leg, so they are taken from values of other types as well. `texts` are the values that could be read, by the vendor's names of fields (End for the end), each as a text;
    `raw` is the entry itself, `extra` its keys beyond the published ones; `silent` are the fields that another method
    may tell otherwise, as a dialect file says.
    """

    source: str = ""
    number: int = 0
    start: tuple[datetime, ...] = ()
    end: tuple[datetime, ...] = ()
    tag: str = ""
    duration_seconds: int = 0
    username: str = ""
    call_record_id: str = ""
    unique_id: str = ""
    did: str = ""
    direction: str = ""
    destination: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    silent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """What an answer says in place of a result. `code` is None where it has none that is a whole number."""

    code: int | str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read in an answer: legs, what could not be read (in words), and the failure object if it was one."""

    legs: tuple[Leg, ...] = ()
    problems: tuple[str, ...] = ()
    error_body: ErrorBody | None = None


def read_listing(exchange: Exchange, *, shape: str = METADATA, zone: ZoneInfo) -> Reading:
    """The legs of an answer. `shape` is "metadata" (by tag, by unique id) or "by-hour".

    An HTTP error whose body is no failure object reads as a problem, and so does anything that is no JSON array.
    """
    if exchange.response is None:
        return Reading(problems=(exchange.transport_error or "no answer",))
    try:
        document = exchange.json()
    except NotJson as error:
        return Reading(problems=(_status(exchange) + (exchange.transport_error or str(error)),))
    error_body = error_body_in(document)
    if error_body is not None:
        return Reading(error_body=error_body)
    if not isinstance(document, list):
        return Reading(
            problems=(f"{_status(exchange)}the document is {kind_of_value(document)}, not an array of legs",)
        )
    problems = [exchange.transport_error] if exchange.transport_error else []
    if exchange.status is not None and exchange.status >= 300:
        problems.append(f"an array came with HTTP {exchange.status}")
    if len(document) > MOST_LEGS:
        problems.append(f"{len(document)} entries; only the first {MOST_LEGS} were read")
    legs: list[Leg] = []
    for place, entry in enumerate(document[:MOST_LEGS]):
        if isinstance(entry, dict):
            leg, found = read_leg(entry, shape=shape, zone=zone)
            legs.append(leg)
            problems += [f"entry {place}: {problem}" for problem in found]
        else:
            problems.append(f"entry {place} is {kind_of_value(entry)}, not an object")
    more = len(problems) - MOST_PROBLEMS
    if more > 0:
        problems[MOST_PROBLEMS:] = [f"and {more} more"]
    return Reading(legs=tuple(legs), problems=tuple(problems))


def read_error_body(exchange: Exchange) -> ErrorBody | None:
    """The failure object of an answer, None where its body is none."""
    try:
        return error_body_in(exchange.json())
    except NotJson:
        return None


def error_body_in(document: Any) -> ErrorBody | None:
    """A Code/Message object, in either spelling, whose code is not 0. Source: Noojee API overview (DOC), C-M (CLIENT)."""
    if not isinstance(document, dict):
        return None
    for code_key, message_key in (("Code", "Message"), ("code", "message")):
        if code_key in document or message_key in document:
            code, message = document.get(code_key), document.get(message_key)
            whole = code if isinstance(code, int) and not isinstance(code, bool) else None
            return None if whole == 0 else ErrorBody(code=whole, message=message if isinstance(message, str) else "")
    return None


def read_leg(entry: Mapping[str, Any], *, shape: str, zone: ZoneInfo) -> tuple[Leg, list[str]]:
    """One entry of an array, and what could not be read in it."""
    problems: list[str] = []
    texts: dict[str, str] = {}
    for name in FIELDS[shape]:
        value = entry.get(name)
        if isinstance(value, str):
            texts[name] = value
        elif name in entry:
            problems.append(f"{name} is {kind_of_value(value)}, not a string")
        else:
            problems.append(f"{name} is missing")

    def whole(name: str) -> int:
        text = texts.get(name)
        if text is not None and not _WHOLE.fullmatch(text):
            problems.append(f"{name} is {cut(text)}, not a whole number in digits")
        return int(text) if text is not None and _WHOLE.fullmatch(text) else 0

    def instants(name: str) -> tuple[datetime, ...]:
        text = texts.get(name)
        if text is None:
            return ()
        read = read_timestamp(text, zone) if shape == METADATA else read_java_date(text, zone)
        if isinstance(read, str):
            problems.append(f"{name} is {cut(text)}: {read}")
            return ()
        return read

    number, unique_id, direction = entry.get("Leg"), entry.get("UniqueId"), texts.get("Direction", "")
    if shape == METADATA and direction and not _WHOLE.fullmatch(direction):
        problems.append(f"Direction is {cut(direction)}, not a digit")
    if shape == BY_HOUR and _WHOLE.fullmatch(direction):
        problems.append(f"Direction is {cut(direction)}, not a word")
    leg = Leg(
        source=texts.get("Source", ""),
        number=whole("Leg") or (number if isinstance(number, int) and not isinstance(number, bool) else 0),
        start=instants("Start"),
        end=instants("callend") if shape == BY_HOUR else (),
        tag=texts.get("Tag", ""),
        duration_seconds=whole("Duration"),
        username=texts.get("Username", ""),
        call_record_id=texts.get("CallRecordId", ""),
        unique_id="" if unique_id is None else str(unique_id),
        did=texts.get("DID", ""),
        direction=DIRECTIONS[shape].get(direction, direction),
        destination=texts.get("Destination", ""),
        texts=texts,
        raw=dict(entry),
        extra=tuple(name for name in entry if name not in FIELDS[shape]),
    )
    return leg, problems


def read_timestamp(text: str, zone: ZoneInfo) -> tuple[datetime, ...] | str:
    """What `java.sql.Timestamp` text (2014-02-13 17:06:52.0) can mean in a zone, in UTC; or why it is none.

    Two instants in the hour that is repeated. Source: 4.1 Retrieve Meta Data (SPEC), DERIVED for the zone.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return "expected YYYY-MM-DD HH:MM:SS.f"
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    micros = int(match[7][:6].ljust(6, "0"))
    try:
        local = datetime(year, month, day, hour, minute, second, micros, tzinfo=zone)
    except ValueError as error:
        return str(error)
    return meanings(local, zone) or "this local time does not exist in the PBX's zone"


def read_java_date(text: str, zone: ZoneInfo) -> tuple[datetime, ...] | str:
    """What `java.util.Date` text (Tue Sep 14 15:03:30 AEST 2021) can mean in a zone, in UTC; or why it is none.

    The abbreviation decides in the repeated hour where it is one of the zone's. Source: 9.4 (DOC), DERIVED.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return "expected Www Mmm DD HH:MM:SS ZONE YYYY"
    day_name, month_name, abbreviation = match[1], match[2], match[7]
    day, hour, minute, second, year = (int(match[group]) for group in (3, 4, 5, 6, 8))
    try:
        local = datetime(year, MONTHS.index(month_name) + 1, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        return str(error)
    if DAYS[local.weekday()] != day_name:
        return f"that day is a {DAYS[local.weekday()]}"
    meant = meanings(local, zone)
    if not meant:
        return "this local time does not exist in the PBX's zone"
    spoken = _PACIFIC_EASTERN.get(abbreviation, (abbreviation,))
    agreed = tuple(moment for moment in meant if moment.astimezone(zone).tzname() in (*spoken, abbreviation))
    return agreed or meant


def writes_utc(written: str) -> bool:
    """Whether a pattern of strftime or strptime writes UTC: it ends in a Z of its own."""
    return written.endswith("Z") and not written.endswith("%Z")


def meanings(local: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants that a local time can mean: none in the hour that is skipped, two in the one that is repeated; none
    at the ends of the calendar, where other zones have no such time."""
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        return ()
    bare = local.replace(tzinfo=None)
    found = []
    for fold in (0, 1):
        moment = local.replace(fold=fold).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == bare and moment not in found:
            found.append(moment)
    return tuple(found)


def apart(one: tuple[datetime, ...], other: tuple[datetime, ...]) -> timedelta | None:
    """How far two readings of a time are apart at the least; None where one of them is unreadable."""
    return min((abs(a - b) for a in one for b in other), default=None)


def _status(exchange: Exchange) -> str:
    return "" if exchange.status is None or exchange.status < 300 else f"HTTP {exchange.status}; "


def kind_of_value(value: Any) -> str:
    """A JSON value in words."""
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
        dict: "an object",
    }
    return names.get(type(value), "something else")


def cut(text: str) -> str:
    """A text in quotes, the beginning of a long one."""
    return repr(beginning(text, 80))
