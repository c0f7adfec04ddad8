"""Calls and legs are deleted from the archive, and no cached answer has them."""

from __future__ import annotations

import json
from typing import Any

import pytest


def numbers(caller: Any, unique_id: str) -> list[str]:
    return [row["Leg"] for row in json.loads(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId=unique_id).body)]


def test_one_leg_is_deleted(pbx: Any, call: Any, leg: Any) -> None:
    """The others keep their numbers. Deleting the last leg deletes the call."""
    caller = pbx(call("1.1", leg(), leg(), leg()), call("2.1"))
    caller.control_json("DELETE", "/calls?unique_id=1.1&leg=2", status=204)
    assert numbers(caller, "1.1") == ["1", "3"]
    caller.control_json("DELETE", "/calls?unique_id=2.1&leg=1", status=204)
    assert [call["unique_id"] for call in caller.control_json("GET", "/calls")["calls"]] == ["1.1"]


def test_whole_call_is_deleted(pbx: Any, call: Any, leg: Any) -> None:
    """Its sound is deleted too: the same call, added again, has the generated tone."""
    caller = pbx(call("1.1", leg(sound={"absent": True}), leg()), call("2.1"))
    caller.control_json("DELETE", "/calls?unique_id=1.1", status=204)
    assert numbers(caller, "1.1") == []
    assert numbers(caller, "2.1") == ["1"]
    caller.control_json("POST", "/calls", {"calls": [call("1.1", leg())]}, status=201)
    assert caller.njadmin("retrieveByUniqueId", uniqueId="1.1", leg=1).status == 200


def test_call_in_place_of_a_deleted_one_is_served(pbx: Any, call: Any, leg: Any) -> None:
    """A leg with the same record id is another leg: no cached answer is served."""
    caller = pbx(call("1.1", leg(tag="old", call_record_id=7)))
    assert b"old" in caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1").body
    caller.control_json("DELETE", "/calls?unique_id=1.1", status=204)
    caller.control_json("POST", "/calls", {"calls": [call("1.1", leg(tag="new", call_record_id=7))]}, status=201)
    for answer in (
        caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1"),
        caller.legacy("retrieveMetaData", tag="new"),
    ):
        assert b'"Tag":"new"' in answer.body


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400), ("?leg=1", 400), ("?unique_id=", 400), ("?unique_id=1.1&leg=x", 400), ("?unique_id=1.1&leg=2", 404),
        ("?unique_id=2.1", 404),
    ],
)  # fmt: skip
def test_unknown_call_cannot_be_deleted(pbx: Any, call: Any, query: str, status: int) -> None:
    """404; 400 without a unique id."""
    caller = pbx(call("1.1"))
    assert caller.control_json("DELETE", f"/calls{query}", status=status)["error"]
    assert numbers(caller, "1.1") == ["1"]


def test_live_call_cannot_be_deleted_or_added(pbx: Any, call: Any) -> None:
    """The switchboard would add it again: 409, and 400 with the JSON path."""
    caller = pbx()
    steps = [{"do": "inbound", "did": "1", "source": "7", "as": "a", "record": "answer"}]
    unique_id = caller.control_json("POST", "/flow", {"steps": steps})["calls"]["a"]["unique_id"]
    assert "hang it up" in caller.control_json("DELETE", f"/calls?unique_id={unique_id}", status=409)["error"]
    refused = caller.control_json("POST", "/calls", {"calls": [call("1.1"), call(unique_id)]}, status=400)
    assert refused["path"] == "$.calls[1].unique_id"
    assert caller.control_json("GET", "/calls") == {"calls": []}
    assert caller.control_json("POST", "/calls", {"calls": 5}, status=400)["path"] == "$.calls"
