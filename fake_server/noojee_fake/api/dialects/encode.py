"""Writes legs as the vendor does: key order, strings only, Java's dates in the PBX's zone, Direction in two codings.

Source: W-A4 (SPEC) for shape 1, W-H (DOC) for shape 2; the order of the keys is that of Java's hash maps (DERIVED).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from noojee_fake.api.dialects.kept_answers import CacheRoom
from noojee_fake.pbx.calls import Call, Direction, Leg
from noojee_fake.pbx.clock import SECOND
from noojee_fake.pbx.memory_budget import MemoryBudget

LEG_BYTES = 200
"""What a written leg takes in a cache, next to its bytes."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DIGITS = {Direction.INBOUND: "0", Direction.OUTBOUND: "1", Direction.INTERNAL: "2"}
_WORDS = {Direction.INBOUND: "Inbound", Direction.OUTBOUND: "Outbound"}
_EASTERN = ("AEST", "AEDT")


def timestamp_text(micros: int, zone: ZoneInfo, *, fraction: str = "zero") -> str:
    """`java.sql.Timestamp.toString()`: local time, no zone, always a fraction: `2014-02-13 17:06:52.0`.

    `fraction` "zero" writes .0, "milliseconds" the milliseconds without trailing zeros (option `start_fraction`,
    DERIVED).
    """
    local = datetime.fromtimestamp(micros // SECOND, zone)
    digits = "0"
    if fraction == "milliseconds":
        digits = f"{micros % SECOND // 1000:03d}".rstrip("0") or "0"
    return f"{local:%Y-%m-%d %H:%M:%S}.{digits}"


def date_text(micros: int, zone: ZoneInfo, *, eastern: str = "AEST") -> str:
    """`java.util.Date.toString()`: local time with the zone's abbreviation: `Tue Sep 14 15:03:30 AEST 2021`.

    `eastern` "EST" writes Australian eastern time as old Java did, in summer and winter. A zone without letters in the
    time zone database is written as the database has it (`-03`), where Java has a name of its own.
    """
    local = datetime.fromtimestamp(micros // SECOND, zone)
    abbreviation = local.tzname() or "UTC"
    if eastern == "EST" and abbreviation in _EASTERN:
        abbreviation = "EST"
    day, month = _DAYS[local.weekday()], _MONTHS[local.month - 1]
    return f"{day} {month} {local:%d %H:%M:%S} {abbreviation} {local.year}"


class WrittenLegs:
    """A cache of written legs by their record id. It counts in a memory budget, and gives way."""

    __slots__ = ("_room", "_written")

    def __init__(self, budget: MemoryBudget) -> None:
        self._room = CacheRoom(budget)
        self._written: dict[int, bytes] = {}

    def find(self, call_record_id: int) -> bytes | None:
        """The written leg, if it is kept."""
        return self._written.get(call_record_id)

    def keep(self, call_record_id: int, written: bytes) -> bytes:
        """Keep a leg. Without room for it, drop all legs. Returns the leg."""
        if self._room.take(len(written) + LEG_BYTES):
            self._written[call_record_id] = written
        else:
            self._written = {}
        return written


class Encoder:
    """Writes legs as JSON objects in both shapes, and caches those of ended legs."""

    def __init__(
        self, *, zone: ZoneInfo, default_account: str, profile: Mapping[str, str], budget: MemoryBudget
    ) -> None:
        self._zone = zone
        self._default_account = default_account
        self._outbound_did = "internal" if profile["outbound_did"] == "internal" else ""
        self._fraction = profile["start_fraction"]
        self._eastern = profile["eastern_abbreviation"]
        self._words = {**_WORDS, Direction.INTERNAL: profile["internal_word"]}
        self._plain = WrittenLegs(budget)
        self._hourly = WrittenLegs(budget)

    def plain(self, call: Call, leg: Leg) -> bytes:
        """Shape 1, by tag and by unique id. Source: W-A4 (SPEC)."""
        written = self._plain.find(leg.call_record_id)
        if written is None:
            written = self._plain.keep(leg.call_record_id, self._write_plain(call, leg, leg.duration_seconds))
        return written

    def plain_in_progress(self, call: Call, leg: Leg, now_micros: int) -> bytes:
        """Shape 1 of a leg that has not ended; Duration is the time since its start.

        UNKNOWN: chosen, option `legs_in_progress`.
        """
        return self._write_plain(call, leg, (now_micros - leg.start_micros) // SECOND)

    def hourly(self, call: Call, leg: Leg) -> bytes:
        """Shape 2, by hour. Source: W-H (DOC)."""
        written = self._hourly.find(leg.call_record_id)
        if written is None:
            written = self._hourly.keep(leg.call_record_id, self._write_hourly(call, leg))
        return written

    def _write_hourly(self, call: Call, leg: Leg) -> bytes:
        return _json(
            {
                "Destination": leg.destination,
                "UniqueId": call.unique_id,
                "Username": self._username(leg),
                "Start": date_text(leg.start_micros, self._zone, eastern=self._eastern),
                "Duration": str(leg.duration_seconds),
                "Tag": leg.tag,
                "Direction": self._words[call.direction],
                "CallRecordId": str(leg.call_record_id),
                "DID": self._did(call),
                "Source": call.source,
                "callend": date_text(leg.end_micros, self._zone, eastern=self._eastern),
                "Leg": str(leg.number),
            }
        )

    def _write_plain(self, call: Call, leg: Leg, duration_seconds: int) -> bytes:
        return _json(
            {
                "Source": call.source,
                "Leg": str(leg.number),
                "Start": timestamp_text(leg.start_micros, self._zone, fraction=self._fraction),
                "Tag": leg.tag,
                "Duration": str(duration_seconds),
                "Username": self._username(leg),
                "CallRecordId": str(leg.call_record_id),
                "UniqueId": call.unique_id,
                "DID": self._did(call),
                "Direction": _DIGITS[call.direction],
                "Destination": leg.destination,
            }
        )

    def _username(self, leg: Leg) -> str:
        return self._default_account if leg.username is None else leg.username

    def _did(self, call: Call) -> str:
        if call.did is not None:
            return call.did
        return "internal" if call.direction is Direction.INTERNAL else self._outbound_did


def _json(fields: dict[str, str]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
