"""The state of a sandbox in one document."""

from __future__ import annotations

import json
from typing import Any

from noojee_fake.messages import Request
from noojee_fake.pbx.options import Profile


def test_state_has_all_parts(pbx: Any, call: Any, leg: Any) -> None:
    """Version, profile, clock, counts, live calls, limits, addresses, retention."""
    caller = pbx(call("1.1", leg(), leg()), hash_reuse="once")
    steps = [{"do": "place", "from": "410", "number": "420"}]
    caller.control_json("POST", "/flow", {"steps": steps})
    caller.control_json("POST", "/snapshots", status=201)
    caller.njadmin("retrieveMetaDataByHour", date="2026/11/24", hour=1)
    caller.legacy("retrieveMetaData", tag="T")
    state = caller.control_json("GET", "/state")
    assert state.pop("profile") == dict(Profile({"hash_reuse": "once"}))
    assert state.pop("live") == caller.control_json("GET", "/live")["calls"]
    assert state.pop("retention") == caller.control_json("GET", "/retention")
    assert state == {
        "sandbox": "default",
        "version": None,
        "dialects": ["services", "recording-api", "call-management", "njadmin"],
        "time_zone": "Australia/Melbourne",
        "clock": {"now": "2026-11-24T00:00:00+00:00", "frozen": True},
        "counts": {"calls": 1, "legs": 2, "live_calls": 1, "waiting": 0, "journal": 3, "snapshots": 1},
        "limits": {
            "by_hour_free_at": "2026-11-24T00:01:00+00:00",
            "used_hashes": 1,
            "authentications_under_way": 0,
        },
        "own_bugs": [],
        "allowed_addresses": None,
    }


def test_state_shows_limits_without_effect(pbx: Any) -> None:
    """The by-hour limit is free now. Time stamps that were returned count while they are valid."""
    caller = pbx(concurrent_authentications="5")
    assert caller.control_json("GET", "/state")["limits"]["by_hour_free_at"] == "2026-11-24T00:00:00+00:00"
    caller.ask("/rest/Time")
    caller.ask("/rest/Time")
    assert caller.control_json("GET", "/state")["limits"]["authentications_under_way"] == 2
    caller.control_json("POST", "/clock", {"step_seconds": 11})
    assert caller.control_json("GET", "/state")["limits"]["authentications_under_way"] == 0


def test_state_names_bugs_of_the_fake(pbx: Any) -> None:
    """Only their class names, since a message may have a key."""
    sandboxes = pbx().sandboxes
    sandboxes.own_bugs.keep(ZeroDivisionError("s3cret"))
    answer = sandboxes.handle(Request(method="GET", path="/__noojee/sandboxes/default/state", client="127.0.0.1"))
    assert json.loads(answer.body)["own_bugs"] == ["ZeroDivisionError"]
    assert b"s3cret" not in answer.body
