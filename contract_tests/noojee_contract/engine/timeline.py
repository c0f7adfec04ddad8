"""The legs of calls as bars on a time line, for the reports. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from noojee_contract.engine.subject import Subject


def time_lines(subject: Subject) -> list[dict[str, Any]]:
    """One row a call: the calls of the archive if the subject was filled, else the calls of its answers."""
    rows: dict[str, dict[str, Any]] = {}
    if subject.archive is not None:
        for call in subject.archive.calls:
            legs = [
                _bar(leg.number, leg.start, leg.end, leg.destination, leg.username, leg.tag, leg.duration_seconds)
                for leg in call.legs
            ]
            rows[call.unique_id] = {"unique_id": call.unique_id, "direction": call.direction, "legs": legs}
        return list(rows.values())
    shown: set[tuple[str, int]] = set()
    for answer in subject.answers():
        for leg in answer.legs:
            row = rows.setdefault(leg.unique_id, {"unique_id": leg.unique_id, "direction": leg.direction, "legs": []})
            seconds = leg.duration_seconds
            if (leg.unique_id, leg.number) not in shown and leg.start and seconds is not None:
                shown.add((leg.unique_id, leg.number))
                bar = _bar(leg.number, leg.start[0], None, leg.destination, leg.username, leg.tag, seconds)
                row["legs"].append(bar)
    return list(rows.values())


def _bar(
    number: int, start: datetime, end: datetime | None, destination: str, username: str, tag: str, seconds: int
) -> dict[str, Any]:
    return {
        "leg": number,
        "start": start.isoformat(),
        "end": None if end is None else end.isoformat(),
        "destination": destination,
        "username": username,
        "tag": tag,
        "duration_seconds": seconds,
    }
