"""Metadata: which legs a tag and a unique id bring."""

from __future__ import annotations

from noojee_contract.dialects.vendor import Leg
from noojee_contract.engine.subject import Answer, Case, Judge
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import (
    LegName,
    apart_in_words,
    asked,
    carries,
    differing,
    expected_of_tag,
    judge_legs,
    names,
    put_names,
    unreadable,
)

MANY = 301  # more than any usual page


def _judge_array(answer: Answer, judge: Judge) -> None:
    problem = unreadable(answer)
    judge(problem is None, f"{asked(answer)}: expected an array of legs; {problem}", answer.exchange)
    if not answer.legs:
        judge(False, f"{asked(answer)}: the recording is there, yet no leg came", answer.exchange)


def _judge_legs(answer: Answer, expected: list[LegName], judge: Judge) -> None:
    judge_legs(judge, asked(answer), expected, names(answer.legs), answer.exchange)


@clause("metadata.by-tag-answered")
def test_a_tag_brings_all_legs_of_its_calls(case: Case, judge: Judge) -> None:
    """SEED: an array containing any matching calls, an entry for each leg of a call."""
    for tag in case.tags:
        answer = case.by_tag(tag)
        _judge_array(answer, judge)
        if case.archive is not None:
            _judge_legs(answer, expected_of_tag(case, tag), judge)


@clause("metadata.by-unique-id-answered")
def test_a_unique_id_brings_all_legs_of_its_call(case: Case, judge: Judge) -> None:
    """SEED: an entry in the array for each leg of a call."""
    for unique_id in case.unique_ids:
        answer = case.by_unique_id(unique_id)
        _judge_array(answer, judge)
        call = case.archive.call(unique_id) if case.archive is not None else None
        if call is not None:
            _judge_legs(answer, put_names(call.legs), judge)


@clause("metadata.several-legs")
def test_a_call_of_several_legs_is_whole(case: Case, judge: Judge) -> None:
    """SEED: a call is split each time the call goes through a transition."""
    for unique_id in case.unique_ids:
        answer = case.by_unique_id(unique_id)
        call = case.archive.call(unique_id) if case.archive is not None else None
        if call is not None and len(call.legs) > 1:
            whole = len(answer.legs) == len(call.legs)
            said = f"{asked(answer)}: {apart_in_words(put_names(call.legs), names(answer.legs))}" if not whole else ""
            judge(whole, said, answer.exchange)
        elif call is None and len(answer.legs) > 1:
            ids = {leg.unique_id for leg in answer.legs}
            judge(ids == {unique_id}, f"{asked(answer)}: legs of {sorted(ids)} are listed", answer.exchange)


@clause("metadata.several-calls")
def test_a_tag_brings_each_call_that_it_is_attached_to(case: Case, judge: Judge) -> None:
    """SEED: a json encoded array/map containing any matching calls."""
    for tag in case.tags:
        expected = sorted({unique_id for unique_id, _ in expected_of_tag(case, tag)})
        if len(expected) > 1:
            answer = case.by_tag(tag)
            listed = sorted({leg.unique_id for leg in answer.legs})
            lacking = sorted(set(expected) - set(listed))
            said = f"{asked(answer)}: expected calls {expected}, got {listed}: call {lacking[:1]} is missing"
            judge(not lacking, said, answer.exchange)


@clause("metadata.no-page")
def test_a_tag_on_many_calls_brings_all_of_them_at_once(case: Case, judge: Judge) -> None:
    """SEED: an array containing any matching calls: no parameter asks for a page of them."""
    calls = []
    for place in range(MANY):
        minute = f"2026-03-11T{10 + place // 60:02}:{place % 60:02}"
        lasting = leg(f"{minute}:00+11:00", f"{minute}:09+11:00", tag="many")
        calls.append(call(f"{1773183600 + 60 * place}.2", lasting))
    answer = case.fresh(document=archive(*calls)).by_tag("many")
    judge(
        len(answer.legs) == MANY,
        f"{asked(answer)}: expected {MANY} legs, got {len(answer.legs)}{': the rest is missing' * (len(answer.legs) < MANY)}",
        answer.exchange,
    )


@clause("metadata.tag-carried")
def test_each_call_that_a_tag_brings_carries_it(case: Case, judge: Judge) -> None:
    """SEED: the meta data of a call recording by its tag."""
    for tag in case.tags:
        answer = case.by_tag(tag)
        for unique_id in dict.fromkeys(came.unique_id for came in answer.legs):
            legs = [came for came in answer.legs if came.unique_id == unique_id]
            tags = sorted({came.tag for came in legs})
            said = f"{asked(answer)}: call {unique_id!r} came, whose legs carry {tags}"
            judge(any(carries(case, came, tag) for came in legs), said, answer.exchange)


@clause("metadata.same-by-tag")
def test_a_call_that_carries_one_tag_tells_the_same_by_tag_and_by_unique_id(case: Case, judge: Judge) -> None:
    """SEED: the two commands retrieve the meta data of a call recording by its tag and uniqueId respectively."""
    tags = set(case.tags)
    for unique_id in case.unique_ids:
        whole = case.by_unique_id(unique_id)
        carried = {leg.tag for leg in whole.legs}
        tag = next(iter(carried), "")
        if len(carried) != 1 or tag not in tags:
            continue
        answer = case.by_tag(tag)
        tagged = [leg for leg in answer.legs if leg.unique_id == unique_id]
        said = f"call {unique_id!r}: {asked(answer)} brings {names(tagged)}, its unique id brings {names(whole.legs)}"
        judge(names(tagged) == names(whole.legs), said, answer.exchange)
        for one, other in zip(_in_order(tagged), _in_order(whole.legs), strict=True):
            differ = differing(one, other)
            words = ", ".join(f"{field} {told[0]!r} and {told[1]!r}" for field, told in differ.items())
            said = f"leg {one.number} of {unique_id!r} differs by {asked(answer)} and by unique id: {words}"
            judge(not differ, said, answer.exchange)


def _in_order(legs: list[Leg] | tuple[Leg, ...]) -> list[Leg]:
    return sorted(legs, key=lambda leg: (leg.number, leg.call_record_id))
