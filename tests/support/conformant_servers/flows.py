"""The steps of a flow on the second PBX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.conformant_servers.live_calls import Call, CallRegistry, CallStateError
from support.conformant_servers.sandbox import SECOND

Step = Callable[[CallRegistry, dict[str, Any]], Any]
STEPS: dict[str, Step] = {
    "inbound": lambda registry, step: registry.arrive(
        step["did"], step.get("source", ""), record=step.get("record"), tag=step.get("tag", "")
    ),
    "place": lambda registry, step: registry.place(
        step["from"], step["number"], record=step.get("record", "answer"), tag=step.get("tag", "")
    ),
    "dial": lambda registry, step: registry.dial(
        step["from"], step["number"], record=step.get("record", False), tag=step.get("tag", ""),
        at_once=step.get("at_once", False),
    ),
    "proceed": lambda registry, step: registry.proceed(step["call"]),
    "answer": lambda registry, step: registry.answer(step["call"], step["by"]),
    "transfer": lambda registry, step: registry.transfer(step["call"], step["to"]),
    "start_recording":
        lambda registry, step: registry.start(step["call"], tag=step.get("tag"), agent=step.get("agent")),
    "stop_recording": lambda registry, step: registry.stop(step["call"], agent=step.get("agent")),
    "hang_up": lambda registry, step: registry.hang_up(step["call"]),
    "wait": lambda registry, step: registry.sandbox.step(round(step["seconds"] * SECOND)),
}  # fmt: skip


def play(registry: CallRegistry, steps: list[dict[str, Any]]) -> dict[str, Call]:
    """Play the steps of a flow and return the calls that it names.

    Raises CallStateError at the first impossible step.
    """
    named: dict[str, Call] = {}
    living = {call.unique_id: call for call in registry.calls if call.unique_id not in registry.ended}
    for step in steps:
        if "call" in step:
            call = named.get(step["call"]) or living.get(step["call"])
            if call is None or call.unique_id in registry.ended:
                raise CallStateError(f"no call {step['call']}")
            step = {**step, "call": call}
        done = STEPS[step["do"]](registry, step)
        if "as" in step:
            named[step["as"]] = done
    return named
