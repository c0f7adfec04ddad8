"""Failures of one cause are told as one group, with the failure that points at the fault as its example."""

from __future__ import annotations

import json
from typing import Any

import pytest

from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import ClauseRow, Report, Result, TargetRow
from noojee_contract.report import markdown, terminal
from noojee_contract.report.grouping import groups
from noojee_contract.report.html import page as html
from noojee_contract.report.marks import ReportRow
from noojee_contract.report.summary import summarize

LEG = {
    "Source": "400", "Leg": "1", "Start": "2014-02-13 17:06:52.0", "Tag": "1234", "Duration": "4", "Username": "Fred",
    "CallRecordId": "198348", "UniqueId": "1392271611.238", "DID": "internal", "Direction": "2", "Destination": "410",
}  # fmt: skip
BY_TAG = "retrieveMetaData"


def exchange(
    body: Any = None, *, method: str = "POST", name: str = BY_TAG, status: int = 200, failure: str | None = None
) -> dict[str, Any]:
    """An exchange as a report shows it; `body` None: one published leg."""
    text = body if isinstance(body, str) else json.dumps([LEG] if body is None else body)
    answered = None if failure else {"status": status, "headers": [], "body": {"text": text}}
    asked = {
        "method": method,
        "url": f"https://pbx.invalid/rest/RecordingAPI/{name}?tag=1",
        "headers": [],
        "body": {"text": ""},
    }
    return {"request": asked, "response": answered, "transport_error": failure, "at": "2026-11-24T00:00:00+00:00"}  # fmt: skip


def told(clause: str, said: str, shown: dict[str, Any] | None = None, severity: str = "must") -> ReportRow:
    row = ClauseRow(id=clause, sentence="", severity=severity, provenance="SPEC", group=clause.partition(".")[0])
    failure = Failure(
        kind=FailureKind.WRONG_VALUE,
        message=said,
        exchange=exchange() if shown is None else shown,
        command=f"repeat {clause}",
    )
    return ReportRow(clause=row, outcome=Outcome.FAILED, places=("pbx, bundled",), reason=None, failure=failure)


ONE_CAUSE = {
    "a field that is wrong": (
        told("by-hour.same-as-by-unique-id", "hour 9: leg 1 of '1.2': Username is 'Fred' by hour and 'X' by unique id"),
        told("metadata.owner", "tag '1': leg 1 of '1.2': Username is 'X', expected 'Fred'"),
        told("migration.owners", "leg 1 of '1.2': Username was 'Fred' on the legacy side, it is 'X' on the other"),
    ),
    "a field that is missing, though not every sentence says so": (
        told("metadata.eleven-fields", "tag '1': leg 0 of '1.2': Leg is missing", exchange([{**LEG, "Leg": None}])),
        told("metadata.legs-from-one", "expected 1 as the lowest", exchange([{**LEG, "Leg": None}])),
    ),
    "a server error": (
        told("metadata.by-tag-answered", "HTTP 500; the body is not JSON", exchange("<h1>500</h1>", status=500)),
        told("by-hour.answered", "expected 200, got 500", exchange("<h1>500</h1>", status=500, name="retrieveMetaDataByHour")),
    ),
    "a refusal of everything": (
        told("authentication.accepted", "expected 200 and legs, got 200 with the failure 'No'", exchange({"Message": "No", "Code": -1})),
        told("metadata.by-tag-answered", "a failure object came: 'No'", exchange({"Message": "No", "Code": -1})),
    ),
    "Time, of which stale hashes are the consequence": (
        told("authentication.accepted", "got 200 with the failure 'Expired TimeStamp'", exchange({"Message": "Expired TimeStamp", "Code": -1})),
        told("transport.time-milliseconds", "Time is +39600 s off", exchange("1392356108888", name="Time"), "should"),
    ),
    "legs with wrong numbers, so that their fields are those of other legs": (
        told("metadata.duration", "unique_id '1.2': leg 1 of '1.2': Duration is 8, the leg lasted 6 s"),
        told("metadata.by-unique-id-answered", "unique_id '1.2': Leg is 1, expected 2; expected legs [], got []"),
        told("metadata.owner", "unique_id '1.2': leg 1 of '1.2': Username is 'Fred', expected 'Administrator'"),
    ),
    "legs that are missing": (
        told("metadata.by-tag-answered", "tag '1': leg 2 of '1.2' is missing; expected legs [], got []"),
        told("migration.legs", "call '1.2': leg 2 of '1.2' is missing; expected legs [], got []"),
        told("metadata.repeatable", "tag '1': leg 2 came at first, not when asked again"),
    ),
    "what is served and should be refused": (
        told("authentication.wrong-refused", "with a wrong credential: expected no recording, got 200 with 1 leg"),
        told("authentication.refused-status", "njadmin_refused_status is declared as '401'; the answer shows 'other: 200 with 1 leg'"),
    ),
    "an answer that never comes": (
        told("metadata.by-tag-answered", "no answer within 10 s", exchange(failure="no answer within 10 s")),
        told("audio.fetched", "no answer within 9 s", exchange(failure="no answer within 9 s", name="retrieveByUniqueId")),
    ),
    "another method that is served": (
        told("transport.get-refused", "GET retrieveMetaData: expected a refusal, got 200 with 1 leg", exchange(method="GET")),
        told("by-hour.post-only", "GET: expected a refusal, got 200 with 3 legs", exchange(method="GET", name="retrieveMetaDataByHour")),
    ),
    "a header": (
        told("transport.content-length", "Content-Length says 9, the body has 8 bytes"),
        told("transport.x", "the header content-length is 9"),
    ),
}  # fmt: skip
NEAREST = {
    "legs with wrong numbers, so that their fields are those of other legs": "metadata.by-unique-id-answered",
    "a field that is wrong": "metadata.owner",
    "a field that is missing, though not every sentence says so": "metadata.eleven-fields",
    "Time, of which stale hashes are the consequence": "transport.time-milliseconds",
    "legs that are missing": "metadata.by-tag-answered",
    "what is served and should be refused": "authentication.wrong-refused",
}


@pytest.mark.parametrize("fault", sorted(ONE_CAUSE))
@pytest.mark.parametrize("turned", [False, True])
def test_findings_of_one_cause_are_one_group(fault: str, turned: bool) -> None:
    """Whatever their order, and nothing is lost."""
    rows = ONE_CAUSE[fault]
    (cause,) = groups(rows[::-1] if turned else rows)
    assert {row.clause.id for row in cause.rows} == {row.clause.id for row in rows}
    assert cause.clauses == len(rows)


@pytest.mark.parametrize("fault", sorted(NEAREST))
def test_the_example_is_the_finding_that_points_at_the_fault(fault: str) -> None:
    """The field itself before what compares two answers; Time before the hashes that it spoils."""
    (cause,) = groups(ONE_CAUSE[fault])
    assert cause.shown.clause.id == NEAREST[fault]


def test_two_faults_are_two_groups() -> None:
    """Two fields, both wrong in the same answers; the one that breaks more clauses comes first."""
    owners = ONE_CAUSE["a field that is wrong"]
    tags = [told("metadata.tag", "tag '1': leg 1 of '1.2': Tag is 'A', expected 'a'")]
    found = groups([*tags, *owners])
    assert [cause.shown.clause.id for cause in found] == ["metadata.owner", "metadata.tag"]
    assert [cause.what for cause in found] == ["Username (retrieveMetaData)", "Tag (retrieveMetaData)"]


def test_a_must_comes_before_a_larger_group_of_shoulds() -> None:
    """Worst first, as ever."""
    small = told("metadata.tag", "Tag is 'A', expected 'a'")
    large = [told(f"transport.{each}", "Content-Type is wrong", severity="should") for each in "abc"]
    assert [cause.shown.clause.severity for cause in groups([*large, small])] == ["must", "should"]


def test_what_shows_nothing_of_its_own_joins_a_large_group_about_the_same_answers() -> None:
    """Five clauses miss legs by tag; a sixth only says that it saw something else."""
    missing = [told(f"metadata.{each}", "leg 2 of '1.2' is missing") for each in "abcde"]
    vague = told("metadata.order", "metadata_order is declared as 'oldest-first'; the answer shows 'other: []'")
    elsewhere = told(
        "audio.format", "audio_format is declared as 'wav-pcm'; it shows 'mpeg'", exchange("", name="retrieve")
    )
    assert [cause.clauses for cause in groups([*missing, vague, elsewhere])] == [6, 1]
    assert [cause.clauses for cause in groups([*missing[:2], vague])] == [2, 1]  # two are not large


def test_what_quotes_the_message_of_many_is_their_consequence() -> None:
    """An order, another method, an answer too long to be shown whole: one refusal for all of them."""
    refused = {"Message": "Authentication failed", "Code": -1}
    many = [told(f"metadata.{each}", "a failure object came", exchange(refused)) for each in "abcd"]
    order = told("live-calls.start-code", "expected the Code 0, got -1", exchange(refused, name="start"))
    quoted = told("authentication.expired-told", "Message is 'Authentication failed', expected 'Expired TimeStamp'")
    chosen = told(
        "transport.body", "unknown_path is declared as 'html'; the answer shows 'json'", exchange(refused, name="x")
    )
    long = exchange(refused)
    long["response"]["body"] = {"text": '{"Message"', "omitted_bytes": 9000}
    whole = told("metadata.no-page", "expected 301 legs, got 0", long)
    other = told("transport.allow", "Code is 7", exchange({"Message": "Other", "Code": 7}, name="stop"))
    found = groups([other, quoted, order, *many, chosen, whole])
    assert [cause.clauses for cause in found] == [8, 1]
    assert [cause.clauses for cause in groups([*many[:2], order])] == [2, 1]  # two are not many


def test_errors_of_our_own_stay_apart() -> None:
    """An error is no word on the target, so it is in no group with what is broken."""
    error = ReportRow(
        clause=told("audio.whole", "").clause,
        outcome=Outcome.ERROR,
        places=(),
        reason="KeyError: 'Username'",
        failure=None,
    )
    found = groups([*ONE_CAUSE["a field that is wrong"], error])
    assert [cause.clauses for cause in found] == [1, 3]  # errors first


def test_nothing_broken_has_no_cause() -> None:
    """An empty report has no groups."""
    assert groups([]) == ()


@pytest.fixture
def grouped() -> Report:
    rows = ONE_CAUSE["a field that is wrong"]
    return Report(
        suite="noojee-contract 0.1.0", catalogue="0123456789ab", started="2026-11-23T12:00:00+00:00", seconds=4.5, random_seed=7, examples=25,
        targets=[TargetRow(name="pbx", dialect="njadmin", address="https://pbx.invalid", sources=["bundled"], requests=9)],
        clauses=[row.clause for row in rows],
        results=[Result(clause=row.clause.id, target="pbx", source="bundled", outcome=Outcome.FAILED, checks=1, failure=row.failure) for row in rows],
    )  # fmt: skip


@pytest.mark.parametrize(
    "render", [terminal.render, markdown.render, html.render], ids=["terminal", "markdown", "html"]
)
def test_a_group_is_told_with_one_example_and_every_command(render: Any, grouped: Report) -> None:
    """One exchange, the sentences of the others, and the command that repeats each."""
    page = render(grouped)
    assert "In common" in page
    assert page.count("UniqueId") == 1  # the exchange stands there once
    for row in summarize(grouped).broken:
        assert row.clause.id in page
        assert f"repeat {row.clause.id}" in page
    assert "3 clauses broken on pbx, in 1 group." in page
