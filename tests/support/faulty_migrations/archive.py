"""The archive of an old PBX that is migrated: an archive file with its sound.

The module also has the recordings that an operator knows. The archive has what a migration may spoil: transfers, calls
over an hour, over midnight and in the nights in which daylight saving changes, a busy tag, numbers and tags of every
form. Only the old PBX (the fake) and the migration programs read it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from support.faulty_migrations.speech import speech

ZONE = ZoneInfo("Australia/Melbourne")
KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
FOLLOWING = timedelta(milliseconds=4)  # from the end of a leg to the start of the next
RINGING = timedelta(seconds=2)  # from the start of a call to the start of its first leg
BUSY_TAG = "CAMPAIGN-2025"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLeg:
    """A leg: how long it lasts, who took it, and its sound.

    `channels`: 2 for caller and agent apart; 0: no sound is kept.
    """

    seconds: float
    destination: str = "410"
    username: str | None = "Fred"
    tag: str = ""
    channels: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """A call of the archive. `start` is the local start of its first leg; `second` is for the repeated hour."""

    start: str
    legs: tuple[PlannedLeg, ...]
    direction: str = "inbound"
    source: str = "0491570156"
    did: str = "0390000002"
    second: bool = False

    @property
    def started(self) -> datetime:
        """The start of the first leg."""
        return datetime.fromisoformat(self.start).replace(tzinfo=ZONE, fold=int(self.second)).astimezone(UTC)


def _one(tag: str = "", seconds: float = 4.3, **more: Any) -> tuple[PlannedLeg, ...]:
    return (PlannedLeg(seconds=seconds, tag=tag, **more),)


def _queued(tag: str = "", *seconds: float) -> tuple[PlannedLeg, ...]:
    """A queue, an agent, and transfers to further agents."""
    people = (("600", None), ("410", "Fred"), ("420", "Wilma"), ("430", "Barney"), ("440", "o'brien@sales"))
    lasted = seconds or (2.2, 4.7)
    return tuple(
        PlannedLeg(seconds=length, tag=tag, destination=destination, username=username)
        for length, (destination, username) in zip(lasted, people, strict=False)
    )


def _outbound(start: str, destination: str, tag: str = "", seconds: float = 3.4, **more: Any) -> PlannedCall:
    legs = (PlannedLeg(seconds=seconds, tag=tag, destination=destination, username="Wilma"),)
    return PlannedCall(start=start, legs=legs, direction="outbound", source="420", did="", **more)


def _internal(start: str, tag: str = "", seconds: float = 3.1) -> PlannedCall:
    return PlannedCall(
        start=start, legs=_one(tag, seconds, destination="430"), direction="internal", source="400", did=""
    )


CALLS: tuple[PlannedCall, ...] = (
    # a summer morning: queues, transfers, directions
    PlannedCall(start="2025-03-11T09:05:10.250", legs=_queued("INV-1042", 2.4, 5.2, 4.1)),
    PlannedCall(start="2025-03-11T09:20:00", legs=_queued("INV-1043", 2.2, 3.3, 4.4, 3.6, 5.1), source="+61491570110"),
    _outbound("2025-03-11T09:31:07", "0011442079460000", "INV-1044"),
    _internal("2025-03-11T09:42:00", "TEAM"),
    PlannedCall(start="2025-03-11T09:50:30.900", legs=_one("", 4.2), source=""),
    PlannedCall(start="2025-03-11T10:02:00", legs=_queued("INV-1042", 2.3, 3.2), did="1300000111"),
    _outbound("2025-03-11T10:15:00.999", "+61390001111", "inv-1042", 3.999),
    PlannedCall(start="2025-03-11T10:21:00", legs=_one("O'Neil & Söhne", 3.7, channels=2), source="0007"),
    PlannedCall(start="2025-03-11T10:27:00", legs=_one(" padded ", 3.3)),
    PlannedCall(start="2025-03-11T10:33:00", legs=_one("50% + 5/2?", 3.5), source="61491570156"),
    PlannedCall(start="2025-03-11T10:40:00", legs=_one("客户-7", 3.2, username="Zoë Müller")),
    PlannedCall(
        start="2025-03-11T10:46:00",
        legs=_one("Invoice 1042 of customer 7731: third complaint, call back promised by Wilma", 3.1),
    ),
    PlannedCall(start="2025-03-11T10:52:00", legs=_one("007", 3.6), source="0400000007"),
    PlannedCall(start="2025-03-11T10:55:00", legs=_one("7", 3.6), source="400000007"),
    # two calls in one minute, one call with two tags, a leg without sound, a leg of less than a second
    PlannedCall(start="2025-03-11T11:00:02", legs=_queued("PAIR", 2.1, 4.0)),
    PlannedCall(start="2025-03-11T11:00:02.500", legs=_queued("PAIR", 2.5, 3.0), source="0491570157"),
    PlannedCall(
        start="2025-03-11T11:10:00",
        legs=(
            PlannedLeg(seconds=2.2, destination="600", username=None),
            PlannedLeg(seconds=3.4, tag="CASE-1"),
            PlannedLeg(seconds=3.8, tag="CASE-2", destination="420", username="Wilma"),
        ),
    ),
    PlannedCall(start="2025-03-11T11:20:00", legs=_one("EXPIRED", 4.0, channels=0)),
    PlannedCall(start="2025-03-11T11:25:00", legs=_queued("SHORT", 0.4, 2.6, 0.0, 3.2)),
    PlannedCall(start="2025-03-11T11:30:00", legs=_one("LONG", 84.0)),
    # over the hour, over midnight, over the month
    PlannedCall(start="2025-03-11T13:59:52", legs=_queued("EDGE", 5.0, 6.0, 4.0)),
    PlannedCall(start="2025-03-11T23:59:55", legs=_queued("NIGHT", 3.0, 4.5)),
    PlannedCall(start="2025-03-31T23:59:57.500", legs=_queued("MONTH", 2.0, 3.4)),
    # the nights in which daylight saving changes
    PlannedCall(start="2025-04-06T01:58:00", legs=_one("DST-A", 3.3)),
    PlannedCall(start="2025-04-06T02:30:00", legs=_one("DST-B", 3.3)),
    PlannedCall(start="2025-04-06T02:30:20", legs=_one("DST-C", 3.4), second=True),
    PlannedCall(start="2025-04-06T03:10:00", legs=_one("DST-D", 3.5)),
    PlannedCall(start="2025-10-05T01:59:50", legs=_queued("DST-E", 5.0, 8.0)),
    # a winter day
    PlannedCall(start="2025-07-15T08:59:58", legs=_queued("WIN-1", 2.6, 4.2)),
    PlannedCall(start="2025-07-15T09:15:00", legs=_queued("WIN-2", 2.2, 3.9, 4.4)),
    _outbound("2025-07-15T09:30:30", "0390009999", "WIN-3"),
    _internal("2025-07-15T09:45:00", "WIN-4"),
    PlannedCall(start="2025-07-15T16:10:00", legs=_queued("WIN-5", 2.4, 3.8)),
    # a campaign: one tag, many legs
    *(
        PlannedCall(start=f"2025-08-20T15:{minute:02}:12", legs=_queued(BUSY_TAG, 2.0, 2.3 + minute % 5 / 10))
        for minute in range(0, 26, 2)
    ),
)


def unique_ids() -> list[str]:
    """The unique id of each call, in the order of `CALLS`."""
    return [f"{int((call.started - RINGING).timestamp())}.{10 + 3 * place}" for place, call in enumerate(CALLS)]


def write_archive(folder: Path) -> Path:
    """Write the archive file with its sound files, and return its path."""
    sounds = folder / "sounds"
    sounds.mkdir(parents=True, exist_ok=True)
    record_id = 500_100
    calls = []
    for place, (unique_id, call) in enumerate(zip(unique_ids(), CALLS, strict=True)):
        legs, start = [], call.started
        for number, leg in enumerate(call.legs, start=1):
            record_id += 1
            end = start + timedelta(seconds=leg.seconds)
            legs.append(_leg(leg, number, start, end, record_id, f"{place:02}-{number}.wav"))
            if leg.channels and leg.seconds:
                content = speech(leg.seconds, voice=record_id, channels=leg.channels)
                (sounds / f"{place:02}-{number}.wav").write_bytes(content)
            start = end + FOLLOWING
        calls.append(_call(call, unique_id, legs))
    document = {"format": "noojee-archive/1", "time_zone": ZONE.key, "calls": calls}
    path = folder / "archive.json"
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def _leg(leg: PlannedLeg, number: int, start: datetime, end: datetime, record_id: int, file: str) -> dict[str, Any]:
    kept = {"file": f"sounds/{file}"} if leg.channels and leg.seconds else {"absent": True}
    row = {
        "leg": number,
        "start": start.isoformat(timespec="milliseconds"),
        "end": end.isoformat(timespec="milliseconds"),
        "destination": leg.destination,
        "call_record_id": record_id,
        "sound": kept,
    }
    row |= {"username": leg.username} if leg.username else {}
    return row | ({"tag": leg.tag} if leg.tag else {})


def _call(call: PlannedCall, unique_id: str, legs: list[dict[str, Any]]) -> dict[str, Any]:
    created = (call.started - RINGING).isoformat(timespec="milliseconds")
    row = {"unique_id": unique_id, "direction": call.direction, "source": call.source, "created": created, "legs": legs}
    return row | ({"did": call.did} if call.did else {})


def all_recordings() -> list[tuple[str, str]]:
    """Every tag, every unique id, and every hour in which a leg ended."""
    tags = dict.fromkeys(leg.tag for call in CALLS for leg in call.legs if leg.tag)
    hours = dict.fromkeys(f"{end:%Y/%m/%d} {end.hour}" for end in _ends())
    return [*_rows("tag", list(tags)), *_rows("unique_id", unique_ids()), *_rows("hour", list(hours))]


def short_list() -> list[tuple[str, str]]:
    """Five recordings and two hours, as an operator would pick them."""
    ids = unique_ids()
    return [
        *_rows("tag", ["INV-1042", "50% + 5/2?", BUSY_TAG]),
        *_rows("unique_id", [ids[1], ids[29]]),
        *_rows("hour", ["2025/03/11 10", "2025/07/15 9"]),
    ]


def _rows(kind: str, values: Sequence[str]) -> list[tuple[str, str]]:
    return [(kind, value) for value in values]


def _ends() -> Iterator[datetime]:
    """When each leg ended, in local time."""
    for call in CALLS:
        start = call.started
        for leg in call.legs:
            end = start + timedelta(seconds=leg.seconds)
            yield end.astimezone(ZONE)
            start = end + FOLLOWING


def write_recordings(file: Path, rows: Sequence[tuple[str, str]]) -> Path:
    """Write a recordings file, and return its path."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        opened.write("kind,value\n")
        csv.writer(opened, quoting=csv.QUOTE_ALL).writerows(rows)
    return file
