"""The state machine of a live call as a table: the steps of each state, the state that follows, and the legs.

Source of the legs: entering a queue, being answered and each transfer split a recording (SPEC W-A4). The answer after a
transfer makes no leg (UNKNOWN: chosen, because the transfer made one).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from noojee_fake.pbx.directory import Record
from noojee_fake.pbx.live.call import CallRefused, CallState, Reason


class Step(Enum):
    """Something that happens to a call as a whole."""

    GREET = "greet"
    CALL_BACK = "call-back"
    PROCEED = "proceed"
    RING = "ring"
    ENTER_QUEUE = "enter-queue"
    ANSWER = "answer"
    TRANSFER = "transfer"
    HANG_UP = "hang-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRule:
    """When a step begins a leg: `splits` for a call that is recorded, `starts` for calls with one of these settings."""

    splits: bool = False
    starts: frozenset[Record] = frozenset()

    def begins_leg(self, *, recording: bool, record: Record) -> bool:
        """Whether the step begins a leg of a call."""
        return (recording and self.splits) or record in self.starts


NO_LEG = LegRule()
AT_GREETING = LegRule(starts=frozenset({Record.GREETING}))
AT_QUEUE = LegRule(splits=True, starts=frozenset({Record.GREETING, Record.QUEUE}))
AT_ANSWER = LegRule(splits=True, starts=frozenset({Record.GREETING, Record.QUEUE, Record.ANSWER}))
AT_TRANSFER = LegRule(splits=True)


@dataclass(frozen=True, slots=True)
class Transition:
    """What a step leads to."""

    state: CallState
    leg: LegRule = NO_LEG


TRANSITIONS: Mapping[CallState, Mapping[Step, Transition]] = {
    CallState.ROUTING: {
        Step.GREET: Transition(CallState.GREETING, AT_GREETING),
        Step.CALL_BACK: Transition(CallState.CALLING_BACK),
        Step.RING: Transition(CallState.RINGING),
        Step.ENTER_QUEUE: Transition(CallState.QUEUED, AT_QUEUE),
    },
    CallState.GREETING: {
        Step.PROCEED: Transition(CallState.ROUTING),
        Step.HANG_UP: Transition(CallState.ENDED),
    },
    CallState.CALLING_BACK: {
        Step.ANSWER: Transition(CallState.ROUTING),
        Step.HANG_UP: Transition(CallState.ENDED),
    },
    CallState.RINGING: {
        Step.ANSWER: Transition(CallState.CONNECTED, AT_ANSWER),
        Step.HANG_UP: Transition(CallState.ENDED),
    },
    CallState.QUEUED: {
        Step.ANSWER: Transition(CallState.CONNECTED, AT_ANSWER),
        Step.HANG_UP: Transition(CallState.ENDED),
    },
    CallState.CONNECTED: {
        Step.TRANSFER: Transition(CallState.TRANSFERRED, AT_TRANSFER),
        Step.ENTER_QUEUE: Transition(CallState.QUEUED, AT_QUEUE),
        Step.HANG_UP: Transition(CallState.ENDED),
    },
    CallState.TRANSFERRED: {
        Step.ANSWER: Transition(CallState.CONNECTED),
        Step.HANG_UP: Transition(CallState.ENDED),
    },
    CallState.ENDED: {},
}
"""A transfer to a queue is the step ENTER_QUEUE of a connected call."""

REFUSALS: Mapping[Step, Reason] = {
    Step.PROCEED: Reason.NOT_CONNECTED,
    Step.ANSWER: Reason.NOT_RINGING,
    Step.TRANSFER: Reason.NOT_CONNECTED,
}
"""Why a step is refused in a state that lacks it; NO_CALL for any other step."""


def transition(state: CallState, step: Step) -> Transition:
    """What a step leads to in a state. Raises CallRefused where the state does not allow the step."""
    found = TRANSITIONS[state].get(step)
    if found is None:
        raise CallRefused(REFUSALS.get(step, Reason.NO_CALL))
    return found
