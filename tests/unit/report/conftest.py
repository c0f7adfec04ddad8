"""Fixed runs for reports: passed, failed with everything that a report can hold, inconclusive, unreachable."""

from __future__ import annotations

from typing import Any

import pytest

from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import ClauseRow, Report, Result, TargetRow

HOSTILE = "<script>document.title='PWNED'</script> \u202egnorw \x1b[31mred\x00 ]]> `|* \U0001f600"
EXCHANGE = {
    "request": {
        "method": "POST",
        "url": "https://pbx.invalid/njadmin/rest/RecordingAPI/retrieveMetaData?apiKey=[redacted]&tag=1234",
        "headers": [["content-type", "application/x-www-form-urlencoded"]],
        "body": {"text": ""},
    },
    "response": {
        "status": 200,
        "headers": [["content-type", "application/json"]],
        "body": {"text": "[]", "omitted_bytes": 70000},
    },
    "transport_error": None,
    "at": "2026-11-23T12:00:00.000+00:00",
}
LEG = {"start": "2026-03-11T12:00:00+11:00", "end": "2026-03-11T12:00:09+11:00", "tag": "1234", "destination": "410"}
SPEC = {
    "format": "noojee-archive/1",
    "calls": [{"unique_id": "1773190799.2", "direction": "internal", "source": "400", "legs": [LEG]}],
}
CALL = {
    "target": "staging",
    "unique_id": "1773190799.2",
    "direction": "inbound",
    "legs": [
        {
            "leg": number, "start": f"2026-03-11T01:0{number}:00+00:00", "end": f"2026-03-11T01:0{number + 1}:00+00:00",
            "destination": "410", "username": "Zoë", "tag": HOSTILE if number == 2 else "", "duration_seconds": 60,
        }
        for number in (1, 2, 3)
    ],
}  # fmt: skip


def clause(clause_id: str, severity: str = "must") -> ClauseRow:
    return ClauseRow(
        id=clause_id,
        sentence=f"What {clause_id} says of a leg, a call or an answer.",
        severity=severity,
        provenance="SPEC W-A4",
        group=clause_id.partition(".")[0],
    )


def result(clause_id: str, outcome: Outcome, target: str = "staging", source: str = "bundled", **more: Any) -> Result:
    return Result(
        **{
            "clause": clause_id,
            "target": target,
            "source": source,
            "outcome": outcome,
            "checks": 3,
            "seconds": 0.25,
            **more,
        }
    )


def report_of(results: list[Result], **more: Any) -> Report:
    ids = list(dict.fromkeys(row.clause for row in results))
    severities = {"metadata.order": "declared", "audio.labelled": "may"}
    return Report(
        **{
            "suite": "noojee-contract 0.1.0", "catalogue": "0123456789ab", "started": "2026-11-23T12:00:00+00:00",
            "seconds": 4.5, "random_seed": 7, "examples": 25,
            "targets": [
                TargetRow(
                    name="old", dialect="recording-api", address="https://pbx.invalid", sources=["observed"],
                    requests=40,
                ),
                TargetRow(
                    name="staging", dialect="njadmin", address="https://staging.invalid/x",
                    sources=["bundled", "generated"], requests=1200,
                ),
                TargetRow(name="old > staging", dialect="migration", address="", sources=["bundled"]),
            ],
            "clauses": [clause(each, severities.get(each, "must")) for each in ids],
            "results": results,
            **more,
        }
    )  # fmt: skip


@pytest.fixture
def passed_run() -> Report:
    return report_of(
        [result("metadata.tag", Outcome.PASSED), result("metadata.tag", Outcome.PASSED, "old", "observed")],
        calls=[CALL],
    )


@pytest.fixture
def failed_run() -> Report:
    """Every outcome, every part of a failure, hostile text in each."""
    failure = Failure(
        kind=FailureKind.MISSING_LEG,
        field="Leg",
        expected="leg 1 of '1773190799.2'",
        actual=f"no leg {HOSTILE}",
        message=f"expected leg 1 of '1773190799.2', got no leg {HOSTILE}",
        exchange=EXCHANGE,
        archive=SPEC,
        script='set -eu\nBASE=${BASE:-http://127.0.0.1:8000}\ncurl -sS -i -X POST "$BASE/x"\n',
        command="noojee-contract verify staging --only metadata.tag --random-seed 7 --examples 25",
    )
    return report_of(
        [
            result("metadata.tag", Outcome.FAILED, failure=failure),
            result("metadata.tag", Outcome.FAILED, source="generated", failure=failure),
            result("metadata.tag", Outcome.PASSED, "old", "observed"),
            result("audio.fetched", Outcome.ERROR, checks=0, reason="File x, line 1\nKeyError: 'y'"),
            result("audio.lasts", Outcome.NOT_APPLICABLE, checks=0, reason="the target names no audio template"),
            result(
                "authentication.stale", Outcome.INCONCLUSIVE, "old", "observed", checks=0,
                reason='needs a wait of 11 s; set max_wait_seconds = 11',
            ),
            result(
                "authentication.no-echo", Outcome.EXPECTED_FAILURE, reason="expected until 2027-01-31: ticket 12",
                failure=Failure(kind=FailureKind.LEAKED_CREDENTIAL, message="The answer repeats the key."),
            ),
            result("migration.tags", Outcome.PASSED, "old > staging"),
            result("metadata.order", Outcome.INFORMATIONAL, reason="saw metadata_order = 'newest-first'"),
            result(
                "audio.labelled", Outcome.FAILED,
                failure=Failure(
                    kind=FailureKind.WRONG_HEADER, header="Content-Type", expected="audio/wav", actual="text/html",
                    message="Content-Type is text/html, expected audio/wav",
                ),
            ),
        ],
        missing=[("old", "authentication.stale")],
        calls=[CALL],
        notes=[f"staging: no time_zone is given {HOSTILE}"],
    )  # fmt: skip


@pytest.fixture
def inconclusive_run() -> Report:
    return report_of(
        [
            result("metadata.tag", Outcome.PASSED),
            result("authentication.accepted", Outcome.INCONCLUSIVE, checks=0, reason="no check was made"),
        ],
        missing=[("staging", "authentication.accepted")],
    )  # fmt: skip


@pytest.fixture
def unreachable_run() -> Report:
    return report_of(
        [], complete=False, unreachable=[("staging", "target 'staging' cannot be reached: no answer within 10 s")]
    )
