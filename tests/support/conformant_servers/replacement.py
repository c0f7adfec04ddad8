"""The replacement of docs/guides/replacement with a control API: each sandbox has an SQLite file and its own app.

The app of the documentation answers all other requests unchanged.
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

from support.conformant_servers.audio import tone

FOLDER = Path(__file__).parents[3] / "docs" / "guides" / "replacement"
PROFILE = {
    "tag_selects": "calls", "tag_match": "exact", "empty_tag": "refused", "legs_in_progress": "hidden",
    "default_account": "Administrator", "outbound_did": "empty", "repeated_hour": "both", "future_hour": "empty-list",
    "bad_hour": "refused", "zero_length_legs": "kept", "audio_format": "wav-pcm", "audio_aged_form": "as-recorded",
    "json_content_type": "application/json",
}  # fmt: skip
"""The option values of the app."""
DIRECTIONS = {"inbound": "IN", "outbound": "OUT", "internal": "INT"}
LONGEST_SECONDS = 70  # the suite asks for no longer sound

StartResponse = Callable[..., Any]


def load_app(*changes: tuple[str, str]) -> ModuleType:
    """The app of the documentation, with pieces of its text replaced; each must occur exactly once."""
    text = (FOLDER / "app.py").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"{text.count(old)} times in the app: {old}"
        text = text.replace(old, new)
    module = ModuleType("records_app")
    exec(compile(text, str(FOLDER / "app.py"), "exec"), module.__dict__)
    return module


@dataclass(slots=True)
class Sandbox:
    """One archive: its file, its app, its key, the owner of unanswered legs, its clock."""

    file: Path
    key: str
    zone: str
    owner: str
    now: datetime
    app: Any = None


class Replacement:
    """A WSGI application: sandboxes under /s/NAME, the control API under /__noojee. `folder` keeps the files."""

    def __init__(self, folder: Path, app: ModuleType | None = None) -> None:
        self._folder = folder
        self._app = app or load_app()
        self._empty = folder / "empty.db"  # a table is made once: the disk is slow
        self._app.create_app(str(self._empty), "")
        self._sandboxes: dict[str, Sandbox] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        _, first, name = (*environ["PATH_INFO"].split("/", 3), "", "")[:3]
        if first == "s" and name in self._sandboxes:
            below = environ["PATH_INFO"].removeprefix(f"/s/{name}")
            inner = {**environ, "SCRIPT_NAME": f"{environ.get('SCRIPT_NAME', '')}/s/{name}", "PATH_INFO": below}
            return self._sandboxes[name].app(inner, start_response)
        if first == "__noojee":
            request = Request(environ)
            with self._lock:
                return self._control(request)(environ, start_response)
        return Response("there is no such sandbox", 404)(environ, start_response)

    def close(self) -> None:
        """Remove the sandboxes and their files."""
        for name in list(self._sandboxes):
            self._sandboxes.pop(name).file.unlink()

    def _control(self, request: Request) -> Response:
        parts = request.path.removeprefix("/__noojee").strip("/").split("/")
        if parts == [""]:
            return _json({"server": "records-v2", "sandboxes": True, "dialects": ["records-v2"]})
        if parts == ["sandboxes"] and request.method == "POST":
            return _json(self._made(request.get_json()), 201)
        sandbox = self._sandboxes.get(parts[1]) if len(parts) > 1 else None
        if sandbox is None:
            return _json({"error": "there is no such sandbox"}, 404)
        if len(parts) == 2 and request.method == "DELETE":
            self._sandboxes.pop(parts[1]).file.unlink()
            return Response(status=204)
        if parts[2:] == ["clock"]:
            sandbox.now += timedelta(seconds=request.get_json()["step_seconds"])
            return _json({"now": sandbox.now.isoformat(), "frozen": True})
        if parts[2:] == ["calls"] and request.method == "POST":
            with _written(sandbox.file) as table:
                _put(table, request.get_json()["calls"], sandbox.owner)
            return Response(status=204)
        if parts[2:] == ["sound"] and request.method == "PUT":
            with _written(sandbox.file) as table:
                table.execute(
                    "UPDATE call_record SET audio = ? WHERE call_id = ? AND leg = ?",
                    (request.get_data(), request.args["unique_id"], int(request.args["leg"])),
                )
            return Response(status=204)
        return _json({"error": "there is no such control"}, 404)

    def _made(self, spec: dict[str, Any]) -> dict[str, Any]:
        name, archive = secrets.token_hex(4), spec.get("archive") or {"calls": []}
        sandbox = Sandbox(
            file=self._folder / f"{name}.db",
            key=secrets.token_hex(16),
            zone=archive.get("time_zone") or "Australia/Melbourne",
            owner=archive.get("default_account") or PROFILE["default_account"],
            now=datetime.fromisoformat(archive["now"]) if "now" in archive else datetime.now(UTC),
        )
        shutil.copy(self._empty, sandbox.file)
        sandbox.app = self._app.create_app(str(sandbox.file), sandbox.key, zone=sandbox.zone, now=lambda: sandbox.now)
        with _written(sandbox.file) as table:
            _put(table, archive["calls"], sandbox.owner)
        self._sandboxes[name] = sandbox
        return {
            "sandbox": name, "path": f"s/{name}", "api_key": sandbox.key, "profile": PROFILE,
            "dialects": ["records-v2"], "time_zone": sandbox.zone,
            "clock": {"now": sandbox.now.isoformat(), "frozen": True},
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
    """The call records of a call of an archive file."""
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
