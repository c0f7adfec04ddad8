"""The state of a sandbox: shows it, takes and restores snapshots, and resets it to its first state."""

from __future__ import annotations

from typing import Any

from noojee_fake.api.pbx import Pbx
from noojee_fake.api.snapshots import Snapshot
from noojee_fake.control.json_body import Refused, answer, read_body
from noojee_fake.control.live_calls import live_call
from noojee_fake.control.sandbox_spec import SandboxHandle
from noojee_fake.control.settings import access_of, clock_of
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.clock import format_instant
from noojee_fake.pbx.rate_limit import BY_HOUR_SPACING_MICROS
from noojee_fake.pbx.retention import write_rules


def get_state(handle: SandboxHandle, _: Request) -> Response:
    """The State object of the description."""
    pbx = handle.pbx
    with pbx.change:
        calls, legs = pbx.store.count()
        live = [call.copy() for call in pbx.switchboard.calls()]
        state = {
            "sandbox": handle.sandbox,
            "version": pbx.version,
            "dialects": list(pbx.dialects),
            "profile": dict(pbx.profile),
            "time_zone": pbx.zone.key,
            "clock": clock_of(pbx),
            "counts": {
                "calls": calls,
                "legs": legs,
                "live_calls": len(live),
                "waiting": pbx.switchboard.listeners,
                "journal": len(pbx.journal),
                "snapshots": len(handle.snapshots.kept),
            },
            "limits": _limits(pbx),
            "retention": write_rules(pbx.retention.rules),
            "own_bugs": [bug.name for bug in pbx.own_bugs],
            **access_of(pbx),
        }
    return answer(200, {**state, "live": [live_call(pbx, call) for call in live]})


def list_snapshots(handle: SandboxHandle, _: Request) -> Response:
    """The kept snapshots, oldest first."""
    with handle.pbx.change:
        kept = [_snapshot(name, snapshot) for name, snapshot in handle.snapshots.kept.items()]
    return answer(200, {"snapshots": kept})


def take_snapshot(handle: SandboxHandle, request: Request) -> Response:
    """Keep the state of the sandbox under a new name."""
    _check_empty(request)
    with handle.pbx.change:
        name = handle.snapshots.take()
        return answer(201, _snapshot(name, handle.snapshots.kept[name]))


def drop_snapshot(handle: SandboxHandle, name: str, _: Request) -> Response:
    """Delete a snapshot."""
    if not handle.snapshots.drop(name):
        raise _no_snapshot(name)
    return Response(204)


def restore_snapshot(handle: SandboxHandle, name: str, request: Request) -> Response:
    """Return the sandbox to a snapshot."""
    _check_empty(request)
    if not handle.snapshots.restore(name):
        raise _no_snapshot(name)
    return Response(204)


def reset(handle: SandboxHandle, request: Request) -> Response:
    """Return the sandbox to its first state."""
    _check_empty(request)
    handle.snapshots.reset()
    return Response(204)


def _limits(pbx: Pbx) -> dict[str, Any]:
    """The limits of the next request: by-hour limit, used hashes, open authentications."""
    limits, now = pbx.limits, pbx.clock.micros()
    last = limits.by_hour.accepted_micros
    return {
        "by_hour_free_at": format_instant(now if last is None else max(now, last + BY_HOUR_SPACING_MICROS)),
        "used_hashes": len(limits.used_once) + len(limits.used_for_an_hour),
        "authentications_under_way": limits.attempts.under_way(now // 1000),
    }


def _snapshot(name: str, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": name,
        "now": format_instant(snapshot.taken_micros),
        "calls": snapshot.calls,
        "legs": snapshot.legs,
        "live_calls": snapshot.live_calls,
    }


def _check_empty(request: Request) -> None:
    """Raise Refused unless the request has no body, or an empty object."""
    if request.body:
        read_body(request, "Nothing")


def _no_snapshot(name: str) -> Refused:
    return Refused(404, f"this sandbox has no snapshot {name!r}; GET snapshots lists them")
