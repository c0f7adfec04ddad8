"""The table of a call's states: every state is reached, every action is carried out as the table says."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from noojee_fake.pbx.clock import SECOND
from noojee_fake.pbx.directory import Record
from noojee_fake.pbx.live.call import CallRefused, CallState, LiveCall, Reason
from noojee_fake.pbx.live.switchboard import Switchboard
from noojee_fake.pbx.live.transitions import REFUSALS, TRANSITIONS, Action, Transition, transition
from noojee_fake.pbx.store.memory import MemoryStore

NOW = 1_795_478_400 * SECOND


def switchboard() -> Switchboard:
    return Switchboard(store=MemoryStore(), lock=threading.RLock())


def calling_back(board: Switchboard) -> LiveCall:
    return board.dial("400", "0355500042", NOW, record=True, tag="", at_once=False)


def ringing(board: Switchboard) -> LiveCall:
    return board.place("400", "410", NOW, record=Record.GREETING)


def connected(board: Switchboard) -> LiveCall:
    call = ringing(board)
    board.answer(call, "410", NOW)
    return call


def transferred(board: Switchboard) -> LiveCall:
    call = connected(board)
    board.transfer(call, "420", NOW)
    return call


def ended(board: Switchboard) -> LiveCall:
    call = ringing(board)
    board.hang_up(call, NOW)
    return call


CALLS: dict[CallState, Callable[[Switchboard], LiveCall]] = {
    CallState.GREETING: lambda board: board.inbound("7600", "0491570156", NOW, record=Record.GREETING),
    CallState.CALLING_BACK: calling_back,
    CallState.RINGING: ringing,
    CallState.QUEUED: lambda board: board.inbound("7600", "0491570156", NOW),
    CallState.CONNECTED: connected,
    CallState.TRANSFERRED: transferred,
    CallState.ENDED: ended,
}
"""A call in each state that an operation can meet. ROUTING lasts no longer than one operation."""

OPERATIONS: dict[Action, Callable[[Switchboard, LiveCall], None]] = {
    Action.PROCEED: lambda board, call: board.proceed(call, NOW),
    Action.ANSWER: lambda board, call: board.answer(call, next(iter(call.channels), call.source), NOW),
    Action.TRANSFER: lambda board, call: board.transfer(call, "0355500042", NOW),
    Action.ENTER_QUEUE: lambda board, call: board.transfer(call, "600", NOW),
    Action.HANG_UP: lambda board, call: board.hang_up(call, NOW),
}
"""The operation that carries out each action.

GREET, CALL_BACK and RING happen within the operation that begins a call.
"""


def test_every_state_is_reached_and_can_end() -> None:
    """From ROUTING the table leads to every state, and from every state to ENDED."""
    assert set(TRANSITIONS) == set(CallState)
    following = {state: {each.state for each in actions.values()} for state, actions in TRANSITIONS.items()}
    reached, waiting = set(), [CallState.ROUTING]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += following[state]
    assert reached == set(CallState)
    live = set(CallState) - {CallState.ROUTING, CallState.ENDED}
    assert all(TRANSITIONS[state][Action.HANG_UP] == Transition(CallState.ENDED) for state in live)


@pytest.mark.parametrize("state", CALLS, ids=lambda state: state.value)
def test_each_state_has_a_call(state: CallState) -> None:
    assert CALLS[state](switchboard()).state is state


@pytest.mark.parametrize("action", OPERATIONS, ids=lambda action: action.value)
@pytest.mark.parametrize("state", CALLS, ids=lambda state: state.value)
def test_operations_follow_the_table(state: CallState, action: Action) -> None:
    """A listed action leads to its state and begins its leg; any other is refused with its reason, without a change."""
    board = switchboard()
    call = CALLS[state](board)
    before, found = call.copy(), TRANSITIONS[state].get(action)
    if found is None:
        with pytest.raises(CallRefused) as refused:
            OPERATIONS[action](board, call)
        transfers = action is Action.ENTER_QUEUE
        reason = REFUSALS.get(Action.TRANSFER if transfers else action, Reason.NO_CALL)
        assert refused.value.reason is (Reason.NO_CALL if state is CallState.ENDED else reason)
        assert call == before
        return
    OPERATIONS[action](board, call)
    routed = {CallState.GREETING: CallState.QUEUED, CallState.CALLING_BACK: CallState.RINGING}
    expected = found.state
    if expected is CallState.ROUTING:
        found, expected = TRANSITIONS[CallState.ROUTING][_action_to(routed[state])], routed[state]
    assert call.state is expected
    begins = found.leg.begins_leg(recording=before.recording, record=before.record)
    assert len(call.legs) - len(before.legs) == int(begins)


@pytest.mark.parametrize("state", CallState, ids=lambda state: state.value)
def test_an_action_that_a_state_lacks_is_refused(state: CallState) -> None:
    for action in Action:
        if action in TRANSITIONS[state]:
            assert transition(state, action) == TRANSITIONS[state][action]
        else:
            with pytest.raises(CallRefused) as refused:
                transition(state, action)
            assert refused.value.reason is REFUSALS.get(action, Reason.NO_CALL)


def _action_to(state: CallState) -> Action:
    """The action that leads from ROUTING to a state."""
    return next(action for action, found in TRANSITIONS[CallState.ROUTING].items() if found.state is state)
