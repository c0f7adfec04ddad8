"""A call of ten thousand legs is a call like any other: nothing grows with its past but its legs."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from noojee_fake.pbx.live.recording import RecordingStart
from noojee_fake.pbx.live.switchboard import Switchboard

MANY = 10_000


@pytest.mark.parametrize(
    "number", [lambda at: ("400", "420", "410")[at % 3], lambda at: f"03{at:08}"], ids=["inside", "outside"]
)
def test_a_call_may_be_handed_on_ten_thousand_times(number: Callable[[int], str], board: Any, talking: Any) -> None:
    """To extensions in turn, or each time to another outside number."""
    call = talking(board)
    for at in range(MANY):
        board.do("transfer", call, number(at))
        board.do("answer", call, number(at))
    board.do("hang_up", call)
    legs = board.legs(call)
    assert [leg[0] for leg in legs] == list(range(1, MANY + 3))
    assert [leg[2] for leg in legs[2:]] == [number(at) for at in range(MANY)]
    assert len(call.channels) <= 1
    assert call.parties == call.unsaved == {}
    assert len(list(board.store.tagged(""))) == 0


def test_every_leg_of_a_long_call_is_listed(pbx: Callable[..., Any]) -> None:
    """Started again and again with tags of its own, and found by each way of asking."""
    caller = pbx()
    sandbox = caller.sandboxes.default
    call = sandbox.switchboard.inbound("7600", "0491570156", sandbox.clock.micros())
    for at in range(MANY):
        sandbox.switchboard.start_recording(call, RecordingStart(tag=f"T{at}"), sandbox.clock.micros())
    sandbox.switchboard.hang_up(call, sandbox.clock.micros())
    by_id = json.loads(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId=call.unique_id).body)
    assert [int(row["Leg"]) for row in by_id] == list(range(1, MANY + 2))
    for tag in ("T0", f"T{MANY - 1}"):
        assert json.loads(caller.njadmin("retrieveMetaData", tag=tag).body) == by_id
    by_hour = json.loads(caller.njadmin("retrieveMetaDataByHour", date="2026/11/24", hour=11).body)
    assert len(by_hour) == MANY + 1


def test_what_is_remembered_of_ended_calls_is_bounded(board: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest ends are forgotten first; a live call is always reported, however much has happened since."""
    monkeypatch.setattr("noojee_fake.pbx.live.events.KEPT_HUNGUP", 100)
    switchboard: Switchboard = board.board
    lives = board.do("inbound", "7410", "0491570156")
    for _ in range(300):
        board.do("hang_up", board.do("place", "400", "420"))
    _, seen = switchboard.seen(("400", "410", "420"), 1)
    assert [each.unique_id for each in seen["410"]] == [lives.unique_id]
    assert len(seen["400"]) + len(seen["420"]) == 100
    last = max(each.call_id for each in seen["400"])
    assert [each.call_id for each in seen["400"]] == list(range(last - 49, last + 1))


def test_operations_from_several_threads_keep_every_call_whole(board: Any) -> None:
    """Calls begin, go on and end in eight threads; none is lost, none has a gap, no record id is given twice."""
    switchboard: Switchboard = board.board
    start = threading.Barrier(8)
    failed: list[BaseException] = []

    def work(which: int) -> None:
        try:
            start.wait()
            for _ in range(50):
                call = switchboard.inbound("7601", str(which), board.now)
                switchboard.proceed(call, board.now)
                switchboard.start_recording(call, RecordingStart(tag="T"), board.now)
                switchboard.find(call.unique_id)
                switchboard.seen(("410",), switchboard.seen(("410",), 0)[0] - 1)
                switchboard.hang_up(call, board.now)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(which,)) for which in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert switchboard.calls() == []
    calls = board.store.calls()
    assert len({call.unique_id for call in calls}) == len(calls) == 400
    assert {tuple(leg.number for leg in call.legs) for call in calls} == {(1, 2, 3)}
    assert sorted(leg.call_record_id for call in calls for leg in call.legs) == list(range(1, 1201))
    assert len(list(board.store.tagged("T"))) == 400
