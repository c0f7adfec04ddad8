"""Steps of live calls that the second PBX is told to play."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.conformant_servers.live import Call, CallRegistry, Wrong
from support.conformant_servers.sandbox import SECOND

Step = Callable[[CallRegistry, dict[str, Any]], Any]
STEPS: dict[str, Step] = {
    "inbound": lambda lines, step: lines.arrive(
        step["did"], step.get("source", ""), record=step.get("record"), tag=step.get("tag", "")
    ),
    "place": lambda lines, step: lines.place(
        step["from"], step["number"], record=step.get("record", "answer"), tag=step.get("tag", "")
    ),
    "dial": lambda lines, step: lines.dial(
        step["from"], step["number"], record=step.get("record", False), tag=step.get("tag", ""),
        at_once=step.get("at_once", False),
    ),
    "proceed": lambda lines, step: lines.proceed(step["call"]),
    "answer": lambda lines, step: lines.answer(step["call"], step["by"]),
    "transfer": lambda lines, step: lines.transfer(step["call"], step["to"]),
    "start_recording": lambda lines, step: lines.start(step["call"], tag=step.get("tag"), agent=step.get("agent")),
    "stop_recording": lambda lines, step: lines.stop(step["call"], agent=step.get("agent")),
    "hang_up": lambda lines, step: lines.hang_up(step["call"]),
    "wait": lambda lines, step: lines.sandbox.step(round(step["seconds"] * SECOND)),
}  # fmt: skip


def play(lines: CallRegistry, steps: list[dict[str, Any]]) -> dict[str, Call]:
    """Play the steps of a flow; the calls that it names. Raises Wrong at the first that cannot be done."""
    named: dict[str, Call] = {}
    living = {call.unique_id: call for call in lines.calls if call.unique_id not in lines.ended}
    for step in steps:
        if "call" in step:
            call = named.get(step["call"]) or living.get(step["call"])
            if call is None or call.unique_id in lines.ended:
                raise Wrong(f"no call {step['call']}")
            step = {**step, "call": call}
        done = STEPS[step["do"]](lines, step)
        if "as" in step:
            named[step["as"]] = done
    return named
