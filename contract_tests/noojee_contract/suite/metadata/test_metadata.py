"""Metadata: the legs that a tag and a unique id select."""

from __future__ import annotations

from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.coverage import EMPTY_ROWS, Covered
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import is_list, kind_without_legs
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.coverage import cover_call, cover_known_calls
from noojee_contract.suite.support.listing import (
    MOST_SHOWN,
    brings_nothing,
    carries,
    check_legs,
    check_mismatch,
    check_same_fields,
    expected_of_tag,
    held_legs,
    legs_by_call,
    legs_in_words,
    legs_mismatch,
    listing_mismatch,
    names,
    put_names,
    question_in_words,
    unreadable,
)

MANY = 301  # more than any usual page


def _check_array(answer: Answer, check: Check) -> None:
    """Check that an answer is an array with legs."""
    problem = unreadable(answer)
    mismatch = None if problem is None else listing_mismatch(answer)
    kind = FailureKind.INVALID_BODY if mismatch is None else mismatch.kind
    message = f"{question_in_words(answer)}: expected an array of legs; {problem}"
    check(problem is None, message, answer.exchange, kind=kind, expected="an array of legs", actual=problem)
    if not answer.legs:
        message = f"{question_in_words(answer)}: the recording is there, yet no leg came"
        check(False, message, answer.exchange, kind=FailureKind.MISSING_LEG)


def _is_empty_row(subject: Subject, answer: Answer) -> bool:
    """Whether an answer is that of a row of a recordings file that brings nothing. The report lists these rows."""
    return subject.archive is None and brings_nothing(subject, answer) and answer.asked in subject.recordings


@clause("metadata.by-tag-answered")
def test_a_tag_gives_all_legs_of_its_calls(subject: Subject, check: Check) -> None:
    """SPEC: an array containing any matching calls, an entry for each leg of a call."""
    for tag in subject.tags:
        answer = subject.by_tag(tag)
        if _is_empty_row(subject, answer):
            continue
        _check_array(answer, check)
        if subject.archive is not None:
            check_legs(check, answer, expected_of_tag(subject, tag), held=held_legs(subject))


@clause("metadata.by-unique-id-answered")
def test_a_unique_id_gives_all_legs_of_its_call(subject: Subject, check: Check) -> None:
    """SPEC: an entry in the array for each leg of a call."""
    cover_known_calls(subject, check)
    for unique_id in subject.unique_ids:
        answer = subject.by_unique_id(unique_id)
        if _is_empty_row(subject, answer):
            check.cover(Covered.CALLS, not_compared={EMPTY_ROWS: 1})
            continue
        _check_array(answer, check)
        cover_call(subject, check, answer)
        call = subject.archive.call(unique_id) if subject.archive is not None else None
        if call is not None:
            check_legs(check, answer, put_names(call.legs), held=held_legs(subject))


@clause("metadata.several-legs")
def test_a_call_of_several_legs_is_complete(subject: Subject, check: Check) -> None:
    """SPEC: a call is split each time the call goes through a transition."""
    for unique_id in subject.unique_ids:
        answer = subject.by_unique_id(unique_id)
        call = subject.archive.call(unique_id) if subject.archive is not None else None
        if call is not None and len(call.legs) > 1:
            whole = len(answer.legs) == len(call.legs)
            mismatch = None if whole else legs_mismatch(answer, put_names(call.legs), held=held_legs(subject))
            check_mismatch(check, mismatch, answer.exchange)
        elif call is None and len(answer.legs) > 1:
            ids = {leg.unique_id for leg in answer.legs}
            message = f"{question_in_words(answer)}: legs of {', '.join(map(repr, sorted(ids)))} are listed"
            check(ids == {unique_id}, message, answer.exchange, kind=FailureKind.UNEXPECTED_LEG)


@clause("metadata.several-calls")
def test_a_tag_gives_every_call_that_carries_it(subject: Subject, check: Check) -> None:
    """SPEC: a json encoded array/map containing any matching calls."""
    for tag in subject.tags:
        expected = sorted({unique_id for unique_id, _ in expected_of_tag(subject, tag)})
        if len(expected) > 1:
            answer = subject.by_tag(tag)
            listed = sorted({leg.unique_id for leg in answer.legs})
            lacking = sorted(set(expected) - set(listed))
            first = lacking[0] if lacking else ""
            message = (
                f"{question_in_words(answer)}: expected calls {_in_words(expected)}, got {_in_words(listed)}: "
                f"call {first!r} is missing"
            )
            kind = FailureKind.MISSING_LEG if listed else kind_without_legs(answer)
            check(not lacking, message, answer.exchange, kind=kind)


def _in_words(unique_ids: list[str]) -> str:
    """Unique ids as text, at most eight."""
    more = len(unique_ids) - MOST_SHOWN
    shown = ", ".join(map(repr, unique_ids[:MOST_SHOWN])) or "none"
    return f"{shown} and {more} more" if more > 0 else shown


@clause("metadata.no-page")
def test_a_tag_on_many_calls_gives_all_of_them(subject: Subject, check: Check) -> None:
    """SPEC: an array containing any matching calls. There is no parameter for pages."""
    calls = []
    for place in range(MANY):
        minute = f"2026-03-11T{10 + place // 60:02}:{place % 60:02}"
        lasting = leg(f"{minute}:00+11:00", f"{minute}:09+11:00", tag="many")
        calls.append(call(f"{1773183600 + 60 * place}.2", lasting))
    answer = subject.fresh(document=archive(*calls)).by_tag("many")
    count = len(answer.legs)
    kind = FailureKind.MISSING_LEG if 0 < count < MANY else FailureKind.UNEXPECTED_LEG
    message = f"{question_in_words(answer)}: expected {MANY} legs, got {count}"
    if count < MANY:
        message += ": the rest is missing"
    check(
        count == MANY,
        message,
        answer.exchange,
        kind=kind if count else kind_without_legs(answer),
        expected=f"{MANY} legs",
        actual=f"{count} legs",
    )


@clause("metadata.tag-carried")
def test_each_call_found_by_a_tag_carries_it(subject: Subject, check: Check) -> None:
    """SPEC: the meta data of a call recording by its tag."""
    for tag in subject.tags:
        answer = subject.by_tag(tag)
        for unique_id, legs in legs_by_call(answer).items():
            tags = ", ".join(map(repr, sorted({leg.tag for leg in legs})))
            check(
                any(carries(subject, leg, tag) for leg in legs),
                f"{question_in_words(answer)}: call {unique_id!r} is listed, whose legs carry the tag {tags}",
                answer.exchange,
                kind=FailureKind.UNEXPECTED_LEG,
                field="Tag",
                expected=tag,
                actual=tags,
            )


@clause("metadata.same-by-tag")
def test_a_call_is_the_same_by_tag_and_by_unique_id(subject: Subject, check: Check) -> None:
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
        expected, actual = legs_in_words(names(whole.legs)), legs_in_words(names(tagged))
        message = f"call {unique_id!r}: {question_in_words(answer)} gives {actual}, its unique id gives {expected}"
        kind = FailureKind.ANSWERS_DIFFER if is_list(answer) else kind_without_legs(answer)
        same_legs = names(tagged) == names(whole.legs)
        check(same_legs, message, answer.exchange, kind=kind, expected=expected, actual=actual)
        for by_tag, by_unique_id in zip(_in_order(tagged), _in_order(whole.legs), strict=True):
            what = f"leg {by_tag.number} of {unique_id!r} differs by {question_in_words(answer)} and by unique id"
            check_same_fields(check, by_unique_id, by_tag, answer.exchange, what)


def _in_order(legs: list[Leg] | tuple[Leg, ...]) -> list[Leg]:
    return sorted(legs, key=lambda leg: (leg.number, leg.call_record_id))
