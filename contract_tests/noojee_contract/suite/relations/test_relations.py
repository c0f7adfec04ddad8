"""Relations: the legs of one answer are part of another answer, and together they are complete."""

from __future__ import annotations

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.archive import hour_of
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe
from noojee_contract.suite.support.listing import (
    LegName,
    ListedNames,
    Mismatch,
    carries,
    check_mismatch,
    ends_of,
    leg_in_words,
    legs_by_call,
    legs_in_words,
    listing_mismatch,
    name_of,
    names,
    question_in_words,
)
from noojee_contract.suite.support.relations import Row, check_rows, rows

MOST_CALLS = 20  # calls listed by hour that the test also requests by unique id
MOST_TAGS = 10  # tags of listed legs that the test requests on a read-only target
VARIED_TAGS = 4  # tags that the test also requests with one character more, and one fewer


def _missing(what: str, name: LegName, answer: Answer, listed: ListedNames) -> Mismatch | None:
    """Why an answer does not list a leg; None where it does. `what` starts the message."""
    if name in listed.names(answer):
        return None
    unlisted = None if answer.legs else listing_mismatch(answer)
    return Mismatch(
        kind=FailureKind.MISSING_LEG if unlisted is None else unlisted.kind,
        message=f"{what}: {leg_in_words(name)} is missing in the answer to {question_in_words(answer)} "
        f"({describe(answer)})",
        expected=leg_in_words(name),
    )


@clause("relations.tag-within-call")
def test_a_leg_by_tag_is_one_of_its_call(subject: Subject, check: Check) -> None:
    """SPEC: both methods list the legs of calls. A call has the same legs by tag and by unique id."""
    unique_ids = set(subject.unique_ids)
    for tag in subject.tags:
        answer = subject.by_tag(tag)
        calls: dict[str, dict[LegName, Row]] = {}
        for name, row in rows([answer]).items():
            if name[0] in unique_ids:
                calls.setdefault(name[0], {})[name] = row
        for unique_id, tagged in calls.items():
            check_rows(check, tagged, subject.by_unique_id(unique_id), f"a call of {question_in_words(answer)}")


@clause("relations.hour-within-call")
def test_a_leg_by_hour_is_one_of_its_call(subject: Subject, check: Check) -> None:
    """DOC W-H, W-D9: the legs by hour are legs of calls, and a call has an entry for each leg."""
    calls: dict[str, None] = {}
    listed = ListedNames()
    for day, hour in subject.hours:
        answer = subject.by_hour(day, hour)
        for leg in answer.legs:
            unique_id, _ = name_of(leg)
            if unique_id in calls or len(calls) < MOST_CALLS:
                calls[unique_id] = None
                whole = subject.by_unique_id(unique_id)
                mismatch = _missing(
                    f"{question_in_words(answer)} lists {leg_in_words(name_of(leg))}", name_of(leg), whole, listed
                )
                check_mismatch(check, mismatch, answer.exchange if whole.legs else whole.exchange)


@clause("relations.tag-and-back")
def test_the_tag_of_a_leg_finds_the_leg(subject: Subject, check: Check) -> None:
    """SPEC: Tag is the tag attached to the recording, and the recording is found by its tag."""
    known, found = set(subject.tags), set[str]()
    listed = ListedNames()
    for unique_id in subject.unique_ids:
        for leg in subject.by_unique_id(unique_id).legs:
            if subject.archive is None and leg.tag and subject.client.can_encode(leg.tag) and len(found) < MOST_TAGS:
                found.add(leg.tag)
            if leg.tag in known | found:
                answer = subject.by_tag(leg.tag)
                what = f"{leg_in_words(name_of(leg))} carries the tag {leg.tag!r}"
                check_mismatch(check, _missing(what, name_of(leg), answer, listed), answer.exchange)


@clause("relations.hours-apart")
def test_no_leg_is_listed_in_two_hours(subject: Subject, check: Check) -> None:
    """DOC W-H: legs that ended in that hour. An end lies in one hour."""
    if len(subject.hours) < 2:
        return
    first: dict[LegName, Answer] = {}
    for day, hour in subject.hours:
        answer = subject.by_hour(day, hour)
        for leg in answer.legs:
            other = first.setdefault(name_of(leg), answer)
            check(
                other is answer,
                f"{leg_in_words(name_of(leg))} is listed in {question_in_words(other)} "
                f"and in {question_in_words(answer)}",
                answer.exchange,
                kind=FailureKind.REPEATED_LEG,
                expected=other.asked.value,
                actual=answer.asked.value,
            )


@clause("relations.call-over-hours")
def test_the_legs_of_a_call_are_listed_in_their_hours(subject: Subject, check: Check) -> None:
    """DOC W-H: legs that ended in that hour. Duration is rounded down: an end near the hour may lie in either hour."""
    hours = set(subject.hours)
    left_out = subject.profile.get("repeated_hour") != "both"
    listed = ListedNames()
    for unique_id in subject.unique_ids:
        for leg in subject.by_unique_id(unique_id).legs:
            ends = ends_of(leg, more=(0, 2))
            ended = {hour_of(end, subject.zone) for end in ends} & hours if len(set(ends)) == 2 else set()
            if len({hour_of(end, subject.zone) for end in ends}) != 1 or not ended:
                continue
            if left_out and any(end.astimezone(subject.zone).fold for end in ends):
                continue  # the second of two equal hours may be left out: option repeated_hour
            answer = subject.by_hour(*ended.pop())
            mismatch = _missing(
                f"{leg_in_words(name_of(leg))} ended in {question_in_words(answer)}", name_of(leg), answer, listed
            )
            check_mismatch(check, mismatch, answer.exchange)


@clause("relations.longer-tag")
def test_a_longer_or_shorter_tag_finds_no_other_call(subject: Subject, check: Check) -> None:
    """SPEC: by its tag. A tag with one character more, or fewer, is another tag."""
    for tag in subject.tags[:VARIED_TAGS]:
        calls = {leg.unique_id for leg in subject.by_tag(tag).legs}
        for other in (f"{tag}0", tag[:-1]):
            if not other or not calls:
                continue
            answer = subject.by_tag(other)
            of_calls = legs_by_call(answer)
            for unique_id in calls:
                legs = of_calls.get(unique_id, [])
                carried = any(carries(subject, leg, other) for leg in legs)
                listed = legs_in_words(names(legs))
                check(
                    not legs or carried,
                    f"{question_in_words(answer)}: {listed} are listed, "
                    f"whose call has the tag {tag!r} and not {other!r}",
                    answer.exchange,
                    kind=FailureKind.UNEXPECTED_LEG,
                    expected="no legs",
                    actual=listed,
                )
