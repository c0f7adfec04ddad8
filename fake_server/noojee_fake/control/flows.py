"""A call flow: steps that are played at once, each at the sandbox's clock. A wait steps that clock.

The form of all steps is judged first, and a flow of wrong form does nothing. Where a step cannot be done as the calls
stand, those before it stay done, and the refusal says which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from noojee_fake.api.pbx import Pbx
from noojee_fake.control.json_body import Refused, answer, body_of, only
from noojee_fake.control.live_calls import legs_of
from noojee_fake.control.steps import Step, read_steps
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.clock import SECOND, format_instant
from noojee_fake.pbx.directory import Record
from noojee_fake.pbx.live.call import LiveCall, Status
from noojee_fake.pbx.live.call import Refused as NotPossible


def play_flow(pbx: Pbx, request: Request) -> Response:
    """Play the steps of a body; the answer tells the unique id and the legs of each call that was given a name."""
    body = body_of(request)
    only(body, "steps")
    steps = read_steps(body.get("steps"))
    with pbx.change:
        player = _Player(pbx)
        for at, step in enumerate(steps):
            try:
                player.play(step)
            except (NotPossible, _OutOfTime) as wrong:
                reason = f"step {at} ({step.do}) cannot be done: {wrong}; {player.hint(step)}"
                more = {"done": at, **player.told()}
                raise Refused(409, reason, f"$.steps[{at}]", more=more) from None
        return answer(200, {"done": len(steps), **player.told()})


class _OutOfTime(Exception):
    """A wait that no clock can show the end of."""


@dataclass(slots=True)
class _Player:
    """Plays steps, and keeps the calls that they name."""

    pbx: Pbx
    calls: dict[str, LiveCall] = field(default_factory=dict)

    def play(self, step: Step) -> None:
        """Raises NotPossible or _OutOfTime, and then has changed nothing."""
        _PLAYS[step.do](self, step.fields)

    def call(self, fields: Mapping[str, Any]) -> LiveCall:
        """The call that a step means: by the name that an earlier one gave it, else by its unique id."""
        name = fields["call"]
        return self.calls[name] if name in self.calls else self.pbx.switchboard.find(name)

    def begun(self, call: LiveCall, fields: Mapping[str, Any]) -> None:
        if "as" in fields:
            self.calls[fields["as"]] = call

    def told(self) -> dict[str, Any]:
        alive = {call.unique_id for call in self.pbx.switchboard.calls()}
        return {
            "now": format_instant(self.pbx.clock.micros()),
            "calls": {
                name: {
                    "unique_id": call.unique_id,
                    "live": call.unique_id in alive,
                    "legs": legs_of(self.pbx, call.legs),
                }
                for name, call in self.calls.items()
            },
        }

    def hint(self, step: Step) -> str:
        """What to do about a step that could not be done."""
        call = self.calls.get(step.fields.get("call", ""))
        if step.do == "answer" and call is not None:
            ringing = [name for name, status in call.parties.items() if status is Status.RINGING]
            return f"there ring {', '.join(ringing)}" if ringing else "nobody rings"
        if step.do in ("inbound", "place", "dial"):
            return "GET directory shows users, queues and routes"
        return "GET live shows how the calls stand"


def _inbound(player: _Player, fields: Mapping[str, Any]) -> None:
    board, now = player.pbx.switchboard, player.pbx.clock.micros()
    record = Record(fields["record"]) if "record" in fields else None
    call = board.inbound(fields["did"], fields.get("source", ""), now, record=record, tag=fields.get("tag", ""))
    player.begun(call, fields)


def _place(player: _Player, fields: Mapping[str, Any]) -> None:
    board, now = player.pbx.switchboard, player.pbx.clock.micros()
    record = Record(fields.get("record", Record.ANSWER.value))
    call = board.place(fields["from"], fields["number"], now, record=record, tag=fields.get("tag", ""))
    player.begun(call, fields)


def _dial(player: _Player, fields: Mapping[str, Any]) -> None:
    call = player.pbx.switchboard.dial(
        fields["from"],
        fields["number"],
        player.pbx.clock.micros(),
        record=fields.get("record", False),
        tag=fields.get("tag", ""),
        at_once=fields.get("at_once", False),
    )
    player.begun(call, fields)


def _wait(player: _Player, fields: Mapping[str, Any]) -> None:
    try:
        player.pbx.clock.step(round(fields["seconds"] * SECOND))
    except ValueError as wrong:
        raise _OutOfTime(str(wrong)) from None
    player.pbx.switchboard.wake()


def _proceed(player: _Player, fields: Mapping[str, Any]) -> None:
    player.pbx.switchboard.proceed(player.call(fields), player.pbx.clock.micros())


def _answer(player: _Player, fields: Mapping[str, Any]) -> None:
    player.pbx.switchboard.answer(player.call(fields), fields["by"], player.pbx.clock.micros())


def _transfer(player: _Player, fields: Mapping[str, Any]) -> None:
    player.pbx.switchboard.transfer(player.call(fields), fields["to"], player.pbx.clock.micros())


def _start_recording(player: _Player, fields: Mapping[str, Any]) -> None:
    player.pbx.switchboard.start_recording(
        player.call(fields),
        player.pbx.clock.micros(),
        tag=fields.get("tag"),
        owner=fields.get("agent"),
        extension=None,
        again=player.pbx.profile["start_while_recording"],
    )


def _stop_recording(player: _Player, fields: Mapping[str, Any]) -> None:
    player.pbx.switchboard.stop_recording(
        player.call(fields),
        player.pbx.clock.micros(),
        agent=fields.get("agent"),
        anyone=player.pbx.profile["stop_permission"] == "anyone",
    )


def _hang_up(player: _Player, fields: Mapping[str, Any]) -> None:
    player.pbx.switchboard.hang_up(player.call(fields), player.pbx.clock.micros())


_PLAYS: Mapping[str, Callable[[_Player, Mapping[str, Any]], None]] = {
    "inbound": _inbound,
    "place": _place,
    "dial": _dial,
    "wait": _wait,
    "proceed": _proceed,
    "answer": _answer,
    "transfer": _transfer,
    "start_recording": _start_recording,
    "stop_recording": _stop_recording,
    "hang_up": _hang_up,
}
