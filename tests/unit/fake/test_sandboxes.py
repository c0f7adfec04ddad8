"""Sandboxes do not meet: each has its own calls, keys, sound, options, clock and limits."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from noojee_fake.api.pbx import BUG_HEADER, OwnBugs
from noojee_fake.errors import ArchiveError, UsageError
from noojee_fake.messages import Request
from noojee_fake.pbx.clock import Clock, CountedIds, parse_instant
from noojee_fake.pbx.options import Profile
from noojee_fake.server.sandboxes import SAMPLE_KEY, build

NAME = "retrieveMetaDataByUniqueId"
WAV = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\4\0\0\0\1\2\3\4"


@pytest.fixture
def two(pbx: Any, archive: Any, call: Any, leg: Any) -> list[Any]:
    """Two sandboxes and the default sandbox, all with a call of the same unique id."""
    caller = pbx(call("1.1", leg(tag="D")))
    specs = [{"archive": archive(call("1.1", leg(tag=tag)))} for tag in ("A", "B")]
    return [caller, *(caller.sandbox(caller.control("POST", "/sandboxes", spec)) for spec in specs)]


def control_path(sandbox: Any) -> str:
    return f"/sandboxes/{sandbox.root.rpartition('/')[2] or 'default'}"


def test_calls_stay_in_their_sandbox(two: list[Any], call: Any) -> None:
    """The same unique id is another call in each; what is put into one is in no other."""
    for ask in ("njadmin", "legacy"):
        bodies = [getattr(sandbox, ask)(NAME, uniqueId="1.1").body for sandbox in two]
        assert [json.loads(body)[0]["Tag"] for body in bodies] == ["D", "A", "B"]
    two[1].control("POST", f"{control_path(two[1])}/calls", {"calls": [call("2.1")]})
    assert [sandbox.njadmin(NAME, uniqueId="2.1").body == b"[]" for sandbox in two] == [True, False, True]


def test_keys_open_their_own_sandbox(two: list[Any]) -> None:
    """Neither the key nor a hash made with it opens another sandbox."""
    for sandbox in two:
        for other in two:
            opened = other.ask(f"{other.root}/njadmin/rest/RecordingAPI/{NAME}", f"uniqueId=1.1&apiKey={sandbox.key}")
            assert (opened.status == 200) is (sandbox is other)
            signature = other.signature(key=sandbox.key)
            legacy = other.ask(f"{other.root}/rest/RecordingAPI/{NAME}", f"uniqueId=1.1&{signature}")
            assert (legacy.body[:1] == b"[") is (sandbox is other)


def test_each_sandbox_has_its_own_clock_options_and_sound(two: list[Any]) -> None:
    """Stepping, choosing and storing in one leaves the others as they were."""
    default, first, second = two
    before = [sandbox.millis for sandbox in two]
    first.control("POST", f"{control_path(first)}/clock", {"step_seconds": 100})
    first.control("PUT", f"{control_path(first)}/profile", {"unknown_recording": "failure-404"})
    first.control("PUT", f"{control_path(first)}/sound?unique_id=1.1&leg=1", WAV)
    assert [sandbox.millis - at for sandbox, at in zip(two, before, strict=True)] == [0, 100_000, 0]
    assert [sandbox.njadmin(NAME, uniqueId="x").status for sandbox in two] == [200, 404, 200]
    stored = [sandbox.njadmin("retrieveByUniqueId", uniqueId="1.1", leg=1).body == WAV for sandbox in (default, second)]
    assert stored == [False, False]
    assert first.njadmin("retrieveByUniqueId", uniqueId="1.1", leg=1).body == WAV


def test_dropping_one_leaves_the_others(two: list[Any]) -> None:
    """Its path answers 404; the others still answer."""
    default, first, second = two
    assert default.control("DELETE", control_path(first)).status == 204
    assert [default.njadmin(NAME, uniqueId="1.1").status, second.njadmin(NAME, uniqueId="1.1").status] == [200, 200]
    assert default.ask(f"{first.root}/rest/Time").status == 404


def test_a_sandbox_has_no_control_api_of_its_own(two: list[Any]) -> None:
    """Under its path there is the PBX and nothing else; the sandbox path leads nowhere by itself."""
    sandbox = two[1]
    for path in ("", "/", "/__noojee/", "/__noojee/sandboxes", sandbox.root):
        assert sandbox.ask(f"{sandbox.root}{path}", method="GET").status == 404
    assert sandbox.ask("/s/nowhere/rest/Time", method="HEAD").status == 404


def test_sandboxes_made_at_once_are_different(pbx: Any) -> None:
    """Ids and keys are given once each, over threads."""
    caller = pbx()
    with ThreadPoolExecutor(8) as pool:
        made = [
            json.loads(each.body) for each in pool.map(lambda _: caller.control("POST", "/sandboxes", {}), range(40))
        ]
    assert len({sandbox["path"] for sandbox in made}) == len({sandbox["api_key"] for sandbox in made}) == 40


def test_random_ids_look_like_the_vendors_keys() -> None:
    """Keys are lower-case UUIDs; the default sandbox takes the vendor's sample key, which is no secret."""
    sandboxes = build()
    assert sandboxes.default.api_key == SAMPLE_KEY
    assert len({build().default.user_key for _ in range(3)}) == 3
    request = Request(
        method="POST",
        path="/__noojee/sandboxes",
        headers=(("content-type", "application/json"),),
        body=b"{}",
        client="127.0.0.1",
    )
    made = json.loads(sandboxes.handle(request).body)
    assert [len(part) for part in made["api_key"].split("-")] == [8, 4, 4, 4, 12]
    assert made["api_key"] == made["api_key"].lower() != made["user_key"]


def test_an_id_that_is_taken_is_drawn_again(pbx: Any, monkeypatch: Any) -> None:
    """Chance may repeat itself; sandboxes may not."""
    caller = pbx()
    drawn = iter(["aa", "aa", "default", "bb"])
    monkeypatch.setattr(CountedIds, "sandbox", lambda self: next(drawn))
    made = [json.loads(caller.control("POST", "/sandboxes", {}).body)["sandbox"] for _ in range(2)]
    assert made == ["aa", "bb"]


def test_an_archive_freezes_the_clock_of_the_server(archive: Any) -> None:
    """The clock of the default sandbox starts at `now` of the archive; a clock that is passed in overrides it."""
    assert build(archive=archive()).default.clock.frozen
    assert build(archive=archive()).default.clock.micros() == parse_instant("2026-11-24T00:00:00Z")
    assert not build().default.clock.frozen
    assert build(archive=archive(), clock=Clock(now=7, frozen=True)).default.clock.micros() == 7


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"dialects": []}, "list of dialects is empty"),
        ({"dialects": ["njadmin", "soap"]}, "there is no dialect 'soap'"),
        ({"time_zone": "Melbourne"}, "there is no time zone 'Melbourne'"),
        ({"time_zone": ""}, "there is no time zone ''"),
        ({"time_zone": "../etc/passwd"}, "there is no time zone"),
        ({"time_zone": "Australia"}, "there is no time zone"),
        ({"api_key": ""}, "printable ASCII"),
        ({"api_key": "é"}, "printable ASCII"),
        ({"api_key": "a\nb"}, "printable ASCII"),
    ],
)
def test_a_wrong_start_of_a_server_is_refused(wrong: dict[str, Any], what: str) -> None:
    """One sentence; a key is not shown in it."""
    with pytest.raises(UsageError, match=what):
        build(**wrong)


def test_an_invalid_spec_makes_no_sandbox(pbx: Any) -> None:
    """400 with the path of what is wrong."""
    caller = pbx()
    wrong = {
        "$": {"colour": 1},
        "$.archive": {"archive": []},
        "$.profile": {"profile": []},
        "$.profile.x": {"profile": {"x": "y"}},
        "$.profile.tag_match": {"profile": {"tag_match": "no"}},
        "$.profile.time_body": {"profile": {"time_body": 5}},
        "$.dialects[0]": {"dialects": ["soap"]},
        "$.time_zone": {"time_zone": 5},
        "$.clock": {"clock": 5},
        "$.clock.now": {"clock": {"now": "noon"}},
        "$.clock.frozen": {"clock": {"frozen": "no"}},
        "$.version": {"version": "7"},
        "$.directory": {"directory": 5},
        "$.directory.users[0].role": {"directory": {"users": [{"name": "Anna", "role": "boss"}]}},
        "$.archive.profile.x": {"archive": {"format": "noojee-archive/1", "calls": [], "profile": {"x": "y"}}},
        "$.archive.time_zone": {"archive": {"format": "noojee-archive/1", "calls": [], "time_zone": "Moon"}},
    }
    for path, spec in wrong.items():
        answer = caller.control("POST", "/sandboxes", spec)
        assert (answer.status, json.loads(answer.body)["path"]) == (400, path)
    for more, path in (
        ({"clock": {"x": 1}}, "$.clock"),
        ({"dialects": []}, "$.dialects"),
        ({"dialects": [1]}, "$.dialects[0]"),
    ):
        assert json.loads(caller.control("POST", "/sandboxes", more).body)["path"] == path
    assert caller.sandboxes.names() == ["default"]


def test_an_unknown_option_in_an_archive_is_named() -> None:
    """At the start of a server too, with its JSON path."""
    with pytest.raises(ArchiveError, match="there is no option 'x'") as refused:
        build(archive={"format": "noojee-archive/1", "calls": [], "profile": {"x": "y"}})
    assert refused.value.path == "$.profile.x"


def test_a_profile_maps_every_option() -> None:
    """It has every option, for any values."""
    profile = Profile({"tag_match": "ignore-case"})
    assert len(profile) == len(list(profile)) == len(Profile())
    assert profile.with_values({}) == profile


@pytest.mark.parametrize("path", ["/rest/Time", "/s/0001/rest/Time", "/__noojee/sandboxes"])
@pytest.mark.parametrize("method", ["POST", "HEAD", "GET"])
def test_a_bug_is_kept_and_named_and_never_shown(pbx: Any, monkeypatch: Any, path: str, method: str) -> None:
    """500 with a header that says it is ours, so that no contract is blamed; the bug outlives its sandbox."""
    caller = pbx(head={})
    caller.control("POST", "/sandboxes", {})

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("the key is s3cret")

    monkeypatch.setattr("noojee_fake.api.pbx.Pbx._answer", broken)
    monkeypatch.setattr("noojee_fake.control.Control._route", broken)
    answer = caller.sandboxes.handle(Request(method=method, path=path, client="127.0.0.1"))
    assert (answer.status, dict(answer.headers)[BUG_HEADER]) == (500, "ZeroDivisionError")
    assert b"s3cret" not in answer.body
    assert bool(answer.body) is (method != "HEAD")
    assert [bug.name for bug in caller.sandboxes.own_bugs] == ["ZeroDivisionError"]


def test_health_waits_for_no_thread(pbx: Any) -> None:
    """The threads may be busy with large archives. A path that only begins like the control API belongs to the PBX."""
    sandboxes = pbx(head={}).sandboxes
    paths = ("/__noojee/health", "/__noojee", "/__noojee/sandboxes", "/__noojees", "/")
    assert [sandboxes.is_slow(path) for path in paths] == [False, True, True, False, False]


def test_kept_bug_does_not_keep_its_request(pbx: Any, monkeypatch: Any) -> None:
    """A bug with its frames would hold the body of the request."""

    def broken(*arguments: Any) -> None:
        raise UnicodeDecodeError("utf-8", arguments[1].body, 0, 1, "broken")

    monkeypatch.setattr("noojee_fake.control.Control._route", broken)
    sandboxes = pbx(head={}).sandboxes
    body = b"x" * 1_000_000
    before = sys.getrefcount(body)
    request = Request(method="POST", path="/__noojee/sandboxes", body=body, client="127.0.0.1")
    assert sandboxes.handle(request).status == 500
    del request
    assert sys.getrefcount(body) == before
    assert len(sandboxes.own_bugs[0].text) <= 16 * 1024


def test_bugs_take_bounded_room() -> None:
    """The first hundred are enough to read."""
    bugs = OwnBugs()
    for _ in range(500):
        bugs.keep(ValueError())
    assert len(bugs) == 100
