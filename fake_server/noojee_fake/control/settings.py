"""What a PBX is set to, read and changed while it runs: its profile, its clock."""

from __future__ import annotations

from typing import Any

from noojee_fake.clock import EARLIEST, LATEST, SECOND, format_instant
from noojee_fake.control.bodies import Refused, answer, body_of, choices_of, flag_of, instant_of, only
from noojee_fake.core import Pbx
from noojee_fake.messages import Request, Response

_LONGEST_STEP_SECONDS = 1e12


def get_profile(pbx: Pbx, _: Request) -> Response:
    return answer(200, dict(pbx.profile))


def put_profile(pbx: Pbx, request: Request) -> Response:
    choices = choices_of(body_of(request), "$")
    with pbx.change:
        pbx.profile = pbx.profile.with_choices(choices)
    return answer(200, dict(pbx.profile))


def clock_of(pbx: Pbx) -> dict[str, Any]:
    """What a clock shows, and whether it stands."""
    return {"now": format_instant(pbx.clock.micros()), "frozen": pbx.clock.frozen}


def get_clock(pbx: Pbx, _: Request) -> Response:
    return answer(200, clock_of(pbx))


def set_clock(pbx: Pbx, request: Request) -> Response:
    body = body_of(request)
    only(body, "now", "step_seconds", "frozen")
    if not body:
        raise Refused(400, "send now, step_seconds or frozen")
    now, frozen = instant_of(body, "now", "$"), flag_of(body, "frozen", "$")
    step = body.get("step_seconds", 0)
    if isinstance(step, bool) or not isinstance(step, (int, float)):
        raise Refused(400, "step_seconds is a number of seconds", "$.step_seconds")
    with pbx.change:
        at = pbx.clock.micros() if now is None else now
        if abs(step) > _LONGEST_STEP_SECONDS or not EARLIEST <= at + round(step * SECOND) <= LATEST:
            raise Refused(400, "the clock would leave the years 1970 to 9998", "$.step_seconds")
        if frozen is not None:
            pbx.clock.freeze(frozen)
        if now is not None or step:
            pbx.clock.set(at + round(step * SECOND))
        return answer(200, clock_of(pbx))
