"""Metadata: what an unknown, a hostile and an empty tag or unique id give."""

from __future__ import annotations

from collections.abc import Iterator

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.question import Question
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe, is_refusal
from noojee_contract.suite.support.listing import asked, carries, is_empty, names

OBSERVED_STRANGERS = 6  # hostile values that an observed target is asked for, where it may be provoked


def _strangers(subject: Subject) -> tuple[str, ...]:
    if subject.archive is not None:
        return subject.unknown_values
    return subject.unknown_values[: OBSERVED_STRANGERS if subject.target.provoke else 1]


def _answers(subject: Subject) -> Iterator[Answer]:
    for value in _strangers(subject):
        yield subject.by_tag(value)
        yield subject.by_unique_id(value)


@clause("metadata.strangers")
def test_a_value_that_nothing_carries_brings_no_leg(subject: Subject, check: Check) -> None:
    """SPEC: an array containing any matching calls: wild cards and pieces of code match nothing."""
    for answer in _answers(subject):
        value = answer.asked.value
        by_tag = answer.asked.kind == "tag"
        own = {leg.unique_id for leg in answer.legs if by_tag and carries(subject, leg, value)}
        others = [leg for leg in answer.legs if leg.unique_id not in own and (by_tag or leg.unique_id != value)]
        said = f"{asked(answer)}: nothing carries this, yet {names(others)} came"
        check(not others, said, answer.exchange)


@clause("metadata.hostile-value")
def test_a_hostile_value_is_no_server_error(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4: a tag is any text; one that matches nothing, or is is_refusal, is not a crash."""
    for answer in _answers(subject):
        status = answer.exchange.status
        said = f"{asked(answer)}: expected an answer, got {describe(answer)}"
        check(status is not None and status < 500, said, answer.exchange)


@clause("metadata.unknown-recording")
def test_a_recording_that_is_not_there_is_answered_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 5: an empty array, or a failure."""
    value = subject.unknown_values[0]
    for answer in (subject.by_tag(value), subject.by_unique_id(value)):
        status, failed = answer.exchange.status, answer.reading.error_body is not None
        seen = f"other: {describe(answer)}"
        if is_empty(answer):
            seen = "empty-list"
        elif not answer.legs and (status == 404 or (status == 200 and failed)):
            seen = f"failure-{status}"
        check.option(subject, "unknown_recording", seen, answer.exchange)


@clause("metadata.empty-tag")
def test_an_empty_tag_or_unique_id_is_answered_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 27: refused as a missing parameter, or an empty array; untagged legs are not its match."""
    for kind, ask in (("tag", subject.by_tag), ("unique_id", subject.by_unique_id)):
        if subject.client.request(Question(kind, ""), bare=True) is None:
            continue  # a part of the path cannot be empty
        answer = ask("")
        seen = f"other: {describe(answer)}"
        if is_refusal(answer):
            seen = "refused"
        elif is_empty(answer):
            seen = "empty-list"
        check.option(subject, "empty_tag", seen, answer.exchange)
