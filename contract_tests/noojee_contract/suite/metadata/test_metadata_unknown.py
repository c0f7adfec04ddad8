"""Metadata: the answers to unknown, hostile and empty tags and unique ids."""

from __future__ import annotations

from collections.abc import Iterator

from noojee_contract.clients.retry_after import FIRST_SERVER_ERROR
from noojee_contract.dialects.model import METHOD_OF, ErrorRule
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.question import Question
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe, described_without_body, is_refusal
from noojee_contract.suite.support.listing import carries, is_empty, legs_in_words, names, question_in_words
from noojee_contract.suite.support.queries import allowed_values

VENDOR_FAILURES = ("failure-200", "failure-404")
"""The errors that the option unknown_recording has; a dialect file may declare other statuses, also for each method."""


def _answers(subject: Subject) -> Iterator[Answer]:
    for value in allowed_values(subject):
        yield subject.by_tag(value)
        yield subject.by_unique_id(value)


@clause("metadata.strangers")
def test_an_unknown_value_gives_no_leg(subject: Subject, check: Check) -> None:
    """SPEC: an array containing any matching calls. Wildcards and code match nothing."""
    for answer in _answers(subject):
        value = answer.asked.value
        by_tag = answer.asked.kind == "tag"
        own = {leg.unique_id for leg in answer.legs if by_tag and carries(subject, leg, value)}
        others = [leg for leg in answer.legs if leg.unique_id not in own and (by_tag or leg.unique_id != value)]
        message = f"{question_in_words(answer)}: nothing carries this, yet {legs_in_words(names(others))} came"
        check(not others, message, answer.exchange, kind=FailureKind.UNEXPECTED_LEG)


@clause("metadata.hostile-value")
def test_a_hostile_value_is_no_server_error(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4: a tag is any text. A server may refuse it, but must not fail."""
    for answer in _answers(subject):
        status = answer.exchange.status
        message = f"{question_in_words(answer)}: expected an answer, got {describe(answer)}"
        kind = FailureKind.NO_ANSWER if status is None else FailureKind.UNEXPECTED_STATUS
        check(status is not None and status < FIRST_SERVER_ERROR, message, answer.exchange, kind=kind)


@clause("metadata.unknown-recording")
def test_an_unknown_recording_is_answered_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option unknown_recording. An empty array, or an error."""
    value = subject.unknown_values[0]
    for answer in (subject.by_tag(value), subject.by_unique_id(value)):
        rule = subject.target.api.error_rule("unknown_recording", METHOD_OF[answer.asked.kind])
        seen = _shown_value(subject, answer, rule)
        declared = None  # as the profile says
        if rule is not None:
            declared = seen if seen in rule.option_values else " or ".join(rule.option_values)
        check.option(subject, "unknown_recording", seen, answer.exchange, declared=declared)


def _shown_value(subject: Subject, answer: Answer, rule: ErrorRule | None) -> str:
    """The value of the option unknown_recording that an answer shows; "other: ..." for none of the possible values."""
    if is_empty(answer):
        return "empty-list"
    shown = f"failure-{answer.exchange.status}"
    possible = VENDOR_FAILURES if rule is None else rule.option_values
    if shown in possible:
        if described_without_body(subject, answer.exchange, "unknown_recording", METHOD_OF[answer.asked.kind]):
            return shown
        error_body = answer.reading.error_body
        has_code = rule is None or rule.code is None or (error_body is not None and error_body.code == rule.code)
        if is_refusal(answer) and has_code:
            return shown
    return f"other: {describe(answer)}"


@clause("metadata.empty-tag")
def test_an_empty_tag_or_unique_id_is_answered_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option empty_tag. Refused as a missing parameter, or an empty array. It does not match untagged legs."""
    for kind, ask in (("tag", subject.by_tag), ("unique_id", subject.by_unique_id)):
        if subject.client.request(Question(kind, ""), bare=True) is None:
            continue  # the value is a part of the path, which cannot be empty
        answer = ask("")
        seen = f"other: {describe(answer)}"
        if is_refusal(answer):
            seen = "refused"
        elif is_empty(answer):
            seen = "empty-list"
        check.option(subject, "empty_tag", seen, answer.exchange)
