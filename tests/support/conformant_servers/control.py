"""The control API of the second PBX, as far as the contract suite fills with it: sandboxes, calls, flows, clock, settings."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from support.conformant_servers.flows import play
from support.conformant_servers.live import CallRegistry, Habits, Wrong
from support.conformant_servers.sandbox import DIALECTS, SECOND, Sandbox, micros, rfc
from support.conformant_servers.wire import Asked

BY_UNIQUE_ID = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
AUDIO = dict.fromkeys(DIALECTS, BY_UNIQUE_ID) | {"services": "GET {base}?method=retrieve&tag={tag}&leg={leg}"}
ReportRow = tuple[int, dict[str, Any] | None]


class Control:
    """Makes sandboxes and changes them."""

    def __init__(self, choices: Mapping[str, str], habits: Habits) -> None:
        self._choices, self._habits = choices, habits
        self.sandboxes: dict[str, Sandbox] = {}
        self.lines: dict[str, CallRegistry] = {}

    def told(self, asked: Asked) -> ReportRow:
        """The status and the document that a request is answered with."""
        parts = asked.path.removeprefix("/__noojee").strip("/").split("/")
        if parts == [""]:
            return 200, {"server": "other-pbx", "sandboxes": True, "dialects": DIALECTS}
        if parts == ["sandboxes"] and asked.method == "POST":
            return 201, self._made(json.loads(asked.body))
        sandbox = self.sandboxes.get(parts[1]) if len(parts) > 1 else None
        if sandbox is None:
            return 404, {"error": "no such sandbox"}
        if len(parts) == 2 and asked.method == "DELETE":
            del self.lines[sandbox.name]
            self.sandboxes.pop(sandbox.name).table.close()
            return 204, None
        change = CHANGES.get((asked.method, "/".join(parts[2:])))
        if change is None:
            return 404, {"error": "this PBX has no such control"}
        return change(sandbox, self.lines[sandbox.name], asked)

    def _made(self, spec: dict[str, Any]) -> dict[str, Any]:
        archive = spec.get("archive") or {"calls": []}
        now = archive.get("now")
        choices = {**self._choices, **archive.get("profile", {}), **spec.get("profile", {})}
        sandbox = Sandbox(
            name=secrets.token_hex(4),
            key=secrets.token_hex(16),
            user_key=secrets.token_hex(16),
            zone=ZoneInfo(archive.get("time_zone") or "Australia/Melbourne"),
            choices=choices,
            account=archive.get("default_account") or choices["default_account"],
            frozen=None if now is None else micros(now),
        )
        sandbox.put_calls(archive["calls"])
        self.sandboxes[sandbox.name], self.lines[sandbox.name] = sandbox, CallRegistry(sandbox, self._habits)
        return {
            "sandbox": sandbox.name, "path": f"s/{sandbox.name}", "api_key": sandbox.key, "user_key": sandbox.user_key,
            "profile": choices, "dialects": DIALECTS, "time_zone": sandbox.zone.key, "audio": AUDIO, "clock": _clock(sandbox),
        }  # fmt: skip


def _clock(sandbox: Sandbox) -> dict[str, Any]:
    return {"now": rfc(sandbox.now()), "frozen": sandbox.frozen is not None}


def _step(sandbox: Sandbox, _: CallRegistry, asked: Asked) -> ReportRow:
    sandbox.step(round(json.loads(asked.body)["step_seconds"] * SECOND))
    return 200, _clock(sandbox)


def _add_calls(sandbox: Sandbox, _: CallRegistry, asked: Asked) -> ReportRow:
    added = json.loads(asked.body)["calls"]
    sandbox.put_calls(added)
    return 201, {"calls": len(added)}


def _put_sound(sandbox: Sandbox, _: CallRegistry, asked: Asked) -> ReportRow:
    wanted = dict(parse_qsl(asked.query))
    leg = wanted["unique_id"], int(wanted["leg"])
    sandbox.table.execute("UPDATE leg SET sound = ? WHERE call = ? AND number = ?", (asked.body, *leg))
    return 204, None


def _play(sandbox: Sandbox, lines: CallRegistry, asked: Asked) -> ReportRow:
    try:
        calls = play(lines, json.loads(asked.body)["steps"])
    except Wrong as reason:
        return 409, {"error": str(reason)}
    named = {name: {"unique_id": call.unique_id} for name, call in calls.items()}
    return 200, {"now": rfc(sandbox.now()), "calls": named}


def _set_directory(sandbox: Sandbox, _: CallRegistry, asked: Asked) -> ReportRow:
    sandbox.directory = json.loads(asked.body)
    return 200, sandbox.directory


def _set_version(sandbox: Sandbox, _: CallRegistry, asked: Asked) -> ReportRow:
    sandbox.version = json.loads(asked.body)["version"]
    return 200, {"version": sandbox.version, "dialects": [each for each in DIALECTS if sandbox.serves(each)]}


def _set_access(sandbox: Sandbox, _: CallRegistry, asked: Asked) -> ReportRow:
    sandbox.allowed = json.loads(asked.body)["allowed_addresses"]
    return 200, {"allowed_addresses": sandbox.allowed}


def _set_retention(sandbox: Sandbox, _: CallRegistry, asked: Asked) -> ReportRow:
    sandbox.retention |= json.loads(asked.body)
    return 200, sandbox.retention


CHANGES = {
    ("POST", "clock"): _step,
    ("POST", "calls"): _add_calls,
    ("POST", "flow"): _play,
    ("PUT", "sound"): _put_sound,
    ("PUT", "directory"): _set_directory,
    ("PUT", "version"): _set_version,
    ("PUT", "access"): _set_access,
    ("PUT", "retention"): _set_retention,
}
