"""The metadata of the second PBX: the legs of a tag, a unique id or an hour, and their JSON fields."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from support.conformant_servers.sandbox import SECOND, Sandbox
from support.conformant_servers.wire import Given, Refusal


def _visible(sandbox: Sandbox, seen: str) -> str:
    """The SQL condition for a leg to be listed."""
    where = f"{seen} <= {sandbox.now()}"
    if sandbox.profile["zero_length_legs"] == "dropped":
        where += f" AND ended - started >= {SECOND}"
    kept = sandbox.kept_since()
    if kept is not None and sandbox.profile["expired_leg"] == "record-removed":
        where += f" AND ended > {kept}"
    return where


def found(sandbox: Sandbox, name: str, wanted: str) -> list[sqlite3.Row]:
    """The legs of a tag (`name` is "tag") or a unique id."""
    profile = sandbox.profile
    visible = _visible(sandbox, "started" if profile["legs_in_progress"] == "listed" else "ended")
    if name == "uniqueId":
        rows = sandbox.rows(f"call = ? AND {visible} ORDER BY number", wanted)
    else:
        alike = str.casefold if profile["tag_match"] == "ignore-case" else str
        rows = [row for row in sandbox.rows(f"tag <> '' AND {visible}") if alike(row["tag"]) == alike(wanted)]
        if profile["tag_selects"] == "calls":
            calls = {row["call"] for row in rows}
            rows = [row for row in sandbox.rows(visible) if row["call"] in calls]
        rows = sorted(rows, key=lambda row: (row["born"], row["call"], row["number"]))
    return rows[::-1] if profile["metadata_order"] == "newest-first" else rows


def by_hour(sandbox: Sandbox, given: Given) -> list[sqlite3.Row]:
    """The legs that ended in a local hour; once a minute."""
    profile = sandbox.profile
    bad = Refusal(int(profile["njadmin_bad_request_status"]), "date? hour?")
    date, hour = given.get("date"), given.get("hour")
    if date is None or hour is None:
        raise bad
    try:
        right = len(date) == 10 and hour.isascii() and hour.isdigit() and len(hour) <= 2 and date.isascii()
        local = datetime.strptime(f"{date} {int(hour):02d}", "%Y/%m/%d %H") if right else None  # noqa: DTZ007 - naive on purpose: a local hour
    except ValueError:
        local = None
    if local is None and profile["bad_hour"] == "refused":
        raise bad
    now = sandbox.now()
    if sandbox.last_hour is not None and abs(now - sandbox.last_hour) < 60 * SECOND:
        raise Refusal(int(profile["by_hour_limit_status"]), "Once a minute")
    sandbox.last_hour = now
    if local is None:
        return []
    if profile["future_hour"] == "refused" and local.replace(tzinfo=sandbox.zone).timestamp() * SECOND > now:
        raise bad
    rough = int(local.replace(tzinfo=UTC).timestamp())
    rows = sandbox.rows(
        f"ended >= ? AND ended < ? AND {_visible(sandbox, 'ended')} ORDER BY ended / {SECOND}, record",
        (rough - 16 * 3600) * SECOND, (rough + 16 * 3600) * SECOND,
    )  # fmt: skip
    walls = [(row, datetime.fromtimestamp(row["ended"] // SECOND, sandbox.zone)) for row in rows]
    return [
        row
        for row, wall in walls
        if wall.replace(minute=0, second=0, tzinfo=None, fold=0) == local
        and not (wall.fold and profile["repeated_hour"] == "first")
    ]


def written(sandbox: Sandbox, row: sqlite3.Row, *, hourly: bool) -> dict[str, str]:
    """The fields of a leg in an answer."""
    ended = min(row["ended"], max(sandbox.now(), row["started"]))
    fields = {
        "CallRecordId": str(row["record"]), "UniqueId": row["call"], "Leg": str(row["number"]), "Tag": row["tag"],
        "Source": row["source"], "Destination": row["destination"], "DID": row["did"], "Username": row["owner"],
        "Duration": str((ended - row["started"]) // SECOND),
    }  # fmt: skip
    eastern = sandbox.profile["eastern_abbreviation"]
    if hourly:
        words = {"internal": sandbox.profile["internal_word"]}
        fields["Direction"] = words.get(row["direction"], row["direction"].capitalize())
        fields["Start"] = _java_date(row["started"], sandbox.zone, eastern)
        fields["callend"] = _java_date(row["ended"], sandbox.zone, eastern)
    else:
        fields["Direction"] = str(["inbound", "outbound", "internal"].index(row["direction"]))
        start = datetime.fromtimestamp(row["started"] // SECOND, sandbox.zone)
        millis = row["started"] // 1000 % 1000 if sandbox.profile["start_fraction"] == "milliseconds" else 0
        fields["Start"] = f"{start:%Y-%m-%d %H:%M:%S}.{millis:03d}".rstrip("0") if millis else f"{start:%F %T}.0"
    return fields


def _java_date(instant: int, zone: ZoneInfo, eastern: str) -> str:
    wall = datetime.fromtimestamp(instant // SECOND, zone)
    name = wall.tzname() or "UTC"
    if eastern == "EST" and name in ("AEST", "AEDT"):
        name = "EST"
    return f"{wall:%a %b %d %H:%M:%S} {name} {wall.year}"
