"""Snapshots and reset restore the whole state of a sandbox, and no cached answer has later changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from noojee_fake.api import snapshots
from noojee_fake.messages import Pending, Request
from noojee_fake.pbx.clock import Clock
from noojee_fake.server.sandboxes import build

WAV = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\4\0\0\0\1\2\3\4"
NAME = "retrieveMetaDataByUniqueId"


def took(caller: Any) -> str:
    name: str = caller.control_json("POST", "/snapshots", status=201)["id"]
    return name


def put_back(caller: Any, name: str) -> None:
    caller.control_json("POST", f"/snapshots/{name}/restore", status=204)


def whole(caller: Any, *unique_ids: str) -> list[Any]:
    """The visible state of a sandbox, without its journal and its snapshots."""
    state = caller.control_json("GET", "/state")
    state["counts"] |= {"journal": 0, "snapshots": 0}
    seen = [state, caller.control_json("GET", "/calls"), caller.control_json("GET", "/directory")]
    for unique_id in unique_ids:
        seen.append(caller.njadmin(NAME, uniqueId=unique_id).body)
        seen.append(caller.njadmin("retrieveByUniqueId", uniqueId=unique_id, leg=1).body)
    return seen


def changed(caller: Any, call: Any, leg: Any) -> None:
    """Change everything that can change."""
    caller.control_json("DELETE", "/calls?unique_id=1.1", status=204)
    caller.control_json(
        "POST", "/calls", {"calls": [call("1.1", leg(tag="other", call_record_id=1)), call("2.1")]}, status=201
    )
    caller.control("PUT", "/sandboxes/default/sound?unique_id=1.1&leg=1", WAV, content_type="audio/x-wav")
    steps = [{"do": "inbound", "did": "1", "source": "7", "as": "a"}, {"do": "answer", "call": "a", "by": "400"}]
    caller.control_json("POST", "/flow", {"steps": [*steps, {"do": "wait", "seconds": 100}]})
    caller.control_json("PUT", "/profile", {"start_fraction": "milliseconds", "unknown_recording": "failure-404"})
    caller.control_json("PUT", "/version", {"version": "current"})
    caller.control_json("PUT", "/directory", {})
    caller.control_json("PUT", "/retention", {"mid_term_days": 3})
    caller.control_json("PUT", "/access", {"allowed_addresses": ["127.0.0.1"]})
    caller.control_json("POST", "/clock", {"step_seconds": 1, "frozen": False})


def test_snapshot_restores_the_whole_state(pbx: Any, call: Any, leg: Any) -> None:
    """Archive, sound, clock, profile, version, directory, addresses, retention rules; any number of times."""
    caller = pbx(call("1.1", leg(tag="T", call_record_id=1)))
    caller.control_json("POST", "/clock", {"step_seconds": 5})
    before = whole(caller, "1.1", "2.1")
    name = took(caller)
    for _ in range(2):
        changed(caller, call, leg)
        assert whole(caller, "1.1", "2.1")[1:] != before[1:]
        put_back(caller, name)
        assert whole(caller, "1.1", "2.1") == before
    assert caller.control_json("GET", "/snapshots") == {
        "snapshots": [{"id": "1", "now": "2026-11-24T00:00:05+00:00", "calls": 1, "legs": 1, "live_calls": 0}]
    }


def test_reset_restores_the_first_state(pbx: Any, call: Any, leg: Any, archive: Any) -> None:
    """The archive with its options, after changes, restores and steps. The journal is empty, snapshots stay."""
    caller = pbx()
    document = archive(
        call("1.1", leg(call_record_id=1, sound={"absent": True})),
        profile={"tag_match": "ignore-case"},
        time_zone="UTC",
    )
    spec = {"archive": document, "version": "6.0.1", "directory": {"users": [{"name": "Anna", "extension": "9"}]}}
    made = json.loads(caller.control("POST", "/sandboxes", spec).body)
    path = f"/sandboxes/{made['sandbox']}"

    def default_sandbox(method: str, part: str, body: Any = None) -> Any:
        answer = caller.control(method, f"{path}{part}", body)
        assert answer.status < 300, answer
        return json.loads(answer.body) if answer.body else None

    before = [default_sandbox("GET", part) for part in ("", "/state", "/calls", "/directory", "/live")]
    default_sandbox("POST", "/snapshots")
    default_sandbox("POST", "/calls", {"calls": [call("2.1")]})
    default_sandbox("DELETE", "/calls?unique_id=1.1")
    default_sandbox("PUT", "/profile", {"tag_match": "exact"})
    default_sandbox("PUT", "/version", {"version": "3"})
    default_sandbox("POST", "/clock", {"step_seconds": 100})
    default_sandbox("PUT", "/directory", {})
    caller.ask(f"/s/{made['sandbox']}/rest/Time")
    default_sandbox("POST", "/reset")
    after = [default_sandbox("GET", part) for part in ("", "/state", "/calls", "/directory", "/live")]
    after[1]["counts"]["snapshots"] = 0
    assert after == before
    assert default_sandbox("GET", "/journal") == {"entries": [], "last": 1}


def test_restored_live_call_continues(pbx: Any) -> None:
    """The same call ends twice, once in each history. Numbers of calls, channels and records are equal."""
    caller = pbx()
    steps = [{"do": "inbound", "did": "1", "source": "7", "as": "a"}, {"do": "answer", "call": "a", "by": "410"}]
    unique_id = caller.control_json("POST", "/flow", {"steps": steps})["calls"]["a"]["unique_id"]
    live = caller.control_json("GET", "/live")
    name = took(caller)
    ends = []
    for seconds in (10, 20, 20):
        flow = [
            {"do": "wait", "seconds": seconds},
            {"do": "hang_up", "call": unique_id},
            {"do": "place", "from": "400", "number": "420", "as": "b"},
            {"do": "answer", "call": "b", "by": "420"},
        ]
        ends.append(caller.control_json("POST", "/flow", {"steps": flow})["calls"]["b"])
        rows = json.loads(caller.njadmin(NAME, uniqueId=unique_id).body)
        assert rows[-1]["Duration"] == str(seconds)
        put_back(caller, name)
        assert caller.control_json("GET", "/live") == live
    assert ends[1] == ends[2]


def test_restored_legs_are_not_served_from_the_cache(pbx: Any) -> None:
    """A reused record id belongs to another leg: the cached answer is dropped."""
    caller = pbx()
    name = took(caller)
    for tag in ("first", "second"):
        steps = [
            {"do": "place", "from": "400", "number": "420", "as": "a", "tag": tag},
            {"do": "answer", "call": "a", "by": "420"},
            {"do": "hang_up", "call": "a"},
        ]
        unique_id = caller.control_json("POST", "/flow", {"steps": steps})["calls"]["a"]["unique_id"]
        assert f'"Tag":"{tag}"'.encode() in caller.njadmin(NAME, uniqueId=unique_id).body
        assert f'"Tag":"{tag}"'.encode() in caller.legacy(NAME, uniqueId=unique_id).body
        put_back(caller, name) if tag == "first" else None


def test_restore_resets_the_limits(pbx: Any) -> None:
    """The by-hour limit and the used hashes."""
    caller = pbx(hash_reuse="once")
    name = took(caller)
    signature = caller.signature()
    for _ in range(2):
        assert caller.njadmin("retrieveMetaDataByHour", date="2026/11/24", hour=1).status == 200
        assert caller.njadmin("retrieveMetaDataByHour", date="2026/11/24", hour=1).status == 429
        answers = [caller.ask("/rest/RecordingAPI/retrieveMetaData", f"tag=T&{signature}").body for _ in range(2)]
        assert answers[0] == b"[]"
        assert b"Hash already used" in answers[1]
        put_back(caller, name)


@pytest.mark.parametrize("how", ["restore", "reset"])
def test_restore_wakes_a_long_poll(pbx: Any, how: str) -> None:
    """A poll that waits since an undone change gets the live calls."""
    caller = pbx()
    name = took(caller)
    caller.control_json("POST", "/flow", {"steps": [{"do": "place", "from": "400", "number": "420"}]})
    query = f"apiKey={caller.key}&exten=410&timeOut=60&lastSequenceNumber=3"
    path = "/rest/CallManagementAPI/subscribe"
    waiting = caller.sandboxes.handle(Request(method="POST", path=path, query=query, client="127.0.0.1"))
    assert isinstance(waiting, Pending)
    woken: list[bool] = []
    waiting.listen(lambda: woken.append(True))
    assert waiting.finish(False) is None
    put_back(caller, name) if how == "restore" else caller.control_json("POST", "/reset", status=204)
    assert woken
    answer = waiting.finish(False)
    assert answer is not None
    assert json.loads(answer.body) == {"Data": {}, "seq": 1, "Code": 0}


def test_restored_running_clock_follows_the_real_clock() -> None:
    """At its old distance. A frozen clock gets its old time."""
    hand = [1_000_000]
    clock = Clock(source=lambda: hand[0])
    clock.set(5_000_000)
    running = clock.state()
    clock.freeze(True)
    clock.set(7_000_000)
    standing = clock.state()
    hand[0] += 100
    clock.restore(running)
    assert (clock.frozen, clock.micros()) == (False, 5_000_100)
    hand[0] += 100
    clock.restore(standing)
    assert (clock.frozen, clock.micros()) == (True, 7_000_000)
    clock.freeze(False)
    hand[0] += 1
    assert clock.micros() == 7_000_001


def test_number_of_snapshots_is_limited(pbx: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """409 until a snapshot is deleted. Ids are not reused."""
    monkeypatch.setattr(snapshots, "MOST_SNAPSHOTS", 2)
    caller = pbx()
    assert [took(caller), took(caller)] == ["1", "2"]
    assert "2 snapshots" in caller.control_json("POST", "/snapshots", status=409)["error"]
    caller.control_json("DELETE", "/snapshots/1", status=204)
    assert took(caller) == "3"
    assert [kept["id"] for kept in caller.control_json("GET", "/snapshots")["snapshots"]] == ["2", "3"]


def test_unknown_snapshot_is_404(pbx: Any) -> None:
    """404 without a change. Successful answers are empty."""
    caller = pbx()
    assert "'1'" in caller.control_json("POST", "/snapshots/1/restore", status=404)["error"]
    assert caller.control_json("DELETE", "/snapshots/1", status=404)["error"]
    assert caller.control_json("POST", "/reset", {"archive": {}}, status=400)["path"] == "$"
    caller.control_json("POST", "/reset", {}, status=204)


@pytest.fixture
def on_disk(tmp_path: Path, calling: Callable[..., Any], archive: Any, call: Any) -> Any:
    """A caller of a sandbox with a state file."""
    sandboxes = build(state=tmp_path / "state", archive=archive(call("1.1")))
    yield calling(sandboxes)
    sandboxes.close()


def test_calls_in_a_state_file_are_restored_and_reset(on_disk: Any, call: Any) -> None:
    """The file has the calls of the snapshot; after a reset, those of the archive."""
    on_disk.control_json("POST", "/calls", {"calls": [call("2.1")]}, status=201)
    name = took(on_disk)
    on_disk.control_json("DELETE", "/calls?unique_id=1.1", status=204)

    def listed() -> list[str]:
        return [each["unique_id"] for each in on_disk.control_json("GET", "/calls")["calls"]]

    put_back(on_disk, name)
    assert listed() == ["1.1", "2.1"]
    on_disk.control_json("POST", "/reset", status=204)
    assert listed() == ["1.1"]
