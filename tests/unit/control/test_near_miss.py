"""For a request that matched no method, the journal names the most similar served method and the differences."""

from __future__ import annotations

import json
from typing import Any

import pytest

D = "/njadmin/rest/RecordingAPI"
A = "/servicemanager/rest/RecordingAPI"
C = "/servicemanager/rest/CallManagementAPI"
FORM = (("content-type", "application/x-www-form-urlencoded"),)


def near(
    caller: Any, path: str, query: str = "", method: str = "POST", body: bytes = b""
) -> tuple[str, list[str]] | None:
    caller.ask(path, query, method=method, headers=FORM, body=body, secure=True)
    found = caller.control_json("GET", "/journal?limit=1000")["entries"][-1]["near_miss"]
    return None if found is None else (f"{found['method']} {found['path']}", found["differs"])


@pytest.mark.parametrize(
    ("method", "path", "served", "says"),
    [
        ("GET", f"{D}/retrieveMetaData", f"POST {D}/retrieveMetaData", "wrong method: GET; this path takes POST"),
        ("POST", f"{D}/retrievemetadata", f"POST {D}/retrieveMetaData", "letter case"),
        ("POST", "/NjAdmin/rest/recordingapi/retrieveMetaData", f"POST {D}/retrieveMetaData", "letter case"),
        ("POST", f"{D}/retrieveMetaData/", f"POST {D}/retrieveMetaData", "slashes"),
        ("POST", "/njadmin//rest/RecordingAPI/retrieveMetaData", f"POST {D}/retrieveMetaData", "slashes"),
        ("POST", f"{D}/retrieveMetaData;jsessionid=1", f"POST {D}/retrieveMetaData", "path parameter"),
        (
            "POST", f"{A}/retrieveMetaDataByHour", f"POST {D}/retrieveMetaDataByHour",
            f"other prefix: retrieveMetaDataByHour is served under {D}",
        ),
        ("POST", "/retrieveMetaDataByHour", f"POST {D}/retrieveMetaDataByHour", "other prefix"),
        ("POST", f"{D}/retriveMetaData", f"POST {D}/retrieveMetaData", "spelling"),
        ("POST", f"{C}/hangUp", f"POST {C}/hangup", "letter case"),
        ("POST", f"{D}/retrieveMeta%44ata/", f"POST {D}/retrieveMetaData", "slashes"),
    ],
)  # fmt: skip
def test_near_miss_of_a_path_or_method(pbx: Any, method: str, path: str, served: str, says: str) -> None:
    """Wrong method, letter case, slashes, prefix, spelling."""
    found = near(pbx(), path, "apiKey=x&tag=1&uniqueId=2&date=3&hour=4&extenOrUniqueId=5", method)
    assert found is not None
    assert found[0] == served
    assert says in found[1][0]


@pytest.mark.parametrize(
    ("version", "path", "says"),
    [
        (
            "current", f"{A}/stop",
            "removed: recording-api was served up to version 3, not from 4.8 on; this PBX is version current",
        ),
        ("3", f"{D}/retrieveMetaData", "not there yet: njadmin comes with version current, this PBX is version 3"),
        ("4.8", f"{D}/retrieveMetaDataByHour", "not there yet"),
    ],
)  # fmt: skip
def test_near_miss_of_a_path_of_another_version(pbx: Any, version: str, path: str, says: str) -> None:
    """A removed path, and one of a later version. The near miss is a path of this version."""
    caller = pbx()
    caller.control_json("PUT", "/version", {"version": version})
    found = near(caller, path)
    assert found is not None
    assert says in found[1][0]
    assert found[0].partition(" ")[2] in caller.sandboxes.default.routes


def test_near_miss_of_a_dialect_that_is_not_served(pbx: Any) -> None:
    """The PBX serves all versions of one dialect."""
    caller = pbx()
    made = caller.control("POST", "/sandboxes", {"dialects": ["njadmin"]})
    sandbox = caller.sandbox(made)
    sandbox.ask(f"{sandbox.root}{A}/retrieveMetaData", "tag=1&timeStamp=1&hash=2")
    (entry,) = json.loads(caller.control("GET", f"/sandboxes/{sandbox.root[3:]}/journal").body)["entries"]
    assert entry["near_miss"]["path"] == f"{sandbox.root}{D}/retrieveMetaData"
    assert "this PBX has njadmin, the path is of recording-api" in entry["near_miss"]["differs"][0]


@pytest.mark.parametrize(
    ("path", "query", "says"),
    [
        (
            f"{D}/retrieveMetaDataByUniqueId", "apiKey=x&uniqueID=1.2",
            "misspelt parameter: uniqueID; names are case-sensitive, it is uniqueId",
        ),
        (f"{D}/retrieveMetaDataByUniqueId", "apiKey=x&uniqeId=1.2", "misspelt parameter: uniqeId; it is uniqueId"),
        (f"{D}/retrieveMetaDataByUniqueId", "apiKey=x", "uniqueId is missing"),
        (f"{D}/retrieveMetaData", "tag=1", "apiKey is missing"),
        (
            f"{D}/retrieveMetaData", "APIKEY=x&tag=1",
            "misspelt parameter: APIKEY; names are case-sensitive, it is apiKey",
        ),
        (
            f"{C}/start", "apiKey=x&extenOrUniqueId=410&Tag=22",
            "misspelt parameter: Tag; names are case-sensitive, it is tag",
        ),
        (f"{C}/start", "apiKey=x&extenOrUniqueId=410&tag22", "a parameter without its =: tag"),
        (f"{C}/hangup", "extenOrUniqueId=410", "apiKey is missing, or timeStamp and hash"),
        (
            f"{A}/retrieveMetaData", "tag=1&timestamp=1&hash=2",
            "misspelt parameter: timestamp; names are case-sensitive, it is timeStamp",
        ),
    ],
)  # fmt: skip
def test_near_miss_of_a_missing_or_misspelt_parameter(pbx: Any, path: str, query: str, says: str) -> None:
    """Required or optional: the PBX ignores unknown parameters."""
    assert near(pbx(), path, query) == (f"POST {path}", [says])


def test_near_miss_has_several_differences(pbx: Any) -> None:
    """All differences are listed."""
    found = near(pbx(), f"{D}/retrieveMetadata", "tga=1", "GET")
    assert found is not None
    assert len(found[1]) == 4


def test_matching_request_has_no_near_miss(pbx: Any) -> None:
    """Also a refused request, a request with a form, and a request with more parameters."""
    caller = pbx()
    assert near(caller, f"{D}/retrieveMetaData", "apiKey=wrong&tag=1") is None
    assert near(caller, f"{D}/retrieveMetaData", body=b"apiKey=wrong&tag=1") is None
    assert near(caller, f"{C}/hangup", "apiKey=wrong&extenOrUniqueId=1&odd=2") is None
    assert near(caller, "/servicemanager/rest/Time") is None
    assert near(caller, "/nothing/of/the/kind") is None
    assert near(caller, "/") is None


def test_near_miss_redacts_names_of_parameters(pbx: Any) -> None:
    """A key that was sent as a name is not shown."""
    caller = pbx()
    found = near(caller, f"{D}/retrieveMetaData", f"apiKey{caller.key}=1&tag=1")
    assert found == (f"POST {D}/retrieveMetaData", ["misspelt parameter: apiKey[redacted]; it is apiKey"])


def test_sandbox_without_routes_has_no_near_miss(pbx: Any) -> None:
    """A version without the dialects of the sandbox."""
    caller = pbx()
    caller.control("POST", "/sandboxes", {"dialects": ["njadmin"], "version": "3"})
    (name,) = caller.sandboxes.names()[1:]
    caller.ask(f"/s/{name}{D}/retrieveMetaData")
    answer = caller.control("GET", f"/sandboxes/{name}/journal")
    assert b'"near_miss":null' in answer.body


@pytest.mark.parametrize(
    ("headers", "body", "says"),
    [
        ({"content-type": "application/json"}, b'{"apiKey": "k", "tag": "1"}', "a JSON body"),
        ({"content-type": "multipart/form-data; boundary=x"}, b"--x\r\n\r\n--x--", "a multipart form"),
        ({"x-api-key": "k"}, b"", "a credential in the header x-api-key"),
        ({"authorization": "Bearer k"}, b"", "a credential in the header authorization"),
        ({"apikey": "k"}, b"", "a credential in the header apikey"),
    ],
)
def test_near_miss_names_where_the_parameters_are(pbx: Any, headers: dict[str, str], body: bytes, says: str) -> None:
    """The method takes parameters in the query or a form."""
    caller = pbx()
    caller.ask(f"{D}/retrieveMetaData", "", headers=tuple(headers.items()), body=body, secure=True)
    found = caller.control_json("GET", "/journal?limit=1000")["entries"][-1]["near_miss"]
    assert any(text.startswith(says) for text in found["differs"])


@pytest.mark.parametrize("hour", ["24", "3pm", "15:00", "-1", "015"])
def test_near_miss_names_another_form_of_hour(pbx: Any, hour: str) -> None:
    """By hour takes 0 to 23. Source: W-H (DOC)."""
    caller = pbx()
    found = near(caller, f"{D}/retrieveMetaDataByHour", f"apiKey={caller.key}&date=2021/09/14&hour={hour}")
    assert found is not None
    assert found[1] == ["another form of hour: it is 0 to 23"]


@pytest.mark.parametrize(
    ("date", "is_wrong"),
    [
        *(("2021-09-14", True), ("14/09/2021", True), ("2021/9/14", True), ("2021/13/14", True), ("2021/09/32", True)),
        ("2021/09/14", False),
    ],
)
def test_near_miss_names_another_form_of_date(pbx: Any, date: str, is_wrong: bool) -> None:
    """By hour takes YYYY/MM/DD. Source: W-H (DOC)."""
    caller = pbx()
    found = near(caller, f"{D}/retrieveMetaDataByHour", f"apiKey={caller.key}&date={date}&hour=15")
    assert (found is not None and "another form of date" in found[1][0]) is is_wrong
