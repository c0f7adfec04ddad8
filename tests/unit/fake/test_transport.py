"""What is refused before anybody is asked who they are: paths, methods, content types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from noojee_fake.messages import Response

METHODS = ("retrieveMetaData", "retrieveMetaDataByUniqueId", "retrieve", "retrieveByUniqueId")
LEGACY = [f"{prefix}/RecordingAPI/{name}" for prefix in ("/rest", "/servicemanager/rest") for name in METHODS]
NJADMIN = [f"/njadmin/rest/RecordingAPI/{name}" for name in (*METHODS, "retrieveMetaDataByHour")]
TIME = ["/rest/Time", "/servicemanager/rest/Time"]


def is_page(answer: Response, status: int) -> bool:
    """A page of the web server, of which nothing can be read as JSON."""
    content_type = dict(answer.headers)["Content-Type"]
    return (
        answer.status == status
        and content_type == "text/html;charset=UTF-8"
        and answer.body.startswith(b"<!DOCTYPE html>")
    )


@pytest.mark.parametrize("path", [*LEGACY, *NJADMIN, *TIME])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "post", "Post", "X", ""])
def test_only_post_is_accepted(pbx: Any, path: str, method: str) -> None:
    """405 with `Allow: POST` and an HTML page, right credentials or not. Source: W-A4 (SPEC), option get_on_post."""
    caller = pbx()
    for query in ("", f"tag=T&apiKey={caller.key}&{caller.signature()}"):
        answer = caller.ask(path, query, method=method)
        assert is_page(answer, 405)
        assert dict(answer.headers)["Allow"] == "POST"


@pytest.mark.parametrize("path", [*LEGACY, *NJADMIN, *TIME, "/nowhere"])
def test_head_is_refused_without_a_body(pbx: Any, path: str) -> None:
    """As GET, with the length that GET's page has."""
    caller = pbx()
    head, got = caller.ask(path, method="HEAD"), caller.ask(path, method="GET")
    assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/rest",
        "/rest/RecordingAPI",
        "/rest/RecordingAPI/",
        "/rest/RecordingAPI/retrieveMetaDataByHour",
        "/rest/RecordingAPI/pause",
        "/rest/RecordingAPI/subscribe",
        "/rest/CallManagementAPI/transfer",
        "/servicemanager/rest/CallManagementAPI/retrieveMetaDataByHour",
        "/servicemanager/services/njadmin-api-recording/start",
        "/rest/RecordingAPI/authenticate",
        "/servicemanager/rest/RecordingAPI/retrieveMetaDataByHour",
        "/njadmin/rest/Time",
        "/njadmin/rest/RecordingAPI/Time",
        "/njadmin/rest/RecordingAPI/delete",
        "/njadmin/rest/RecordingAPI/retrieveMetadata",
        "/njadmin/rest/RecordingAPI/RetrieveMetaData",
        "/njadmin/rest/RecordingAPI/retrieveMetaData/",
        "/njadmin/rest/RecordingAPI//retrieveMetaData",
        "//njadmin/rest/RecordingAPI/retrieveMetaData",
        "/njadmin/rest/./RecordingAPI/retrieveMetaData",
        "/njadmin%2Frest/RecordingAPI/retrieveMetaData",
        "/njadmin/rest/RecordingAPI/retrieveMetaData%00",
        "/njadmin/rest/RecordingAPI/retrieveMetaData%",
        "/njadmin/rest/RecordingAPI/retrieveMetaData%zz",
        "/njadmin/rest/RecordingAPI/retrieveMetaData.json",
        "/RecordingAPI/retrieveMetaData",
        "/s/",
        "/s/default/rest/Time",
        "/s/nowhere/rest/Time",
        "/__noojeeX",
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_unknown_path_gives_a_page(pbx: Any, path: str, method: str) -> None:
    """404 as HTML, before the method counts (CLIENT C-J, options unknown_path and other_methods)."""
    caller = pbx()
    assert is_page(caller.ask(path, f"tag=T&apiKey={caller.key}", method=method), 404)


def test_a_path_may_be_percent_encoded(pbx: Any) -> None:
    """But for its slashes, as Tomcat has it."""
    caller = pbx()
    assert caller.ask("/%72est/%54ime").status == 200
    assert caller.ask("/njadmin/rest/%52ecordingAPI/retrieve%4detaData", f"tag=T&apiKey={caller.key}").body == b"[]"


@pytest.mark.parametrize(("dialect", "others"), [("recording-api", NJADMIN), ("njadmin", [*LEGACY, *TIME])])
def test_a_dialect_that_is_not_served_is_not_there(pbx: Any, dialect: str, others: list[str]) -> None:
    """Each dialect can be served alone. Source: option legacy_after_4."""
    caller = pbx()
    made = caller.control("POST", "/sandboxes", {"dialects": [dialect]})
    sandbox = caller.sandbox(made)
    assert {caller.ask(f"{sandbox.root}{path}").status for path in others} == {404}
    served = [*LEGACY, *TIME] if dialect == "recording-api" else NJADMIN
    assert 404 not in {caller.ask(f"{sandbox.root}{path}").status for path in served}


def test_credentials_of_one_dialect_do_not_open_the_other(pbx: Any, call: Any, leg: Any) -> None:
    """The legacy dialect accepts only hashes, the replacement only keys (DOC W-A1, W-D9)."""
    caller = pbx(call("1.1", leg(tag="T")))
    for path in LEGACY:
        answer = caller.ask(path, f"tag=T&uniqueId=1.1&leg=1&apiKey={caller.key}")
        assert answer.body == b'{"Message":"Missing timeStamp or hash","Code":-1}'
    for path in NJADMIN:
        answer = caller.ask(path, f"tag=T&uniqueId=1.1&leg=1&date=2026/11/20&hour=9&{caller.signature()}")
        assert answer.body == b'{"Message":"Missing apiKey","Code":-1}'


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("dialect", ["njadmin", "legacy"])
def test_a_missing_parameter_is_a_failure(
    pbx: Callable[..., Any], call: Any, leg: Any, name: str, dialect: str
) -> None:
    """Never an empty list, which a client takes for an answer; names are case-sensitive.

    Source: DOC W-SU, option njadmin_bad_request_status.
    """
    caller = pbx(call("1.1", leg(tag="T")))
    wanted = "uniqueId" if name.endswith("UniqueId") else "tag"
    status = 400 if dialect == "njadmin" else 200
    for parameters in ({}, {wanted.upper(): "T"}, {wanted.lower() + "x": "T"}):
        answer = getattr(caller, dialect)(name, leg=1, **parameters)
        assert answer.status == status
        assert answer.body == f'{{"Message":"Missing parameter {wanted}","Code":-1}}'.encode()


def test_the_order_of_refusals_is_fixed(pbx: Any) -> None:
    """Path, method, content type, credentials, parameters, limit: the answer reports the first that fails."""
    caller = pbx(content_type_check="form-only")
    path = "/njadmin/rest/RecordingAPI/retrieveMetaDataByHour"
    good = f"apiKey={caller.key}&date=2026/11/20&hour=9"
    plain = (("content-type", "text/plain"),)
    assert caller.ask(f"{path}s", method="GET", headers=plain).status == 404
    assert caller.ask(path, method="GET", headers=plain).status == 405
    assert caller.ask(path, headers=plain).status == 415
    assert caller.ask(path).status == 401
    assert caller.ask(path, f"apiKey={caller.key}").status == 400
    assert caller.ask(path, good).status == 200
    assert caller.ask(path, f"apiKey={caller.key}").status == 400
    assert caller.ask(path, good).status == 429


def test_json_is_announced_as_utf_8(pbx: Any) -> None:
    """Lists and failures alike; no cookie, no cache header. Source: option json_content_type."""
    caller = pbx()
    for answer in (caller.njadmin("retrieveMetaData", tag="T"), caller.njadmin("retrieveMetaData")):
        assert answer.headers == (
            ("Content-Type", "application/json;charset=UTF-8"),
            ("Content-Length", str(len(answer.body))),
        )
