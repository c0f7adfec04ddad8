"""The control API of the second PBX, as far as the contract suite fills with it: worlds, calls, flows, clock, settings."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from support.conformant_servers.flows import play
from support.conformant_servers.live import Habits, Lines, Wrong
from support.conformant_servers.wire import Asked
from support.conformant_servers.world import DIALECTS, SECOND, World, micros, rfc

BY_UNIQUE_ID = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
AUDIO = dict.fromkeys(DIALECTS, BY_UNIQUE_ID) | {"services": "GET {base}?method=retrieve&tag={tag}&leg={leg}"}
Told = tuple[int, dict[str, Any] | None]


class Control:
    """Makes worlds and changes them."""

    def __init__(self, choices: Mapping[str, str], habits: Habits) -> None:
        self._choices, self._habits = choices, habits
        self.worlds: dict[str, World] = {}
        self.lines: dict[str, Lines] = {}

    def told(self, asked: Asked) -> Told:
        """The status and the document that a request is answered with."""
        parts = asked.path.removeprefix("/__noojee").strip("/").split("/")
        if parts == [""]:
            return 200, {"server": "other-pbx", "worlds": True, "dialects": DIALECTS}
        if parts == ["worlds"] and asked.method == "POST":
            return 201, self._made(json.loads(asked.body))
        world = self.worlds.get(parts[1]) if len(parts) > 1 else None
        if world is None:
            return 404, {"error": "no such world"}
        if len(parts) == 2 and asked.method == "DELETE":
            del self.lines[world.name]
            self.worlds.pop(world.name).table.close()
            return 204, None
        change = CHANGES.get((asked.method, "/".join(parts[2:])))
        if change is None:
            return 404, {"error": "this PBX has no such control"}
        return change(world, self.lines[world.name], asked)

    def _made(self, wish: dict[str, Any]) -> dict[str, Any]:
        seed = wish.get("seed") or {"calls": []}
        now = seed.get("now")
        choices = {**self._choices, **seed.get("profile", {}), **wish.get("profile", {})}
        world = World(
            name=secrets.token_hex(4),
            key=secrets.token_hex(16),
            user_key=secrets.token_hex(16),
            zone=ZoneInfo(seed.get("time_zone") or "Australia/Melbourne"),
            choices=choices,
            account=seed.get("default_account") or choices["default_account"],
            frozen=None if now is None else micros(now),
        )
        world.put_calls(seed["calls"])
        self.worlds[world.name], self.lines[world.name] = world, Lines(world, self._habits)
        return {
            "world": world.name, "path": f"w/{world.name}", "api_key": world.key, "user_key": world.user_key,
            "profile": choices, "dialects": DIALECTS, "time_zone": world.zone.key, "audio": AUDIO, "clock": _clock(world),
        }  # fmt: skip


def _clock(world: World) -> dict[str, Any]:
    return {"now": rfc(world.now()), "frozen": world.frozen is not None}


def _step(world: World, _: Lines, asked: Asked) -> Told:
    world.step(round(json.loads(asked.body)["step_seconds"] * SECOND))
    return 200, _clock(world)


def _add_calls(world: World, _: Lines, asked: Asked) -> Told:
    added = json.loads(asked.body)["calls"]
    world.put_calls(added)
    return 201, {"calls": len(added)}


def _put_sound(world: World, _: Lines, asked: Asked) -> Told:
    wanted = dict(parse_qsl(asked.query))
    leg = wanted["unique_id"], int(wanted["leg"])
    world.table.execute("UPDATE leg SET sound = ? WHERE call = ? AND number = ?", (asked.body, *leg))
    return 204, None


def _play(world: World, lines: Lines, asked: Asked) -> Told:
    try:
        calls = play(lines, json.loads(asked.body)["steps"])
    except Wrong as reason:
        return 409, {"error": str(reason)}
    named = {name: {"unique_id": call.unique_id} for name, call in calls.items()}
    return 200, {"now": rfc(world.now()), "calls": named}


def _set_directory(world: World, _: Lines, asked: Asked) -> Told:
    world.directory = json.loads(asked.body)
    return 200, world.directory


def _set_version(world: World, _: Lines, asked: Asked) -> Told:
    world.version = json.loads(asked.body)["version"]
    return 200, {"version": world.version, "dialects": [each for each in DIALECTS if world.serves(each)]}


def _set_access(world: World, _: Lines, asked: Asked) -> Told:
    world.allowed = json.loads(asked.body)["allowed_addresses"]
    return 200, {"allowed_addresses": world.allowed}


def _set_storage(world: World, _: Lines, asked: Asked) -> Told:
    world.storage |= json.loads(asked.body)
    return 200, world.storage


CHANGES = {
    ("POST", "clock"): _step,
    ("POST", "calls"): _add_calls,
    ("POST", "flow"): _play,
    ("PUT", "sound"): _put_sound,
    ("PUT", "directory"): _set_directory,
    ("PUT", "version"): _set_version,
    ("PUT", "access"): _set_access,
    ("PUT", "storage"): _set_storage,
}
