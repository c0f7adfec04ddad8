"""A second PBX, over an SQLite table of legs, written from the reference alone: two generations and what fills them.

Everything that the reference leaves open is a choice of its own, so that a server can differ from the fake in all of it.
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
import sqlite3
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote_to_bytes
from zoneinfo import ZoneInfo

Answer = tuple[int, list[tuple[str, str]], bytes]
NJADMIN = "/njadmin/rest/RecordingAPI/"
PLAIN: Mapping[str, str] = {
    "audio_methods": "post", "audio_without_leg": "first-leg", "audio_unknown_leg": "404",
    "unknown_recording": "empty-list", "expired_hash_status": "200", "recording_api_refused_status": "200",
    "njadmin_refused_status": "401", "hash_reuse": "within-window", "clock_ahead_seconds": "2", "time_body": "digits",
    "njadmin_failure_envelope": "capitalised", "by_hour_limit_status": "429", "content_type_check": "any",
    "parameters_in": "query-and-body", "recording_api_bad_request_status": "200", "njadmin_bad_request_status": "400",
    "tag_selects": "calls", "tag_match": "exact", "empty_tag": "refused", "legs_in_progress": "hidden",
    "metadata_order": "oldest-first", "default_account": "Administrator", "outbound_did": "empty",
    "eastern_abbreviation": "AEST", "start_fraction": "zero", "repeated_hour": "both", "future_hour": "empty-list",
    "user_key_status": "403", "json_content_type": "application/json;charset=UTF-8", "bare_rest": "served",
    "time_stamp_seconds": "refused", "zero_length_legs": "kept", "internal_word": "Internal", "bad_hour": "refused",
    "unknown_path": "html",
}  # fmt: skip
"""The same choices as the fake's; a server that differs names its own."""

_TABLE = """
CREATE TABLE leg (
  record INTEGER PRIMARY KEY, call TEXT, number INTEGER, started INTEGER, ended INTEGER, tag TEXT, owner TEXT,
  destination TEXT, direction TEXT, source TEXT, did TEXT, born INTEGER, sound BLOB, gone INTEGER DEFAULT 0,
  UNIQUE (call, number)
);
CREATE INDEX by_tag ON leg (tag);
CREATE INDEX by_call ON leg (call);
CREATE INDEX by_end ON leg (ended);
"""


@dataclass(slots=True)
class World:
    """One PBX: its table, its keys, its clock."""

    name: str
    key: str
    user_key: str
    zone: ZoneInfo
    choices: dict[str, str]
    account: str
    frozen: int | None
    offset: int = 0
    last_hour: int | None = None
    spent: set[str] = field(default_factory=set)
    table: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(":memory:", check_same_thread=False))

    def now(self) -> int:
        """Microseconds since 1970."""
        return self.frozen if self.frozen is not None else time.time_ns() // 1000 + self.offset

    def step(self, micros: int) -> None:
        if self.frozen is None:
            self.offset += micros
        else:
            self.frozen += micros

    def rows(self, where: str, *values: Any) -> list[sqlite3.Row]:
        self.table.row_factory = sqlite3.Row
        return self.table.execute(f"SELECT * FROM leg WHERE {where}", values).fetchall()


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, taken apart."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class OtherPbx:
    """Worlds under /w/<name>, filled under /__noojee. `indent` and `sort_keys` are how its JSON looks."""

    def __init__(
        self, choices: Mapping[str, str] | None = None, *, indent: int | None = None, sort_keys: bool = False
    ) -> None:
        self._choices = {**PLAIN, **(choices or {})}
        self._indent, self._sort_keys = indent, sort_keys
        self._worlds: dict[str, World] = {}
        self._lock = threading.RLock()

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to a request; `target` is the raw path and query, header names are in lower case."""
        path, _, query = target.partition("?")
        asked = Asked(method, path, query, headers, body)
        with self._lock:
            if path.startswith("/__noojee"):
                return self._control(asked)
            _, w, name, *rest = (*path.split("/", 3), "", "")
            world = self._worlds.get(name) if w == "w" else None
            if world is None:
                return self._lost(self._choices)
            return self._ask(world, Asked(method, "/" + "/".join(rest[:1]), query, headers, body))

    # The control API, as far as the contract suite fills with it

    def _control(self, asked: Asked) -> Answer:
        parts = asked.path.removeprefix("/__noojee").strip("/").split("/")
        if parts == [""]:
            return self._json(200, {"server": "other-pbx", "worlds": True, "dialects": ["recording-api", "njadmin"]})
        if parts == ["worlds"] and asked.method == "POST":
            return self._json(201, self._made(json.loads(asked.body)))
        world = self._worlds.get(parts[1]) if len(parts) > 1 else None
        if world is None:
            return self._json(404, {"error": "no such world"})
        if len(parts) == 2 and asked.method == "DELETE":
            self._worlds.pop(parts[1]).table.close()
            return 204, [], b""
        if parts[2:] == ["clock"]:
            world.step(round(json.loads(asked.body)["step_seconds"] * 1e6))
            return self._json(200, {"now": _rfc(world.now()), "frozen": world.frozen is not None})
        if parts[2:] == ["calls"] and asked.method == "POST":
            added = json.loads(asked.body)["calls"]
            self._put_calls(world, added)
            return self._json(201, {"calls": len(added)})
        if parts[2:] == ["sound"] and asked.method == "PUT":
            wanted = dict(parse_qsl(asked.query))
            world.table.execute(
                "UPDATE leg SET sound = ? WHERE call = ? AND number = ?",
                (asked.body, wanted["unique_id"], int(wanted["leg"])),
            )
            return 204, [], b""
        return self._json(404, {"error": "this PBX has no such control"})

    def _made(self, wish: dict[str, Any]) -> dict[str, Any]:
        seed = wish.get("seed") or {"calls": []}
        now = seed.get("now")
        choices = {**self._choices, **seed.get("profile", {}), **wish.get("profile", {})}
        world = World(
            name=secrets.token_hex(4),
            key=secrets.token_hex(16),
            user_key=secrets.token_hex(16),
            zone=ZoneInfo(seed.get("time_zone") or "Australia/Melbourne"),
            choices=choices,
            account=seed.get("default_account") or choices["default_account"],
            frozen=None if now is None else _micros(now),
        )
        world.table.executescript(_TABLE)
        self._put_calls(world, seed["calls"])
        self._worlds[world.name] = world
        template = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
        return {
            "world": world.name, "path": f"w/{world.name}", "api_key": world.key, "user_key": world.user_key,
            "profile": choices, "dialects": ["recording-api", "njadmin"], "time_zone": world.zone.key,
            "audio": {"recording-api": template, "njadmin": template},
            "clock": {"now": _rfc(world.now()), "frozen": world.frozen is not None},
        }  # fmt: skip

    def _put_calls(self, world: World, calls: list[dict[str, Any]]) -> None:
        for call in calls:
            number = 0
            for leg in call["legs"]:
                number = leg.get("leg", number + 1)
                self._put(world, call, leg, number)

    def _put(self, world: World, call: dict[str, Any], leg: dict[str, Any], number: int) -> None:
        outside = {
            "internal": "internal",
            "outbound": "internal" if world.choices["outbound_did"] == "internal" else "",
        }
        world.table.execute(
            "INSERT INTO leg VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",
            (
                leg.get("call_record_id"), call["unique_id"], number, _micros(leg["start"]), _micros(leg["end"]),
                leg.get("tag", ""), leg.get("username") or world.account, leg["destination"], call["direction"],
                call["source"], call["did"] if call.get("did") is not None else outside.get(call["direction"], ""),
                _micros(min(each["start"] for each in call["legs"])), bool((leg.get("sound") or {}).get("absent")),
            ),
        )  # fmt: skip

    # The API

    def _ask(self, world: World, asked: Asked) -> Answer:
        choices = world.choices
        legacy, name = _place(unquote_to_bytes(asked.path).decode("latin-1"), bare=choices["bare_rest"] == "served")
        sound = name in ("retrieve", "retrieveByUniqueId") and choices["audio_methods"] == "post-and-get"
        if name is None:
            return self._lost(choices)
        if asked.method != "POST" and not (sound and asked.method in ("GET", "HEAD")):
            return (
                405,
                [("Allow", "POST, GET, HEAD" if sound else "POST"), ("Content-Type", "text/html")],
                b"<h1>405</h1>",
            )
        kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
        form = kind == "application/x-www-form-urlencoded"
        if choices["content_type_check"] == "form-only" and asked.method == "POST" and not form:
            return 415, [("Content-Type", "text/html")], b"<h1>415</h1>"
        if name == "Time":
            end = b"\n" if choices["time_body"] == "digits-newline" else b""
            return 200, [("Content-Type", "text/plain;charset=UTF-8")], str(world.now() // 1000).encode() + end
        given = _pairs(asked.query)
        if form and asked.method == "POST" and choices["parameters_in"] == "query-and-body":
            given = {**_pairs(asked.body.decode("latin-1")), **given}
        try:
            self._admit(world, given, legacy=legacy)
            if name == "retrieveMetaDataByHour":
                return self._listed(world, self._by_hour(world, given), hourly=True)
            field_name = "uniqueId" if name.endswith("UniqueId") else "tag"
            rows = self._found(world, field_name, self._wanted(world, given, field_name, legacy=legacy))
            if name.startswith("retrieveMetaData"):
                if not rows and given[field_name] and choices["unknown_recording"] != "empty-list":
                    self._refuse(int(choices["unknown_recording"].removeprefix("failure-")), "Nothing matches")
                return self._listed(world, rows, hourly=False)
            return self._sound(world, rows, given, asked, legacy=legacy)
        except Refusal as refusal:
            lower = not legacy and choices["njadmin_failure_envelope"] == "lower-case"
            fields: dict[str, Any] = {"Code": -1, "Message": refusal.message}
            return self._json(
                refusal.status, {key.lower(): value for key, value in fields.items()} if lower else fields, choices
            )

    def _refuse(self, status: int, message: str) -> NoReturn:
        raise Refusal(status, message)

    def _admit(self, world: World, given: Mapping[str, str | None], *, legacy: bool) -> None:
        choices = world.choices
        if not legacy:
            key = given.get("apiKey")
            if key == world.user_key:
                raise Refusal(int(choices["user_key_status"]), "Campaigns only")
            if key != world.key:
                raise Refusal(int(choices["njadmin_refused_status"]), "Access denied")
            return
        refused = int(choices["recording_api_refused_status"])
        stamp, proof = given.get("timeStamp") or "", given.get("hash") or ""
        if not stamp or not proof or not (stamp.isascii() and stamp.isdigit()):
            raise Refusal(refused, "Access denied")
        issued = int(stamp) * (1000 if len(stamp) == 10 and choices["time_stamp_seconds"] == "accepted" else 1)
        age = world.now() // 1000 - issued
        if age > 10_000 or age < -1000 * int(choices["clock_ahead_seconds"]):
            raise Refusal(int(choices["expired_hash_status"]), "Expired TimeStamp")
        right = hashlib.sha256(f"{world.key}:{stamp}".encode()).hexdigest()
        if proof != right or (choices["hash_reuse"] == "once" and proof in world.spent):
            raise Refusal(refused, "Access denied")
        world.spent.add(proof)

    def _wanted(self, world: World, given: Mapping[str, str | None], name: str, *, legacy: bool) -> str:
        value = given.get(name)
        if value is None or (not value and world.choices["empty_tag"] == "refused"):
            status = "recording_api_bad_request_status" if legacy else "njadmin_bad_request_status"
            raise Refusal(int(world.choices[status]), f"{name}?")
        return value

    def _found(self, world: World, name: str, wanted: str) -> list[sqlite3.Row]:
        choices = world.choices
        seen = "started" if choices["legs_in_progress"] == "listed" else "ended"
        visible = f"{seen} <= {world.now()}"
        if choices["zero_length_legs"] == "dropped":
            visible += " AND ended - started >= 1000000"
        if name == "uniqueId":
            rows = world.rows(f"call = ? AND {visible} ORDER BY number", wanted)
        else:
            alike = world.rows(f"tag <> '' AND {visible}")
            same = wanted.casefold() if choices["tag_match"] == "ignore-case" else wanted
            hits = [
                r
                for r in alike
                if wanted
                and (r["tag"].casefold() if same != wanted or choices["tag_match"] == "ignore-case" else r["tag"])
                == same
            ]
            if choices["tag_selects"] == "legs":
                rows = hits
            else:
                calls = {row["call"] for row in hits}
                rows = [row for row in world.rows(visible) if row["call"] in calls]
            rows = sorted(rows, key=lambda row: (row["born"], row["call"], row["number"]))
        return rows[::-1] if choices["metadata_order"] == "newest-first" else rows

    def _by_hour(self, world: World, given: Mapping[str, str | None]) -> list[sqlite3.Row]:
        choices = world.choices
        bad = Refusal(int(choices["njadmin_bad_request_status"]), "date? hour?")
        date, hour = given.get("date"), given.get("hour")
        if date is None or hour is None:
            raise bad
        try:
            right = len(date) == 10 and hour.isascii() and hour.isdigit() and len(hour) <= 2 and date.isascii()
            local = datetime.strptime(f"{date} {int(hour):02d}", "%Y/%m/%d %H") if right else None  # noqa: DTZ007 - naive on purpose: a local hour
        except ValueError:
            local = None
        if local is None and choices["bad_hour"] == "refused":
            raise bad
        now = world.now()
        if world.last_hour is not None and abs(now - world.last_hour) < 60_000_000:
            raise Refusal(int(choices["by_hour_limit_status"]), "Once a minute")
        world.last_hour = now
        if local is None:
            return []
        begins = local.replace(tzinfo=world.zone)
        if choices["future_hour"] == "refused" and begins.timestamp() * 1e6 > now:
            raise bad
        rough = int(local.replace(tzinfo=UTC).timestamp())
        rows = world.rows(
            "ended >= ? AND ended < ? AND ended <= ? ORDER BY ended / 1000000, record",
            (rough - 16 * 3600) * 1_000_000, (rough + 16 * 3600) * 1_000_000, now,
        )  # fmt: skip
        kept = []
        for row in rows:
            wall = datetime.fromtimestamp(row["ended"] // 1_000_000, world.zone)
            if (wall.year, wall.month, wall.day, wall.hour) != (local.year, local.month, local.day, local.hour):
                continue
            if wall.fold and choices["repeated_hour"] == "first":
                continue
            if choices["zero_length_legs"] == "dropped" and row["ended"] - row["started"] < 1_000_000:
                continue
            kept.append(row)
        return kept

    def _listed(self, world: World, rows: list[sqlite3.Row], *, hourly: bool) -> Answer:
        return self._json(200, [self._written(world, row, hourly=hourly) for row in rows], world.choices)

    def _written(self, world: World, row: sqlite3.Row, *, hourly: bool) -> dict[str, str]:
        ended = min(row["ended"], max(world.now(), row["started"]))
        fields = {
            "CallRecordId": str(row["record"]), "UniqueId": row["call"], "Leg": str(row["number"]), "Tag": row["tag"],
            "Source": row["source"], "Destination": row["destination"], "DID": row["did"], "Username": row["owner"],
            "Duration": str((ended - row["started"]) // 1_000_000),
        }  # fmt: skip
        eastern = world.choices["eastern_abbreviation"]
        if hourly:
            words = {"internal": world.choices["internal_word"]}
            fields["Direction"] = words.get(row["direction"], row["direction"].capitalize())
            fields["Start"] = _java_date(row["started"], world.zone, eastern)
            fields["callend"] = _java_date(row["ended"], world.zone, eastern)
        else:
            fields["Direction"] = str(["inbound", "outbound", "internal"].index(row["direction"]))
            start = datetime.fromtimestamp(row["started"] // 1_000_000, world.zone)
            millis = row["started"] // 1000 % 1000 if world.choices["start_fraction"] == "milliseconds" else 0
            fields["Start"] = f"{start:%Y-%m-%d %H:%M:%S}.{millis:03d}".rstrip("0") if millis else f"{start:%F %T}.0"
        return fields

    def _sound(
        self, world: World, rows: list[sqlite3.Row], given: Mapping[str, str | None], asked: Asked, *, legacy: bool
    ) -> Answer:
        leg = given.get("leg")
        bad = int(world.choices["recording_api_bad_request_status" if legacy else "njadmin_bad_request_status"])
        if "leg" not in given and world.choices["audio_without_leg"] == "refused":
            raise Refusal(bad, "leg?")
        if "leg" in given and not (leg and leg.isascii() and leg.isdigit() and len(leg) < 10):
            raise Refusal(bad, "leg?")
        newest = max(rows, key=lambda row: (row["born"], row["call"]), default=None)
        mine = [
            row for row in rows if newest is not None and row["call"] == newest["call"] and row["ended"] <= world.now()
        ]
        mine.sort(key=lambda row: row["number"])
        row = next((row for row in mine if leg is None or row["number"] == int(leg)), None)
        if row is None or row["gone"]:
            raise Refusal(int(world.choices["audio_unknown_leg"]), "No sound")
        sound = row["sound"] or tone((row["ended"] - row["started"]) // 1_000_000, row["record"])
        headers = [
            ("Content-Type", "audio/wav"),
            ("Content-Disposition", f'attachment; filename="{row["record"]}.wav"'),
        ]
        if asked.method == "HEAD":
            return 200, [*headers, ("Content-Length", str(len(sound)))], b""
        return 200, headers, sound

    def _lost(self, choices: Mapping[str, str]) -> Answer:
        if choices["unknown_path"] == "json":
            return self._json(404, {"Code": -1, "Message": "Not found"}, choices)
        page = b"" if choices["unknown_path"] == "empty" else b"<html><head><title>Nothing</title></head></html>"
        return 404, [("Content-Type", "text/html;charset=UTF-8")] if page else [], page

    def _json(self, status: int, value: Any, choices: Mapping[str, str] | None = None) -> Answer:
        kind = (choices or {}).get("json_content_type", "application/json")
        text = json.dumps(value, indent=self._indent, sort_keys=self._sort_keys, ensure_ascii=False)
        return status, [] if kind == "none" else [("Content-Type", kind)], text.encode()


def _place(path: str, *, bare: bool) -> tuple[bool, str | None]:
    """Whether the legacy generation is asked, and which method; None: no path of the API."""
    shared = ("retrieveMetaData", "retrieveMetaDataByUniqueId", "retrieve", "retrieveByUniqueId")
    if path.startswith(NJADMIN):
        name = path.removeprefix(NJADMIN)
        return False, name if name in (*shared, "retrieveMetaDataByHour") else None
    for prefix in ("/servicemanager/rest/", "/rest/") if bare else ("/servicemanager/rest/",):
        if path == f"{prefix}Time":
            return True, "Time"
        if path.startswith(f"{prefix}RecordingAPI/"):
            name = path.removeprefix(f"{prefix}RecordingAPI/")
            return True, name if name in shared else None
    return True, None


def _pairs(query: str) -> dict[str, str | None]:
    """Parameters, the first value of each; None where it is no percent-encoded UTF-8."""
    found: dict[str, str | None] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if pair:
            found.setdefault(_text(name) or "", _text(value))
    return found


def _text(raw: str) -> str | None:
    pieces = raw.replace("+", " ").split("%")
    if any(len(piece) < 2 or not all(c in "0123456789abcdefABCDEF" for c in piece[:2]) for piece in pieces[1:]):
        return None
    try:
        return unquote_to_bytes("%".join(pieces).encode("latin-1")).decode()
    except UnicodeDecodeError:
        return None


def _micros(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _rfc(micros: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).isoformat()


def _java_date(micros: int, zone: ZoneInfo, eastern: str) -> str:
    wall = datetime.fromtimestamp(micros // 1_000_000, zone)
    name = wall.tzname() or "UTC"
    if eastern == "EST" and name in ("AEST", "AEDT"):
        name = "EST"
    return f"{wall:%a %b %d %H:%M:%S} {name} {wall.year}"


def tone(seconds: int, record: int) -> bytes:
    """A WAV file of so many seconds, 8 kHz, mono, 16 bit; its pitch differs from leg to leg."""
    hertz = 310 + record * 613 % 2900
    second = b"".join(struct.pack("<h", int(8000 * math.sin(2 * math.pi * hertz * at / 8000))) for at in range(8000))
    size = len(second) * seconds
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", size
    )
    return head + second * seconds
