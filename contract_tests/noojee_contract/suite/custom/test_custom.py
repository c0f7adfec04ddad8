"""What a dialect file says of an API that is not the vendor's: how legs are written, and how failures are answered."""

from __future__ import annotations

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.question import Question
from noojee_contract.suite import clause
from noojee_contract.suite.support.listing import asked, field_problems
from noojee_contract.suite.support.queries import (
    NOBODYS_KEY,
    ask,
    in_words,
    named,
    recordings,
    unasked,
    unknown_path,
)

STRANGER = "no-such-recording"


@clause("metadata.as-described")
def test_each_leg_is_written_as_the_dialect_file_says(subject: Subject, check: Check) -> None:
    """DERIVED from the dialect file: where its fields stand, and how their values are written."""
    for answer in subject.all_answers():
        wrong = field_problems(answer)
        if answer.legs:
            check(not wrong, f"{asked(answer)}: {'; '.join(wrong[:3])}", answer.exchange)


@clause("authentication.refused-as-described")
def test_a_credential_is_refused_as_the_dialect_file_says(subject: Subject, check: Check) -> None:
    """DERIVED from the dialect file: failures.refused."""
    for question in recordings(subject):
        for what, credentials in (("a wrong credential", subject.client.made_with(NOBODYS_KEY)), ("no credential", ())):
            exchange = ask(subject, question, credentials=credentials)
            _check_kind(subject, check, "refused", exchange, f"{named(question)} with {what}")


@clause("transport.failures-as-described")
def test_a_failure_is_answered_as_the_dialect_file_says(subject: Subject, check: Check) -> None:
    """DERIVED from the dialect file: failures.bad_request, failures.unknown_path, failures.wrong_method."""
    for what, exchange in unasked(subject):
        _check_kind(subject, check, "bad_request", exchange, what)
    for question in recordings(subject):
        _check_kind(
            subject, check, "unknown_path", unknown_path(subject, question), f"{named(question)} on another path"
        )
        safe = question if subject.sandbox is not None else Question(question.kind, STRANGER)
        _check_kind(subject, check, "wrong_method", ask(subject, safe, verb="PATCH"), f"PATCH {named(question)}")


def _check_kind(subject: Subject, check: Check, kind: str, exchange: Exchange, what: str) -> None:
    """Check that an answer has the status and the code of a kind of failure, where the dialect file names them."""
    described = subject.target.described
    refusal = None if described is None else described.failures.kinds.get(kind)
    if refusal is None:
        return
    expected = " or ".join(map(str, refusal.statuses))
    said = f"{what}: expected {expected} ({kind}), got {in_words(subject, exchange)}"
    check(exchange.status in refusal.statuses, said, exchange)
    if refusal.code is not None:
        failure = subject.failure(exchange)
        code = None if failure is None else failure.code
        check(code == refusal.code, f"{what}: expected the code {refusal.code!r} ({kind}), got {code!r}", exchange)
