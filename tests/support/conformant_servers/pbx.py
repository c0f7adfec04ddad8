"""A second PBX, over an SQLite table of legs, written from the reference alone: four generations and what fills them.

Everything that the reference leaves open is a choice of its own, so that a server can differ from the fake in all of it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.sax.saxutils import escape

from support.conformant_servers.control import Control
from support.conformant_servers.credentials import admit, hand_out_time
from support.conformant_servers.listing import by_hour, found, written
from support.conformant_servers.live import CallRegistry, Habits, Wrong
from support.conformant_servers.orders import ORDERS
from support.conformant_servers.sandbox import PLAIN, Sandbox
from support.conformant_servers.sounds import retrieved
from support.conformant_servers.wire import CLOSED, Answer, Asked, Given, Refusal, pairs

LISTING = ("retrieveMetaData", "retrieveMetaDataByUniqueId", "retrieve", "retrieveByUniqueId")
METHODS = {
    "services": ("start", "stop", "retrieve"),
    "recording-api": (*LISTING, "start", "stop"),
    "call-management": (*LISTING, *ORDERS),
    "njadmin": (*LISTING, "retrieveMetaDataByHour"),
}
SERVICES = "/servicemanager/services/njadmin-api-recording"
BAD_REQUEST = {
    "services": "services_failure_status",
    "recording-api": "recording_api_bad_request_status",
    "call-management": "call_management_bad_request_status",
    "njadmin": "njadmin_bad_request_status",
}
HERE = "127.0.0.1"  # where all who ask come from: the hosts listen on the loopback alone
Write = Callable[[Any], str]


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


class OtherPbx:
    """Sandboxes under /s/<name>, filled under /__noojee. `write` is how its JSON looks."""

    def __init__(
        self, choices: Mapping[str, str] | None = None, *, habits: Habits | None = None, write: Write = _compact
    ) -> None:
        self._choices = {**PLAIN, **(choices or {})}
        self._write = write
        self._habits = habits or Habits()
        self._control = Control(self._choices, self._habits)
        self._changed = threading.Condition(threading.RLock())

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to a request; `target` is the raw path and query, header names are in lower case.

        A long poll waits in here, and lets others in meanwhile.
        """
        path, _, query = target.partition("?")
        asked = Asked(method, path, query, headers, body)
        with self._changed:
            answer = self._answer(asked)
            self._changed.notify_all()
        return answer

    def _answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/__noojee"):
            status, told = self._control.told(asked)
            return (status, [], b"") if told is None else self._json(status, told, "application/json")
        _, prefix, name, *rest = (*asked.path.split("/", 3), "", "")
        sandbox = self._control.sandboxes.get(name) if prefix == "s" else None
        if sandbox is None:
            return self._lost(self._choices)
        if not sandbox.lets_in(HERE):
            return CLOSED if sandbox.choices["address_refused"] == "closed" else (403, [], b"")
        return self._ask(sandbox, Asked(asked.method, "/" + rest[0], asked.query, asked.headers, asked.body))

    def _ask(self, sandbox: Sandbox, asked: Asked) -> Answer:
        choices = sandbox.choices
        given = pairs(asked.query, choices["query_charset"])
        dialect, name = _place(unquote_to_bytes(asked.path).decode("latin-1"), sandbox)
        if dialect == "services":
            name = given.get("method") or ""
        elif name not in METHODS.get(dialect, ("Time",)):
            return self._lost(choices)
        allowed = _allowed(dialect, name, choices)
        if asked.method not in allowed:
            return 405, [("Allow", ", ".join(allowed)), ("Content-Type", "text/html")], b"<h1>405</h1>"
        if choices["content_type_check"] == "form-only" and asked.method == "POST" and not asked.is_form:
            return 415, [("Content-Type", "text/html")], b"<h1>415</h1>"
        if asked.is_form and asked.method == "POST" and choices["parameters_in"] == "query-and-body":
            given = {**pairs(asked.body.decode("latin-1"), choices["query_charset"]), **given}
        try:
            if name == "Time":
                text = hand_out_time(sandbox) + ("\n" if choices["time_body"] == "digits-newline" else "")
                return 200, [("Content-Type", "text/plain;charset=UTF-8")], text.encode()
            admit(sandbox, dialect, given)
            answer = self._done(sandbox, dialect, name, given)
        except Refusal as refusal:
            return self._refused(dialect, refusal, choices)
        if asked.method == "HEAD":
            status, fields, body = answer
            return status, [*fields, ("Content-Length", str(len(body)))], b""
        return answer

    def _done(self, sandbox: Sandbox, dialect: str, name: str, given: Given) -> Answer:
        choices = sandbox.choices
        bad_status = int(choices[BAD_REQUEST[dialect]])
        if name not in METHODS[dialect]:
            raise Refusal(bad_status, "No such method")
        if name in ORDERS:
            return self._ordered(self._control.lines[sandbox.name], dialect, name, given, bad_status)
        if name == "retrieveMetaDataByHour":
            return self._listed(sandbox, by_hour(sandbox, given), hourly=True)
        parameter = "uniqueId" if name.endswith("UniqueId") else "tag"
        wanted = given.get(parameter)
        if wanted is None or (not wanted and choices["empty_tag"] == "refused"):
            raise Refusal(bad_status, f"{parameter}?")
        rows = found(sandbox, parameter, wanted)
        if name.startswith("retrieveMetaData"):
            if not rows and wanted and choices["unknown_recording"] != "empty-list":
                raise Refusal(int(choices["unknown_recording"].removeprefix("failure-")), "Nothing matches")
            return self._listed(sandbox, rows, hourly=False)
        unknown = bad_status if dialect == "services" else int(choices["audio_unknown_leg"])
        return retrieved(sandbox, rows, given, bad_status=bad_status, unknown_status=unknown)

    def _ordered(self, lines: CallRegistry, dialect: str, name: str, given: Given, bad_status: int) -> Answer:
        try:
            told = ORDERS[name](lines, given, self._changed.wait_for)
        except Wrong as reason:
            raise Refusal(bad_status, str(reason)) from reason
        if dialect == "services":
            return self._said(200, told["Message"])
        return self._json(200, told, lines.sandbox.choices["json_content_type"])

    def _refused(self, dialect: str, refusal: Refusal, choices: Mapping[str, str]) -> Answer:
        if dialect == "services":
            return self._said(refusal.status, refusal.message)
        told: dict[str, Any] = {"Code": -1, "Message": refusal.message}
        if dialect == "njadmin" and choices["njadmin_failure_envelope"] == "lower-case":
            told = {key.lower(): value for key, value in told.items()}
        return self._json(refusal.status, told, choices["json_content_type"])

    def _said(self, status: int, text: str) -> Answer:
        """An answer of the oldest service."""
        if self._habits.services_in_xml:
            xml = f'<?xml version="1.0"?><ns:answer xmlns:ns="urn:recording"><ns:return>{escape(text)}</ns:return></ns:answer>'
            return status, [("Content-Type", "text/xml;charset=UTF-8")], xml.encode()
        return status, [("Content-Type", "text/plain")], text.encode()

    def _listed(self, sandbox: Sandbox, rows: list[Any], *, hourly: bool) -> Answer:
        legs = [written(sandbox, row, hourly=hourly) for row in rows]
        return self._json(200, legs, sandbox.choices["json_content_type"])

    def _lost(self, choices: Mapping[str, str]) -> Answer:
        if choices["unknown_path"] == "json":
            return self._json(404, {"Code": -1, "Message": "Not found"}, choices["json_content_type"])
        page = b"" if choices["unknown_path"] == "empty" else b"<html><head><title>Nothing</title></head></html>"
        return 404, [("Content-Type", "text/html;charset=UTF-8")] if page else [], page

    def _json(self, status: int, value: Any, kind: str) -> Answer:
        return status, [] if kind == "none" else [("Content-Type", kind)], self._write(value).encode()


def _place(path: str, sandbox: Sandbox) -> tuple[str, str]:
    """The dialect that a path belongs to, and the name behind it; two empty texts: it is no path that is served."""
    bases = {SERVICES: "services", "/njadmin/rest/RecordingAPI": "njadmin"}
    for prefix in (
        ("/servicemanager/rest", "/rest") if sandbox.choices["bare_rest"] == "served" else ("/servicemanager/rest",)
    ):
        bases |= {f"{prefix}/RecordingAPI": "recording-api", f"{prefix}/CallManagementAPI": "call-management"}
        if path == f"{prefix}/Time":
            return "", "Time"
    if path == SERVICES and sandbox.serves("services"):
        return "services", ""
    base, _, name = path.rpartition("/")
    dialect = bases.get(base, "services")
    return (dialect, name) if dialect != "services" and sandbox.serves(dialect) else ("", "")


def _allowed(dialect: str, name: str, choices: Mapping[str, str]) -> tuple[str, ...]:
    """The HTTP methods that a method of the API takes."""
    if dialect == "services":
        return ("GET",)
    if name in ("retrieve", "retrieveByUniqueId") and choices["audio_methods"] == "post-and-get":
        return ("POST", "GET", "HEAD")
    return ("POST", "GET") if name in ("start", "stop") and choices["get_on_post"] == "start-and-stop" else ("POST",)
