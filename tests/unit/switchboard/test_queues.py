"""Calls in queues: every free member rings, who is busy does not, and whoever becomes free does."""

from __future__ import annotations

from typing import Any

from noojee_fake.pbx.live.call import Reason


def test_all_free_members_ring_until_one_answers(board: Any) -> None:
    """Then the others see the call no more."""
    call = board.do("inbound", "7600", "0491570156")
    assert [board.sees(extension) for extension in ("400", "410", "420", "430")] == [["Ringing"]] * 3 + [[]]
    board.do("answer", call, "420")
    assert [board.sees(extension) for extension in ("400", "410", "420")] == [[], [], ["Connected"]]
    assert board.legs(call) == [(1, None, "600", 1, 2), (2, "Wilma", "420", 2, None)]


def test_a_caller_who_gives_up_leaves_the_leg_of_the_queue(board: Any) -> None:
    """Its owner is the default account. Source: W-A4 (SPEC)."""
    call = board.do("inbound", "7600", "0491570156")
    board.do("hang_up", call)
    assert board.legs(call) == [(1, None, "600", 1, 2)]
    assert board.sees("410") == []
    named = board.do("inbound", "7601", "0491570156")
    board.do("proceed", named)
    board.do("hang_up", named)
    assert board.legs(named) == [(1, "Slate", "", 3, 4), (2, "Slate", "600", 4, 5)]


def test_two_calls_wait_in_one_queue(board: Any) -> None:
    """Both ring; the member who takes one rings for the other no longer."""
    first = board.do("inbound", "7600", "0491570737")
    second = board.do("inbound", "7600", "0491571266")
    assert board.sees("410") == ["Ringing", "Ringing"]
    board.do("answer", first, "410")
    assert board.sees("410") == ["Connected"]
    assert board.sees("420") == ["Ringing"]
    board.refused(Reason.NOT_RINGING, "answer", second, "410")
    board.do("answer", second, "420")
    board.do("hang_up", first)
    board.do("hang_up", second)
    assert board.legs(first) == [(1, None, "600", 1, 3), (2, "Fred", "410", 3, 6)]
    assert board.legs(second) == [(1, None, "600", 2, 5), (2, "Wilma", "420", 5, 7)]


def test_who_is_busy_does_not_ring(board: Any, talking: Any) -> None:
    """Whether by a call of the queue, a direct one, or one that they made."""
    talking(board, "410")
    inside = board.do("place", "400", "430")
    call = board.do("inbound", "7600", "0491571266")
    assert (board.sees("410"), board.sees("400"), board.sees("420")) == (["Connected"], ["Dialing Out"], ["Ringing"])
    board.refused(Reason.NOT_RINGING, "answer", call, "410")
    board.do("answer", inside, "430")
    assert board.sees("430") == ["Connected"]


def test_who_becomes_free_rings_for_calls_that_wait(board: Any, talking: Any) -> None:
    """A call that came while all were busy is answered in the end."""
    calls = [talking(board, by) for by in ("400", "410", "420")]
    waiting = board.do("inbound", "7600", "0491571266")
    assert waiting.parties == {}
    board.do("hang_up", calls[1])
    assert (board.sees("400"), board.sees("410")) == (["Connected"], ["Ringing"])
    board.do("answer", waiting, "410")
    assert board.legs(waiting)[-1][:3] == (2, "Fred", "410")


def test_who_hands_a_call_on_is_free(board: Any, talking: Any) -> None:
    """A transfer frees as a hang-up does, also for the queue that the call goes to."""
    call = talking(board, "420")
    other = board.do("inbound", "7610", "0491571266")
    assert board.sees("420") == ["Connected"]
    board.do("transfer", call, "610")
    assert board.sees("420") == ["Ringing", "Ringing"]
    board.do("answer", call, "420")
    board.do("answer", other, "430")
    assert board.sees("430") == ["Connected"]


def test_a_waiting_extension_does_not_ring_for_its_own_call(board: Any, talking: Any) -> None:
    """Neither on entering nor when another of its calls ends."""
    call = board.do("place", "410", "600")
    assert board.sees("410") == ["Dialing Out"]
    direct = board.do("inbound", "7410", "0491570156")
    board.do("answer", direct, "410")
    board.do("hang_up", direct)
    assert board.sees("410") == ["Dialing Out"]
    board.do("answer", call, "400")
    assert board.sees("410") == ["Connected"]
    board.do("hang_up", call)
    assert board.legs(call) == [(1, "Barney", "400", 5, 6)]


def test_a_direct_call_rings_a_busy_extension_all_the_same(board: Any, talking: Any) -> None:
    """So that an extension can have several calls. Source: W-HU (DOC) warns of them."""
    first = talking(board, "410")
    direct = board.do("inbound", "7410", "0491571266")
    assert board.sees("410") == ["Connected", "Ringing"]
    board.do("answer", direct, "410")
    assert board.sees("410") == ["Connected", "Connected"]
    waiting = board.do("inbound", "7600", "0491571267")
    board.do("hang_up", first)
    assert "410" not in waiting.parties
    board.do("hang_up", direct)
    assert "410" in waiting.parties


def test_a_removed_queue_rings_no_extension(board: Any) -> None:
    """The directory may change while calls wait."""
    call = board.do("inbound", "7600", "0491570156")
    board.board.directory = type(board.board.directory)((), (), ())
    board.do("hang_up", call)
    assert board.legs(call) == [(1, None, "600", 1, 2)]
