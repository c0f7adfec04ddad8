"""Metadata: the numbers of legs, the ids of records and the ids of calls."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import (
    LegName,
    check_legs,
    held_legs,
    leg_in_words,
    legs_in_words,
    listed_legs,
    name_of,
    names,
    put_legs,
    question_in_words,
)

NEAR = tuple(
    call(
        f"1773200300.{counter}",
        leg(f"2026-03-11T14:40:{second}+11:00", f"2026-03-11T14:41:{second}+11:00", tag="near"),
        leg(f"2026-03-11T14:41:{second}+11:00", f"2026-03-11T14:42:{second}+11:00", tag="near"),
    )
    for counter, second in (("1", "01"), ("10", "02"), ("100", "03"), ("01", "04"))
)
MOMENT = "2026-03-11T14:40:00+11:00"
LARGE = (2**31, 2**32 + 1, 2**53 + 1)
OPAQUE = ("pbx1-1392271611.238", "342082345-238.234", "1392271611", "sydney-2-1392271611.7", "A0.B1")


@clause("metadata.legs-from-one")
def test_the_first_leg_of_a_call_is_leg_1(subject: Subject, check: Check) -> None:
    """SPEC: the first Leg is leg 1."""
    for unique_id in subject.unique_ids:
        answer = subject.by_unique_id(unique_id)
        call = subject.archive.call(unique_id) if subject.archive is not None else None
        if answer.legs and (call is None or min(leg.number for leg in call.legs) == 1):
            lowest = min(name_of(leg)[1] for leg in answer.legs)
            check(
                lowest == 1,
                f"{question_in_words(answer)}: the lowest Leg is {lowest}, expected 1",
                answer.exchange,
                kind=FailureKind.WRONG_VALUE,
                field="Leg",
                expected="1",
                actual=str(lowest),
            )


@clause("metadata.leg-numbers-distinct")
def test_no_leg_is_listed_twice(subject: Subject, check: Check) -> None:
    """SPEC: an entry in the array for each leg of a call."""
    for answer in subject.listings():
        twice = sorted(name for name, times in Counter(map(name_of, answer.legs)).items() if times > 1)
        if answer.legs:
            message = f"{question_in_words(answer)}: {', '.join(map(leg_in_words, twice))} is listed twice"
            check(not twice, message, answer.exchange, kind=FailureKind.REPEATED_LEG)


@clause("metadata.legs-in-time")
def test_a_later_leg_does_not_start_before_an_earlier_one(subject: Subject, check: Check) -> None:
    """SPEC: entering a queue makes a leg, being answered the second, each transfer a further leg."""
    for unique_id in subject.unique_ids:
        answer = subject.by_unique_id(unique_id)
        call = subject.archive.call(unique_id) if subject.archive is not None else None
        starts = [leg.start for leg in call.legs] if call is not None else []
        legs = sorted((leg for leg in answer.legs if leg.start), key=name_of)
        if starts != sorted(starts):
            continue
        for earlier, later in pairwise(legs):
            start, next_start = earlier.texts["Start"], later.texts["Start"]
            check(
                max(later.start) >= min(earlier.start),
                f"{unique_id!r}: leg {later.number} starts at {next_start}, before leg {earlier.number} ({start})",
                answer.exchange,
                kind=FailureKind.WRONG_ORDER,
                field="Leg",
            )


@clause("metadata.record-ids-unique")
def test_no_two_legs_have_the_same_record_id(subject: Subject, check: Check) -> None:
    """SPEC: CallRecordId: the unique id of the leg's database record."""
    owners: dict[str, LegName] = {}
    for listed in listed_legs(subject):
        record = listed.text("CallRecordId")
        if record is not None:
            owner = owners.setdefault(record, listed.name)
            message = f"CallRecordId {record} is also the CallRecordId of {leg_in_words(owner)}"
            kind = FailureKind.WRONG_VALUE
            listed.check(check, owner == listed.name, message, kind=kind, field="CallRecordId", actual=record)


@clause("metadata.record-id-same")
def test_a_leg_has_one_record_id_in_every_answer(subject: Subject, check: Check) -> None:
    """SPEC: CallRecordId: the unique id of the leg's database record."""
    records: dict[LegName, str] = {}
    for listed in listed_legs(subject):
        record = listed.text("CallRecordId")
        if record is not None:
            first = records.setdefault(listed.name, record)
            listed.check(
                check,
                first == record,
                f"CallRecordId is {record}, in another answer it was {first}",
                kind=FailureKind.ANSWERS_DIFFER,
                field="CallRecordId",
                expected=first,
                actual=record,
            )


@clause("metadata.record-id-kept")
def test_a_leg_keeps_its_record_id(subject: Subject, check: Check) -> None:
    """SPEC: CallRecordId: clients store this id, so an upgrade must not change it."""
    for put in put_legs(subject):
        if put.leg.call_record_id is not None:
            put.listed.check_text(check, "CallRecordId", put.leg.call_record_id)


@clause("metadata.record-id-digits")
def test_a_record_id_of_many_digits_keeps_all_of_them(subject: Subject, check: Check) -> None:
    """SPEC: CallRecordId is a string. No gateway may convert it to a number."""
    calls = [
        call(f"{1773200300 + place}.2", leg(MOMENT, "2026-03-11T14:40:09+11:00", call_record_id=record))
        for place, record in enumerate(LARGE)
    ]
    for put in put_legs(subject.fresh(document=archive(*calls))):
        put.listed.check_text(check, "CallRecordId", str(put.leg.call_record_id))


@clause("metadata.unique-id-shared")
def test_all_legs_of_a_call_have_the_requested_unique_id(subject: Subject, check: Check) -> None:
    """SPEC: UniqueId: the unique id of the call this leg is a recording of."""
    for unique_id in subject.unique_ids:
        answer = subject.by_unique_id(unique_id)
        for listed in answer.legs:
            _check_unique_id(check, answer, listed, unique_id)


def _check_unique_id(check: Check, answer: Answer, listed: Leg, expected: str) -> None:
    """Check the UniqueId of a leg."""
    actual = listed.texts.get("UniqueId")
    kind = FailureKind.WRONG_VALUE
    if actual is None:
        kind = FailureKind.INVALID_FIELD if "UniqueId" in listed.raw else FailureKind.MISSING_FIELD
    written = "not a string" if actual is None else repr(actual)
    check(
        actual == expected,
        f"{question_in_words(answer)}: UniqueId is {written} in leg {listed.number}, expected {expected!r}",
        answer.exchange,
        kind=kind,
        field="UniqueId",
        expected=expected,
        actual=actual,
    )


@clause("metadata.unique-id-opaque")
def test_a_unique_id_may_have_any_form(subject: Subject, check: Check) -> None:
    """DERIVED from Asterisk (a system name goes before the time) and DOC W-HU's sample 342082345-238.234."""
    calls = [
        call(unique_id, leg(f"2026-03-11T14:4{place}:00+11:00", f"2026-03-11T14:4{place}:30+11:00"))
        for place, unique_id in enumerate(OPAQUE)
    ]
    subject = subject.fresh(document=archive(*calls))
    for unique_id in OPAQUE:
        answer = subject.by_unique_id(unique_id)
        expected = [(unique_id, 1)]
        check_legs(check, answer, expected, held=held_legs(subject))


@clause("metadata.unique-id-apart")
def test_calls_of_one_second_are_kept_apart(subject: Subject, check: Check) -> None:
    """SPEC: by its uniqueId, which is text. The counter after the dot is neither a fraction nor optional."""
    subject = subject.fresh(document=archive(*NEAR))
    for unique_id in subject.unique_ids:
        answer = subject.by_unique_id(unique_id)
        expected = [(unique_id, 1), (unique_id, 2)]
        check_legs(check, answer, expected, held=held_legs(subject))
    for unknown_id in ("1773200300", "1773200300.", "1773200300.1000", "1773200300.001"):
        answer = subject.by_unique_id(unknown_id)
        message = f"{question_in_words(answer)}: no call has this id, yet {legs_in_words(names(answer.legs))} came"
        check(not answer.legs, message, answer.exchange, kind=FailureKind.UNEXPECTED_LEG)
