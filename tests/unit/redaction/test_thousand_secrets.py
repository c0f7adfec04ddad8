"""A thousand secrets, each in a place and a coding of its own: no form of a report has any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module

import pytest

from noojee_contract.cli.output import WRITERS
from noojee_contract.model.exchange import Exchange, Request, Response
from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import ClauseRow, Report, Result, TargetRow
from noojee_contract.redaction.redact import Redactor
from noojee_contract.redaction.reports import redacted_failure, redacted_report, redacted_result
from support.leaks.codings import CODINGS, secret_of
from support.leaks.places import PLACES
from support.leaks.scanner import Scanner

PARTS = (
    "message", "exchange", "archive", "field", "header", "expected", "actual", "script", "command", "flaky", "reason",
    "options",
)  # fmt: skip
SECRETS = [secret_of(number) for number in range(1000, 2000)]
Writer = Callable[[Report], str]


def shown_by(number: int) -> bytes:
    """An answer that shows a secret: all pairs of a place and a coding come, as far as there are secrets."""
    place = list(PLACES.values())[number % len(PLACES)]
    coding = list(CODINGS.values())[(number + number // len(PLACES)) % len(CODINGS)]
    return place(coding(SECRETS[number]))


def exchange_of(wire: bytes) -> Exchange:
    head, _, body = wire.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = tuple(
        (name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])
    )
    return Exchange(
        request=Request(method="GET", url="http://pbx.invalid/rest?tag=1"),
        response=Response(status=200, headers=headers, body=body),
        transport_error=f"RemoteProtocolError: illegal status line: {lines[0]!r}",
        at=datetime(2026, 11, 23, tzinfo=UTC),
    )


def result_of(number: int, redactor: Redactor) -> Result:
    """A failed result that shows a secret in its exchange, or in one of its texts."""
    wire = shown_by(number)
    said = wire.decode("latin-1")
    part = PARTS[number % len(PARTS)]
    failure = Failure(
        message=f"the answer is {wire!r}" if part == "message" else "the answer is wrong",
        kind=FailureKind.INVALID_BODY,
        exchange=redactor.exchange(exchange_of(wire)) if part == "exchange" else None,
        archive={"format": "x", "calls": [{"legs": [{"tag": said}]}]} if part == "archive" else None,
    )
    result = Result(clause=f"metadata.n{number}", target="pbx", source="observed", outcome=Outcome.FAILED, checks=1)
    if part in ("field", "header", "expected", "actual", "script", "command", "flaky"):
        failure = replace(failure, **{part: said})
    elif part == "reason":
        result = replace(result, reason=said)
    elif part == "options":
        result = replace(result, options={"metadata_order": [said]})
    return redacted_result(replace(result, failure=redacted_failure(failure, redactor)), redactor)


def report_of(numbers: range, redactor: Redactor) -> Report:
    results = [result_of(number, redactor) for number in numbers]
    said = [shown_by(number).decode("latin-1") for number in numbers[:8]]
    report = Report(
        suite="noojee-contract", catalogue="0", started="2026-11-23T12:00:00+00:00", seconds=1.0, random_seed=1,
        examples=1,
        targets=[
            TargetRow(
                name="pbx", dialect="njadmin", address=f"http://user:{SECRETS[0]}@pbx.invalid", sources=["observed"]
            )
        ],
        clauses=[ClauseRow(id=each.clause, sentence="", severity="must", provenance="", group="") for each in results],
        results=results, missing=[("pbx", text) for text in said], empty_rows=[("pbx", text) for text in said],
        notes=said, caveats=said, unreachable=[("pbx", text) for text in said[:2]],
    )  # fmt: skip
    return redacted_report(report, redactor)


@pytest.mark.parametrize("writer", [*WRITERS.values(), "terminal"])
def test_no_report_shows_one_of_a_thousand_secrets(writer: str) -> None:
    """The scanner reads each report in every coding."""
    render: Writer = import_module(f"noojee_contract.report.{writer}").render
    redactor, scanner = Redactor(SECRETS), Scanner(SECRETS)
    numbers = range(1000) if writer == "jsonlines" else range(0, 1000, 9)
    text = render(report_of(numbers, redactor))
    assert text.count("redacted") > len(numbers)
    assert not scanner.leaks(text), [str(leak) for leak in scanner.leaks(text)]
