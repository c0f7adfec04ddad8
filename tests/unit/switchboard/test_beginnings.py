"""How calls begin: inbound by a route, from a phone, by the API; and how greetings, anonymous callers and ids go."""

from __future__ import annotations

from typing import Any

import pytest

from noojee_fake.pbx.calls import Call, Direction, Leg
from noojee_fake.pbx.directory import Record
from noojee_fake.pbx.live.call import Reason
from noojee_fake.pbx.live.registry import MOST_LIVE_CALLS


def test_an_inbound_call_goes_where_its_route_leads(board: Any) -> None:
    """To an extension, which alone rings; recorded from the answer. A number without a route is refused."""
    call = board.do("inbound", "7410", "")
    assert list(call.parties) == ["410"]
    board.do("answer", call, "410")
    board.do("hang_up", call)
    archived = board.store.call(call.unique_id)
    assert (archived.direction, archived.source, archived.did) == (Direction.INBOUND, "", "7410")
    assert board.legs(call) == [(1, "Fred", "410", 2, 3)]
    board.refused(Reason.NO_ROUTE, "inbound", "7999", "0491570156")


def test_a_greeting_is_a_leg_of_the_default_account(board: Any) -> None:
    """Nobody rings until it is over; straight to an extension, the leg lasts until the answer."""
    call = board.do("inbound", "7411", "0491570156")
    assert call.parties == {}
    board.do("proceed", call)
    board.refused(Reason.NOT_CONNECTED, "proceed", call)
    board.do("answer", call, "410")
    board.do("hang_up", call)
    assert board.legs(call) == [(1, None, "", 1, 4), (2, "Fred", "410", 4, 5)]


def test_a_caller_may_hang_up_during_the_greeting(board: Any) -> None:
    call = board.do("inbound", "7601", "0491570156")
    board.do("hang_up", call)
    assert board.legs(call) == [(1, "Slate", "", 1, 2)]


def test_a_tag_that_an_inbound_call_brings_is_on_its_first_leg(board: Any) -> None:
    call = board.do("inbound", "7600", "0491570156", tag="INV-1")
    board.do("hang_up", call)
    assert board.tags(call) == ["INV-1"]


def test_a_caller_whose_number_is_an_extension_is_still_outside(board: Any) -> None:
    """The by-hour page shows Source 500 on an inbound call (DOC W-H)."""
    call = board.do("inbound", "7410", "410")
    ((ringing,),) = board.board.seen(("410",), 0)[1].values()
    assert (ringing.inbound, ringing.caller_id, ringing.outbound_destination) == (True, "410", "")
    board.do("answer", call, "410")
    ((talks,),) = board.board.seen(("410",), 0)[1].values()
    assert (talks.inbound, talks.connected_to, talks.secondary_id) == (True, "410", call.unique_id)
    board.do("transfer", call, "420")
    board.do("hang_up", call)
    assert [leg[1] for leg in board.legs(call)] == ["Fred", "Wilma"]


def test_a_call_from_a_phone_is_internal_or_outbound(board: Any) -> None:
    """By whether the number is an extension or a queue of the PBX."""
    inside, queue, out = (board.do("place", "410", number) for number in ("400", "610", "0355500042"))
    assert [call.direction for call in (inside, queue, out)] == [
        Direction.INTERNAL,
        Direction.INTERNAL,
        Direction.OUTBOUND,
    ]
    board.refused(Reason.NO_EXTENSION, "place", "499", "400")
    board.refused(Reason.ITSELF, "place", "410", "410")


def test_a_dialled_call_rings_its_extension_first(board: Any) -> None:
    """Then the number; recorded from the answer where that was asked for. Source: 02.0 Dial (DOC W-DI)."""
    call = board.do("dial", "410", "400", record=True, tag="T", at_once=False)
    assert (board.sees("410"), board.sees("400")) == (["Ringing"], [])
    board.refused(Reason.NOT_RINGING, "answer", call, "400")
    board.do("answer", call, "410")
    assert (board.sees("410"), board.sees("400")) == (["Dialing Out"], ["Ringing"])
    board.do("answer", call, "400")
    assert (board.sees("410"), board.sees("400")) == (["Connected"], ["Connected"])
    board.do("hang_up", call)
    assert board.legs(call) == [(1, "Barney", "400", 4, 5)]
    assert board.tags(call) == ["T"]


def test_a_dialled_call_can_be_taken_at_once_and_not_recorded(board: Any) -> None:
    call = board.do("dial", "410", "0355500042", record=False, tag="", at_once=True)
    assert board.sees("410") == ["Dialing Out"]
    board.do("answer", call, "0355500042")
    board.do("hang_up", call)
    assert board.legs(call) == []
    assert board.store.count() == (0, 0)


def test_an_unanswered_dialled_call_leaves_no_leg(board: Any) -> None:
    call = board.do("dial", "410", "400", record=True, tag="T", at_once=False)
    board.do("hang_up", call)
    assert (board.sees("410"), board.store.count()) == ([], (0, 0))
    board.refused(Reason.NO_CALL, "answer", call, "410")
    board.refused(Reason.ITSELF, "dial", "410", "410", record=True, tag="", at_once=True)
    board.refused(Reason.NO_EXTENSION, "dial", "499", "410", record=True, tag="", at_once=True)


def test_ids_are_those_of_asterisk_and_never_given_twice(board: Any) -> None:
    """Seconds and a counter (A-U); one that the archive has is passed over, also where the clock was set back."""
    leg = Leg(number=1, start_micros=0, end_micros=1, tag="", username=None, destination="", call_record_id=1)
    taken = Call(
        unique_id="1795478401.1", direction=Direction.INTERNAL, source="", did=None, created_micros=None, legs=(leg,)
    )
    board.store.add([taken])
    ids = []
    for second in (0, 0, 5, 0):
        board.second = second
        call = board.do("inbound", "7410", "0491570156")
        ids += [call.unique_id, *call.channels.values()]
    assert ids[:3] == ["1795478401.0", "1795478401.2", "1795478401.3"]
    assert len(set(ids)) == len(ids) == 8


def test_there_are_only_so_many_lines(board: Any) -> None:
    """What is full refuses, and goes on once a call has ended."""
    first = board.do("inbound", "7602", "0491570156")
    for _ in range(MOST_LIVE_CALLS - 1):
        board.board.inbound("7602", "", board.now)
    with pytest.raises(Exception, match="All lines are busy"):
        board.do("inbound", "7602", "0491570156")
    assert len(board.board.calls()) == MOST_LIVE_CALLS
    board.do("hang_up", first)
    board.do("inbound", "7602", "0491570156", record=Record.NEVER)
