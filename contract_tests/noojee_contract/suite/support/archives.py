"""Archive files for clauses that need an exact time, length or number."""

from __future__ import annotations

from typing import Any

from noojee_contract.model.archive import ARCHIVE_FORMAT, NOW

MELBOURNE = "Australia/Melbourne"


def leg(start: str, end: str, **fields: Any) -> dict[str, Any]:
    """A leg of an archive file; times in RFC 3339."""
    return {"start": start, "end": end, "destination": "410", **fields}


def call(unique_id: str, *legs: dict[str, Any], direction: str = "inbound", **fields: Any) -> dict[str, Any]:
    """A call of an archive file."""
    plain = {"unique_id": unique_id, "direction": direction, "source": "0491570156", **fields}
    if direction == "inbound":
        plain.setdefault("did", "0390000002")
    return {**plain, "legs": list(legs)}


def archive(*calls: dict[str, Any], zone: str = MELBOURNE, now: str = NOW) -> dict[str, Any]:
    """An archive file. The PBX's clock shows `now`."""
    return {"format": ARCHIVE_FORMAT, "time_zone": zone, "now": now, "calls": list(calls)}
