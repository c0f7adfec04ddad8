"""Records v2: a replacement recording API as a migrating team would write it: Flask over a table of call records.

    RECORDS_KEY=... python app.py records.db [PORT]

Times are stored in UTC and answered in RFC 3339, in local time with its offset. `rows.py` fills a table to try it with.
"""

from __future__ import annotations

import hmac
import os
import re
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, g, jsonify, request

SCHEMA = """
CREATE TABLE IF NOT EXISTS call_record (
  id INTEGER PRIMARY KEY,
  call_id TEXT NOT NULL,
  leg INTEGER NOT NULL,
  started_at TEXT NOT NULL,   -- UTC, microseconds
  ended_at TEXT NOT NULL,
  reference TEXT NOT NULL DEFAULT '',
  agent TEXT NOT NULL,
  caller TEXT NOT NULL,
  callee TEXT NOT NULL,
  dialled TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('IN', 'OUT', 'INT')),
  audio BLOB,
  UNIQUE (call_id, leg)
);
CREATE INDEX IF NOT EXISTS call_record_reference ON call_record (reference);
CREATE INDEX IF NOT EXISTS call_record_ended ON call_record (ended_at);
"""
COLUMNS = "id, call_id, leg, started_at, ended_at, reference, agent, caller, callee, dialled, direction"


def create_app(database: str, key: str, *, zone: str = "Australia/Melbourne", now=lambda: datetime.now(UTC)) -> Flask:
    """The application over one database file. `now` is a parameter so that a test can move the clock."""
    app = Flask(__name__)
    app.config.update(DATABASE=database, KEY=key, ZONE=ZoneInfo(zone), NOW=now)
    app.json.sort_keys = False
    app.url_map.merge_slashes = False
    app.before_request(authenticate)
    app.teardown_appcontext(close)
    app.add_url_rule("/api/v2/recordings", view_func=by_reference)
    app.add_url_rule("/api/v2/calls/<path:call_id>/legs", view_func=by_call)
    app.add_url_rule("/api/v2/legs", view_func=by_hour)
    app.add_url_rule("/api/v2/calls/<path:call_id>/legs/<int(max=999):leg>/audio", view_func=audio)
    for status in (400, 404, 405):
        app.register_error_handler(status, failure)
    with sqlite3.connect(database) as made:
        made.executescript(SCHEMA)
    made.close()
    return app


def authenticate():
    """A bearer token, compared in constant time."""
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {current_app.config['KEY']}".encode()):
        return refusal(401, "unauthorized", "a valid bearer token is needed")
    return None


def by_reference():
    """All legs of the calls of which a leg carries the reference."""
    reference = request.args.get("reference")
    if not reference:
        return refusal(400, "bad_request", "reference is needed")
    return listed(
        rows("call_id IN (SELECT call_id FROM call_record WHERE reference = ? AND ended_at <= ?)", reference, now())
    )


def by_call(call_id: str):
    """All legs of one call."""
    return listed(rows("call_id = ?", call_id))


def by_hour():
    """The legs that ended in an hour of local time."""
    asked = re.fullmatch(
        r"(\d{4}-\d\d-\d\d) (\d\d?)", f"{request.args.get('day')} {request.args.get('hour')}", re.ASCII
    )
    try:
        local = datetime.fromisoformat(f"{asked[1]}T{asked[2]:>02}:00:00") if asked else None
    except ValueError:
        local = None  # no such day, or no such hour
    if local is None:
        return refusal(400, "bad_request", "day is YYYY-MM-DD, hour is 0 to 23")
    middle = local.replace(tzinfo=current_app.config["ZONE"]).astimezone(UTC)
    around = timedelta(hours=3)  # clocks may go back or forward in between
    near = rows("ended_at >= ? AND ended_at < ?", stored(middle - around), stored(middle + around))
    return listed([row for row in near if f"{wall(row['ended_at']):%Y-%m-%d %H}" == f"{local:%Y-%m-%d %H}"])


def audio(call_id: str, leg: int):
    """The sound of a leg, as it was recorded."""
    found = rows("call_id = ? AND leg = ?", call_id, leg, columns="audio")
    if not found or found[0]["audio"] is None:
        return refusal(404, "not_found", "there is no such recording")
    return Response(found[0]["audio"], mimetype="audio/wav")


def listed(found):
    """The answer with its legs: camel case, numbers as numbers, times with their offset."""
    items = [
        {
            "id": row["id"],
            "callId": row["call_id"],
            "legNumber": row["leg"],
            "startedAt": wall(row["started_at"]).isoformat(timespec="milliseconds"),
            "endedAt": wall(row["ended_at"]).isoformat(timespec="milliseconds"),
            "seconds": (parsed(row["ended_at"]) - parsed(row["started_at"])) // timedelta(seconds=1),
            "reference": row["reference"] or None,
            "agent": row["agent"],
            "from": row["caller"],
            "to": row["callee"],
            "dialled": row["dialled"],
            "direction": row["direction"],
        }
        for row in found
    ]
    return jsonify(items=items, count=len(items))


def rows(where: str, *values, columns: str = COLUMNS):
    """The call records that have ended by now, oldest first."""
    if "database" not in g:
        g.database = sqlite3.connect(current_app.config["DATABASE"])
        g.database.row_factory = sqlite3.Row
    query = f"SELECT {columns} FROM call_record WHERE {where} AND ended_at <= ? ORDER BY started_at, id"
    return g.database.execute(query, (*values, now())).fetchall()


def close(_error) -> None:
    """Close the connection of a request."""
    if "database" in g:
        g.pop("database").close()


def refusal(status: int, code: str, message: str):
    """An error response."""
    return jsonify(error={"code": code, "message": message}), status


def failure(error):
    """Flask's own errors as error responses of this API."""
    return refusal(error.code, error.name.lower().replace(" ", "_"), error.name)


def now() -> str:
    """The current time, as the table stores it."""
    return stored(current_app.config["NOW"]())


def stored(moment: datetime) -> str:
    """A time, as the table stores it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def parsed(text: str) -> datetime:
    """The time that the table stores as this text, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(text: str) -> datetime:
    """The time that the table stores as this text, in local time."""
    return parsed(text).astimezone(current_app.config["ZONE"])


if __name__ == "__main__":
    from waitress import serve

    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    serve(create_app(sys.argv[1], os.environ["RECORDS_KEY"]), host="127.0.0.1", port=port)
