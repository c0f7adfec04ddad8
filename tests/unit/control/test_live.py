"""The live calls in the control API."""

from __future__ import annotations

from typing import Any

import pytest

PATHS = {
    "greeting": [{"do": "inbound", "did": "1", "source": "7", "as": "a", "record": "greeting"}],
    "queued": [{"do": "inbound", "did": "1", "source": "7", "as": "a"}],
    "ringing": [{"do": "place", "from": "410", "number": "420", "as": "a"}],
    "calling-back": [{"do": "dial", "from": "410", "number": "420", "as": "a"}],
    "connected": [
        {"do": "inbound", "did": "1", "source": "7", "as": "a"},
        {"do": "answer", "call": "a", "by": "410"},
    ],
}


def test_live_call_is_shown_with_all_fields(pbx: Any) -> None:
    """Parties, state and legs so far. The leg that is recorded has no end."""
    caller = pbx()
    steps = [*PATHS["connected"], {"do": "wait", "seconds": 4}, {"do": "start_recording", "call": "a", "tag": "T"}]
    caller.control_json("POST", "/flow", {"steps": steps[:1]})
    caller.control_json("POST", "/clock", {"step_seconds": 2})
    (waiting,) = caller.control_json("GET", "/live")["calls"]
    caller.control_json("POST", "/flow", {"steps": [{**steps[1], "call": waiting["unique_id"]}]})
    (call,) = caller.control_json("GET", "/live")["calls"]
    assert call == {
        "unique_id": "1795478400.0",
        "call_id": 1,
        "state": "connected",
        "direction": "inbound",
        "source": "7",
        "did": "1",
        "number": "600",
        "queue": "600",
        "created": "2026-11-24T00:00:00+00:00",
        "answered": "2026-11-24T00:00:02+00:00",
        "connected": "410",
        "parties": [{"extension": "410", "status": "Connected"}],
        "recording": True,
        "tag": "",
        "owner": "Fred",
        "legs": [
            {
                "leg": 1,
                "start": "2026-11-24T00:00:00+00:00",
                "end": "2026-11-24T00:00:02+00:00",
                "tag": "",
                "username": "Administrator",
                "destination": "600",
                "call_record_id": 1,
            },
            {
                "leg": 2,
                "start": "2026-11-24T00:00:02+00:00",
                "end": None,
                "tag": "",
                "username": "Fred",
                "destination": "410",
                "call_record_id": 2,
            },
        ],
    }
    assert [party["extension"] for party in waiting["parties"]] == ["400", "410", "420"]
    assert (waiting["owner"], waiting["answered"], waiting["connected"]) == ("Administrator", None, None)


@pytest.mark.parametrize("state", sorted(PATHS))
def test_live_call_has_a_state(pbx: Any, state: str) -> None:
    """A call for each state."""
    caller = pbx()
    caller.control_json("POST", "/flow", {"steps": PATHS[state]})
    assert [call["state"] for call in caller.control_json("GET", "/live")["calls"]] == [state]


def test_ended_call_is_not_live(pbx: Any) -> None:
    """Live calls are listed oldest first. A call that the API hangs up is removed."""
    caller = pbx()
    steps = [{"do": "inbound", "did": "1", "source": "", "as": name} for name in "abc"]
    calls = caller.control_json("POST", "/flow", {"steps": steps})["calls"]
    caller.ask(
        "/rest/CallManagementAPI/hangup", f"apiKey={caller.key}&extenOrUniqueId={calls['b']['unique_id']}", secure=True
    )
    live = [call["unique_id"] for call in caller.control_json("GET", "/live")["calls"]]
    assert live == [calls["a"]["unique_id"], calls["c"]["unique_id"]]
