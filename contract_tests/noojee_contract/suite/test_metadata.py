"""What the metadata methods answer, by tag and by unique id."""

from __future__ import annotations

from noojee_contract.case import Answer, Case, Judge
from noojee_contract.suite import clause


def _same_legs(answer: Answer, expected: set[tuple[str, int]], judge: Judge) -> None:
    listed = [(leg.unique_id, leg.number) for leg in answer.legs]
    what = f"{answer.asked.kind} {answer.asked.value!r}"
    judge(sorted(listed) == sorted(expected), f"{what}: expected legs {sorted(expected)}, got {listed}", answer.exchange)


@clause("metadata.by-tag-answered")
def test_a_tag_brings_all_legs_of_its_calls(case: Case, judge: Judge) -> None:
    """SEED: an array containing any matching calls, an entry for each leg of a call."""
    for tag in case.tags:
        answer = case.by_tag(tag)
        judge(answer.reading.failure is None and not answer.reading.problems, f"no readable array: {answer.reading.problems}", answer.exchange)
        if case.archive is not None:
            legs = case.archive.by_tag(
                tag, selects=case.profile.get("tag_selects", "calls"), match=case.profile.get("tag_match", "exact")
            )
            _same_legs(answer, {(leg.unique_id, leg.number) for leg in legs}, judge)


@clause("metadata.by-unique-id-answered")
def test_a_unique_id_brings_all_legs_of_its_call(case: Case, judge: Judge) -> None:
    """SEED: an entry in the array for each leg of a call."""
    for unique_id in case.unique_ids:
        answer = case.by_unique_id(unique_id)
        judge(answer.reading.failure is None and not answer.reading.problems, f"no readable array: {answer.reading.problems}", answer.exchange)
        call = case.archive.call(unique_id) if case.archive is not None else None
        if call is not None:
            _same_legs(answer, {(unique_id, leg.number) for leg in call.legs}, judge)


@clause("metadata.several-legs")
def test_a_call_of_several_legs_is_whole(case: Case, judge: Judge) -> None:
    """SEED: a call is split each time the call goes through a transition."""
    for unique_id in case.unique_ids:
        answer = case.by_unique_id(unique_id)
        call = case.archive.call(unique_id) if case.archive is not None else None
        if call is not None and len(call.legs) > 1:
            judge(len(answer.legs) == len(call.legs), f"expected {len(call.legs)} legs, got {len(answer.legs)}", answer.exchange)
        elif call is None and len(answer.legs) > 1:
            judge({leg.unique_id for leg in answer.legs} == {unique_id}, "legs of another call are listed", answer.exchange)
