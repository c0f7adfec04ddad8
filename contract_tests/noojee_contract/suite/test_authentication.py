"""Who may ask: the hash of the legacy API, the key of the replacement."""

from __future__ import annotations

from noojee_contract.case import Case, Judge
from noojee_contract.suite import clause


@clause("authentication.accepted")
def test_documented_credentials_are_accepted(case: Case, judge: Judge) -> None:
    """SEED: the metadata methods are called with a hash and a time stamp; DOC: or with the key."""
    for unique_id in case.unique_ids[:1]:
        answer = case.by_unique_id(unique_id)
        judge(answer.exchange.status == 200, f"expected 200, got {answer.exchange.status}", answer.exchange)
        judge(answer.reading.failure is None and bool(answer.legs), "expected legs, got none", answer.exchange)


@clause("authentication.wrong-refused")
def test_wrong_credentials_bring_no_recording(case: Case, judge: Judge) -> None:
    """DOC: the hash is made from the key, and the key is the PBX's own."""
    for unique_id in case.unique_ids[:1]:
        wrong = "00000000-0000-4000-8000-000000000000"
        proof = case.client.ticket(key=wrong) if case.dialect == "recording-api" else (("apiKey", wrong),)
        exchange = case.client.by_unique_id(unique_id, credentials=proof)
        judge(unique_id.encode() not in exchange.body, "a wrong credential brought the recording", exchange)
