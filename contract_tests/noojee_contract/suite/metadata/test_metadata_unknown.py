"""Metadata: what an unknown, a hostile and an empty tag or unique id give."""

from __future__ import annotations

from collections.abc import Iterator

from noojee_contract.engine.subject import Answer, Case, Judge
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import refused, told
from noojee_contract.suite.support.listing import asked, carries, is_empty, names
from noojee_contract.targets.recordings import Known

OBSERVED_STRANGERS = 6  # hostile values that an observed target is asked for, where it may be provoked


def _strangers(case: Case) -> tuple[str, ...]:
    if case.archive is not None:
        return case.strangers
    return case.strangers[: OBSERVED_STRANGERS if case.target.provoke else 1]


def _answers(case: Case) -> Iterator[Answer]:
    for value in _strangers(case):
        yield case.by_tag(value)
        yield case.by_unique_id(value)


@clause("metadata.strangers")
def test_a_value_that_nothing_carries_brings_no_leg(case: Case, judge: Judge) -> None:
    """SEED: an array containing any matching calls: wild cards and pieces of code match nothing."""
    for answer in _answers(case):
        value = answer.asked.value
        by_tag = answer.asked.kind == "tag"
        own = {leg.unique_id for leg in answer.legs if by_tag and carries(case, leg, value)}
        others = [leg for leg in answer.legs if leg.unique_id not in own and (by_tag or leg.unique_id != value)]
        said = f"{asked(answer)}: nothing carries this, yet {names(others)} came"
        judge(not others, said, answer.exchange)


@clause("metadata.hostile-value")
def test_a_hostile_value_is_no_server_error(case: Case, judge: Judge) -> None:
    """DERIVED from W-A4: a tag is any text; one that matches nothing, or is refused, is not a crash."""
    for answer in _answers(case):
        status = answer.exchange.status
        said = f"{asked(answer)}: expected an answer, got {told(answer)}"
        judge(status is not None and status < 500, said, answer.exchange)


@clause("metadata.unknown-recording")
def test_a_recording_that_is_not_there_is_answered_as_declared(case: Case, judge: Judge) -> None:
    """UNKNOWN row 5: an empty array, or a failure."""
    value = case.strangers[0]
    for answer in (case.by_tag(value), case.by_unique_id(value)):
        status, failed = answer.exchange.status, answer.reading.failure is not None
        seen = f"other: {told(answer)}"
        if is_empty(answer):
            seen = "empty-list"
        elif not answer.legs and (status == 404 or (status == 200 and failed)):
            seen = f"failure-{status}"
        judge.choice(case, "unknown_recording", seen, answer.exchange)


@clause("metadata.empty-tag")
def test_an_empty_tag_or_unique_id_is_answered_as_declared(case: Case, judge: Judge) -> None:
    """UNKNOWN row 27: refused as a missing parameter, or an empty array; untagged legs are not its match."""
    for kind, ask in (("tag", case.by_tag), ("unique_id", case.by_unique_id)):
        if case.client.request(Known(kind, ""), bare=True) is None:
            continue  # a part of the path cannot be empty
        answer = ask("")
        seen = f"other: {told(answer)}"
        if refused(answer):
            seen = "refused"
        elif is_empty(answer):
            seen = "empty-list"
        judge.choice(case, "empty_tag", seen, answer.exchange)
