"""The control API of the second PBX, as far as the contract suite uses it: sandboxes, calls, flows, clock, settings."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from support.conformant_servers.flows import play
from support.conformant_servers.live_calls import CallRegistry, CallStateError, Variations
from support.conformant_servers.sandbox import DIALECTS, SECOND, Sandbox, micros, rfc
from support.conformant_servers.wire import Request

BY_UNIQUE_ID = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
AUDIO = dict.fromkeys(DIALECTS, BY_UNIQUE_ID) | {"services": "GET {base}?method=retrieve&tag={tag}&leg={leg}"}
ControlAnswer = tuple[int, dict[str, Any] | None]


class Control:
    """Creates and changes sandboxes."""

    def __init__(self, profile: Mapping[str, str], variations: Variations) -> None:
        self._profile, self._variations = profile, variations
        self.sandboxes: dict[str, Sandbox] = {}
        self.registries: dict[str, CallRegistry] = {}

    def handle(self, request: Request) -> ControlAnswer:
        """The status and the document of the answer."""
        parts = request.path.removeprefix("/__noojee").strip("/").split("/")
        if parts == [""]:
            return 200, {"server": "other-pbx", "sandboxes": True, "dialects": DIALECTS}
        if parts == ["sandboxes"] and request.method == "POST":
            return 201, self._made(json.loads(request.body))
        sandbox = self.sandboxes.get(parts[1]) if len(parts) > 1 else None
        if sandbox is None:
            return 404, {"error": "no such sandbox"}
        if len(parts) == 2 and request.method == "DELETE":
            del self.registries[sandbox.name]
            self.sandboxes.pop(sandbox.name).table.close()
            return 204, None
        change = CHANGES.get((request.method, "/".join(parts[2:])))
        if change is None:
            return 404, {"error": "this PBX has no such control"}
        return change(sandbox, self.registries[sandbox.name], request)

    def _made(self, spec: dict[str, Any]) -> dict[str, Any]:
        archive = spec.get("archive") or {"calls": []}
        now = archive.get("now")
        profile = {**self._profile, **archive.get("profile", {}), **spec.get("profile", {})}
        sandbox = Sandbox(
            name=secrets.token_hex(4),
            key=secrets.token_hex(16),
            user_key=secrets.token_hex(16),
            zone=ZoneInfo(archive.get("time_zone") or "Australia/Melbourne"),
            profile=profile,
            account=archive.get("default_account") or profile["default_account"],
            frozen=None if now is None else micros(now),
        )
        sandbox.put_calls(archive["calls"])
        self.sandboxes[sandbox.name], self.registries[sandbox.name] = sandbox, CallRegistry(sandbox, self._variations)
        return {
            "sandbox": sandbox.name, "path": f"s/{sandbox.name}", "api_key": sandbox.key, "user_key": sandbox.user_key,
            "profile": profile, "dialects": DIALECTS, "time_zone": sandbox.zone.key, "audio": AUDIO,
            "clock": _clock(sandbox),
        }  # fmt: skip


def _clock(sandbox: Sandbox) -> dict[str, Any]:
    return {"now": rfc(sandbox.now()), "frozen": sandbox.frozen is not None}


def _step(sandbox: Sandbox, _: CallRegistry, request: Request) -> ControlAnswer:
    sandbox.step(round(json.loads(request.body)["step_seconds"] * SECOND))
    return 200, _clock(sandbox)


def _add_calls(sandbox: Sandbox, _: CallRegistry, request: Request) -> ControlAnswer:
    added = json.loads(request.body)["calls"]
    sandbox.put_calls(added)
    return 201, {"calls": len(added)}


def _put_sound(sandbox: Sandbox, _: CallRegistry, request: Request) -> ControlAnswer:
    wanted = dict(parse_qsl(request.query))
    leg = wanted["unique_id"], int(wanted["leg"])
    sandbox.table.execute("UPDATE leg SET sound = ? WHERE call = ? AND number = ?", (request.body, *leg))
    return 204, None


def _play(sandbox: Sandbox, registry: CallRegistry, request: Request) -> ControlAnswer:
    try:
        calls = play(registry, json.loads(request.body)["steps"])
    except CallStateError as reason:
        return 409, {"error": str(reason)}
    named = {name: {"unique_id": call.unique_id} for name, call in calls.items()}
    return 200, {"now": rfc(sandbox.now()), "calls": named}


def _set_directory(sandbox: Sandbox, _: CallRegistry, request: Request) -> ControlAnswer:
    sandbox.directory = json.loads(request.body)
    return 200, sandbox.directory


def _set_version(sandbox: Sandbox, _: CallRegistry, request: Request) -> ControlAnswer:
    sandbox.version = json.loads(request.body)["version"]
    return 200, {"version": sandbox.version, "dialects": [each for each in DIALECTS if sandbox.serves(each)]}


def _set_access(sandbox: Sandbox, _: CallRegistry, request: Request) -> ControlAnswer:
    sandbox.allowed = json.loads(request.body)["allowed_addresses"]
    return 200, {"allowed_addresses": sandbox.allowed}


def _set_retention(sandbox: Sandbox, _: CallRegistry, request: Request) -> ControlAnswer:
    sandbox.retention |= json.loads(request.body)
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
