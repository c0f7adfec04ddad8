"""What a dialect file describes: how an API writes legs, and how it answers with errors."""

from __future__ import annotations

from noojee_contract.dialects.legs import MISSING, value_at
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.question import Question
from noojee_contract.suite import clause
from noojee_contract.suite.support.listing import field_problems, question_in_words
from noojee_contract.suite.support.queries import (
    UNUSED_KEY,
    ask,
    describe_exchange,
    describe_question,
    is_refused,
    kind_without_refusal,
    questions,
    shows_recording,
    unknown_path,
    without_parameter,
)

UNKNOWN_ID = "no-such-recording"
MOST_PROBLEMS = 3


@clause("metadata.as-described")
def test_each_leg_is_written_as_the_dialect_file_says(subject: Subject, check: Check) -> None:
    """DERIVED from the dialect file: the place and the format of each field."""
    for answer in subject.all_answers():
        problems = field_problems(answer)
        if answer.legs:
            kind, field = _first_unread_field(subject, answer)
            message = f"{question_in_words(answer)}: {'; '.join(problems[:MOST_PROBLEMS])}"
            check(not problems, message, answer.exchange, kind=kind, field=field)


def _first_unread_field(subject: Subject, answer: Answer) -> tuple[FailureKind, str | None]:
    """What is wrong with the first field that could not be read, and the vendor's name of that field."""
    fields = subject.target.api.field_places(answer.asked)
    for leg in answer.legs:
        for name, place in fields.items():
            if name not in leg.texts:
                missing = value_at(leg.raw, place) is MISSING
                return FailureKind.MISSING_FIELD if missing else FailureKind.INVALID_FIELD, name
    return FailureKind.INVALID_FIELD, None


@clause("authentication.refused-as-described")
def test_a_credential_is_refused_as_the_dialect_file_says(subject: Subject, check: Check) -> None:
    """DERIVED from the dialect file: failures.refused."""
    for question in questions(subject):
        for what, credentials in (("a wrong credential", subject.client.made_with(UNUSED_KEY)), ("no credential", ())):
            exchange = ask(subject, question, credentials=credentials)
            _check_rule(subject, check, "refused", exchange, f"{describe_question(question)} with {what}")


@clause("transport.failures-as-described")
def test_an_error_is_answered_as_the_dialect_file_says(subject: Subject, check: Check) -> None:
    """DERIVED from the dialect file: failures.bad_request, failures.unknown_path, failures.wrong_method."""
    for what, exchange in without_parameter(subject):
        _check_rule(subject, check, "bad_request", exchange, what)
    for question in questions(subject):
        _check_rule(
            subject,
            check,
            "unknown_path",
            unknown_path(subject, question),
            f"{describe_question(question)} on another path",
        )
        safe = question if subject.sandbox is not None else Question(question.kind, UNKNOWN_ID)
        _check_rule(
            subject, check, "wrong_method", ask(subject, safe, verb="PATCH"), f"PATCH {describe_question(question)}"
        )


def _check_rule(subject: Subject, check: Check, name: str, exchange: Exchange, what: str) -> None:
    """Check that an answer has the status and the code of an error rule, if the dialect file has that rule."""
    rule = subject.target.api.error_rule(name)
    if rule is None:
        return
    expected = " or ".join(map(str, rule.statuses))
    actual = describe_exchange(subject, exchange)
    kind = FailureKind.UNEXPECTED_STATUS
    if not is_refused(subject, exchange):
        kind = kind_without_refusal(exchange, shown=shows_recording(subject, exchange))
    message = f"{what}: expected {expected} ({name}), got {actual}"
    check(exchange.status in rule.statuses, message, exchange, kind=kind, expected=expected, actual=actual)
    if rule.code is not None:
        error_body = subject.error_body(exchange)
        code = None if error_body is None else error_body.code
        check(
            code == rule.code,
            f"{what}: expected the code {rule.code!r} ({name}), got {code!r}",
            exchange,
            kind=FailureKind.INVALID_ERROR_BODY,
            field="Code",
            expected=str(rule.code),
            actual=str(code),
        )
