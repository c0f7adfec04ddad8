"""A replacement with another API of its own: aiohttp, everything in memory and indexed, with its migration program.

POST with JSON, a bearer token, nested names, epoch milliseconds, FLAC. By hour is a range of times. `events.toml`
describes it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import soundfile
from aiohttp import web

from support.faulty_migrations.coding import encoded

KINDS = {"inbound": 1, "outbound": 2, "internal": 3}
FLAC = {"format": "FLAC", "subtype": "PCM_16"}


def to_millis(text):
    """A time of the archive in milliseconds since 1970."""
    moment = datetime.fromisoformat(text)
    return round(moment.timestamp() * 1000)


def events_of(call):
    """The events of a call of the archive, one for each leg."""
    for leg in call["legs"]:
        since, until = to_millis(leg["start"]), to_millis(leg["end"])
        event = {
            "call": call["unique_id"],
            "part": leg["leg"],
            "row": str(leg["call_record_id"]),
            "time": {"since": since, "until": until, "length": until - since},
            "from": {"number": call["source"]},
            "to": {"number": leg["destination"], "dialled": call.get("did", "")},
            "agent": leg.get("username", "Administrator"),
            "kind": KINDS[call["direction"]],
        }
        if call["direction"] == "internal":
            event["to"]["dialled"] = "internal"
        if leg.get("tag"):
            event["reference"] = leg["tag"]
        yield event, leg["sound"].get("file")


class EventStore:
    """The events by call and by reference, and the files of their sound."""

    def __init__(self):
        self.events = []
        self.by_call = defaultdict(list)
        self.by_reference = defaultdict(list)
        self.files = {}

    def load(self, archive):
        """Read the archive of the old PBX."""
        with archive.open(encoding="utf-8") as file:
            calls = json.load(file)["calls"]
        for call in calls:
            for event, sound in events_of(call):
                self.events.append(event)
                self.by_call[event["call"]].append(event)
                if "reference" in event:
                    calls_of_reference = self.by_reference[event["reference"]]
                    if event["call"] not in calls_of_reference:
                        calls_of_reference.append(event["call"])
                if sound:
                    self.files[event["call"], event["part"]] = archive.parent / sound
        self.events.sort(key=lambda event: event["time"]["until"])


class EventsService:
    """The handlers of the API."""

    def __init__(self, archive, token):
        self.token = token
        self.store = EventStore()
        self.store.load(archive)

    @web.middleware
    async def guard(self, request, handler):
        """Check the token, and turn errors of aiohttp into errors of this API."""
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return error(403, 1001, "unknown token")
        try:
            return await handler(request)
        except web.HTTPException as raised:
            return error(raised.status, 1000 + raised.status, raised.reason)

    async def search(self, request):
        """The events of a reference, of a call, or of a range of times."""
        query = await body_of(request)
        if query is None:
            return error(400, 1400, "the body is no JSON object")
        reference, call = query.get("reference"), query.get("call")
        if isinstance(reference, str) and reference:
            calls = self.store.by_reference.get(reference, [])
            return listed([event for each in calls for event in self.store.by_call[each]])
        if isinstance(call, str) and call:
            return listed(self.store.by_call.get(call, []))
        since, until = query.get("since"), query.get("until")
        if type(since) is int and type(until) is int:
            return listed([event for event in self.store.events if since <= event["time"]["until"] < until])
        return error(400, 1400, "reference, call, or since and until are required")

    async def sound(self, request):
        """The sound of an event as FLAC."""
        query = await body_of(request) or {}
        file = self.store.files.get((query.get("call"), query.get("part")))
        if file is None:
            return error(404, 1404, "no such sound")
        samples, rate = soundfile.read(file)
        return web.Response(body=encoded(samples, rate, **FLAC), content_type="audio/flac")

    def app(self):
        """The aiohttp application."""
        app = web.Application(middlewares=[self.guard])
        app.router.add_post("/api/events/search", self.search)
        app.router.add_post("/api/events/sound", self.sound)
        return app


async def body_of(request):
    """The JSON object of a request; None if it has none."""
    try:
        document = await request.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def listed(events):
    """A list of events."""
    return web.json_response({"result": {"events": events, "total": len(events)}})


def error(status, number, text):
    """An error response."""
    return web.json_response({"error": {"number": number, "text": text}}, status=status)


def serve(archive: Path, key: str):
    """Serve a migrated archive on a free port. Returns the base URL and a function that stops the server."""
    app = EventsService(archive, key).app()
    loop = asyncio.new_event_loop()
    started = threading.Event()
    found = []

    async def start():
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        found.append(runner)
        started.set()

    def run():
        loop.run_until_complete(start())
        loop.run_forever()

    serving = threading.Thread(target=run, daemon=True)
    serving.start()
    started.wait(20)

    def stop():
        asyncio.run_coroutine_threadsafe(found[0].cleanup(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        serving.join(10)
        loop.close()

    return f"http://127.0.0.1:{found[0].addresses[0][1]}", stop
