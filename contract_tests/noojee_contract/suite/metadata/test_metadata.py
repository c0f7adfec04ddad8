"""Metadata: which legs a tag and a unique id bring."""

from __future__ import annotations

from noojee_contract.dialects.vendor import Leg
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import (
    LegName,
    asked,
    carries,
    check_legs,
    check_mismatch,
    differing,
    expected_of_tag,
    legs_mismatch,
    names,
    put_names,
    unreadable,
)

MANY = 301  # more than any usual page


def _check_array(answer: Answer, check: Check) -> None:
    problem = unreadable(answer)
    check(problem is None, f"{asked(answer)}: expected an array of legs; {problem}", answer.exchange)
    if not answer.legs:
        check(False, f"{asked(answer)}: the recording is there, yet no leg came", answer.exchange)


def _check_legs(answer: Answer, expected: list[LegName], check: Check) -> None:
    check_legs(check, answer, expected)


@clause("metadata.by-tag-answered")
def test_a_tag_brings_all_legs_of_its_calls(subject: Subject, check: Check) -> None:
    """SPEC: an array containing any matching calls, an entry for each leg of a call."""
    for tag in subject.tags:
        answer = subject.by_tag(tag)
        _check_array(answer, check)
        if subject.archive is not None:
            _check_legs(answer, expected_of_tag(subject, tag), check)


@clause("metadata.by-unique-id-answered")
def test_a_unique_id_brings_all_legs_of_its_call(subject: Subject, check: Check) -> None:
    """SPEC: an entry in the array for each leg of a call."""
    for unique_id in subject.unique_ids:
        answer = subject.by_unique_id(unique_id)
        _check_array(answer, check)
        call = subject.archive.call(unique_id) if subject.archive is not None else None
        if call is not None:
            _check_legs(answer, put_names(call.legs), check)


@clause("metadata.several-legs")
def test_a_call_of_several_legs_is_whole(subject: Subject, check: Check) -> None:
    """SPEC: a call is split each time the call goes through a transition."""
    for unique_id in subject.unique_ids:
        answer = subject.by_unique_id(unique_id)
        call = subject.archive.call(unique_id) if subject.archive is not None else None
        if call is not None and len(call.legs) > 1:
            whole = len(answer.legs) == len(call.legs)
            mismatch = None if whole else legs_mismatch(answer, put_names(call.legs))
            check_mismatch(check, mismatch, answer.exchange)
        elif call is None and len(answer.legs) > 1:
            ids = {leg.unique_id for leg in answer.legs}
            check(ids == {unique_id}, f"{asked(answer)}: legs of {sorted(ids)} are listed", answer.exchange)


@clause("metadata.several-calls")
def test_a_tag_brings_each_call_that_it_is_attached_to(subject: Subject, check: Check) -> None:
    """SPEC: a json encoded array/map containing any matching calls."""
    for tag in subject.tags:
        expected = sorted({unique_id for unique_id, _ in expected_of_tag(subject, tag)})
        if len(expected) > 1:
            answer = subject.by_tag(tag)
            listed = sorted({leg.unique_id for leg in answer.legs})
            lacking = sorted(set(expected) - set(listed))
            said = f"{asked(answer)}: expected calls {expected}, got {listed}: call {lacking[:1]} is missing"
            check(not lacking, said, answer.exchange)


@clause("metadata.no-page")
def test_a_tag_on_many_calls_brings_all_of_them_at_once(subject: Subject, check: Check) -> None:
    """SPEC: an array containing any matching calls: no parameter asks for a page of them."""
    calls = []
    for place in range(MANY):
        minute = f"2026-03-11T{10 + place // 60:02}:{place % 60:02}"
        lasting = leg(f"{minute}:00+11:00", f"{minute}:09+11:00", tag="many")
        calls.append(call(f"{1773183600 + 60 * place}.2", lasting))
    answer = subject.fresh(document=archive(*calls)).by_tag("many")
    check(
        len(answer.legs) == MANY,
        f"{asked(answer)}: expected {MANY} legs, got {len(answer.legs)}{': the rest is missing' * (len(answer.legs) < MANY)}",
        answer.exchange,
    )


@clause("metadata.tag-carried")
def test_each_call_that_a_tag_brings_carries_it(subject: Subject, check: Check) -> None:
    """SPEC: the meta data of a call recording by its tag."""
    for tag in subject.tags:
        answer = subject.by_tag(tag)
        for unique_id in dict.fromkeys(came.unique_id for came in answer.legs):
            legs = [came for came in answer.legs if came.unique_id == unique_id]
            tags = sorted({came.tag for came in legs})
            said = f"{asked(answer)}: call {unique_id!r} came, whose legs carry {tags}"
            check(any(carries(subject, came, tag) for came in legs), said, answer.exchange)


@clause("metadata.same-by-tag")
def test_a_call_that_carries_one_tag_tells_the_same_by_tag_and_by_unique_id(subject: Subject, check: Check) -> None:
    """SPEC: the two commands retrieve the meta data of a call recording by its tag and uniqueId respectively."""
    tags = set(subject.tags)
    for unique_id in subject.unique_ids:
        whole = subject.by_unique_id(unique_id)
        carried = {leg.tag for leg in whole.legs}
        tag = next(iter(carried), "")
        if len(carried) != 1 or tag not in tags:
            continue
        answer = subject.by_tag(tag)
        tagged = [leg for leg in answer.legs if leg.unique_id == unique_id]
        said = f"call {unique_id!r}: {asked(answer)} brings {names(tagged)}, its unique id brings {names(whole.legs)}"
        check(names(tagged) == names(whole.legs), said, answer.exchange)
        for one, other in zip(_in_order(tagged), _in_order(whole.legs), strict=True):
            differ = differing(one, other)
            words = ", ".join(f"{field} {told[0]!r} and {told[1]!r}" for field, told in differ.items())
            said = f"leg {one.number} of {unique_id!r} differs by {asked(answer)} and by unique id: {words}"
            check(not differ, said, answer.exchange)


def _in_order(legs: list[Leg] | tuple[Leg, ...]) -> list[Leg]:
    return sorted(legs, key=lambda leg: (leg.number, leg.call_record_id))
