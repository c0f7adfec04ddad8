"""The state machine of a live call as a table: the actions of each state, the state that follows, and the legs.

Source of the legs: entering a queue, being answered and each transfer split a recording (SPEC W-A4). The answer after a
transfer makes no leg (UNKNOWN: chosen, because the transfer made one).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from noojee_fake.pbx.directory import Record
from noojee_fake.pbx.live.call import CallRefused, CallState, Reason


class Action(Enum):
    """What happens to a call as a whole."""

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
    """When an action begins a leg.

    `splits` is for a call that is recorded, `starts` for calls with one of these settings.
    """

    splits: bool = False
    starts: frozenset[Record] = frozenset()

    def begins_leg(self, *, recording: bool, record: Record) -> bool:
        """Whether the action begins a leg of a call."""
        return (recording and self.splits) or record in self.starts


NO_LEG = LegRule()
AT_GREETING = LegRule(starts=frozenset({Record.GREETING}))
AT_QUEUE = LegRule(splits=True, starts=frozenset({Record.GREETING, Record.QUEUE}))
AT_ANSWER = LegRule(splits=True, starts=frozenset({Record.GREETING, Record.QUEUE, Record.ANSWER}))
AT_TRANSFER = LegRule(splits=True)


@dataclass(frozen=True, slots=True)
class Transition:
    """What an action leads to."""

    state: CallState
    leg: LegRule = NO_LEG


TRANSITIONS: Mapping[CallState, Mapping[Action, Transition]] = {
    CallState.ROUTING: {
        Action.GREET: Transition(CallState.GREETING, AT_GREETING),
        Action.CALL_BACK: Transition(CallState.CALLING_BACK),
        Action.RING: Transition(CallState.RINGING),
        Action.ENTER_QUEUE: Transition(CallState.QUEUED, AT_QUEUE),
    },
    CallState.GREETING: {
        Action.PROCEED: Transition(CallState.ROUTING),
        Action.HANG_UP: Transition(CallState.ENDED),
    },
    CallState.CALLING_BACK: {
        Action.ANSWER: Transition(CallState.ROUTING),
        Action.HANG_UP: Transition(CallState.ENDED),
    },
    CallState.RINGING: {
        Action.ANSWER: Transition(CallState.CONNECTED, AT_ANSWER),
        Action.HANG_UP: Transition(CallState.ENDED),
    },
    CallState.QUEUED: {
        Action.ANSWER: Transition(CallState.CONNECTED, AT_ANSWER),
        Action.HANG_UP: Transition(CallState.ENDED),
    },
    CallState.CONNECTED: {
        Action.TRANSFER: Transition(CallState.TRANSFERRED, AT_TRANSFER),
        Action.ENTER_QUEUE: Transition(CallState.QUEUED, AT_QUEUE),
        Action.HANG_UP: Transition(CallState.ENDED),
    },
    CallState.TRANSFERRED: {
        Action.ANSWER: Transition(CallState.CONNECTED),
        Action.HANG_UP: Transition(CallState.ENDED),
    },
    CallState.ENDED: {},
}
"""A transfer to a queue is the action ENTER_QUEUE of a connected call."""

REFUSALS: Mapping[Action, Reason] = {
    Action.PROCEED: Reason.NOT_CONNECTED,
    Action.ANSWER: Reason.NOT_RINGING,
    Action.TRANSFER: Reason.NOT_CONNECTED,
}
"""Why an action is refused in a state that lacks it; NO_CALL for any other action."""


def transition(state: CallState, action: Action) -> Transition:
    """What an action leads to in a state. Raises CallRefused where the state does not allow the action."""
    found = TRANSITIONS[state].get(action)
    if found is None:
        raise CallRefused(REFUSALS.get(action, Reason.NO_CALL))
    return found
