"""A replacement that speaks the vendor's njadmin API, with its migration program.

It is written from the documentation, on `http.server`. The migration program reads the archive of the old PBX into one
list of rows, which the service filters. Standard library only.
"""

from __future__ import annotations

import hmac
import json
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

BASE = "/njadmin/rest/RecordingAPI/"
DIRECTIONS = {"inbound": "0", "outbound": "1", "internal": "2"}
WORDS = {"0": "Inbound", "1": "Outbound", "2": "Internal"}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Row:
    """A leg in the new database: its fields as texts, its start and end as local times, the path of its sound."""

    def __init__(self, fields, start, end, sound):
        self.fields = fields
        self.start = start
        self.end = end
        self.sound = sound


def migrate(archive):
    """The rows of the new database, oldest call first."""
    document = json.loads(archive.read_text(encoding="utf-8"))
    zone = ZoneInfo(document["time_zone"])
    rows = []
    for call in document["calls"]:
        did = call.get("did", "internal" if call["direction"] == "internal" else "")
        for number, leg in enumerate(call["legs"], start=1):
            began, ended = datetime.fromisoformat(leg["start"]), datetime.fromisoformat(leg["end"])
            start, end = began.astimezone(zone), ended.astimezone(zone)
            duration = (ended - began) // timedelta(seconds=1)
            sound = leg.get("sound", {}).get("file")
            fields = {
                "Source": call["source"],
                "Leg": str(number),
                "Tag": leg.get("tag", ""),
                "Duration": str(duration),
                "Username": leg.get("username", "Administrator"),
                "CallRecordId": str(leg["call_record_id"]),
                "UniqueId": call["unique_id"],
                "DID": did,
                "Direction": DIRECTIONS[call["direction"]],
                "Destination": leg["destination"],
            }
            rows.append(Row(fields, start, end, archive.parent / sound if sound else None))
    return rows


class NjadminService:
    """The service: rows, the key, and one method for each API method. A method returns status, content type, body."""

    def __init__(self, archive, key):
        self.key = key
        self.rows = migrate(archive)

    def answer(self, verb, target, form=""):
        """The answer to a request line."""
        address = urlsplit(target)
        if not address.path.startswith(BASE):
            return 404, "text/html;charset=utf-8", b"<html><body><h1>HTTP Status 404</h1></body></html>"
        method = {
            "retrieveMetaData": self.by_tag,
            "retrieveMetaDataByUniqueId": self.by_unique_id,
            "retrieveMetaDataByHour": self.by_hour,
            "retrieveByUniqueId": self.audio,
        }.get(address.path[len(BASE) :])
        if method is None:
            return 404, "text/html;charset=utf-8", b"<html><body><h1>HTTP Status 404</h1></body></html>"
        if verb != "POST":
            return 405, "text/html;charset=utf-8", b"<html><body><h1>HTTP Status 405</h1></body></html>"
        given = parse_qs(form, keep_blank_values=True)
        given.update(parse_qs(address.query, keep_blank_values=True))
        given = {name: values[0] for name, values in given.items()}
        if not hmac.compare_digest(given.get("apiKey", "").encode(), self.key.encode()):
            return self.refuse(401, "The API key is not valid")
        return method(given)

    def refuse(self, status, message):
        return status, "application/json;charset=UTF-8", json.dumps({"Message": message, "Code": -1}).encode()

    def by_tag(self, given):
        tag = given.get("tag", "")
        if not tag:
            return self.refuse(400, "tag is missing")
        calls = {row.fields["UniqueId"] for row in self.rows if row.fields["Tag"] == tag}
        return self.listed([row for row in self.rows if row.fields["UniqueId"] in calls])

    def by_unique_id(self, given):
        unique_id = given.get("uniqueId", "")
        if not unique_id:
            return self.refuse(400, "uniqueId is missing")
        return self.listed([row for row in self.rows if row.fields["UniqueId"] == unique_id])

    def listed(self, rows):
        found = [{"Start": f"{row.start:%Y-%m-%d %H:%M:%S}.0", **row.fields} for row in rows]
        return 200, "application/json;charset=UTF-8", json.dumps(found, ensure_ascii=False).encode()

    def by_hour(self, given):
        hour = given.get("hour", "")
        try:
            day = datetime.strptime(given.get("date", ""), "%Y/%m/%d").date()  # noqa: DTZ007  a local date
        except ValueError:
            return self.refuse(400, "date must be YYYY/MM/DD")
        if not (hour.isascii() and hour.isdigit() and int(hour) < 24):
            return self.refuse(400, "hour must be 0 to 23")
        rows = [row for row in self.rows if row.end.date() == day and row.end.hour == int(hour)]
        rows.sort(key=lambda row: (row.end.timestamp(), int(row.fields["CallRecordId"])))
        found = [
            {
                **row.fields,
                "Direction": WORDS[row.fields["Direction"]],
                "Start": java_date(row.start),
                "callend": java_date(row.end),
            }
            for row in rows
        ]
        return 200, "application/json;charset=UTF-8", json.dumps(found, ensure_ascii=False).encode()

    def audio(self, given):
        unique_id, leg = given.get("uniqueId", ""), given.get("leg", "1")
        for row in self.rows:
            if row.fields["UniqueId"] == unique_id and row.fields["Leg"] == leg and row.sound is not None:
                return 200, "audio/x-wav", row.sound.read_bytes()
        return self.refuse(404, "There is no such recording")


def java_date(moment):
    """A time as java.util.Date writes it: Tue Sep 14 15:03:30 AEST 2021."""
    name = "AEDT" if moment.dst() else "AEST"
    return f"{DAYS[moment.weekday()]} {MONTHS[moment.month - 1]} {moment:%d %H:%M:%S} {name} {moment.year}"


class Handler(BaseHTTPRequestHandler):
    """One connection. `service` is set by `serve`."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    service = None

    def respond(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("utf-8", "replace")
        form = body if "form-urlencoded" in self.headers.get("Content-Type", "") else ""
        status, content_type, content = self.service.answer(self.command, self.path, form)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        if status == 405:
            self.send_header("Allow", "POST")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = respond

    def log_message(self, *_):
        """No log."""


def serve(archive: Path, key: str):
    """Serve a migrated archive on a free port. Returns the base URL and a function that stops the server."""
    handler = type("MigratedHandler", (Handler,), {"service": NjadminService(archive, key)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop():
        server.shutdown()
        server.server_close()

    return f"http://127.0.0.1:{server.server_port}", stop
