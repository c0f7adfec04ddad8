"""The control API: each route, its answer and its effect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from noojee_fake.control import SandboxSpec, describe
from noojee_fake.pbx.clock import Clock, CountedIds, parse_instant
from noojee_fake.pbx.options import option_table
from noojee_fake.server.sandboxes import build

DEFAULTS = {key: question.default for key, question in option_table().items()}
SEEDS = Path(__file__).parents[3] / "fixtures" / "archives"


DIALECTS = ["services", "recording-api", "call-management", "njadmin"]


def answer_of(answer: Any, status: int = 200) -> Any:
    assert answer.status == status, answer.body
    assert dict(answer.headers)["Content-Type"] == "application/json"
    return json.loads(answer.body)


def test_first_page_describes_the_server(pbx: Any) -> None:
    """Server, versions and dialects."""
    about = answer_of(pbx().control("GET", "/"))
    assert about["server"] == "noojee-fake"
    assert (about["control"], about["sandboxes"], about["dialects"]) == (1, True, DIALECTS)
    assert answer_of(pbx().control("GET", "")) == about


def test_sandbox_is_made_listed_described_and_deleted(pbx: Any) -> None:
    """POST 201, GET 200, DELETE 204; then its paths are 404."""
    caller = pbx()
    made = answer_of(caller.control("POST", "/sandboxes", {}), 201)
    name = made["sandbox"]
    assert answer_of(caller.control("GET", "/sandboxes")) == {"sandboxes": ["default", name]}
    described = answer_of(caller.control("GET", f"/sandboxes/{name}"))
    assert described | {"clock": None} == made | {"clock": None}
    assert caller.ask(f"/s/{name}/rest/Time").status == 200
    gone = caller.control("DELETE", f"/sandboxes/{name}")
    assert (gone.status, gone.headers, gone.body) == (204, (), b"")
    assert answer_of(caller.control("GET", "/sandboxes")) == {"sandboxes": ["default"]}
    assert caller.control("GET", f"/sandboxes/{name}").status == 404
    assert caller.control("DELETE", f"/sandboxes/{name}").status == 404
    assert caller.ask(f"/s/{name}/rest/Time").status == 404


def test_sandbox_object_has_all_that_a_client_needs(pbx: Any, call: Any, leg: Any) -> None:
    """Path, keys, options, dialects, audio, zone, clock and counts."""
    template = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
    sandbox = answer_of(pbx(call("1.1", leg(), leg()), tag_match="ignore-case").control("GET", "/sandboxes/default"))
    assert sandbox == {
        "sandbox": "default",
        "path": "",
        "api_key": "f863246a-973e-11e6-8784-08002718f5b5",
        "user_key": "00000000-0000-4000-8000-000000000001",
        "profile": DEFAULTS | {"tag_match": "ignore-case"},
        "dialects": DIALECTS,
        "version": None,
        "audio": dict.fromkeys(DIALECTS, template)
        | {"services": "GET {base}?method=retrieve&uniqueId={unique_id}&leg={leg}"},
        "time_zone": "Australia/Melbourne",
        "clock": {"now": "2026-11-24T00:00:00+00:00", "frozen": True},
        "calls": 1,
        "legs": 2,
    }


def test_sandbox_spec_is_applied(pbx: Any, archive: Any, call: Any, leg: Any) -> None:
    """Archive, dialects in the server's order; options, zone and clock override those of the archive."""
    document = archive(call("1.1", leg(tag="T")), profile={"outbound_did": "internal", "time_body": "digits-newline"})
    caller = pbx()
    made = caller.control(
        "POST",
        "/sandboxes",
        {
            "archive": document,
            "profile": {"outbound_did": "empty"},
            "dialects": ["njadmin", "recording-api"],
            "time_zone": "UTC",
            "clock": {"now": "2026-11-25T01:02:03.5+01:00", "frozen": False},
        },
    )
    sandbox_body = answer_of(made, 201)
    assert sandbox_body["profile"] == DEFAULTS | {"time_body": "digits-newline"}
    assert sandbox_body["dialects"] == ["recording-api", "njadmin"]
    assert sandbox_body["time_zone"] == "UTC"
    assert sandbox_body["clock"]["frozen"] is False
    assert sandbox_body["clock"]["now"].startswith("2026-11-25T00:02:0")
    (row,) = json.loads(caller.sandbox(made).njadmin("retrieveMetaData", tag="T").body)
    assert row["Start"] == "2026-11-19 22:00:00.0"


def test_sandbox_without_a_spec_has_the_real_clock() -> None:
    """A running clock, no calls, the zone of Melbourne.

    `now` alone freezes the clock, `frozen` alone freezes the real time.
    """
    real = Clock(source=lambda: parse_instant("2026-12-01T00:00:00Z"))
    sandboxes = build(clock=real, ids=CountedIds())
    clocks = []
    for now, frozen in ((None, None), (5, None), (None, True), (5, False)):
        sandbox, made = sandboxes.make(SandboxSpec(now_micros=now, frozen=frozen))
        sandbox_body = describe(sandbox, made)
        assert (sandbox_body["calls"], sandbox_body["time_zone"]) == (0, "Australia/Melbourne")
        clocks.append((sandbox_body["clock"]["now"][:4], sandbox_body["clock"]["frozen"]))
    assert clocks == [("2026", False), ("1970", True), ("2026", True), ("1970", False)]


def test_calls_are_added_and_listed(pbx: Any, call: Any, leg: Any) -> None:
    """201 with the number of calls and legs. Listed calls have every optional field, and can be added elsewhere."""
    caller = pbx(call("1.1"))
    put = [
        call(
            "2.1",
            leg("2026-11-20T09:00:00.25+11:00", tag="T", username="Fred"),
            leg(sound={"absent": True}),
            direction="inbound",
            did="7601",
            created="2026-11-20T08:59:59+11:00",
        ),
        call("3.1", direction="outbound"),
    ]
    assert answer_of(caller.control("POST", "/sandboxes/default/calls", {"calls": put}), 201) == {"calls": 2, "legs": 3}
    assert answer_of(caller.control("POST", "/sandboxes/default/calls", {"calls": []}), 201) == {"calls": 0, "legs": 0}
    listed = answer_of(caller.control("GET", "/sandboxes/default/calls"))["calls"]
    assert [each["unique_id"] for each in listed] == ["1.1", "2.1", "3.1"]
    assert listed[1] == {
        "unique_id": "2.1",
        "direction": "inbound",
        "source": "400",
        "did": "7601",
        "created": "2026-11-19T21:59:59+00:00",
        "legs": [
            {
                "leg": 1,
                "start": "2026-11-19T22:00:00.250000+00:00",
                "end": "2026-11-19T22:00:10.250000+00:00",
                "tag": "T",
                "username": "Fred",
                "destination": "410",
                "call_record_id": 2,
            },
            {
                "leg": 2,
                "start": "2026-11-19T22:00:00+00:00",
                "end": "2026-11-19T22:00:10+00:00",
                "tag": "",
                "username": "Administrator",
                "destination": "410",
                "call_record_id": 3,
                "sound": {"absent": True},
            },
        ],
    }
    assert (listed[0]["did"], listed[2]["did"], listed[2]["legs"][0]["leg"]) == ("internal", "", 1)
    assert answer_of(caller.control("GET", "/sandboxes/default"))["legs"] == 4


@pytest.mark.parametrize("name", sorted(str(path.relative_to(SEEDS)) for path in SEEDS.glob("*/*.json")))
def test_listed_calls_make_an_equal_pbx(pbx: Any, name: str) -> None:
    """Each bundled archive, listed and added to another sandbox, gives the same answers."""
    document = json.loads((SEEDS / name).read_text("utf-8"))
    for call in document["calls"]:
        for leg in call["legs"]:
            leg.pop("sound", None)
    caller = pbx()
    first = caller.sandbox(caller.control("POST", "/sandboxes", {"archive": document}))
    path = first.root.replace("/s/", "/sandboxes/")
    listed = answer_of(caller.control("GET", f"{path}/calls"))
    second = caller.sandbox(caller.control("POST", "/sandboxes", {"archive": document | listed}))
    for call in document["calls"]:
        bodies = {
            sandbox.njadmin("retrieveMetaDataByUniqueId", uniqueId=call["unique_id"]).body
            for sandbox in (first, second)
        }
        assert len(bodies) == 1


def test_explicit_empty_did_is_listed(pbx: Any, call: Any) -> None:
    """The archive overrides the option."""
    caller = pbx(call("1.1", direction="outbound", did=""), call("2.1", direction="outbound"), outbound_did="internal")
    listed = answer_of(caller.control("GET", "/sandboxes/default/calls"))["calls"]
    assert [each["did"] for each in listed] == ["", "internal"]


def test_options_are_read_and_changed(pbx: Any, call: Any) -> None:
    """PUT changes the named options from the next request on, and returns the whole profile."""
    caller = pbx(call("1.1"), tag_match="ignore-case")
    assert answer_of(caller.control("GET", "/sandboxes/default/profile")) == DEFAULTS | {"tag_match": "ignore-case"}
    assert caller.njadmin("retrieveMetaData", tag="X").body == b"[]"
    changed = answer_of(caller.control("PUT", "/sandboxes/default/profile", {"unknown_recording": "failure-404"}))
    assert changed == DEFAULTS | {"tag_match": "ignore-case", "unknown_recording": "failure-404"}
    assert caller.njadmin("retrieveMetaData", tag="X").status == 404
    back = answer_of(caller.control("PUT", "/sandboxes/default/profile", {"unknown_recording": "empty-list"}))
    assert back == answer_of(caller.control("GET", "/sandboxes/default/profile"))
    assert caller.njadmin("retrieveMetaData", tag="X").body == b"[]"


def test_changed_option_applies_to_cached_answers(pbx: Any, call: Any, leg: Any) -> None:
    """A cached answer is written again with the new profile."""
    caller = pbx(call("1.1", leg("2026-11-20T09:00:00.5+11:00")))
    seen = []
    for fraction in ("zero", "milliseconds", "zero"):
        caller.control("PUT", "/sandboxes/default/profile", {"start_fraction": fraction})
        (row,) = json.loads(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1").body)
        seen.append(row["Start"])
    assert seen == ["2026-11-20 09:00:00.0", "2026-11-20 09:00:00.5", "2026-11-20 09:00:00.0"]


@pytest.mark.parametrize(
    "path", ["/", "/sandboxes", "/sandboxes/default", "/sandboxes/default/calls", "/sandboxes/default/clock"]
)
def test_head_answers_like_get_without_a_body(pbx: Any, path: str) -> None:
    """Status and headers are those of GET."""
    caller = pbx()
    head, got = caller.control("HEAD", path), caller.control("GET", path)
    assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")
