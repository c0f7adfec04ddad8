"""The live calls as JSON: parties, state and legs so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from noojee_fake.api.pbx import Pbx
from noojee_fake.control.json_body import answer
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.calls import OPEN, Leg
from noojee_fake.pbx.clock import format_instant
from noojee_fake.pbx.live.call import CallState, LiveCall


def get_live(pbx: Pbx, _: Request) -> Response:
    """The live calls, oldest first."""
    with pbx.change:
        calls = [call.copy() for call in pbx.switchboard.calls()]
    return answer(200, {"calls": [live_call(pbx, call) for call in calls]})


def live_call(pbx: Pbx, call: LiveCall) -> dict[str, Any]:
    """The LiveCall object of the description: oldest party first, lowest leg first."""
    return {
        "unique_id": call.unique_id,
        "call_id": call.call_id,
        "state": _state(call),
        "direction": call.direction.value,
        "source": call.source,
        "did": call.did,
        "number": call.number,
        "queue": call.queue,
        "created": format_instant(call.created_micros),
        "answered": None if call.answered_micros is None else format_instant(call.answered_micros),
        "connected": call.connected,
        "parties": [{"extension": name, "status": status.value} for name, status in call.parties.items()],
        "recording": call.recording,
        "tag": call.tag,
        "owner": pbx.default_account if call.leg_owner is None else call.leg_owner,
        "legs": legs_of(pbx, call.legs),
    }


def legs_of(pbx: Pbx, legs: Iterable[Leg]) -> list[dict[str, Any]]:
    """LiveLeg objects in the order given; `end` is null while a leg is recorded."""
    return [
        {
            "leg": leg.number,
            "start": format_instant(leg.start_micros),
            "end": None if leg.end_micros == OPEN else format_instant(leg.end_micros),
            "tag": leg.tag,
            "username": pbx.default_account if leg.username is None else leg.username,
            "destination": leg.destination,
            "call_record_id": leg.call_record_id,
        }
        for leg in legs
    ]


def _state(call: LiveCall) -> str:
    """The state of a call as the control API names it: a transferred call rings."""
    return "ringing" if call.state is CallState.TRANSFERRED else call.state.value
