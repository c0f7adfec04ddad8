"""Metadata: the tags of legs, and how a tag is looked up."""

from __future__ import annotations

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.archive import PutCall
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import Listed, asked, carries, name_of, names, put_legs

LONG = "external reference " + "0123456789" * 18 + "!"
ALIKE = ("CASE-7", "CASE-77", "XCASE-7", "CASE-7 B", "7", "Müller", "Muller")
PARTS = ("CASE", "ASE-7", "CASE-_", "CASE%", "CASE-*", "CASE-7,CASE-77")
NUMBERS = ("0123", "123", "123.0", "1e2", "100", "0x7b", "+123")
SPACED = ("  two  spaces ", " leading", "trailing ", "no\u00a0break")
LETTERS = ("re\u0301sume\u0301", "r\u00e9sum\u00e9", "\ufb01ne", "\u212b", "I\u0130i\u0131")


def _one_call_each(tags: tuple[str, ...]) -> dict[str, object]:
    """An archive in which each tag has a call of one leg."""
    calls = []
    for place, tag in enumerate(tags):
        legs = [leg(f"2026-03-11T14:{place:02}:00+11:00", f"2026-03-11T14:{place:02}:30+11:00", tag=tag)]
        calls.append(call(f"{1773198000 + 60 * place}.{2 + 3 * place}", *legs))
    return archive(*calls)


def _check_brings(subject: Subject, tag: str, expected: list[str], check: Check) -> None:
    """Check which calls a tag brings."""
    answer = subject.by_tag(tag)
    calls = sorted({came.unique_id for came in answer.legs})
    lacking = f"call {expected[0]!r} is missing" if set(expected) - set(calls) else "other calls came too"
    said = f"{asked(answer)}: expected calls {expected}, got {calls} ({describe(answer)}): {lacking}"
    check(calls == expected, said, answer.exchange)


def _check_comes_back(subject: Subject, check: Check) -> None:
    """Check that each leg's Tag is the one put in, asked by unique id."""
    assert subject.archive is not None
    for put in subject.archive.legs:
        answer = subject.by_unique_id(put.unique_id)
        for came in answer.legs:
            if name_of(came) == (put.unique_id, put.number):
                Listed(answer, came).check_text(check, "Tag", put.tag)


def _tags_of(call: PutCall) -> set[str]:
    return {leg.tag for leg in call.legs}


@clause("metadata.tag")
def test_the_tag_of_a_leg_is_the_one_that_was_attached(subject: Subject, check: Check) -> None:
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
def test_a_tag_set_in_mid_call_is_on_the_legs_from_then_on(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4 and W-RS: the tag belongs to the recording, and each leg is one."""
    for put in put_legs(subject):
        if len(_tags_of(put.call)) > 1:
            put.listed.check_text(check, "Tag", put.leg.tag)


@clause("metadata.tag-selects")
def test_a_tag_on_some_legs_of_a_call_brings_what_is_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 25: all legs of the call, or those that carry the tag."""
    whole_calls = set(subject.unique_ids)
    for tag in subject.tags:
        answer = subject.by_tag(tag)
        for unique_id in dict.fromkeys(came.unique_id for came in answer.legs):
            legs = subject.by_unique_id(unique_id).legs if unique_id in whole_calls else ()
            carrying = [whole for whole in legs if carries(subject, whole, tag)]
            if not carrying or len(carrying) == len(legs):
                continue
            listed = names(came for came in answer.legs if came.unique_id == unique_id)
            known = {tuple(names(legs)): "calls", tuple(names(carrying)): "legs"}
            check.option(subject, "tag_selects", known.get(tuple(listed), f"other: {listed}"), answer.exchange)


@clause("metadata.tag-match")
def test_a_tag_in_other_letter_case_is_matched_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 27: a tag is compared exactly, or whatever the letter case."""
    if subject.archive is not None:
        subject = subject.fresh(document=_one_call_each(("Subject-7a",)))
    known = {tag.casefold() for tag in subject.tags if tag.swapcase() in subject.tags}
    for tag in [tag for tag in subject.tags if tag != tag.swapcase() and tag.casefold() not in known][:1]:
        answer = subject.by_tag(tag.swapcase())
        spelled = {leg.tag for leg in answer.legs}
        if tag in spelled:
            check.option(subject, "tag_match", "ignore-case", answer.exchange)
        elif not spelled:
            check.option(subject, "tag_match", "exact", answer.exchange)


@clause("metadata.tag-whole")
def test_a_tag_is_compared_as_a_whole(subject: Subject, check: Check) -> None:
    """SPEC: by its tag: neither by a part of it, nor by a pattern, nor by another letter."""
    subject = subject.fresh(document=_one_call_each(ALIKE))
    for place, tag in enumerate(ALIKE):
        _check_brings(subject, tag, [subject.unique_ids[place]], check)
    for part in PARTS:
        _check_brings(subject, part, [], check)


@clause("metadata.tag-is-text")
def test_a_tag_of_digits_is_text(subject: Subject, check: Check) -> None:
    """SPEC: the sample's tag is the string 1234."""
    subject = subject.fresh(document=_one_call_each(NUMBERS))
    for place, tag in enumerate(NUMBERS):
        _check_brings(subject, tag, [subject.unique_ids[place]], check)


@clause("metadata.tag-or-unique-id")
def test_a_tag_is_no_unique_id_and_a_unique_id_is_no_tag(subject: Subject, check: Check) -> None:
    """SPEC: the two commands take the tag and the uniqueId respectively."""
    for unique_id in subject.unique_ids[:1]:
        answer = subject.by_tag(unique_id)
        strangers = [came for came in answer.legs if came.tag != unique_id and came.unique_id == unique_id]
        check(
            not strangers, f"the unique id {unique_id!r} was asked as a tag: {names(strangers)} came", answer.exchange
        )
    for tag in subject.tags[:1]:
        answer = subject.by_unique_id(tag)
        strangers = [came for came in answer.legs if came.unique_id != tag]
        check(not strangers, f"the tag {tag!r} was asked as a unique id: {names(strangers)} came", answer.exchange)


@clause("metadata.spaces-kept")
def test_spaces_in_a_tag_are_kept(subject: Subject, check: Check) -> None:
    """SPEC: Tag: the tag attached to the call recording: what was attached, spaces and all."""
    _check_comes_back(subject.fresh(document=_one_call_each(SPACED)), check)


@clause("metadata.letters-kept")
def test_the_letters_of_a_tag_are_kept_as_they_were_composed(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4: a client looks its own tag up in the answer, so it must come back letter by letter."""
    _check_comes_back(subject.fresh(document=_one_call_each(LETTERS)), check)


@clause("metadata.long-tag")
def test_a_tag_of_two_hundred_characters_is_kept_whole(subject: Subject, check: Check) -> None:
    """DERIVED from W-27: the tag is an external reference; no page bounds its length."""
    subject = subject.fresh(document=_one_call_each((LONG, LONG[:-1])))
    _check_comes_back(subject, check)
    _check_brings(subject, LONG, [subject.unique_ids[0]], check)
