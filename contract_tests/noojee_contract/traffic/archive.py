"""Makes an archive file for the fake of the legs that recorded answers list. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from noojee_contract.dialects.legs import Leg
from noojee_contract.dialects.vendor import BY_HOUR, DIRECTIONS, METADATA, read_listing
from noojee_contract.model.exchange import Exchange

FORMAT = "noojee-archive/1"
_EPOCH = re.compile(r"(?:.*-)?([0-9]{9,10})\.[0-9]+", re.DOTALL)
_DIRECTIONS = frozenset(direction for words in DIRECTIONS.values() for direction in words.values())


@dataclass(slots=True, kw_only=True)
class ArchiveBuilder:
    """Collects legs, and gives the archive file with their calls. `zone` is that of the PBX.

    `left_out` names the legs that cannot be in an archive file, with the reason.
    """

    zone: ZoneInfo
    left_out: list[str] = field(default_factory=list)
    _legs: dict[tuple[str, int], Leg] = field(default_factory=dict)

    def add(self, exchange: Exchange) -> int:
        """Take the legs of an answer, and return their number. A leg that is known replaces what is known of it."""
        reading = read_listing(exchange, shape=_shape_of(exchange), zone=self.zone)
        for leg in reading.legs:
            if leg.unread or not leg.start or leg.duration_seconds is None:
                self.left_out.append(f"{_name(leg)}: {', '.join(leg.unread) or 'Start'} cannot be read")
            elif leg.direction not in _DIRECTIONS:
                self.left_out.append(f"{_name(leg)}: its direction {leg.direction!r} is unknown")
            else:
                known = self._legs.get((leg.unique_id, leg.number))
                if known is None or leg.end or not known.end:  # an answer by hour has the end too
                    self._legs[leg.unique_id, leg.number] = leg
        return len(reading.legs)

    def document(self, *, description: str, provenance: str, now: datetime | None) -> dict[str, Any]:
        """The archive file. `now` is the time at which the fake's clock stands still, None for a clock that runs."""
        calls: dict[str, list[Leg]] = {}
        for leg in self._legs.values():
            calls.setdefault(leg.unique_id, []).append(leg)
        made = [self._call(sorted(legs, key=lambda leg: leg.number)) for legs in calls.values()]
        latest = max((end for each in made for end in each.ends), default=None)
        document: dict[str, Any] = {
            "format": FORMAT,
            "description": description,
            "provenance": provenance,
            "time_zone": self.zone.key,
            "calls": [each.row for each in made],
        }
        if now is not None and latest is not None:
            document["now"] = max(now, latest + timedelta(seconds=1)).isoformat(timespec="seconds")
        return document

    def _call(self, legs: Sequence[Leg]) -> _Call:
        first = legs[0]
        created = _created(first.unique_id)
        row: dict[str, Any] = {"unique_id": first.unique_id, "direction": first.direction, "source": first.source}
        if first.direction != "internal" and (first.did or first.direction == "inbound"):
            row["did"] = first.did
        rows, ends = [], []
        for leg in legs:
            start = _start(leg, created)
            end = _end(leg, start)
            ends.append(end)
            rows.append(self._leg(leg, start, end))
        starts = [datetime.fromisoformat(each["start"]) for each in rows]
        if created is not None and created <= min(starts):
            row["created"] = self._text(created)
        return _Call(row={**row, "legs": rows}, ends=ends)

    def _leg(self, leg: Leg, start: datetime, end: datetime) -> dict[str, Any]:
        row: dict[str, Any] = {"leg": leg.number, "start": self._text(start), "end": self._text(end)}
        row |= {name: value for name, value in (("tag", leg.tag), ("username", leg.username)) if value}
        row["destination"] = leg.destination
        if leg.call_record_id.isascii() and leg.call_record_id.isdigit():
            row["call_record_id"] = int(leg.call_record_id)
        return row

    def _text(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class _Call:
    row: dict[str, Any]
    ends: list[datetime]


def _shape_of(exchange: Exchange) -> str:
    """Which of the vendor's two shapes an answer has: only by hour is there the end of a leg. Source: W-H (DOC)."""
    return BY_HOUR if b'"callend"' in exchange.body else METADATA


def _created(unique_id: str) -> datetime | None:
    """When a call began, by the epoch in its unique id. Source: A-U."""
    found = _EPOCH.fullmatch(unique_id)
    return None if found is None else datetime.fromtimestamp(int(found[1]), ZoneInfo("UTC"))


def _start(leg: Leg, created: datetime | None) -> datetime:
    """The start of a leg; in the hour that occurs twice, the first one that is not before its call."""
    possible = sorted(leg.start)
    return next((each for each in possible if created is None or each >= created), possible[-1])


def _end(leg: Leg, start: datetime) -> datetime:
    ends: Iterable[datetime] = (each for each in sorted(leg.end) if each >= start)
    return next(iter(ends), start + timedelta(seconds=leg.duration_seconds or 0))


def _name(leg: Leg) -> str:
    return f"leg {leg.number} of call {leg.unique_id}" if leg.unique_id else "a leg without a unique id"
