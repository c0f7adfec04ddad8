"""Plays call flows: each step at the time of the sandbox's clock. A wait step moves that clock.

An invalid flow does nothing. If the state of the calls does not allow a step, the steps before it stay done, and the
refusal names the step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from noojee_fake.api.pbx import Pbx
from noojee_fake.control.json_body import Refused, answer, read_body
from noojee_fake.control.live_calls import legs_of
from noojee_fake.control.steps import Step, read_steps
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.clock import SECOND, format_instant
from noojee_fake.pbx.directory import Record
from noojee_fake.pbx.live.call import CallRefused, LiveCall, Status
from noojee_fake.pbx.live.recording import RecordingStart, RecordingStop


def play_flow(pbx: Pbx, request: Request) -> Response:
    """Play the steps of a Flow. The answer has the unique id and the legs of each named call."""
    steps = read_steps(read_body(request, "Flow")["steps"])
    with pbx.change:
        player = _Player(pbx)
        for at, step in enumerate(steps):
            try:
                _PLAYS[step.do](player, **step.arguments)
            except (CallRefused, _ClockLimit) as wrong:
                reason = f"step {at} ({step.do}) is not possible: {wrong}; {_hint(player, step)}"
                raise Refused(409, reason, f"$.steps[{at}]", more={"done": at, **player.report()}) from None
        return answer(200, {"done": len(steps), **player.report()})


class _ClockLimit(Exception):
    """A wait would move the clock beyond the years that it can show."""


@dataclass(slots=True)
class _Player:
    """The PBX that plays a flow, and the calls that its steps named."""

    pbx: Pbx
    calls: dict[str, LiveCall] = field(default_factory=dict)

    @property
    def now(self) -> int:
        """The PBX's time in microseconds since 1970."""
        return self.pbx.clock.micros()

    def find(self, call: str) -> LiveCall:
        """A call by its name in this flow, or by its unique id. Raises CallRefused if it is not live."""
        return self.calls[call] if call in self.calls else self.pbx.switchboard.find(call)

    def keep(self, name: str | None, call: LiveCall) -> None:
        """Remember a new call by the name that its step gives."""
        if name is not None:
            self.calls[name] = call

    def report(self) -> dict[str, Any]:
        """The time, and the state of the named calls: fields of FlowPlayed."""
        alive = {call.unique_id for call in self.pbx.switchboard.calls()}
        return {
            "now": format_instant(self.now),
            "calls": {
                name: {
                    "unique_id": call.unique_id,
                    "live": call.unique_id in alive,
                    "legs": legs_of(self.pbx, call.legs),
                }
                for name, call in self.calls.items()
            },
        }


def _hint(player: _Player, step: Step) -> str:
    """What to do about a step that was not possible."""
    call = player.calls.get(step.arguments.get("call", ""))
    if step.do == "answer" and call is not None:
        ringing = [name for name, status in call.parties.items() if status is Status.RINGING]
        return f"ringing are {', '.join(ringing)}" if ringing else "nobody rings"
    if step.do in ("inbound", "place", "dial"):
        return "GET directory shows users, queues and routes"
    return "GET live shows the state of the calls"


def _inbound(
    player: _Player, *, did: str, source: str = "", record: str | None = None, tag: str = "", name: str | None = None
) -> None:
    start = None if record is None else Record(record)
    player.keep(name, player.pbx.switchboard.inbound(did, source, player.now, record=start, tag=tag))


def _place(
    player: _Player, *, extension: str, number: str, record: str = "answer", tag: str = "", name: str | None = None
) -> None:
    call = player.pbx.switchboard.place(extension, number, player.now, record=Record(record), tag=tag)
    player.keep(name, call)


def _dial(
    player: _Player,
    *,
    extension: str,
    number: str,
    record: bool = False,
    tag: str = "",
    at_once: bool = False,
    name: str | None = None,
) -> None:
    board = player.pbx.switchboard
    player.keep(name, board.dial(extension, number, player.now, record=record, tag=tag, at_once=at_once))


def _wait(player: _Player, *, seconds: float) -> None:
    try:
        player.pbx.clock.step(round(seconds * SECOND))
    except ValueError as wrong:
        raise _ClockLimit(str(wrong)) from None
    player.pbx.switchboard.wake()


def _proceed(player: _Player, *, call: str) -> None:
    player.pbx.switchboard.proceed(player.find(call), player.now)


def _answer(player: _Player, *, call: str, by: str) -> None:
    player.pbx.switchboard.answer(player.find(call), by, player.now)


def _transfer(player: _Player, *, call: str, to: str) -> None:
    player.pbx.switchboard.transfer(player.find(call), to, player.now)


def _start_recording(player: _Player, *, call: str, tag: str | None = None, agent: str | None = None) -> None:
    again = player.pbx.profile["start_while_recording"]
    start = RecordingStart(tag=tag, owner=agent, again=again)
    player.pbx.switchboard.start_recording(player.find(call), start, player.now)


def _stop_recording(player: _Player, *, call: str, agent: str | None = None) -> None:
    anyone = player.pbx.profile["stop_permission"] == "anyone"
    stop = RecordingStop(agent=agent, anyone=anyone)
    player.pbx.switchboard.stop_recording(player.find(call), stop, player.now)


def _hang_up(player: _Player, *, call: str) -> None:
    player.pbx.switchboard.hang_up(player.find(call), player.now)


_PLAYS: Mapping[str, Callable[..., None]] = {
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
"""How each step is played. The parameters are the fields of its component, StepInbound to StepHangUp."""
