"""The replacement of docs/replacement, filled by the suite: a world is an SQLite file with an app of its own.

Only the control API is added here; whatever is asked of a world is answered by the app as it stands in the documentation.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from werkzeug.wrappers import Request, Response

from support.conformant_servers.sounds import tone

FOLDER = Path(__file__).parents[3] / "docs" / "replacement"
CHOICES = {
    "tag_selects": "calls", "tag_match": "exact", "empty_tag": "refused", "legs_in_progress": "hidden",
    "default_account": "Administrator", "outbound_did": "empty", "repeated_hour": "both", "future_hour": "empty-list",
    "bad_hour": "refused", "zero_length_legs": "kept", "audio_format": "wav-pcm", "audio_aged_form": "as-recorded",
    "json_content_type": "application/json",
}  # fmt: skip
"""What the app does where the vendor's pages leave it open."""
DIRECTIONS = {"inbound": "IN", "outbound": "OUT", "internal": "INT"}
LONGEST_SECONDS = 70  # the suite asks for no longer sound

StartResponse = Callable[..., Any]


def load_app(*changes: tuple[str, str]) -> ModuleType:
    """The app of the documentation, with pieces of its text replaced: each must stand in it once."""
    text = (FOLDER / "app.py").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"{text.count(old)} times in the app: {old}"
        text = text.replace(old, new)
    module = ModuleType("records_app")
    exec(compile(text, str(FOLDER / "app.py"), "exec"), module.__dict__)
    return module


@dataclass(slots=True)
class World:
    """One archive: its file, its app, its key, who owns the legs that nobody took, its clock."""

    file: Path
    key: str
    zone: str
    owner: str
    now: datetime
    app: Any = None


class Replacement:
    """A WSGI application: worlds under /w/NAME, what fills them under /__noojee. `folder` keeps the files."""

    def __init__(self, folder: Path, app: ModuleType | None = None) -> None:
        self._folder = folder
        self._app = app or load_app()
        self._empty = folder / "empty.db"  # a table is made once: the disk is slow
        self._app.create_app(str(self._empty), "")
        self._worlds: dict[str, World] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        _, first, name = (*environ["PATH_INFO"].split("/", 3), "", "")[:3]
        if first == "w" and name in self._worlds:
            below = environ["PATH_INFO"].removeprefix(f"/w/{name}")
            inner = {**environ, "SCRIPT_NAME": f"{environ.get('SCRIPT_NAME', '')}/w/{name}", "PATH_INFO": below}
            return self._worlds[name].app(inner, start_response)
        if first == "__noojee":
            request = Request(environ)
            with self._lock:
                return self._control(request)(environ, start_response)
        return Response("there is no such world", 404)(environ, start_response)

    def close(self) -> None:
        """Forget the worlds, and take their files away."""
        for name in list(self._worlds):
            self._worlds.pop(name).file.unlink()

    def _control(self, request: Request) -> Response:
        parts = request.path.removeprefix("/__noojee").strip("/").split("/")
        if parts == [""]:
            return _json({"server": "records-v2", "worlds": True, "dialects": ["records-v2"]})
        if parts == ["worlds"] and request.method == "POST":
            return _json(self._made(request.get_json()), 201)
        world = self._worlds.get(parts[1]) if len(parts) > 1 else None
        if world is None:
            return _json({"error": "there is no such world"}, 404)
        if len(parts) == 2 and request.method == "DELETE":
            self._worlds.pop(parts[1]).file.unlink()
            return Response(status=204)
        if parts[2:] == ["clock"]:
            world.now += timedelta(seconds=request.get_json()["step_seconds"])
            return _json({"now": world.now.isoformat(), "frozen": True})
        if parts[2:] == ["calls"] and request.method == "POST":
            with _written(world.file) as table:
                _put(table, request.get_json()["calls"], world.owner)
            return Response(status=204)
        if parts[2:] == ["sound"] and request.method == "PUT":
            with _written(world.file) as table:
                table.execute(
                    "UPDATE call_record SET audio = ? WHERE call_id = ? AND leg = ?",
                    (request.get_data(), request.args["unique_id"], int(request.args["leg"])),
                )
            return Response(status=204)
        return _json({"error": "there is no such control"}, 404)

    def _made(self, wish: dict[str, Any]) -> dict[str, Any]:
        name, seed = secrets.token_hex(4), wish.get("seed") or {"calls": []}
        world = World(
            file=self._folder / f"{name}.db",
            key=secrets.token_hex(16),
            zone=seed.get("time_zone") or "Australia/Melbourne",
            owner=seed.get("default_account") or CHOICES["default_account"],
            now=datetime.fromisoformat(seed["now"]) if "now" in seed else datetime.now(UTC),
        )
        shutil.copy(self._empty, world.file)
        world.app = self._app.create_app(str(world.file), world.key, zone=world.zone, now=lambda: world.now)
        with _written(world.file) as table:
            _put(table, seed["calls"], world.owner)
        self._worlds[name] = world
        return {
            "world": name, "path": f"w/{name}", "api_key": world.key, "profile": CHOICES, "dialects": ["records-v2"],
            "time_zone": world.zone, "clock": {"now": world.now.isoformat(), "frozen": True},
        }  # fmt: skip


@contextmanager
def _written(file: Path) -> Iterator[sqlite3.Connection]:
    """A table to write to; nothing needs to outlive a crash."""
    with closing(sqlite3.connect(file)) as table, table:
        table.execute("PRAGMA synchronous = OFF")
        yield table


def _put(table: sqlite3.Connection, calls: list[dict[str, Any]], owner: str) -> None:
    for call in calls:
        table.executemany(f"INSERT INTO call_record VALUES ({', '.join('?' * 12)})", _rows(call, owner))


def _rows(call: dict[str, Any], owner: str) -> Iterable[tuple[Any, ...]]:
    """The call records of a call of a seed document."""
    number = 0
    for leg in call["legs"]:
        number = leg.get("leg", number + 1)
        start, end = (datetime.fromisoformat(leg[name]) for name in ("start", "end"))
        seconds, gone = (end - start) // timedelta(seconds=1), (leg.get("sound") or {}).get("absent", False)
        dialled = call.get("did", "internal" if call["direction"] == "internal" else "")
        yield (
            leg.get("call_record_id"), call["unique_id"], number, _stored(start), _stored(end), leg.get("tag", ""),
            leg.get("username", owner), call["source"], leg["destination"], dialled, DIRECTIONS[call["direction"]],
            None if gone or seconds > LONGEST_SECONDS else tone(seconds, leg.get("call_record_id") or number),
        )  # fmt: skip


def _stored(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _json(document: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(document), status, mimetype="application/json")
