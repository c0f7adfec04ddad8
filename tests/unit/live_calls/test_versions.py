"""What each version of the product offers. Source: W-27, W-A4, W-AKd, W-DI, W-H (DOC)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from noojee_fake.api.dialects import services
from noojee_fake.errors import UsageError
from noojee_fake.pbx.clock import CountedIds
from noojee_fake.pbx.versions import VERSIONS
from noojee_fake.server.sandboxes import build

LEGACY = "/servicemanager/rest/RecordingAPI"
MANAGED = "/servicemanager/rest/CallManagementAPI"
NJADMIN = "/njadmin/rest/RecordingAPI"
OFFERED = {
    "2.7.14": {"services"},
    "3": {"services", "recording-api", "time"},
    "4.8": {"call-management by hash", "time"},
    "4.9.0.10": {"call-management by hash", "call-management by key", "time"},
    "6.0.1": {"call-management by hash", "call-management by key", "dial records", "time"},
    "current": {"call-management by hash", "call-management by key", "dial records", "njadmin", "time"},
    None: {
        *("services", "recording-api", "call-management by hash", "call-management by key", "dial records"),
        *("njadmin", "time"),
    },
}
HTML_404 = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>"


def offers(caller: Any) -> set[str]:
    """The dialects that a client can reach. Others return 404 with HTML (CLIENT C-J)."""
    clock = caller.sandboxes.default.clock.micros() // 1000
    signature = caller.signature_at(clock)
    asked = {
        "services": (services.PATH, "method=retrieve&tag=T&leg=1", "GET"),
        "recording-api": (f"{LEGACY}/retrieveMetaData", f"tag=T&{signature}", "POST"),
        "call-management by hash": (f"{MANAGED}/retrieveMetaData", f"tag=T&{signature}", "POST"),
        "call-management by key": (f"{MANAGED}/retrieveMetaData", f"tag=T&apiKey={caller.key}", "POST"),
        "njadmin": (f"{NJADMIN}/retrieveMetaData", f"tag=T&apiKey={caller.key}", "POST"),
        "time": ("/servicemanager/rest/Time", "", "POST"),
    }
    found = set()
    for name, (path, query, method) in asked.items():
        answer = caller.ask(path, query, method=method)
        if answer.status == 404:
            assert answer.body == HTML_404
            assert dict(answer.headers)["Content-Type"] == "text/html;charset=UTF-8"
        elif not answer.body.startswith(b'{"Message":"Missing timeStamp or hash"'):
            assert answer.status == 200, name
            found.add(name)
    if dial_records(caller):
        found.add("dial records")
    return found


def dial_records(caller: Any) -> bool:
    """Whether dial takes `record` and `tag` (from 6.0.1, DOC W-DI)."""
    pbx = caller.sandboxes.default
    signature = caller.signature_at(pbx.clock.micros() // 1000)
    query = f"number=400&extenOrUniqueId=SIP/410&autoAnswer=x&record=true&tag=D&{signature}"
    if caller.ask(f"{MANAGED}/dial", query).status == 404:
        return False
    call = pbx.switchboard.calls()[-1]
    pbx.switchboard.answer(call, "400", pbx.clock.micros())
    pbx.switchboard.hang_up(call, pbx.clock.micros())
    archived = pbx.store.call(call.unique_id)
    return archived is not None and archived.legs[0].tag == "D"


@pytest.fixture
def versioned(calling: Any, archive: Any, call: Any, leg: Any) -> Callable[..., Any]:
    """A caller of a PBX of this version, with a call of tag T."""

    def make(version: str | None, **named: Any) -> Any:
        document = archive(call("1763589600.1", leg(tag="T")))
        return calling(build(archive=document, ids=CountedIds(), version=version, **named))

    return make


@pytest.mark.parametrize("version", OFFERED)
def test_a_version_offers_what_its_pages_say(version: str | None, versioned: Any) -> None:
    """And no more: each dialect is served or returns 404."""
    assert offers(versioned(version)) == OFFERED[version]


def test_every_version_of_the_table_is_shown() -> None:
    assert {each for each in OFFERED if each is not None} == set(VERSIONS)


def test_an_upgrade_keeps_archive_and_live_calls(versioned: Any) -> None:
    """From the oldest to the newest and back: what a version cannot show is there again in one that can."""
    caller = versioned("2.7.14")
    pbx = caller.sandboxes.default
    call = pbx.switchboard.inbound("7600", "0491570156", pbx.clock.micros())
    pbx.switchboard.answer(call, "410", pbx.clock.micros())
    assert caller.services("start", extenOrUniqueId="410", tag="OLD").status == 200
    pbx.clock.step(5_000_000)
    for version in (*VERSIONS, None, "3"):
        pbx.version = version
        assert pbx.version == version
        assert offers(caller) == OFFERED[version]
    pbx.version = "current"
    assert caller.managed("hangup", extenOrUniqueId="410").body == b'{"Message":"Channel Hungup","Code":0}'
    tags = caller.values("Tag", caller.njadmin("retrieveMetaDataByUniqueId", uniqueId=call.unique_id))
    assert tags == ["", "", "OLD"]
    assert caller.values("Leg", caller.njadmin("retrieveMetaData", tag="T")) == ["1"]


def test_a_hash_in_its_hour_survives_an_upgrade(versioned: Any) -> None:
    """What was given out stays given out."""
    caller = versioned("4.8")
    signature = caller.signature()
    assert caller.ask(f"{MANAGED}/retrieveMetaData", f"tag=T&{signature}").body[:1] == b"["
    caller.sandboxes.default.version = "current"
    caller.sandboxes.default.clock.step(1_800_000_000)
    assert caller.ask(f"{MANAGED}/retrieveMetaData", f"tag=T&{signature}").body[:1] == b"["


def test_a_version_serves_only_configured_dialects(versioned: Any) -> None:
    """The dialects that a server is started with are the most that it serves."""
    caller = versioned("current", dialects=["call-management", "recording-api"])
    assert caller.sandboxes.default.dialects == ("call-management",)
    caller.sandboxes.default.version = "3"
    assert caller.sandboxes.default.dialects == ("recording-api",)


def test_a_key_counts_for_nothing_before_there_are_keys(versioned: Any) -> None:
    """Before 4.9.0.10 `apiKey` is ignored like any unknown parameter (DOC W-AKd)."""
    caller = versioned("4.8")
    query = f"tag=T&apiKey={caller.key}"
    refused = caller.ask(f"{MANAGED}/retrieveMetaData", query)
    assert refused.body == b'{"Message":"Missing timeStamp or hash","Code":-1}'
    assert caller.ask(f"{MANAGED}/retrieveMetaData", f"{query}x&{caller.signature()}").body[:1] == b"["


@pytest.mark.parametrize("version", ["4", "2.7", "", "Current", "6.0.1 ", "\0", "9" * 1000])
def test_an_unknown_version_is_refused_with_the_nearest(version: str, versioned: Any) -> None:
    with pytest.raises(UsageError, match=r"there is no version .*; the nearest is ") as refused:
        versioned(version)
    assert refused.value.path == "$.version"
    caller = versioned("3")
    with pytest.raises(UsageError):
        caller.sandboxes.default.version = version
    assert caller.sandboxes.default.version == "3"
