"""Fixed runs to tell: good, broken with everything that a report can hold, not proved, not reached."""

from __future__ import annotations

from typing import Any

import pytest

from noojee_contract.model.outcome import ClauseRow, Finding, Outcome, Result, Run, TargetRow

HOSTILE = "<script>document.title='PWNED'</script> \u202egnorw \x1b[31mred\x00 ]]> `|* \U0001f600"
EXCHANGE = {
    "asked": {
        "method": "POST",
        "url": "https://pbx.invalid/njadmin/rest/RecordingAPI/retrieveMetaData?apiKey=[redacted]&tag=1234",
        "headers": [["content-type", "application/x-www-form-urlencoded"]],
        "body": {"text": ""},
    },
    "answered": {
        "status": 200,
        "headers": [["content-type", "application/json"]],
        "body": {"text": "[]", "omitted_bytes": 70000},
    },
    "failure": None,
    "at": "2026-11-23T12:00:00.000+00:00",
}
LEG = {"start": "2026-03-11T12:00:00+11:00", "end": "2026-03-11T12:00:09+11:00", "tag": "1234", "destination": "410"}
SEED = {
    "format": "noojee-seed/1",
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
        provenance="SEED W-A4",
        group=clause_id.partition(".")[0],
    )


def result(clause_id: str, outcome: Outcome, target: str = "staging", lane: str = "recorded", **more: Any) -> Result:
    return Result(
        **{
            "clause": clause_id,
            "target": target,
            "lane": lane,
            "outcome": outcome,
            "judged": 3,
            "seconds": 0.25,
            **more,
        }
    )


def run_of(results: list[Result], **more: Any) -> Run:
    ids = list(dict.fromkeys(row.clause for row in results))
    severities = {"metadata.order": "declared", "audio.labelled": "may"}
    return Run(
        **{
            "suite": "noojee-contract 0.1.0", "catalogue": "0123456789ab", "started": "2026-11-23T12:00:00+00:00", "seconds": 4.5, "seed": 7,
            "examples": 25,
            "targets": [
                TargetRow(name="old", dialect="recording-api", address="https://pbx.invalid", lanes=["observed"], requests=40),
                TargetRow(name="staging", dialect="njadmin", address="https://staging.invalid/x", lanes=["recorded", "generated"], requests=1200),
            ],
            "clauses": [clause(each, severities.get(each, "must")) for each in ids],
            "results": results,
            **more,
        }
    )  # fmt: skip


@pytest.fixture
def good() -> Run:
    return run_of(
        [result("metadata.tag", Outcome.HOLDS), result("metadata.tag", Outcome.HOLDS, "old", "observed")], calls=[CALL]
    )


@pytest.fixture
def broken() -> Run:
    """Every outcome, every part of a finding, hostile text in each."""
    finding = Finding(
        message=f"expected legs [('1773190799.2', 1)], got [] {HOSTILE}",
        exchange=EXCHANGE,
        seed_document=SEED,
        script='set -eu\nBASE=${BASE:-http://127.0.0.1:8000}\ncurl -sS -i -X POST "$BASE/x"\n',
        command="noojee-contract verify staging --only metadata.tag --seed 7 --examples 25",
    )
    return run_of(
        [
            result("metadata.tag", Outcome.BROKEN, finding=finding),
            result("metadata.tag", Outcome.BROKEN, lane="generated", finding=finding),
            result("metadata.tag", Outcome.HOLDS, "old", "observed"),
            result("audio.fetched", Outcome.ERROR, judged=0, reason="File x, line 1\nKeyError: 'y'"),
            result("audio.lasts", Outcome.UNSUPPORTED, judged=0, reason="the target names no audio template"),
            result("authentication.stale", Outcome.UNPROVED, "old", "observed", judged=0, reason='needs a wait of 11 s; allow it with "wait:11s"'),
            result("authentication.no-echo", Outcome.KNOWN, reason="known until 2027-01-31: ticket 12", finding=Finding(message="echoed")),
            result("metadata.order", Outcome.OBSERVED, reason="saw metadata_order = 'newest-first'"),
            result("audio.labelled", Outcome.BROKEN, finding=Finding(message="labelled 'text/html'")),
        ],
        missing=[("old", "authentication.stale")],
        calls=[CALL],
        notes=[f"staging: no time_zone is given {HOSTILE}"],
    )  # fmt: skip


@pytest.fixture
def not_proved() -> Run:
    return run_of(
        [result("metadata.tag", Outcome.HOLDS), result("authentication.accepted", Outcome.UNPROVED, judged=0, reason="there was nothing to judge it on")],
        missing=[("staging", "authentication.accepted")],
    )  # fmt: skip


@pytest.fixture
def not_reached() -> Run:
    return run_of(
        [], complete=False, unreachable=[("staging", "target 'staging' cannot be reached: no answer within 10 s")]
    )
