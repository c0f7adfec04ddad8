"""Each transfer splits the recording; the answer after it does not. Source: W-A4 (SPEC), and the recorded calls."""

from __future__ import annotations

from typing import Any

from noojee_fake.pbx.calls import Direction
from noojee_fake.pbx.live.call import Reason


def test_a_call_is_handed_on_several_times(board: Any, talking: Any) -> None:
    """Agent, agent, outside, queue, agent: a leg for each, and one more for the answer out of the queue."""
    call = talking(board)
    board.do("transfer", call, "420")
    board.do("answer", call, "420")
    board.do("transfer", call, "0355500042")
    board.do("answer", call, "0355500042")
    board.do("transfer", call, "610")
    board.do("answer", call, "430")
    board.do("hang_up", call)
    assert board.legs(call) == [
        (1, None, "600", 1, 2),
        (2, "Fred", "410", 2, 3),
        (3, "Wilma", "420", 3, 5),
        (4, "Wilma", "0355500042", 5, 7),
        (5, None, "610", 7, 8),
        (6, "Dino", "430", 8, 9),
    ]
    assert board.board.calls() == []


def test_an_unanswered_transfer_keeps_its_leg(board: Any, talking: Any) -> None:
    """The caller hears it ring, and hangs up."""
    call = talking(board)
    board.do("transfer", call, "400")
    assert board.sees("410") == []
    assert board.sees("400") == ["Ringing"]
    board.do("hang_up", call)
    assert board.legs(call)[2:] == [(3, "Barney", "400", 3, 4)]
    assert board.sees("400") == []


def test_a_transfer_of_a_call_that_is_not_recorded_makes_no_leg(board: Any, talking: Any) -> None:
    """What is not recorded has nothing to split; recording that starts late goes on from there."""
    call = talking(board, did="7602")
    board.do("transfer", call, "420")
    board.do("answer", call, "420")
    assert board.legs(call) == []
    board.start(call)
    board.do("transfer", call, "400")
    board.do("hang_up", call)
    assert board.legs(call) == [(1, "Wilma", "420", 5, 6), (2, "Barney", "400", 6, 7)]


def test_an_internal_call_is_handed_on_by_who_was_called(board: Any) -> None:
    """The caller stays; who took the call is free again."""
    call = board.do("place", "410", "400")
    board.do("answer", call, "400")
    board.do("transfer", call, "600")
    assert board.sees("400") == ["Ringing"]
    assert board.sees("410") == ["Connected"]
    board.do("answer", call, "420")
    board.do("hang_up", call)
    assert board.legs(call) == [(1, "Barney", "400", 2, 3), (2, None, "600", 3, 4), (3, "Wilma", "420", 4, 5)]


def test_an_outbound_call_is_handed_on_by_who_made_it(board: Any) -> None:
    """The outside party stays, and is what the next extension sees; the call stays outbound."""
    call = board.do("place", "410", "0355500042")
    board.do("answer", call, "0355500042")
    board.do("transfer", call, "420")
    assert board.sees("410") == []
    ((ringing,),) = board.board.seen(("420",), 0)[1].values()
    assert (ringing.caller_id, ringing.inbound, ringing.outbound_destination) == ("0355500042", True, "")
    board.refused(Reason.NOT_RINGING, "answer", call, "0355500042")
    board.do("answer", call, "420")
    board.do("transfer", call, "410")
    ((ringing,),) = board.board.seen(("410",), 0)[1].values()
    assert (ringing.caller_id, ringing.inbound) == ("0355500042", True)
    board.do("answer", call, "410")
    board.do("hang_up", call)
    archived = board.store.call(call.unique_id)
    assert (archived.direction, archived.source) == (Direction.OUTBOUND, "410")
    assert board.legs(call) == [
        (1, "Fred", "0355500042", 2, 3),
        (2, "Wilma", "420", 3, 6),
        (3, "Fred", "410", 6, 8),
    ]


def test_a_party_is_not_handed_to_itself(board: Any, talking: Any) -> None:
    """Neither to who hands it on, nor the caller to himself."""
    call = talking(board)
    board.refused(Reason.ITSELF, "transfer", call, "410")
    inside = board.do("place", "400", "430")
    board.do("answer", inside, "430")
    board.refused(Reason.ITSELF, "transfer", inside, "400")
    board.refused(Reason.ITSELF, "transfer", inside, "430")
    outside = board.do("place", "420", "0355500042")
    board.do("answer", outside, "0355500042")
    board.do("transfer", outside, "430")
    board.do("answer", outside, "430")
    board.refused(Reason.ITSELF, "transfer", outside, "0355500042")


def test_only_a_call_that_somebody_took_is_handed_on(board: Any) -> None:
    """A call that rings or waits has nobody who could."""
    call = board.do("inbound", "7600", "0491570156")
    board.refused(Reason.NOT_CONNECTED, "transfer", call, "420")
    board.do("answer", call, "410")
    board.do("transfer", call, "420")
    board.refused(Reason.NOT_CONNECTED, "transfer", call, "400")
    board.do("hang_up", call)
    board.refused(Reason.NO_CALL, "transfer", call, "400")
