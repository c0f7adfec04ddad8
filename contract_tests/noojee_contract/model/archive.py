"""The archive of a PBX as the suite expects it: the calls that were created, read from archive files. Pure.

It is independent of any server: it selects legs by tag and by hour as the vendor's pages say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ARCHIVE_FORMAT = "noojee-archive/1"
NOW = "2026-11-24T00:00:00+00:00"  # the clock of a sandbox with bundled calls: after all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class PutLeg:
    """A leg of a created call. `call_record_id` is None if the PBX assigns it; `owned`: the archive names its user."""

    unique_id: str
    number: int
    start: datetime
    end: datetime
    tag: str
    username: str
    destination: str
    call_record_id: str | None
    owned: bool = True
    sound: Path | None = None
    sound_absent: bool = False

    @property
    def duration_seconds(self) -> int:
        """End minus start, rounded down. Source: by-hour samples (DERIVED)."""
        return (self.end - self.start) // timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PutCall:
    """One created call, with its legs in order of their numbers."""

    unique_id: str
    direction: str
    source: str
    did: str
    legs: tuple[PutLeg, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """All calls of one PBX, with the zone of its dates and the archive file that the calls came from."""

    calls: tuple[PutCall, ...]
    zone: ZoneInfo
    document: Mapping[str, Any]

    @property
    def legs(self) -> tuple[PutLeg, ...]:
        """All legs, call by call."""
        return tuple(leg for call in self.calls for leg in call.legs)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the legs, each once, in order of first use, without the empty tag."""
        return tuple(dict.fromkeys(leg.tag for leg in self.legs if leg.tag))

    @property
    def hours(self) -> tuple[tuple[date, int], ...]:
        """The local hours in which legs ended, each once."""
        return tuple(dict.fromkeys(hour_of(leg.end, self.zone) for leg in self.legs))

    def call(self, unique_id: str) -> PutCall | None:
        """The call with a unique id, None if there is none."""
        return next((call for call in self.calls if call.unique_id == unique_id), None)

    def listed(self, profile: Mapping[str, str]) -> Archive:
        """The part that a PBX lists: an option leaves out legs shorter than a second (zero_length_legs)."""
        if profile.get("zero_length_legs") != "dropped":
            return self
        calls = (replace(call, legs=tuple(leg for leg in call.legs if leg.duration_seconds)) for call in self.calls)
        return replace(self, calls=tuple(call for call in calls if call.legs))

    def by_tag(self, tag: str, *, selects: str = "calls", match: str = "exact") -> tuple[PutLeg, ...]:
        """The legs that a tag selects. `selects` and `match` are values of the options tag_selects and tag_match."""

        def carries(leg: PutLeg) -> bool:
            return leg.tag == tag or (match == "ignore-case" and leg.tag.casefold() == tag.casefold())

        if selects == "legs":
            return tuple(leg for leg in self.legs if carries(leg))
        return tuple(leg for call in self.calls if any(map(carries, call.legs)) for leg in call.legs)

    def by_hour(self, day: date, hour: int, *, repeated: str = "both") -> tuple[PutLeg, ...]:
        """The legs that ended in a local hour. Source: 9.4 Retrieve recording list (DOC)."""
        found = [leg for leg in self.legs if hour_of(leg.end, self.zone) == (day, hour)]
        if repeated == "first":
            found = [leg for leg in found if leg.end.astimezone(self.zone).fold == 0]
        return tuple(found)


def hour_of(instant: datetime, zone: ZoneInfo) -> tuple[date, int]:
    """The local date and hour of an instant."""
    local = instant.astimezone(zone)
    return local.date(), local.hour


def read_archive(
    document: Mapping[str, Any], *, profile: Mapping[str, str], zone: ZoneInfo | None = None, folder: Path | None = None
) -> Archive:
    """The archive of an archive file. `profile` holds the options for values that the file does not set.

    The document must be valid against `schemas/own/archive.schema.json`. `folder` holds the audio files.
    """
    owner = document.get("default_account") or profile.get("default_account", "Administrator")
    calls = tuple(_call(call, owner, profile, folder) for call in document["calls"])
    return Archive(
        calls=calls, zone=zone or ZoneInfo(document.get("time_zone", "Australia/Melbourne")), document=document
    )


def merge_documents(documents: Iterable[Mapping[str, Any]], *, time_zone: str, now: str) -> dict[str, Any]:
    """Several archive files as one, in one time zone, without audio files: those are uploaded one by one."""
    calls: list[Mapping[str, Any]] = [call for document in documents for call in document["calls"]]
    return {
        "format": ARCHIVE_FORMAT,
        "time_zone": time_zone,
        "now": now,
        "calls": [without_files(call) for call in calls],
    }


def without_files(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call of an archive file without its audio files, as a control API takes it."""
    legs: Sequence[Mapping[str, Any]] = call["legs"]
    bare = [{key: value for key, value in leg.items() if key != "sound" or "file" not in leg["sound"]} for leg in legs]
    return {**call, "legs": bare}


def instant(text: str) -> datetime:
    """An RFC 3339 time as an aware datetime in UTC."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def _call(call: Mapping[str, Any], owner: str, profile: Mapping[str, str], folder: Path | None) -> PutCall:
    direction = call["direction"]
    outbound = "internal" if profile.get("outbound_did") == "internal" else ""
    assumed = {"internal": "internal", "outbound": outbound}.get(direction, "")
    legs: list[PutLeg] = []
    for leg in call["legs"]:
        sound = leg.get("sound", {})
        legs.append(
            PutLeg(
                unique_id=call["unique_id"],
                number=leg.get("leg", legs[-1].number + 1 if legs else 1),
                start=instant(leg["start"]),
                end=instant(leg["end"]),
                tag=leg.get("tag", ""),
                username=leg.get("username", owner),
                owned="username" in leg,
                destination=leg["destination"],
                call_record_id=None if leg.get("call_record_id") is None else str(leg["call_record_id"]),
                sound=folder / sound["file"] if folder is not None and "file" in sound else None,
                sound_absent=sound.get("absent", False),
            )
        )
    return PutCall(
        unique_id=call["unique_id"],
        direction=direction,
        source=call["source"],
        did=call.get("did", assumed),
        legs=tuple(legs),
    )
