"""The differences between two answers to one question, each with what a strict client reads. Pure.

A difference has a place without names of calls, so that what is learnt of one answer holds for the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from noojee_contract.comparison.noise.answer import AnswerParts, Atom, LegKey
from noojee_contract.comparison.noise.change import ChangeKind, ClientReading
from noojee_contract.comparison.noise.relations import Relation, began, instant

Place = tuple[str, ...]
DERIVED_HEADERS = frozenset(["content-length", "transfer-encoding", "connection", "keep-alive"])
"""Headers that follow from the body and the connection."""
IDENTITY = ("UniqueId", "Leg")
BUSY = (429, 503)
"""Statuses that say nothing about a question."""
TIMES = ("Start", "callend")
NUMBERS = ("Leg", "Duration")
DIRECTION, MESSAGE, CODE = "Direction", "Message", "Code"
PUBLISHED = frozenset(
    [
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
        "callend",
    ]
)
EXPIRED = "Expired TimeStamp"
QUARTER_SECONDS, MOST_ZONE_SECONDS = 900, 14 * 3600
_DIGITS = re.compile(r"-?[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDifference:
    """One difference: its place, both values, what it means if it is no noise, and when both answers came.

    `relation` is a relation that holds by itself, such as a list that grew by later calls.
    """

    place: Place
    about: str
    kind: ChangeKind
    old: str = ""
    new: str = ""
    reading: ClientReading | None = None
    relation: Relation | None = None


def differences(old: AnswerParts, new: AnswerParts, *, since: float) -> Iterator[AnswerDifference]:
    """What differs between two answers to one question. Calls that began after `since` (seconds since 1970) are new."""
    if _says_nothing(old, new):
        yield AnswerDifference(
            place=("status",),
            about=f"status {old.method}",
            kind=ChangeKind.INCONCLUSIVE,
            old=_status(old),
            new=_status(new),
            reading=ClientReading.STATUS,
        )
        return
    if old.status != new.status:
        yield _breaks(("status",), f"status {old.method}", _status(old), _status(new), ClientReading.STATUS)
        return
    if new.transport_error is not None and new.transport_error != old.transport_error:
        yield _breaks(("body",), f"body {old.method}", old.body, new.transport_error, ClientReading.STRICT_JSON)
        return
    yield from _headers(old, new)
    if old.broken is None and new.broken is not None and old.body != "audio":
        yield _breaks(("body",), f"body {old.method}", old.body, new.broken, ClientReading.STRICT_JSON)
        return
    if old.body != new.body:
        yield _breaks(("body",), f"body {old.method}", old.body, new.body, ClientReading.STRICT_JSON)
        return
    yield from _legs(old, new, since)
    yield from _atoms(("object",), f"an answer {old.method}", old.fields, new.fields)


def _says_nothing(old: AnswerParts, new: AnswerParts) -> bool:
    """Whether two answers cannot be compared: one is busy, or the old one is missing or was cut off."""
    if old.status in BUSY or new.status in BUSY or old.status is None:
        return True
    return old.transport_error is not None and new.transport_error != old.transport_error


def _breaks(place: Place, about: str, old: str, new: str, reading: ClientReading) -> AnswerDifference:
    return AnswerDifference(place=place, about=about, kind=ChangeKind.BREAKS, old=old, new=new, reading=reading)


def _status(answer: AnswerParts) -> str:
    if answer.status is None:
        return f"no answer ({answer.transport_error})"
    return str(answer.status) if answer.transport_error is None else f"{answer.status} ({answer.transport_error})"


def _headers(old: AnswerParts, new: AnswerParts) -> Iterator[AnswerDifference]:
    for name in dict.fromkeys((*old.headers, *new.headers)):
        before, after = old.headers.get(name), new.headers.get(name)
        if before == after or name in DERIVED_HEADERS:
            continue
        place, about = ("header", name), f"header {name} {old.method}"
        if name == "content-type" and _are_audio(before, after):
            kind, shown = ChangeKind.INCONCLUSIVE, f"format of sound {old.method}"
            yield AnswerDifference(place=place, about=shown, kind=kind, old=before or "none", new=after or "none")
            continue
        if name == "content-type" and _media(before) != _media(after):
            yield _breaks(place, about, before or "none", after or "none", ClientReading.CONTENT_TYPE)
            continue
        yield AnswerDifference(
            place=place, about=about, kind=ChangeKind.UNDOCUMENTED, old=before or "none", new=after or "none"
        )


def _are_audio(*content_types: str | None) -> bool:
    """Whether content types are all of sound: whether clients can read another coding does not follow from its name."""
    return all((content_type or "").lower().startswith("audio/") for content_type in content_types)


def _media(content_type: str | None) -> str:
    """A content type as a client compares it: without case and blanks."""
    return re.sub(r"[\s\"]", "", content_type or "").lower()


def _legs(old: AnswerParts, new: AnswerParts, since: float) -> Iterator[AnswerDifference]:
    lost = [name for name in IDENTITY if _has(old, name) and new.legs and not _has(new, name)]
    if lost:  # the legs cannot be paired by their names
        for before, after in zip(old.legs.values(), new.legs.values(), strict=False):
            yield from _atoms(("leg",), f"a leg {old.method}", before, after)
        return
    kept = [key for key in old.legs if key in new.legs]
    for key in old.legs:
        if key not in new.legs:
            yield _leg(old, key, "is missing", "listed", "missing")
    for key in new.legs:
        if key not in old.legs:
            yield _more(old, new, key, since)
    if kept != [key for key in new.legs if key in old.legs]:
        yield AnswerDifference(
            place=("legs", "order"),
            about=f"order of the legs {old.method}",
            kind=ChangeKind.UNDOCUMENTED,
            relation=Relation.ORDER,
        )
    for key in kept:
        yield from _atoms(("leg",), f"a leg {old.method}", old.legs[key], new.legs[key])


def _has(answer: AnswerParts, name: str) -> bool:
    return any(name in leg for leg in answer.legs.values())


def _leg(answer: AnswerParts, key: LegKey, what: str, old: str, new: str) -> AnswerDifference:
    again = " again" if key[2] else ""
    return AnswerDifference(
        place=("legs", what),
        about=f"a leg {answer.method} {what}{again}",
        kind=ChangeKind.DOCUMENTED,
        old=old,
        new=f"{new}: leg {key[1]} of {key[0]}",
    )


def _more(old: AnswerParts, new: AnswerParts, key: LegKey, since: float) -> AnswerDifference:
    """A leg that only the new answer lists: noise if its call began, or the leg ended, after `since`."""
    if key[2]:
        return _leg(old, key, "is listed twice", "once", "twice")
    start = began(key[0])
    if (start is not None and start > since) or _ended_since(new.legs[key], start, since):
        return AnswerDifference(
            place=("legs", "more"),
            about=f"a leg {old.method} is new",
            kind=ChangeKind.DOCUMENTED,
            relation=Relation.GREW,
        )
    return _leg(old, key, "is new", "not listed", "listed")


def _ended_since(leg: Mapping[str, Atom], start: int | None, since: float) -> bool:
    """Whether the call was in progress when the old answer came: it is as long as that, by its Start and Duration."""
    if start is None or "Duration" not in leg or "Start" not in leg:
        return False
    local, duration = instant(leg["Start"].text), leg["Duration"].text
    if local is None or not duration.isdigit():
        return False
    offset = round((local - start) / QUARTER_SECONDS) * QUARTER_SECONDS  # local time minus UTC, in whole quarters
    return local - offset + int(duration) >= since


def _atoms(place: Place, owner: str, old: Mapping[str, Atom], new: Mapping[str, Atom]) -> Iterator[AnswerDifference]:
    for name in old:
        here = (*place, name)
        if name not in new:
            yield _breaks(here, f"key {name} of {owner}", name, "missing", ClientReading.KEY_NAME)
        elif old[name].type != new[name].type:
            yield _breaks(
                here, f"JSON type of {name} of {owner}", old[name].type, new[name].type, ClientReading.STRICT_JSON
            )
        elif old[name].text != new[name].text:
            yield _value(here, name, owner, old[name].text, new[name].text)
    for name in new:
        if name not in old:
            yield AnswerDifference(
                place=(*place, "new key", name),
                about=f"key {name} of {owner}",
                kind=ChangeKind.UNDOCUMENTED,
                old="missing",
                new=name,
            )


def _value(place: Place, name: str, owner: str, old: str, new: str) -> AnswerDifference:
    about = f"{name or 'the text'} of {owner}"
    reading = _failing_reading(name, old, new)
    if reading is not None:
        return _breaks(place, about, old, new, reading)
    kind = ChangeKind.DOCUMENTED if name in PUBLISHED else ChangeKind.UNDOCUMENTED
    if name.casefold() == MESSAGE.casefold() and EXPIRED in (old, new):
        kind = ChangeKind.DOCUMENTED
    if name.casefold() == CODE.casefold() and _sign(old) != _sign(new):
        kind = ChangeKind.DOCUMENTED
    return AnswerDifference(place=place, about=about, kind=kind, old=old, new=new)


def _sign(code: str) -> int:
    number = int(code) if _DIGITS.fullmatch(code) else 0
    return (number > 0) - (number < 0)


def _failing_reading(name: str, old: str, new: str) -> ClientReading | None:
    """The reading of a published field that a new value breaks; None if it only has another value."""
    if name in (DIRECTION, *NUMBERS):
        return ClientReading.DIGIT_OR_WORD if bool(_DIGITS.fullmatch(old)) != bool(_DIGITS.fullmatch(new)) else None
    if name not in TIMES:
        return None
    if _shape(old) != _shape(new):
        return ClientReading.DATE_FORMAT
    before, after = instant(old), instant(new)
    if before is None or after is None:
        return ClientReading.DATE_FORMAT
    shift = abs(after - before)
    if shift == 0:
        return ClientReading.ZONE
    return ClientReading.ZONE if shift % QUARTER_SECONDS == 0 and shift <= MOST_ZONE_SECONDS else None


def _shape(text: str) -> str:
    """The form of a date: its digits, and a letter for each word or zone."""
    return re.sub(r"[0-9]", "9", re.sub(r"[A-Za-z]+", "a", text))
