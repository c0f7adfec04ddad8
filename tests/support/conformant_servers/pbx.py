"""A second PBX over an SQLite table of legs, written from the reference alone: four dialects and a control API.

Every option of the reference is an option here, so that a server can differ from the fake in each of them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.sax.saxutils import escape

from support.conformant_servers.audio import retrieve_audio
from support.conformant_servers.call_control import CALL_CONTROL
from support.conformant_servers.control import Control
from support.conformant_servers.credentials import admit, hand_out_time
from support.conformant_servers.listing import by_hour, found, written
from support.conformant_servers.live_calls import CallRegistry, CallStateError, Variations
from support.conformant_servers.sandbox import DEFAULTS, Sandbox
from support.conformant_servers.wire import CLOSED, Answer, Given, Refusal, Request, pairs

LISTING = ("retrieveMetaData", "retrieveMetaDataByUniqueId", "retrieve", "retrieveByUniqueId")
METHODS = {
    "services": ("start", "stop", "retrieve"),
    "recording-api": (*LISTING, "start", "stop"),
    "call-management": (*LISTING, *CALL_CONTROL),
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
    """Sandboxes under /s/<name>, filled under /__noojee. `write` formats its JSON."""

    def __init__(
        self, profile: Mapping[str, str] | None = None, *, variations: Variations | None = None, write: Write = _compact
    ) -> None:
        self._profile = {**DEFAULTS, **(profile or {})}
        self._write = write
        self._variations = variations or Variations()
        self._control = Control(self._profile, self._variations)
        self._changed = threading.Condition(threading.RLock())

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to a request; `target` is the raw path and query, header names are in lower case.

        A long poll waits here and lets other requests in.
        """
        path, _, query = target.partition("?")
        request = Request(method, path, query, headers, body)
        with self._changed:
            answer = self._answer(request)
            self._changed.notify_all()
        return answer

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith("/__noojee"):
            status, document = self._control.handle(request)
            return (status, [], b"") if document is None else self._json(status, document, "application/json")
        _, prefix, name, *rest = (*request.path.split("/", 3), "", "")
        sandbox = self._control.sandboxes.get(name) if prefix == "s" else None
        if sandbox is None:
            return self._lost(self._profile)
        if not sandbox.lets_in(HERE):
            return CLOSED if sandbox.profile["address_refused"] == "closed" else (403, [], b"")
        return self._ask(sandbox, Request(request.method, "/" + rest[0], request.query, request.headers, request.body))

    def _ask(self, sandbox: Sandbox, request: Request) -> Answer:
        profile = sandbox.profile
        given = pairs(request.query, profile["query_charset"])
        dialect, name = _place(unquote_to_bytes(request.path).decode("latin-1"), sandbox)
        if dialect == "services":
            name = given.get("method") or ""
        elif name not in METHODS.get(dialect, ("Time",)):
            return self._lost(profile)
        allowed = _allowed(dialect, name, profile)
        if request.method not in allowed:
            return 405, [("Allow", ", ".join(allowed)), ("Content-Type", "text/html")], b"<h1>405</h1>"
        if profile["content_type_check"] == "form-only" and request.method == "POST" and not request.is_form:
            return 415, [("Content-Type", "text/html")], b"<h1>415</h1>"
        if request.is_form and request.method == "POST" and profile["parameters_in"] == "query-and-body":
            given = {**pairs(request.body.decode("latin-1"), profile["query_charset"]), **given}
        try:
            if name == "Time":
                text = hand_out_time(sandbox) + ("\n" if profile["time_body"] == "digits-newline" else "")
                return 200, [("Content-Type", "text/plain;charset=UTF-8")], text.encode()
            admit(sandbox, dialect, given)
            answer = self._done(sandbox, dialect, name, given)
        except Refusal as refusal:
            return self._refused(dialect, refusal, profile)
        if request.method == "HEAD":
            status, fields, body = answer
            return status, [*fields, ("Content-Length", str(len(body)))], b""
        return answer

    def _done(self, sandbox: Sandbox, dialect: str, name: str, given: Given) -> Answer:
        profile = sandbox.profile
        bad_status = int(profile[BAD_REQUEST[dialect]])
        if name not in METHODS[dialect]:
            raise Refusal(bad_status, "No such method")
        if name in CALL_CONTROL:
            return self._call_control(self._control.registries[sandbox.name], dialect, name, given, bad_status)
        if name == "retrieveMetaDataByHour":
            return self._listed(sandbox, by_hour(sandbox, given), hourly=True)
        parameter = "uniqueId" if name.endswith("UniqueId") else "tag"
        wanted = given.get(parameter)
        if wanted is None or (not wanted and profile["empty_tag"] == "refused"):
            raise Refusal(bad_status, f"{parameter}?")
        rows = found(sandbox, parameter, wanted)
        if name.startswith("retrieveMetaData"):
            if not rows and wanted and profile["unknown_recording"] != "empty-list":
                raise Refusal(int(profile["unknown_recording"].removeprefix("failure-")), "Nothing matches")
            return self._listed(sandbox, rows, hourly=False)
        unknown = bad_status if dialect == "services" else int(profile["audio_unknown_leg"])
        return retrieve_audio(sandbox, rows, given, bad_status=bad_status, unknown_status=unknown)

    def _call_control(self, registry: CallRegistry, dialect: str, name: str, given: Given, bad_status: int) -> Answer:
        try:
            document = CALL_CONTROL[name](registry, given, self._changed.wait_for)
        except CallStateError as reason:
            raise Refusal(bad_status, str(reason)) from reason
        if dialect == "services":
            return self._text_answer(200, document["Message"])
        return self._json(200, document, registry.sandbox.profile["json_content_type"])

    def _refused(self, dialect: str, refusal: Refusal, profile: Mapping[str, str]) -> Answer:
        if dialect == "services":
            return self._text_answer(refusal.status, refusal.message)
        document: dict[str, Any] = {"Code": -1, "Message": refusal.message}
        if dialect == "njadmin" and profile["njadmin_failure_envelope"] == "lower-case":
            document = {key.lower(): value for key, value in document.items()}
        return self._json(refusal.status, document, profile["json_content_type"])

    def _text_answer(self, status: int, text: str) -> Answer:
        """An answer of the oldest service."""
        if self._variations.services_in_xml:
            xml = (
                '<?xml version="1.0"?><ns:answer xmlns:ns="urn:recording">'
                f"<ns:return>{escape(text)}</ns:return></ns:answer>"
            )
            return status, [("Content-Type", "text/xml;charset=UTF-8")], xml.encode()
        return status, [("Content-Type", "text/plain")], text.encode()

    def _listed(self, sandbox: Sandbox, rows: list[Any], *, hourly: bool) -> Answer:
        legs = [written(sandbox, row, hourly=hourly) for row in rows]
        return self._json(200, legs, sandbox.profile["json_content_type"])

    def _lost(self, profile: Mapping[str, str]) -> Answer:
        if profile["unknown_path"] == "json":
            return self._json(404, {"Code": -1, "Message": "Not found"}, profile["json_content_type"])
        page = b"" if profile["unknown_path"] == "empty" else b"<html><head><title>Nothing</title></head></html>"
        return 404, [("Content-Type", "text/html;charset=UTF-8")] if page else [], page

    def _json(self, status: int, value: Any, kind: str) -> Answer:
        return status, [] if kind == "none" else [("Content-Type", kind)], self._write(value).encode()


def _place(path: str, sandbox: Sandbox) -> tuple[str, str]:
    """The dialect that a path belongs to, and the name behind it; two empty texts: it is no path that is served."""
    bases = {SERVICES: "services", "/njadmin/rest/RecordingAPI": "njadmin"}
    for prefix in (
        ("/servicemanager/rest", "/rest") if sandbox.profile["bare_rest"] == "served" else ("/servicemanager/rest",)
    ):
        bases |= {f"{prefix}/RecordingAPI": "recording-api", f"{prefix}/CallManagementAPI": "call-management"}
        if path == f"{prefix}/Time":
            return "", "Time"
    if path == SERVICES and sandbox.serves("services"):
        return "services", ""
    base, _, name = path.rpartition("/")
    dialect = bases.get(base, "services")
    return (dialect, name) if dialect != "services" and sandbox.serves(dialect) else ("", "")


def _allowed(dialect: str, name: str, profile: Mapping[str, str]) -> tuple[str, ...]:
    """The HTTP methods that a method of the API takes."""
    if dialect == "services":
        return ("GET",)
    if name in ("retrieve", "retrieveByUniqueId") and profile["audio_methods"] == "post-and-get":
        return ("POST", "GET", "HEAD")
    return ("POST", "GET") if name in ("start", "stop") and profile["get_on_post"] == "start-and-stop" else ("POST",)
