"""Failures of one cause form one group, with the failure that shows the fault most directly as its example."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import ClauseRow, Report, Result, TargetRow
from noojee_contract.report import markdown, terminal
from noojee_contract.report.grouping import FailureGroup, ReportRow, group_failures
from noojee_contract.report.html import page as html
from noojee_contract.report.summary import summarize

LEG = {
    "Source": "400", "Leg": "1", "Start": "2014-02-13 17:06:52.0", "Tag": "1234", "Duration": "4", "Username": "Fred",
    "CallRecordId": "198348", "UniqueId": "1392271611.238", "DID": "internal", "Direction": "2", "Destination": "410",
}  # fmt: skip
BY_TAG = "retrieveMetaData"
Kind = FailureKind


def exchange(
    body: Any = None, *, method: str = "POST", name: str = BY_TAG, status: int = 200, error: str | None = None
) -> dict[str, Any]:
    """An exchange in the form of a report; without a body it answers with one published leg."""
    text = body if isinstance(body, str) else json.dumps([LEG] if body is None else body)
    response = None if error else {"status": status, "headers": [], "body": {"text": text}}
    request = {
        "method": method,
        "url": f"https://pbx.invalid/rest/RecordingAPI/{name}?tag=1",
        "headers": [],
        "body": {"text": ""},
    }
    return {"request": request, "response": response, "transport_error": error, "at": "2026-11-24T00:00:00+00:00"}


def failed(
    clause: str, kind: FailureKind, shown: dict[str, Any] | None = None, *, severity: str = "must", **more: Any
) -> ReportRow:
    row = ClauseRow(id=clause, sentence="", severity=severity, provenance="SPEC", group=clause.partition(".")[0])
    failure = Failure(
        kind=kind,
        message=f"{clause} failed",
        exchange=exchange() if shown is None else shown,
        command=f"repeat {clause}",
        **more,
    )
    return ReportRow(clause=row, outcome=Outcome.FAILED, cells=("pbx, bundled",), reason=None, failure=failure)


ERROR_PAGE = exchange("<h1>500</h1>", status=500)
REFUSED = exchange({"Message": "No", "Code": -1})
EXPIRED = exchange({"Message": "Expired TimeStamp", "Code": -1})
ONE_CAUSE = {
    "a field that is wrong": (
        failed("by-hour.same-as-by-unique-id", Kind.ANSWERS_DIFFER, field="Username"),
        failed("metadata.owner", Kind.WRONG_VALUE, field="Username"),
        failed("migration.owners", Kind.ANSWERS_DIFFER, field="Username"),
    ),
    "a field that is missing, which one failure names": (
        failed("metadata.eleven-fields", Kind.MISSING_FIELD, exchange([{**LEG, "Leg": None}]), field="Leg"),
        failed("metadata.legs-from-one", Kind.MISSING_LEG, exchange([{**LEG, "Leg": None}])),
    ),
    "a server error": (
        failed("metadata.by-tag-answered", Kind.INVALID_BODY, ERROR_PAGE),
        failed(
            "by-hour.answered", Kind.UNEXPECTED_STATUS,
            exchange("<h1>500</h1>", status=500, name="retrieveMetaDataByHour"),
        ),
    ),
    "a refusal of everything": (
        failed("authentication.accepted", Kind.REFUSED, REFUSED),
        failed("metadata.by-tag-answered", Kind.REFUSED, REFUSED),
    ),
    "Time, of which stale hashes are the consequence": (
        failed("authentication.accepted", Kind.REFUSED, EXPIRED),
        failed(
            "transport.time-milliseconds", Kind.WRONG_TIME, exchange("1392356108888", name="Time"), severity="should",
        ),
    ),
    "legs with wrong numbers, so that their fields are those of other legs": (
        failed("metadata.duration", Kind.WRONG_VALUE, field="Duration"),
        failed("metadata.by-unique-id-answered", Kind.WRONG_VALUE, field="Leg"),
        failed("metadata.owner", Kind.WRONG_VALUE, field="Username"),
    ),
    "legs that are missing": (
        failed("metadata.by-tag-answered", Kind.MISSING_LEG),
        failed("migration.legs", Kind.MISSING_LEG),
        failed("metadata.repeatable", Kind.ANSWERS_DIFFER),
    ),
    "what is served and should be refused": (
        failed("authentication.wrong-refused", Kind.NOT_REFUSED),
        failed(
            "authentication.refused-status", Kind.OPTION_DIFFERS, option="njadmin_refused_status", expected="401",
            actual="other: 200",
        ),
    ),
    "an answer that never comes": (
        failed("metadata.by-tag-answered", Kind.NO_ANSWER, exchange(error="no answer within 10 s")),
        failed("audio.fetched", Kind.NO_ANSWER, exchange(error="no answer within 9 s", name="retrieveByUniqueId")),
    ),
    "another method that is served": (
        failed("transport.get-refused", Kind.NOT_REFUSED, exchange(method="GET")),
        failed("by-hour.post-only", Kind.NOT_REFUSED, exchange(method="GET", name="retrieveMetaDataByHour")),
    ),
    "a header": (
        failed("transport.content-length", Kind.WRONG_HEADER, header="Content-Length"),
        failed("transport.x", Kind.WRONG_HEADER, header="Content-Length", severity="should"),
    ),
}  # fmt: skip
EXAMPLES = {
    "legs with wrong numbers, so that their fields are those of other legs": "metadata.by-unique-id-answered",
    "a field that is wrong": "metadata.owner",
    "a field that is missing, which one failure names": "metadata.eleven-fields",
    "Time, of which stale hashes are the consequence": "transport.time-milliseconds",
    "legs that are missing": "metadata.by-tag-answered",
    "what is served and should be refused": "authentication.wrong-refused",
}


def as_ids(groups: Sequence[FailureGroup]) -> list[list[str]]:
    """The clause ids of each group, the example first."""
    return [[row.clause.id for row in group.rows] for group in groups]


@pytest.mark.parametrize("fault", sorted(ONE_CAUSE))
@pytest.mark.parametrize("turned", [False, True])
def test_failures_of_one_cause_are_one_group(fault: str, turned: bool) -> None:
    """In any order, and no failure is lost."""
    rows = ONE_CAUSE[fault]
    (group,) = group_failures(rows[::-1] if turned else rows)
    assert {row.clause.id for row in group.rows} == {row.clause.id for row in rows}
    assert group.clauses == len(rows)


@pytest.mark.parametrize("fault", sorted(EXAMPLES))
def test_the_example_shows_the_fault_directly(fault: str) -> None:
    """A check of one answer comes before a comparison of two, and Time before the hashes that it spoils."""
    (group,) = group_failures(ONE_CAUSE[fault])
    assert group.example.clause.id == EXAMPLES[fault]


def test_groups_do_not_depend_on_messages() -> None:
    """The same failures with other messages form the same groups with the same examples."""
    rows = [row for rows in ONE_CAUSE.values() for row in rows]
    reworded = [
        replace(row, failure=replace(row.failure, message=f"GET Leg is missing: HTTP 500 {number}"))
        for number, row in enumerate(rows)
        if row.failure is not None
    ]
    assert as_ids(group_failures(reworded)) == as_ids(group_failures(rows))


def test_two_faults_are_two_groups() -> None:
    """Two fields are wrong in the same answers. The fault that more clauses fail on comes first."""
    owners = ONE_CAUSE["a field that is wrong"]
    tags = [failed("metadata.tag", Kind.WRONG_VALUE, field="Tag")]
    groups = group_failures([*tags, *owners])
    assert [group.example.clause.id for group in groups] == ["metadata.owner", "metadata.tag"]
    assert [group.common for group in groups] == ["Username (retrieveMetaData)", "Tag (retrieveMetaData)"]


def test_a_must_comes_before_a_larger_group_of_shoulds() -> None:
    """Groups are sorted by their worst clause."""
    small = failed("metadata.tag", Kind.WRONG_VALUE, field="Tag")
    large = [failed(f"transport.{each}", Kind.WRONG_HEADER, header="Content-Type", severity="should") for each in "abc"]
    assert [group.example.clause.severity for group in group_failures([*large, small])] == ["must", "should"]


def test_a_failure_without_marks_joins_a_large_group() -> None:
    """Five clauses miss legs by tag. A sixth about the same method only shows another order."""
    missing = [failed(f"metadata.{each}", Kind.MISSING_LEG) for each in "abcde"]
    vague = failed("metadata.order", Kind.OPTION_DIFFERS, option="metadata_order")
    elsewhere = failed("audio.format", Kind.OPTION_DIFFERS, exchange("", name="retrieve"), option="audio_format")
    assert [group.clauses for group in group_failures([*missing, vague, elsewhere])] == [6, 1]
    assert [group.clauses for group in group_failures([*missing[:2], vague])] == [2, 1]  # two are not large


def test_a_message_that_many_answers_carry_is_one_cause() -> None:
    """A live call, another method, an answer too long to be shown whole: one refusal explains all of them."""
    refused = {"Message": "Authentication failed", "Code": -1}
    many = [failed(f"metadata.{each}", Kind.REFUSED, exchange(refused)) for each in "abcd"]
    start = failed("live-calls.start-code", Kind.WRONG_VALUE, exchange(refused, name="start"), field="Code")
    quoted = failed(
        "authentication.expired-told", Kind.INVALID_ERROR_BODY, field="Message", actual="Authentication failed"
    )
    option = failed("transport.body", Kind.OPTION_DIFFERS, exchange(refused, name="x"), option="unknown_path")
    long = exchange(refused)
    long["response"]["body"] = {"text": '{"Message"', "omitted_bytes": 9000}
    whole = failed("metadata.no-page", Kind.MISSING_LEG, long)
    other = failed(
        "transport.allow", Kind.WRONG_VALUE, exchange({"Message": "Other", "Code": 7}, name="stop"), field="Code"
    )
    groups = group_failures([other, quoted, start, *many, option, whole])
    assert [group.clauses for group in groups] == [8, 1]
    assert [group.clauses for group in group_failures([*many[:2], start])] == [2, 1]  # two are not many


def test_internal_errors_are_groups_of_their_own() -> None:
    """An error says nothing about the target, so it is never grouped with failures."""
    error = ReportRow(
        clause=failed("audio.whole", Kind.WRONG_AUDIO).clause,
        outcome=Outcome.ERROR,
        cells=(),
        reason="KeyError: 'Username'",
        failure=None,
    )
    groups = group_failures([*ONE_CAUSE["a field that is wrong"], error])
    assert [group.clauses for group in groups] == [1, 3]  # errors first


def test_a_deeply_nested_answer_has_no_json() -> None:
    """It is deeper than the parser's bound: the report is still written."""
    (group,) = group_failures([failed("metadata.document", Kind.INVALID_BODY, exchange("[" * 16_000))])
    assert group.common == f"200 without JSON ({BY_TAG})"


def test_no_failures_have_no_groups() -> None:
    """An empty report has no groups."""
    assert group_failures([]) == ()


@pytest.fixture
def grouped() -> Report:
    rows = ONE_CAUSE["a field that is wrong"]
    return Report(
        suite="noojee-contract 0.1.0", catalogue="0123456789ab", started="2026-11-23T12:00:00+00:00", seconds=4.5,
        random_seed=7, examples=25,
        targets=[
            TargetRow(name="pbx", dialect="njadmin", address="https://pbx.invalid", sources=["bundled"], requests=9)
        ],
        clauses=[row.clause for row in rows],
        results=[
            Result(
                clause=row.clause.id, target="pbx", source="bundled", outcome=Outcome.FAILED, checks=1,
                failure=row.failure,
            )
            for row in rows
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    "render", [terminal.render, markdown.render, html.render], ids=["terminal", "markdown", "html"]
)
def test_a_group_shows_one_exchange_and_each_command(render: Any, grouped: Report) -> None:
    """The exchange of the example, and for each other failure its message and the command that repeats it."""
    page = render(grouped)
    assert "In common" in page
    assert page.count("UniqueId") == 1  # the exchange is shown once
    for row in summarize(grouped).groups[0].rows:
        assert row.clause.id in page
        assert f"repeat {row.clause.id}" in page
    assert "3 clauses failed on pbx, in 1 group." in page


def of_a_dialect_file(body: Any, *, status: int = 200) -> dict[str, Any]:
    """An exchange of an API that a dialect file describes."""
    shown = exchange(body, method="GET", status=status)
    return {**shown, "request": {**shown["request"], "url": "https://records.invalid/v1/segments?label=1"}}


def test_a_get_and_an_object_are_usual_for_a_dialect_file() -> None:
    """Failures about different fields are no group, although all answers are objects to a GET."""
    rows = [
        failed("metadata.end", Kind.WRONG_VALUE, of_a_dialect_file({"segments": []}), field="End"),
        failed("migration.owners", Kind.ANSWERS_DIFFER, of_a_dialect_file({"segments": []}), field="Username"),
        failed("audio.fetched", Kind.UNEXPECTED_STATUS, of_a_dialect_file({"code": "gone"}, status=500)),
    ]
    commons = {group.common.partition(" (")[0] for group in group_failures(rows)}
    assert commons == {"End", "Username", "HTTP 500"}


def test_legs_in_a_wrong_hour_follow_from_wrong_times() -> None:
    """The first failure is about the time, not about the hour that the time gives."""
    by_hour = exchange([{**LEG, "callend": "Thu Feb 13 17:06:56 AEDT 2014"}], name="retrieveMetaDataByHour")
    rows = [
        failed("by-hour.ended-in-hour", Kind.UNEXPECTED_LEG, by_hour),
        failed("migration.by-hour-whole", Kind.MISSING_LEG, by_hour),
        failed("migration.starts", Kind.ANSWERS_DIFFER, field="Start"),
    ]
    (group,) = group_failures(rows)
    assert group.example.clause.id == "migration.starts"
