"""What a dialect file describes: how an API writes legs, and how it answers with errors."""

from __future__ import annotations

from noojee_contract.dialects.legs import MISSING, value_at
from noojee_contract.dialects.model import METHOD_OF
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.question import Question
from noojee_contract.suite import clause
from noojee_contract.suite.support.audio import legs_with_audio
from noojee_contract.suite.support.error_rules import check_rule
from noojee_contract.suite.support.listing import field_problems, question_in_words
from noojee_contract.suite.support.queries import (
    UNUSED_KEY,
    ask,
    describe_question,
    questions,
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
            whole = f"{describe_question(question)} with {what}"
            check_rule(subject, check, "refused", exchange, whole, method=METHOD_OF[question.kind])
    if subject.target.api.error_rule("refused", "audio", own=True) is None:
        return
    for listed in legs_with_audio(subject)[:1]:
        credentials = subject.client.made_with(UNUSED_KEY)
        exchange = subject.client.sound(listed.unique_id, listed.number, tag=listed.tag, credentials=credentials)
        check_rule(subject, check, "refused", exchange, "audio with a wrong credential", method="audio")


@clause("transport.failures-as-described")
def test_an_error_is_answered_as_the_dialect_file_says(subject: Subject, check: Check) -> None:
    """DERIVED from the dialect file: failures.bad_request, failures.unknown_path, failures.wrong_method."""
    for kind in ("unique_id", "tag"):
        for what, exchange in without_parameter(subject, (kind,)):
            check_rule(subject, check, "bad_request", exchange, what, method=METHOD_OF[kind])
    for question in questions(subject):
        method, words = METHOD_OF[question.kind], describe_question(question)
        elsewhere = unknown_path(subject, question)
        check_rule(subject, check, "unknown_path", elsewhere, f"{words} on another path", method=method)
        safe = question if subject.sandbox is not None else Question(question.kind, UNKNOWN_ID)
        patched = ask(subject, safe, verb="PATCH")
        check_rule(subject, check, "wrong_method", patched, f"PATCH {words}", method=method)
