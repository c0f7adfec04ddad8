"""What the vendor publishes comes back byte for byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

PUBLISHED = Path(__file__).parents[3] / "fixtures" / "archives" / "published"

BY_TAG = (
    b'[{"Source":"400","Leg":"1","Start":"2014-02-13 17:06:52.0","Tag":"1234","Duration":"4","Username":"Fred",'
    b'"CallRecordId":"198348","UniqueId":"1392271611.238","DID":"internal","Direction":"2","Destination":"410"}]'
)
BY_HOUR = (
    b'[{"Destination":"123","UniqueId":"1631595787.5","Username":"NoojeeAdmin","Start":"Tue Sep 14 15:03:30 AEST 2021",'
    b'"Duration":"4","Tag":"","Direction":"Inbound","CallRecordId":"6468","DID":"7601","Source":"500",'
    b'"callend":"Tue Sep 14 15:03:34 AEST 2021","Leg":"1"},'
    b'{"Destination":"123","UniqueId":"1631595818.8","Username":"NoojeeAdmin","Start":"Tue Sep 14 15:03:47 AEST 2021",'
    b'"Duration":"4","Tag":"","Direction":"Inbound","CallRecordId":"6469","DID":"7601","Source":"500",'
    b'"callend":"Tue Sep 14 15:03:51 AEST 2021","Leg":"1"},'
    b'{"Destination":"123","UniqueId":"1631595839.11","Username":"NoojeeAdmin","Start":"Tue Sep 14 15:04:07 AEST 2021",'
    b'"Duration":"15","Tag":"","Direction":"Inbound","CallRecordId":"6470","DID":"7601","Source":"500",'
    b'"callend":"Tue Sep 14 15:04:22 AEST 2021","Leg":"1"}]'
)


def spec_page_call(call: Any, leg: Any) -> dict[str, Any]:
    made: dict[str, Any] = call(
        "1392271611.238",
        leg(
            "2014-02-13T17:06:52+11:00",
            "2014-02-13T17:06:56+11:00",
            tag="1234",
            username="Fred",
            call_record_id=198348,
        ),
    )
    return made


def test_the_leg_of_the_spec_page_comes_back(pbx: Callable[..., Any], call: Any, leg: Any) -> None:
    """By tag and by unique id, in both dialects: the document of W-A4 (SPEC)."""
    caller = pbx(spec_page_call(call, leg))
    asked = {"retrieveMetaData": {"tag": "1234"}, "retrieveMetaDataByUniqueId": {"uniqueId": "1392271611.238"}}
    for name, parameters in asked.items():
        assert caller.njadmin(name, **parameters).body == BY_TAG
        assert caller.legacy(name, **parameters).body == BY_TAG
        assert caller.legacy(name, base="/servicemanager/rest/RecordingAPI", **parameters).body == BY_TAG


def test_the_legs_of_the_by_hour_page_come_back(pbx: Callable[..., Any], call: Any, leg: Any) -> None:
    """By hour: the document of W-H (DOC), for any order of the calls."""
    times = {
        ("1631595839.11", 6470): ("15:04:07", "15:04:22"),
        ("1631595787.5", 6468): ("15:03:30", "15:03:34"),
        ("1631595818.8", 6469): ("15:03:47", "15:03:51"),
    }
    calls = [
        call(
            unique_id,
            leg(
                f"2021-09-14T{start}+10:00",
                f"2021-09-14T{end}+10:00",
                username="NoojeeAdmin",
                destination="123",
                call_record_id=record,
            ),
            direction="inbound",
            source="500",
            did="7601",
        )
        for (unique_id, record), (start, end) in times.items()
    ]
    caller = pbx(*calls)
    answer = caller.njadmin("retrieveMetaDataByHour", date="2021/09/14", hour=15)
    assert (answer.status, answer.body) == (200, BY_HOUR)


def test_the_documented_failure_comes_back(pbx: Callable[..., Any]) -> None:
    """A stale hash is answered with the body that W-HUd shows (DOC)."""
    caller = pbx()
    answer = caller.ask("/rest/RecordingAPI/retrieveMetaData", f"tag=1&{caller.signature(age=11)}")
    assert answer.body == b'{"Message":"Expired TimeStamp","Code":-1}'


def test_the_archive_files_of_the_project_give_them(pbx: Callable[..., Any]) -> None:
    """Put in by the control API, in sandboxes of their own: what is published comes back byte for byte."""
    caller = pbx()
    page, hour = (
        caller.sandbox(
            caller.control("POST", "/sandboxes", {"archive": json.loads((PUBLISHED / name).read_text("utf-8"))})
        )
        for name in ("specification-page.json", "by-hour.json")
    )
    assert page.njadmin("retrieveMetaData", tag="1234").body == BY_TAG
    assert page.legacy("retrieveMetaDataByUniqueId", uniqueId="1392271611.238").body == BY_TAG
    assert hour.njadmin("retrieveMetaDataByHour", date="2021/09/14", hour=15).body == BY_HOUR


def test_the_hashes_in_the_spec_pages_urls_are_placeholders(pbx: Callable[..., Any]) -> None:
    """Ten digits and a hash of 26: refused as expired, even at the moment they name.

    Source: option time_stamp_seconds.
    """
    caller = pbx(head={"now": "2010-01-30T12:09:42Z"})
    query = "tag=1234&timeStamp=1264853382&hash=45678905678956789678906789"
    answer = caller.ask("/rest/RecordingAPI/retrieveMetaData", query)
    assert answer.body == b'{"Message":"Expired TimeStamp","Code":-1}'
