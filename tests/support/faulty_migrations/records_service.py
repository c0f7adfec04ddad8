"""A replacement with an API of its own: Flask under waitress over SQLite, with its migration program.

GET, a key in a header, plural resources, ISO times with their offset, Ogg Opus instead of WAV. `records.toml` describes
it.
"""

from __future__ import annotations

import io
import json
import logging
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import soundfile
from flask import Flask, Response, jsonify, request
from waitress.server import create_server

from support.faulty_migrations.coding import encoded

ZONE = ZoneInfo("Australia/Melbourne")
TABLES = """
CREATE TABLE interaction (id TEXT PRIMARY KEY, kind TEXT, caller TEXT, dialled TEXT);
CREATE TABLE segment (
    record INTEGER PRIMARY KEY, interaction TEXT, position INTEGER, begins TEXT, ends TEXT, lasts INTEGER,
    label TEXT, owner TEXT, callee TEXT, media BLOB
);
CREATE INDEX by_label ON segment (label);
"""
SEGMENTS = "SELECT segment.*, kind, caller, dialled FROM segment JOIN interaction ON interaction.id = interaction"


def migrate(archive, database):
    """Read the archive of the old PBX into the tables."""
    old = json.loads(archive.read_bytes())
    for call in old["calls"]:
        database.execute(
            "INSERT INTO interaction VALUES (?, ?, ?, ?)",
            (call["unique_id"], call["direction"], call["source"], dialled(call)),
        )
        for position, leg in enumerate(call["legs"]):
            begins, ends = utc(leg["start"]), utc(leg["end"])
            values = (
                leg["call_record_id"],
                call["unique_id"],
                position + 1,
                begins.isoformat(timespec="milliseconds"),
                ends.isoformat(timespec="milliseconds"),
                (ends - begins) // timedelta(seconds=1),
                leg.get("tag"),
                leg.get("username") or "Administrator",
                leg["destination"],
                stored(archive.parent, leg),
            )
            database.execute("INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    database.commit()


def dialled(call):
    """The number that the caller dialled."""
    if call["direction"] == "inbound":
        return call["did"]
    return "internal" if call["direction"] == "internal" else ""


def utc(text):
    """A time of the archive in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def stored(folder, leg):
    """The sound of a leg as the old PBX has it; None if it is not kept."""
    if "file" not in leg["sound"]:
        return None
    return (folder / leg["sound"]["file"]).read_bytes()


def opus(media):
    """A sound as Ogg Opus."""
    samples, rate = soundfile.read(io.BytesIO(media))
    return encoded(samples, rate, format="OGG", subtype="OPUS")


def create_app(archive, key):
    """The API over a migrated archive."""
    app = Flask(__name__)
    app.json.sort_keys = False
    app.logger.disabled = True
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.row_factory = sqlite3.Row
    database.executescript(TABLES)
    migrate(archive, database)
    lock = threading.Lock()

    def select(where, *values, order="begins, position"):
        with lock:
            return database.execute(f"{SEGMENTS} WHERE {where} ORDER BY {order}", values).fetchall()

    @app.before_request
    def check_key():
        if request.headers.get("X-Records-Key") != key:
            return problem(401, "invalid_key", "the key is not valid")
        return None

    @app.get("/records/v1/segments")
    def by_label():
        label = request.args.get("label", "")
        if not label:
            return problem(400, "label_missing", "label is required")
        calls = "SELECT interaction FROM segment WHERE label = ?"
        return listed(select(f"interaction IN ({calls})", label))

    @app.get("/records/v1/interactions/<path:call>/segments")
    def by_call(call):
        return listed(select("interaction = ?", call, order="position"))

    @app.get("/records/v1/days/<day>/hours/<hour>")
    def by_hour(day, hour):
        try:
            first = datetime.strptime(day, "%Y-%m-%d").replace(hour=int(hour), tzinfo=ZONE)
        except ValueError:
            return problem(400, "bad_hour", "a day is YYYY-MM-DD, an hour is 0 to 23")
        around = [(first.astimezone(UTC) + timedelta(hours=more)).isoformat() for more in (-2, 3)]
        near = select("ends >= ? AND ends < ?", *around, order="ends, record")
        return listed([row for row in near if local(row["ends"]).strftime("%Y-%m-%d %H") == f"{first:%Y-%m-%d %H}"])

    @app.get("/records/v1/interactions/<path:call>/segments/<int(max=9999):position>/media")
    def sound(call, position):
        found = select("interaction = ? AND position = ?", call, position)
        if not found or found[0]["media"] is None:
            return problem(404, "no_media", "there is no such recording")
        return Response(opus(found[0]["media"]), mimetype="audio/ogg")

    @app.errorhandler(404)
    def unknown(_error):
        return problem(404, "unknown_path", "there is no such resource")

    @app.errorhandler(405)
    def wrong_method(_error):
        return problem(405, "wrong_method", "this method is not allowed")

    return app


def local(text):
    """A time of the tables in the time zone of the company."""
    return datetime.fromisoformat(text).astimezone(ZONE)


def listed(rows):
    """A list of segments."""
    return jsonify(
        segments=[
            {
                "recordId": row["record"],
                "interactionId": row["interaction"],
                "position": row["position"],
                "begins": local(row["begins"]).isoformat(timespec="milliseconds"),
                "ends": local(row["ends"]).isoformat(timespec="milliseconds"),
                "lasts": row["lasts"],
                "label": row["label"],
                "owner": row["owner"],
                "caller": row["caller"],
                "callee": row["callee"],
                "dialled": row["dialled"],
                "kind": row["kind"],
            }
            for row in rows
        ]
    )


def problem(status, code, detail):
    """An error response."""
    return jsonify(code=code, detail=detail), status


def serve(archive: Path, key: str):
    """Serve a migrated archive on a free port. Returns the base URL and a function that stops the server."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(create_app(archive, key), host="127.0.0.1", port=0, threads=4)
    serving = threading.Thread(target=server.run, daemon=True)
    serving.start()

    def close():
        for channel in list(server.active_channels.values()):
            channel.handle_close()
        server.close()

    def stop():
        server.task_dispatcher.shutdown()
        server.trigger.pull_trigger(close)
        serving.join(10)

    return f"http://127.0.0.1:{server.effective_port}", stop
