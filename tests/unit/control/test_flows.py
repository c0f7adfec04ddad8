"""Call flows: steps become calls, legs and time, through the switchboard and the clock of the sandbox."""

from __future__ import annotations

import json
from typing import Any

import pytest

START = "2026-11-24T00:00:00+00:00"
QUEUE_CALL = [
    {"do": "inbound", "did": "0390000000", "source": "0400000001", "as": "first", "tag": "INV-7"},
    {"do": "wait", "seconds": 5},
    {"do": "answer", "call": "first", "by": "410"},
    {"do": "wait", "seconds": 30.5},
    {"do": "transfer", "call": "first", "to": "420"},
    {"do": "answer", "call": "first", "by": "420"},
    {"do": "wait", "seconds": 60},
    {"do": "hang_up", "call": "first"},
]


def play(caller: Any, *steps: dict[str, Any], status: int = 200) -> Any:
    return caller.control_json("POST", "/flow", {"steps": list(steps)}, status=status)


def test_queue_call_with_a_transfer_has_three_legs(pbx: Any) -> None:
    """Queued, answered, transferred: the answer has the legs, and the PBX lists them."""
    caller = pbx()
    played = play(caller, *QUEUE_CALL)
    call = played["calls"]["first"]
    assert (played["done"], played["now"], call["live"]) == (8, "2026-11-24T00:01:35.500000+00:00", False)
    legs = [
        (leg["leg"], leg["start"][14:], leg["end"][14:], leg["username"], leg["destination"]) for leg in call["legs"]
    ]
    assert legs == [
        (1, "00:00+00:00", "00:05+00:00", "Administrator", "600"),
        (2, "00:05+00:00", "00:35.500000+00:00", "Fred", "410"),
        (3, "00:35.500000+00:00", "01:35.500000+00:00", "Wilma", "420"),
    ]
    rows = json.loads(caller.njadmin("retrieveMetaData", tag="INV-7").body)
    assert [(row["UniqueId"], row["Leg"], row["Duration"]) for row in rows] == [
        (call["unique_id"], "1", "5"),
        (call["unique_id"], "2", "30"),
        (call["unique_id"], "3", "60"),
    ]


def test_wait_step_moves_only_the_clock_of_its_sandbox(pbx: Any) -> None:
    """A frozen clock and a running clock."""
    caller = pbx()
    other = caller.sandbox(caller.control("POST", "/sandboxes", {"clock": {"now": START}}))
    play(caller, {"do": "wait", "seconds": 86400})
    assert caller.control_json("GET", "/clock") == {"now": "2026-11-25T00:00:00+00:00", "frozen": True}
    assert other.millis == 1795478400000
    caller.control_json("POST", "/clock", {"frozen": False})
    assert play(caller, {"do": "wait", "seconds": 86400})["now"].startswith("2026-11-26T00:00")


def test_call_continues_in_another_flow_by_unique_id(pbx: Any) -> None:
    """Names belong to one flow. A leg that is recorded has no end yet."""
    caller = pbx()
    first = play(caller, {"do": "inbound", "did": "1", "source": "", "as": "a"})["calls"]["a"]
    assert first["live"]
    assert [leg["end"] for leg in first["legs"]] == [None]
    unique_id = first["unique_id"]
    again = play(caller, {"do": "answer", "call": unique_id, "by": "400"}, {"do": "hang_up", "call": unique_id})
    assert again["calls"] == {}
    assert caller.control_json("GET", "/live") == {"calls": []}


def test_users_place_calls_and_use_click_to_dial(pbx: Any) -> None:
    """A placed call goes out. A click-to-dial call rings the user first, unless the extension answers at once."""
    caller = pbx()
    played = play(
        caller,
        {"do": "place", "from": "410", "number": "0390001111", "as": "out", "tag": "T"},
        {"do": "answer", "call": "out", "by": "0390001111"},
        {"do": "dial", "from": "420", "number": "0390002222", "as": "click", "record": True},
        {"do": "answer", "call": "click", "by": "420"},
        {"do": "answer", "call": "click", "by": "0390002222"},
        {"do": "dial", "from": "400", "number": "0390003333", "as": "auto", "at_once": True},
        {"do": "answer", "call": "auto", "by": "0390003333"},
    )
    legs = {name: [(leg["username"], leg["tag"]) for leg in call["legs"]] for name, call in played["calls"].items()}
    assert legs == {"out": [("Fred", "T")], "click": [("Wilma", "")], "auto": []}


def test_recording_is_started_and_stopped(pbx: Any) -> None:
    """With tag and owner. A second start makes a new leg. A route that never records waits for a start."""
    caller = pbx()
    played = play(
        caller,
        {"do": "inbound", "did": "1", "source": "7", "as": "a", "record": "never"},
        {"do": "answer", "call": "a", "by": "410"},
        {"do": "wait", "seconds": 10},
        {"do": "start_recording", "call": "a", "tag": "X", "agent": "Barney"},
        {"do": "wait", "seconds": 10},
        {"do": "start_recording", "call": "a"},
        {"do": "wait", "seconds": 10},
        {"do": "stop_recording", "call": "a", "agent": "Wilma"},
        {"do": "wait", "seconds": 10},
        {"do": "hang_up", "call": "a"},
    )
    legs = [
        (leg["username"], leg["tag"], leg["start"][17:19], leg["end"][17:19]) for leg in played["calls"]["a"]["legs"]
    ]
    assert legs == [("Barney", "X", "10", "20"), ("Fred", "X", "20", "30")]


def test_proceed_step_ends_the_greeting(pbx: Any) -> None:
    """The route records from the greeting."""
    caller = pbx()
    played = play(
        caller,
        {"do": "inbound", "did": "1", "source": "7", "as": "a", "record": "greeting"},
        {"do": "wait", "seconds": 3},
        {"do": "proceed", "call": "a"},
    )
    assert len(played["calls"]["a"]["legs"]) == 2


@pytest.mark.parametrize(("again", "legs"), [("splits", 2), ("ignored", 1)])
def test_options_of_the_sandbox_apply_in_a_flow(pbx: Any, again: str, legs: int) -> None:
    """As for the same request of the API."""
    caller = pbx(start_while_recording=again)
    steps = [{"do": "inbound", "did": "1", "source": "7", "as": "a"}, {"do": "start_recording", "call": "a"}]
    assert len(play(caller, *steps)["calls"]["a"]["legs"]) == legs


def test_flow_accepts_any_text(pbx: Any) -> None:
    """Tags are any text, callers can be anonymous."""
    caller = pbx()
    tag = "Ünïcode \u2028 \x01 \U0001f4de"
    unique_id = play(caller, {"do": "inbound", "did": "1", "as": "a", "tag": tag})["calls"]["a"]["unique_id"]
    play(caller, {"do": "hang_up", "call": unique_id})
    (row,) = json.loads(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId=unique_id).body)
    assert (row["Tag"], row["Source"]) == (tag, "")
