"""One PBX of the second kind: its table of legs, its keys, its clock, its settings.

Instants are microseconds since 1970. A leg that is being recorded ends at the end of time.
"""

from __future__ import annotations

import ipaddress
import sqlite3
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

SECOND = 1_000_000
DAY = 86_400 * SECOND
FOREVER = 2**62
OPTIONS_FILE = Path(__file__).parents[3] / "schemas" / "own" / "options.toml"
OF_THE_WEB_SERVER = ("plain_http",)
"""Options that a web server in front of the PBX implements."""


def _implemented(table: Mapping[str, Any]) -> frozenset[str]:
    """The options with one value, of the web server, or named in a module of this package."""
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py"))
    return frozenset(
        key
        for key, row in table.items()
        if not row["alternatives"] or key in OF_THE_WEB_SERVER or f'"{key}"' in sources
    )


OPTIONS: Mapping[str, Any] = tomllib.loads(OPTIONS_FILE.read_text(encoding="utf-8"))
DEFAULTS: Mapping[str, str] = {key: row["default"] for key, row in OPTIONS.items() if key in _implemented(OPTIONS)}
"""The default of every option that this PBX or its web server implements. It declares no value of another option."""
HASH, KEY = "hash", "key"
VERSIONS: Mapping[str, tuple[str, ...]] = {
    "2.7.14": ("services",),
    "3": ("services", "recording-api"),
    "4.8": ("call-management", HASH),
    "4.9.0.10": ("call-management", HASH, KEY),
    "6.0.1": ("call-management", HASH, KEY),
    "current": ("call-management", "njadmin", HASH, KEY),
}
"""What a version of the product serves, and the authentication schemes of call-management."""
RETIRED = ("services", "recording-api")
DIALECTS = (*RETIRED, "call-management", "njadmin")

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


def _table() -> sqlite3.Connection:
    table = sqlite3.connect(":memory:", check_same_thread=False)
    table.row_factory = sqlite3.Row
    table.executescript(_TABLE)
    return table


@dataclass(slots=True)
class Sandbox:
    """A PBX. `frozen` is the time of a stopped clock; None: the clock runs, `offset` ahead of the machine's."""

    name: str
    key: str
    user_key: str
    zone: ZoneInfo
    profile: Mapping[str, str]
    account: str
    frozen: int | None
    offset: int = 0
    last_hour: int | None = None
    spent: set[str] = field(default_factory=set)
    used: dict[str, tuple[int, int]] = field(default_factory=dict)
    in_progress: list[tuple[str, int]] = field(default_factory=list)
    version: str | None = None
    directory: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    allowed: list[str] | None = None
    retention: dict[str, Any] = field(default_factory=dict)
    table: sqlite3.Connection = field(default_factory=_table)

    def now(self) -> int:
        return self.frozen if self.frozen is not None else time.time_ns() // 1000 + self.offset

    def step(self, micros: int) -> None:
        if self.frozen is None:
            self.offset += micros
        else:
            self.frozen += micros

    def rows(self, where: str, *values: Any) -> list[sqlite3.Row]:
        return self.table.execute(f"SELECT * FROM leg WHERE {where}", values).fetchall()

    def serves(self, what: str) -> bool:
        """Whether its version has a dialect, or an authentication scheme of call-management."""
        if self.version is None:
            return True
        return what in VERSIONS[self.version] or (what in RETIRED and self.profile["legacy_after_4"] == "kept")

    def lets_in(self, address: str) -> bool:
        """Whether it serves a client's address."""
        return self.allowed is None or any(
            ipaddress.ip_address(address) in ipaddress.ip_network(each) for each in self.allowed
        )

    def kept_since(self) -> int | None:
        """Sound of legs that ended before is deleted in each storage location; None: it is never deleted."""
        days = self.retention.get("mid_term_days"), self.retention.get("long_term_days")
        return None if None in days else self.now() - max(days) * DAY

    def is_aged(self, ended: int) -> bool:
        """Whether a nightly run has been since."""
        local = datetime.fromtimestamp(ended // SECOND, self.zone)
        run = local.replace(hour=self.retention.get("nightly_hour", 3), minute=0, second=0)
        return self.now() >= (run + timedelta(days=run <= local)).timestamp() * SECOND

    def put_calls(self, calls: list[dict[str, Any]]) -> None:
        """Put in the calls of an archive file."""
        for call in calls:
            number = 0
            for leg in call["legs"]:
                number = leg.get("leg", number + 1)
                self._put(call, leg, number)

    def _put(self, call: dict[str, Any], leg: dict[str, Any], number: int) -> None:
        did = call.get("did")
        self.table.execute(
            "INSERT INTO leg VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",
            (
                leg.get("call_record_id"), call["unique_id"], number, micros(leg["start"]), micros(leg["end"]),
                leg.get("tag", ""), leg.get("username") or self.account, leg["destination"], call["direction"],
                call["source"], self.did_of(call["direction"]) if did is None else did,
                micros(min(each["start"] for each in call["legs"])), bool((leg.get("sound") or {}).get("absent")),
            ),
        )  # fmt: skip

    def did_of(self, direction: str) -> str:
        """The DID of a call that nobody dialled from outside."""
        return "internal" if direction == "internal" or self.profile["outbound_did"] == "internal" else ""


def micros(text: str) -> int:
    """An RFC 3339 time as microseconds since 1970."""
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def rfc(instant: int) -> str:
    """Microseconds since 1970 as an RFC 3339 time."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)).isoformat()
