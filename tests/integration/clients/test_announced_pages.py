"""A listing that says that there is more of it has lost legs: nothing follows pages. The server is on a socket."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.dialects.pages import says_more
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.runner import Runner
from noojee_contract.model.cell import CallSource, Cell
from noojee_contract.model.exchange import Exchange, Request
from noojee_contract.model.exchange import Response as Answered
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.question import Question
from noojee_contract.model.result import Result
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target

ID = "1392271611.238"
LEG = {
    "Source": "0400000001", "Leg": "1", "Start": "2014-02-13 17:06:52.0", "Tag": "INV-7", "Duration": "31",
    "Username": "Fred", "CallRecordId": "501", "UniqueId": ID, "DID": "0390000000", "Direction": "0",
    "Destination": "600",
}  # fmt: skip
QUESTIONS = (Question("unique_id", ID), Question("tag", "INV-7"), Question("hour", "2014/02/13 17"))
CLAUSES = ("metadata.by-tag-answered", "metadata.by-unique-id-answered", "by-hour.answered")


def results_with(httpserver: HTTPServer, headers: dict[str, str]) -> list[Result]:
    """What the clauses about whole listings say of a server whose answers have these headers."""
    for method in ("", "ByUniqueId", "ByHour"):
        httpserver.expect_request(f"/njadmin/rest/RecordingAPI/retrieveMetaData{method}").respond_with_response(
            Response(json.dumps([LEG]), content_type="application/json", headers=headers)
        )
    target = Target(
        name="pbx",
        dialect="njadmin",
        base_url=httpserver.url_for("").rstrip("/"),
        api_key_env="KEY",
        recordings=QUESTIONS,
    )
    with Runner(RunnerConfig(targets=[target], random_seed=1, examples=1), environ={"KEY": "right-key-1"}) as runner:
        cell = Cell("pbx", CallSource.OBSERVED)
        return [runner.result(catalogue()[each], clause_functions()[each], cell) for each in CLAUSES]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Link", '<https://pbx/next?page=2>; rel="next"'),
        ("link", '</a>; rel=self, </b>; title="x"; rel="last next"'),
        ("X-Total-Count", "2"),
        ("Content-Range", "items 0-0/500"),
    ],
)
def test_a_listing_that_announces_more_fails(header: str, value: str, httpserver: HTTPServer) -> None:
    """An array has one entry for each leg (SPEC W-A4, DOC W-H): a page is not whole."""
    for result in results_with(httpserver, {header: value}):
        assert result.outcome is Outcome.FAILED, result
        assert result.failure is not None
        assert "the listing has pages" in result.failure.message
        assert "legs are lost" in result.failure.message


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Link", '</style.css>; rel=preload, <https://pbx/doc>; rel="self"'),
        ("Link", '</nextcloud>; rel="help"; title="next"'),
        ("X-Total-Count", "1"),
        ("X-Total-Count", "unknown"),
        ("Content-Range", "items 0-0/1"),
        ("Content-Range", "bytes 0-10/*"),
    ],
)
def test_a_whole_listing_passes(header: str, value: str, httpserver: HTTPServer) -> None:
    """Counts and links that announce nothing."""
    assert {result.outcome for result in results_with(httpserver, {header: value})} == {Outcome.PASSED}


def said(document: dict[str, Any]) -> str | None:
    """What an object with an array of two legs says about more."""
    answered = Answered(status=200, headers=(), body=b"", seconds=0.0)
    exchange = Exchange(request=Request(method="GET", url="/"), response=answered, at=datetime(2026, 1, 1, tzinfo=UTC))
    return says_more(exchange, iter([document]), 2)


@pytest.mark.parametrize(
    "members",
    [
        {"next": "/page/2"},
        {"next": {"cursor": "x"}},
        {"@odata.nextLink": "https://pbx"},
        {"next_page_token": "abc"},
        {"hasMore": True},
        {"has_next_page": True},
        {"total": 3},
        {"totalCount": "3"},
        {"page": {"totalElements": 3}},
        {"paging": {"total_pages": 2}},
        {"_links": {"next": {"href": "/2"}}},
        {"meta": {"hasMore": 1}},
        {"truncated": True},
        {"next_cursor": "x", "has_more": True},
    ],
    ids=ascii,
)
def test_an_object_around_the_legs_announces_more(members: dict[str, Any]) -> None:
    """Usual words of APIs with pages, in any spelling."""
    assert said({"items": [{}, {}], **members}) is not None


@pytest.mark.parametrize(
    "members",
    [
        {"next": None},
        {"next": ""},
        {"hasMore": False},
        {"next_cursor": "for-the-next-poll", "has_more": False},
        {"total": 2},
        {"total": 1},
        {"totalCount": "many"},
        {"total": True},
        {"_links": {"self": "/1"}},
        {"page": 1},
        {"pages": 1},
        {"meta": {"next": None, "total": 2}},
        {"items": [{"next": "x"}, {"total": 9}]},
    ],
    ids=ascii,
)
def test_an_object_around_all_legs_announces_nothing(members: dict[str, Any]) -> None:
    """The last page, and keys of legs."""
    assert said({"items": [{}, {}], **members}) is None


def test_a_page_is_a_lost_leg(httpserver: HTTPServer) -> None:
    """Reports group it with other lost legs."""
    *_, by_hour = results_with(httpserver, {"X-Total-Count": "2"})
    assert by_hour.failure is not None
    assert by_hour.failure.kind is FailureKind.MISSING_LEG
