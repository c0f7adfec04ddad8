"""Settings that change while a PBX runs: version, directory, addresses, retention."""

from __future__ import annotations

import json
from typing import Any

import pytest

from noojee_fake.pbx.directory import DEFAULT, MEMBER_BYTES, ROW_BYTES, write_directory
from noojee_fake.pbx.versions import VERSIONS

TIME = "/rest/Time"
LEGS = "/njadmin/rest/RecordingAPI/retrieveMetaDataByUniqueId"


def test_version_change_keeps_the_archive(pbx: Any, call: Any) -> None:
    """Dialects of the old version disappear, those of the new version appear. null serves all dialects."""
    caller = pbx(call("1.1"))
    assert caller.control_json("GET", "/version") == {
        "version": None,
        "dialects": ["services", "recording-api", "call-management", "njadmin"],
        "versions": list(VERSIONS),
    }
    assert caller.control_json("PUT", "/version", {"version": "3"})["dialects"] == ["services", "recording-api"]
    assert json.loads(caller.legacy("retrieveMetaDataByUniqueId", uniqueId="1.1").body)[0]["UniqueId"] == "1.1"
    assert caller.ask(LEGS, f"apiKey={caller.key}&uniqueId=1.1").status == 404
    assert caller.control_json("PUT", "/version", {"version": "current"})["version"] == "current"
    assert caller.ask("/rest/RecordingAPI/retrieveMetaDataByUniqueId").status == 404
    assert json.loads(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1").body)[0]["UniqueId"] == "1.1"
    assert caller.control_json("PUT", "/version", {"version": None})["version"] is None


def test_directory_is_replaced_as_a_whole(pbx: Any) -> None:
    """Users, queues and routes, from the next call on."""
    caller = pbx()
    assert caller.control_json("GET", "/directory") == write_directory(DEFAULT)
    document = {
        "users": [{"name": "Anna", "extension": "500", "role": "agent", "team": ""}],
        "queues": [],
        "routes": [{"did": "7601", "to": "500", "record": "answer", "default_account": "NoojeeAdmin"}],
    }
    assert caller.control_json("PUT", "/directory", document) == document == caller.control_json("GET", "/directory")
    steps = [
        {"do": "inbound", "did": "7601", "source": "7", "as": "a"},
        {"do": "answer", "call": "a", "by": "500"},
        {"do": "hang_up", "call": "a"},
    ]
    (leg,) = caller.control_json("POST", "/flow", {"steps": steps})["calls"]["a"]["legs"]
    assert leg["username"] == "Anna"
    assert caller.control_json("PUT", "/directory", {}) == {"users": [], "queues": [], "routes": []}


def test_only_allowed_addresses_are_served(pbx: Any) -> None:
    """The control API stays open."""
    caller = pbx()
    assert caller.control_json("GET", "/access") == {"allowed_addresses": None}
    some = {"allowed_addresses": ["10.0.0.0/8", "::1"]}
    assert caller.control_json("PUT", "/access", some) == some
    assert caller.ask(TIME).status == 403
    assert caller.ask(TIME, client="10.9.8.7").status == caller.ask(TIME, client="::1").status == 200
    assert caller.control_json("PUT", "/access", {"allowed_addresses": []}) == {"allowed_addresses": []}
    assert caller.ask(TIME, client="10.9.8.7").status == 403
    caller.control_json("PUT", "/access", {"allowed_addresses": None})
    assert caller.ask(TIME, client="192.0.2.1").status == 200


def test_long_list_of_addresses_is_refused(pbx: Any) -> None:
    """Each request of the PBX looks through it."""
    caller = pbx()
    many = {"allowed_addresses": ["10.0.0.0/8"] * 1001}
    assert caller.control_json("PUT", "/access", many, status=400)["path"] == "$.allowed_addresses"
    assert caller.control_json("GET", "/access") == {"allowed_addresses": None}


def test_directory_counts_in_the_memory_budget(pbx: Any) -> None:
    """Until another one replaces it."""
    caller = pbx()
    budget = caller.sandboxes.budget
    before = budget.used_bytes
    users = [{"name": f"user{number}", "extension": str(1000 + number)} for number in range(1000)]
    queue = {"number": "600", "members": [user["extension"] for user in users]}
    caller.control_json("PUT", "/directory", {"users": users, "queues": [queue]})
    assert budget.used_bytes > before + 1000 * (ROW_BYTES + MEMBER_BYTES)
    caller.control_json("PUT", "/directory", {})
    assert budget.used_bytes < before + 100_000


def test_retention_rules_are_changed_one_by_one(pbx: Any, call: Any, leg: Any) -> None:
    """After retention the sound is deleted, the metadata stay (DOC W-SL)."""
    caller = pbx(call("1.1", leg()))
    before = caller.control_json("GET", "/retention")
    assert before["mid_term_days"] is None
    changed = caller.control_json("PUT", "/retention", {"mid_term_days": 2.0, "long_term_days": 0})
    assert changed == before | {"mid_term_days": 2, "long_term_days": 0} == caller.control_json("GET", "/retention")
    caller.control_json("POST", "/clock", {"now": "2026-11-20T12:00:00+11:00"})
    assert caller.njadmin("retrieveByUniqueId", uniqueId="1.1", leg=1).status == 200
    caller.control_json("POST", "/clock", {"step_seconds": 3 * 86400})
    assert caller.njadmin("retrieveByUniqueId", uniqueId="1.1", leg=1).status == 404
    assert len(json.loads(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1").body)) == 1


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/version", {}, "$.version"),
        ("/version", {"version": "7"}, "$.version"),
        ("/version", {"version": 3}, "$.version"),
        ("/version", {"version": "3", "x": 1}, "$"),
        ("/directory", {"users": 5}, "$.users"),
        ("/directory", {"users": [{"name": "A"}, {"name": "A"}]}, "$.users[1].name"),
        ("/directory", {"users": [{"name": "\udc00"}]}, "$.users[0].name"),
        ("/directory", {"routes": [{"did": "1", "to": "9"}]}, "$.routes[0].to"),
        ("/access", {}, "$.allowed_addresses"),
        ("/access", {"allowed_addresses": "10.0.0.1"}, "$.allowed_addresses"),
        ("/access", {"allowed_addresses": ["10.0.0.1", "localhost"]}, "$.allowed_addresses[1]"),
        ("/access", {"allowed_addresses": ["10.0.0.1", 167772161]}, "$.allowed_addresses[1]"),
        ("/access", {"allowed_addresses": [""]}, "$.allowed_addresses[0]"),
        ("/access", {"allowed_addresses": None, "x": 1}, "$"),
        ("/retention", {"nightly_hour": 24}, "$.nightly_hour"),
        ("/retention", {"mid_term_days": -1}, "$.mid_term_days"),
        ("/retention", {"offline": ["moon"]}, "$.offline[0]"),
        ("/retention", {"x": 1}, "$"),
    ],
)
def test_refused_setting_changes_nothing(pbx: Any, path: str, body: dict[str, Any], where: str) -> None:
    """400 with the JSON path."""
    caller = pbx()
    before = caller.control_json("GET", path)
    assert caller.control_json("PUT", path, body, status=400)["path"] == where
    assert caller.control_json("GET", path) == before
