"""`--redact personal`: a report for people outside the organisation has stand-ins for numbers, names and addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from noojee_contract.catalogue.clauses import fingerprint
from noojee_contract.cli.main import main
from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import ClauseRow, Report, Result, TargetRow
from noojee_contract.redaction.stand_ins import StandInKey, StandIns
from noojee_contract.report import jsonlines, junit, markdown, terminal
from noojee_contract.report.html import page
from noojee_contract.report.shared import shared_report

KEY = StandInKey(b"a key of the tests")
STAND_INS = StandIns(KEY)
CALL_LEG = {
    "leg": 2, "username": "Karen Whittle", "start": "2026-03-11T01:00:00+00:00", "end": "2026-03-11T01:01:00+00:00",
    "destination": "4711", "tag": "", "duration_seconds": 60,
}  # fmt: skip
PERSONAL = (
    "Karen Whittle",
    "0398765432",
    "1392271611.238",
    "pbx.acme.example",
    "Acme-Insurance",
    "198348",
    "INV-20411",
    "4711",
)
LEG = {
    "Source": "0398765432",
    "Username": "Karen Whittle",
    "UniqueId": "1392271611.238",
    "Leg": "2",
    "Tag": "INV-20411",
    "CallRecordId": "198348",
}


def exchange(body: str) -> Mapping[str, Any]:
    return {
        "request": {
            "method": "POST",
            "url": "https://pbx.acme.example:8443/rest/RecordingAPI/retrieveMetaData?apiKey=[redacted]&tag=INV-20411",
            "headers": [["authorization", "[redacted]"], ["host", "pbx.acme.example:8443"]],
            "body": {"text": ""},
        },
        "response": {
            "status": 200,
            "headers": [["content-type", "application/json"], ["x-user", "Karen Whittle"]],
            "body": {"text": body},
        },
        "transport_error": None,
        "at": "2026-11-23T12:00:00.000+00:00",
    }


def failure(body: str, **more: Any) -> Failure:
    return Failure(
        message="Username of leg 2 of call 1392271611.238 is 'Karen Whittle', extension 4711; 3 of 410 legs differ",
        kind=FailureKind.WRONG_VALUE,
        field="Username",
        expected="'Karen Whittle'",
        actual="4711",
        exchange=exchange(body),
        script="curl https://pbx.acme.example:8443/",
        command="noojee-contract verify Acme-Insurance",
        flaky="0398765432 came once",
        **more,
    )


def report(body: str = json.dumps([LEG])) -> Report:
    result = Result(
        clause="metadata.username", target="Acme-Insurance", source="observed", outcome=Outcome.FAILED, checks=3,
        seconds=0.1, reason="tag 'INV-20411' has status 500", failure=failure(body),
    )  # fmt: skip
    row = ClauseRow(id="metadata.username", sentence="s", severity="must", provenance="SPEC W-A4", group="metadata")
    return Report(
        suite="noojee-contract 0.1.0", catalogue=fingerprint(), started="2026-11-23T12:00:00+00:00", seconds=1.0,
        random_seed=1, examples=5,
        targets=[
            TargetRow(
                name="Acme-Insurance", dialect="njadmin", address="https://pbx.acme.example:8443",
                sources=["observed"],
            )
        ],
        clauses=[row], results=[result], missing=[("Acme-Insurance", "metadata.legs")],
        empty_rows=[("Acme-Insurance", "rec.csv, line 2: tag 'INV-20411' brings nothing")],
        unreachable=[("Acme-Insurance", "ConnectError: pbx.acme.example")], notes=["asked for 0398765432"],
        calls=[{"target": "Acme-Insurance", "unique_id": "1392271611.238", "direction": "inbound", "legs": [CALL_LEG]}],
    )  # fmt: skip


@pytest.mark.parametrize("form", [jsonlines, junit, markdown, page, terminal], ids=lambda form: form.__name__)
@pytest.mark.parametrize(
    "body",
    [json.dumps([LEG]), f"<p>Karen Whittle</p> {json.dumps(LEG)}", json.dumps([LEG])[:-9]],
    ids=["JSON", "page", "cut"],
)
def test_no_personal_detail_is_in_a_shared_report(form: Any, body: str) -> None:
    written = form.render(report(body))
    assert "Karen Whittle" in written
    shown = form.render(shared_report(report(body), KEY))
    assert [detail for detail in PERSONAL if detail in shown] == []


def test_the_verdict_and_the_counts_stay() -> None:
    before, after = report(), shared_report(report(), KEY)
    assert (after.verdict, after.exit_code, after.totals()) == (before.verdict, before.exit_code, before.totals())
    assert after.results[0].target == after.targets[0].name == after.missing[0][0]
    assert jsonlines.read(jsonlines.render(after)) == replace(
        after, targets=jsonlines.read(jsonlines.render(after)).targets
    )


def test_a_value_has_one_stand_in_in_a_report() -> None:
    shown = shared_report(report(), KEY).results[0].failure
    assert shown is not None
    name = STAND_INS.of("Karen Whittle")
    assert shown.message == (
        f"Username of leg 2 of call {STAND_INS.of('1392271611.238')} is '{name}',"
        f" extension {STAND_INS.of('4711')}; 3 of 410 legs differ"
    )
    assert shown.exchange is not None
    assert json.loads(shown.exchange["response"]["body"]["text"])[0]["Username"] == name
    assert (shown.script, shown.command) == (None, None)


def test_the_note_names_the_key() -> None:
    assert KEY.fingerprint in shared_report(report(), KEY).notes[-1]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDACTION_KEY", "a key of the tests")
    path = tmp_path / "report.jsonl"
    path.write_text(jsonlines.render(report()), encoding="utf-8")
    return path


def test_a_kept_report_is_shared_by_the_command(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = [
        "--redact",
        "personal",
        "--redaction-key-env",
        "REDACTION_KEY",
        "--html",
        "shared.html",
        "--json",
        "shared.jsonl",
    ]
    code = main(["report", str(kept), *flags])
    assert code == report().exit_code
    written = (
        capsys.readouterr().out
        + Path("shared.html").read_text(encoding="utf-8")
        + Path("shared.jsonl").read_text(encoding="utf-8")
    )
    assert [detail for detail in PERSONAL if detail in written] == []
    assert KEY.fingerprint in written


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--redact", "everything"], "must be personal"),
        (["--redaction-key-env", "REDACTION_KEY"], "needs --redact personal"),
        (["--redact", "personal", "--redaction-key-env", "ABSENT"], "ABSENT"),
    ],
)
def test_a_wrong_flag_of_a_shared_report_is_one_line(
    kept: Path, capsys: pytest.CaptureFixture[str], flags: list[str], says: str
) -> None:
    assert main(["report", str(kept), *flags]) == 2
    shown = capsys.readouterr()
    assert says in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""
