"""Metadata: the tags of legs, and how a tag is looked up."""

from __future__ import annotations

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.archive import PutCall
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe, is_refusal, kind_without_legs
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import (
    Listed,
    carries,
    is_empty,
    legs_in_words,
    name_of,
    names,
    put_legs,
    question_in_words,
)
from noojee_contract.suite.support.queries import present

LONG = "external reference " + "0123456789" * 18 + "!"
ALIKE = ("CASE-7", "CASE-77", "XCASE-7", "CASE-7 B", "7", "Müller", "Muller")
PARTS = ("CASE", "ASE-7", "CASE-_", "CASE%", "CASE-*", "CASE-7,CASE-77")
NUMBERS = ("0123", "123", "123.0", "1e2", "100", "0x7b", "+123")
SPACED = ("  two  spaces ", " leading", "trailing ", "no\u00a0break")
LETTERS = ("re\u0301sume\u0301", "r\u00e9sum\u00e9", "\ufb01ne", "\u212b", "I\u0130i\u0131")


def _one_call_each(tags: tuple[str, ...]) -> dict[str, object]:
    """An archive with a call of one leg for each tag."""
    calls = []
    for place, tag in enumerate(tags):
        legs = [leg(f"2026-03-11T14:{place:02}:00+11:00", f"2026-03-11T14:{place:02}:30+11:00", tag=tag)]
        calls.append(call(f"{1773198000 + 60 * place}.{2 + 3 * place}", *legs))
    return archive(*calls)


def _check_calls(subject: Subject, tag: str, expected: list[str], check: Check) -> None:
    """Check which calls the answer to a tag lists."""
    answer = subject.by_tag(tag)
    calls = sorted({listed.unique_id for listed in answer.legs})
    kind, problem = FailureKind.UNEXPECTED_LEG, "other calls came too"
    if set(expected) - set(calls):
        kind = FailureKind.MISSING_LEG if calls else kind_without_legs(answer)
        problem = f"call {expected[0]!r} is missing"
    wanted, actual = (", ".join(map(repr, unique_ids)) or "none" for unique_ids in (expected, calls))
    message = f"{question_in_words(answer)}: expected calls {wanted}, got {actual} ({describe(answer)}): {problem}"
    check(calls == expected, message, answer.exchange, kind=kind, expected=wanted, actual=actual)


def _check_comes_back(subject: Subject, check: Check) -> None:
    """Check by unique id that each leg has the Tag that the test created."""
    assert subject.archive is not None
    for put in subject.archive.legs:
        answer = subject.by_unique_id(put.unique_id)
        for listed in answer.legs:
            if name_of(listed) == (put.unique_id, put.number):
                Listed(answer, listed).check_text(check, "Tag", put.tag)


def _tags_of(call: PutCall) -> set[str]:
    return {leg.tag for leg in call.legs}


@clause("metadata.tag")
def test_the_tag_of_a_leg_is_the_attached_tag(subject: Subject, check: Check) -> None:
    """SPEC: Tag: the tag attached to the call recording."""
    for put in put_legs(subject):
        if put.leg.tag and len(_tags_of(put.call)) == 1:
            put.listed.check_text(check, "Tag", put.leg.tag)


@clause("metadata.untagged")
def test_the_tag_of_an_untagged_leg_is_the_empty_string(subject: Subject, check: Check) -> None:
    """DERIVED from W-H: its samples show untagged legs with an empty string."""
    for put in put_legs(subject):
        if not put.leg.tag:
            put.listed.check_text(check, "Tag", "")


@clause("metadata.tag-in-mid-call")
def test_a_tag_set_during_a_call_is_on_the_later_legs(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4 and W-RS: the tag belongs to the recording, and each leg is a recording."""
    for put in put_legs(subject):
        if len(_tags_of(put.call)) > 1:
            put.listed.check_text(check, "Tag", put.leg.tag)


@clause("metadata.tag-selects")
def test_a_tag_on_some_legs_selects_legs_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option tag_selects. All legs of the call, or only the legs that carry the tag."""
    whole_calls = set(subject.unique_ids)
    for tag in subject.tags:
        answer = subject.by_tag(tag)
        for unique_id in dict.fromkeys(listed.unique_id for listed in answer.legs):
            legs = subject.by_unique_id(unique_id).legs if unique_id in whole_calls else ()
            carrying = [listed for listed in legs if carries(subject, listed, tag)]
            if not carrying or len(carrying) == len(legs):
                continue
            selected = names(listed for listed in answer.legs if listed.unique_id == unique_id)
            values = {tuple(names(legs)): "calls", tuple(names(carrying)): "legs"}
            seen = values.get(tuple(selected), f"other: {legs_in_words(selected)}")
            check.option(subject, "tag_selects", seen, answer.exchange)


@clause("metadata.tag-match")
def test_a_tag_in_other_letter_case_is_matched_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option tag_match. Tags are compared exactly, or without letter case."""
    if subject.archive is not None:
        subject = subject.fresh(document=_one_call_each(("Subject-7a",)))
    in_both_cases = {tag.casefold() for tag in subject.tags if tag.swapcase() in subject.tags}
    for tag in [tag for tag in subject.tags if tag != tag.swapcase() and tag.casefold() not in in_both_cases][:1]:
        answer = subject.by_tag(tag.swapcase())
        tags = {listed.tag for listed in answer.legs}
        if tag in tags:
            check.option(subject, "tag_match", "ignore-case", answer.exchange)
        elif is_empty(answer) or is_refusal(answer):
            check.option(subject, "tag_match", "exact", answer.exchange)


@clause("metadata.tag-whole")
def test_a_tag_is_compared_as_a_whole(subject: Subject, check: Check) -> None:
    """SPEC: by its tag. Neither a part of it, nor a pattern, nor another letter matches."""
    subject = subject.fresh(document=_one_call_each(ALIKE))
    for place, tag in enumerate(ALIKE):
        _check_calls(subject, tag, [subject.unique_ids[place]], check)
    for part in PARTS:
        _check_calls(subject, part, [], check)


@clause("metadata.tag-is-text")
def test_a_tag_of_digits_is_text(subject: Subject, check: Check) -> None:
    """SPEC: the sample's tag is the string 1234."""
    subject = subject.fresh(document=_one_call_each(NUMBERS))
    for place, tag in enumerate(NUMBERS):
        _check_calls(subject, tag, [subject.unique_ids[place]], check)


@clause("metadata.tag-or-unique-id")
def test_tags_and_unique_ids_are_searched_separately(subject: Subject, check: Check) -> None:
    """SPEC: the two commands take the tag and the uniqueId respectively."""
    for unique_id in present(subject, "unique_id"):
        answer = subject.by_tag(unique_id)
        tagged = any(carries(subject, leg, unique_id) for leg in answer.legs)  # a client may use the id as a tag
        others = [leg for leg in answer.legs if leg.unique_id == unique_id and not tagged]
        message = f"the unique id {unique_id!r} was sent as a tag, yet {legs_in_words(names(others))} came"
        check(not others, message, answer.exchange, kind=FailureKind.UNEXPECTED_LEG)
    for tag in present(subject, "tag"):
        answer = subject.by_unique_id(tag)
        others = [leg for leg in answer.legs if leg.unique_id != tag]
        message = f"the tag {tag!r} was sent as a unique id, yet {legs_in_words(names(others))} came"
        check(not others, message, answer.exchange, kind=FailureKind.UNEXPECTED_LEG)


@clause("metadata.spaces-kept")
def test_spaces_in_a_tag_are_kept(subject: Subject, check: Check) -> None:
    """SPEC: Tag: the tag attached to the call recording: spaces are part of a tag."""
    _check_comes_back(subject.fresh(document=_one_call_each(SPACED)), check)


@clause("metadata.letters-kept")
def test_the_code_points_of_a_tag_are_kept(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4: a client looks up its own tag in the answer, so each code point must come back."""
    _check_comes_back(subject.fresh(document=_one_call_each(LETTERS)), check)


@clause("metadata.long-tag")
def test_a_tag_of_two_hundred_characters_is_kept(subject: Subject, check: Check) -> None:
    """DERIVED from W-27: the tag is an external reference. No page limits its length."""
    subject = subject.fresh(document=_one_call_each((LONG, LONG[:-1])))
    _check_comes_back(subject, check)
    _check_calls(subject, LONG, [subject.unique_ids[0]], check)
