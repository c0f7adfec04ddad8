"""The state of a sandbox: shown in one document, kept in snapshots, put back, and reset to how the sandbox was made."""

from __future__ import annotations

from typing import Any

from noojee_fake.api.pbx import Pbx
from noojee_fake.api.snapshots import Snapshot
from noojee_fake.control.json_body import Refused, answer, body_of, only
from noojee_fake.control.live_calls import live_call
from noojee_fake.control.sandbox_spec import Place
from noojee_fake.control.settings import access_of, clock_of
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.access import BY_HOUR_SPACING_MICROS
from noojee_fake.pbx.clock import format_instant
from noojee_fake.pbx.retention import write_rules


def get_state(place: Place, _: Request) -> Response:
    pbx = place.pbx
    with pbx.change:
        calls, legs = pbx.store.count()
        live = [live_call(pbx, call) for call in pbx.switchboard.calls()]
        return answer(
            200,
            {
                "sandbox": place.sandbox,
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
                    "snapshots": len(place.saved.kept),
                },
                "live": live,
                "limits": _limits(pbx),
                "storage": write_rules(pbx.locations.rules),
                "own_bugs": [type(bug).__name__ for bug in pbx.own_bugs],
                **access_of(pbx),
            },
        )


def list_snapshots(place: Place, _: Request) -> Response:
    with place.pbx.change:
        kept = [_snapshot(name, snapshot) for name, snapshot in place.saved.kept.items()]
    return answer(200, {"snapshots": kept})


def take_snapshot(place: Place, request: Request) -> Response:
    _nothing_in(request)
    with place.pbx.change:
        name = place.saved.take()
        return answer(201, _snapshot(name, place.saved.kept[name]))


def drop_snapshot(place: Place, name: str, _: Request) -> Response:
    if not place.saved.drop(name):
        raise _no_snapshot(name)
    return Response(204)


def restore_snapshot(place: Place, name: str, request: Request) -> Response:
    _nothing_in(request)
    if not place.saved.restore(name):
        raise _no_snapshot(name)
    return Response(204)


def reset(place: Place, request: Request) -> Response:
    _nothing_in(request)
    place.saved.reset()
    return Response(204)


def _limits(pbx: Pbx) -> dict[str, Any]:
    """What stands in the way of the next request: the by-hour limit, hashes that were used, authentications."""
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


def _nothing_in(request: Request) -> None:
    """These take no body; an empty object will do."""
    if request.body:
        only(body_of(request))


def _no_snapshot(name: str) -> Refused:
    return Refused(404, f"this sandbox has no snapshot {name!r}; GET snapshots lists them")
