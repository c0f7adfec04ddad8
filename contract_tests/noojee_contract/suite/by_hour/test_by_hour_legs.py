"""By hour: the fields of a leg, and whether they agree with the leg by unique id."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from noojee_contract.dialects.legs import Leg
from noojee_contract.dialects.times import apart, read_java_date
from noojee_contract.dialects.vendor import BY_HOUR, DIRECTIONS
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.archive import PutLeg
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.documents import schema_mismatch
from noojee_contract.suite.support.listing import (
    DECODED,
    LegName,
    Mismatch,
    check_mismatch,
    entries,
    leg_in_words,
    name_of,
    question_in_words,
    seconds_of,
    value_in_words,
)

SECOND = timedelta(seconds=1)
EASTERN = frozenset({"AEST", "AEDT"})
MOST_CALLS = 20
DATES = ("Start", "callend")
LOCAL_TIME = "%Y-%m-%d %H:%M:%S %Z"


def _listed(subject: Subject) -> Iterator[tuple[Answer, Leg]]:
    """Every leg of each tested hour, with its answer."""
    for day, hour in subject.hours:
        answer = subject.by_hour(day, hour)
        for leg in answer.legs:
            yield answer, leg


def _put(subject: Subject) -> Iterator[tuple[Answer, Leg, str, PutLeg]]:
    """Every created leg that an hour lists, with its answer, the direction of its call, and the leg as created."""
    if subject.archive is None:
        return
    created = {
        (leg.unique_id, leg.number): (call.direction, leg) for call in subject.archive.calls for leg in call.legs
    }
    for answer, leg in _listed(subject):
        found = created.get((leg.unique_id, leg.number))
        if found is not None:
            yield answer, leg, *found


def _leg_in_words(answer: Answer, leg: Leg) -> str:
    return f"{question_in_words(answer)}: {leg_in_words(name_of(leg))}"


def _check_value(
    check: Check, answer: Answer, leg: Leg, field: str, expected: str, *, kind: FailureKind = FailureKind.WRONG_VALUE
) -> None:
    """Check the value of a field as it came."""
    actual = leg.raw.get(field)
    check(
        actual == expected,
        f"{_leg_in_words(answer, leg)}: {field} is {value_in_words(actual)}, expected {expected!r}",
        answer.exchange,
        kind=kind if field in leg.raw else FailureKind.MISSING_FIELD,
        field=field,
        expected=expected,
        actual=actual if isinstance(actual, str) else None,
    )


def _texts(leg: Leg) -> Iterator[tuple[str, str]]:
    """The dates of a leg that are strings: field and value."""
    for name in DATES:
        value = leg.raw.get(name)
        if isinstance(value, str):
            yield name, value


@clause("by-hour.twelve-fields")
def test_a_leg_by_hour_is_valid_by_the_schema(subject: Subject, check: Check) -> None:
    """DOC W-H: twelve fields, all of them strings."""
    for day, hour in subject.hours:
        answer = subject.by_hour(day, hour)
        document = entries(answer)
        if document:
            mismatch = schema_mismatch(question_in_words(answer), document, "njadmin/metadata-by-hour")
            check_mismatch(check, mismatch, answer.exchange)


@clause("by-hour.date-text")
def test_dates_are_written_as_java_util_date_writes_them(subject: Subject, check: Check) -> None:
    """DOC W-H: Tue Sep 14 15:03:30 AEST 2021."""
    for answer, leg in _listed(subject):
        for name, text in _texts(leg):
            read = read_java_date(text, subject.zone)
            check(
                not isinstance(read, str),
                f"{_leg_in_words(answer, leg)}: {name} is {text!r}: {read if isinstance(read, str) else ''}",
                answer.exchange,
                kind=FailureKind.INVALID_FIELD,
                field=name,
                expected="Www Mmm DD HH:MM:SS ZONE YYYY",
                actual=text,
            )


@clause("by-hour.abbreviation")
def test_the_abbreviation_is_the_zone_s_at_that_instant(subject: Subject, check: Check) -> None:
    """DERIVED from W-H: AEST in September. Another clause checks the EST of older Java versions."""
    for answer, leg in _listed(subject):
        for name, text in _texts(leg):
            read = read_java_date(text, subject.zone)
            if isinstance(read, str):
                continue
            written = text.split()[4]
            zone_names = {str(moment.astimezone(subject.zone).tzname()) for moment in read}
            if written != "EST" or not zone_names & EASTERN:
                expected = " or ".join(sorted(zone_names))
                check(
                    written in zone_names,
                    f"{_leg_in_words(answer, leg)}: {name} is {text!r}, expected the abbreviation {expected}",
                    answer.exchange,
                    kind=FailureKind.WRONG_VALUE,
                    field=name,
                    expected=expected,
                    actual=written,
                )


@clause("by-hour.eastern-abbreviation")
def test_eastern_time_is_abbreviated_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option eastern_abbreviation: AEST and AEDT, or EST all year."""
    for answer, leg in _listed(subject):
        for name, text in _texts(leg):
            read = read_java_date(text, subject.zone)
            if not isinstance(read, str) and read[0].astimezone(subject.zone).tzname() in EASTERN:
                written = text.split()[4]
                seen = "AEST" if written in EASTERN else "EST" if written == "EST" else f"other: {written}"
                check.option(subject, "eastern_abbreviation", seen, answer.exchange, field=name)


@clause("by-hour.instants")
def test_start_and_callend_are_the_leg_s(subject: Subject, check: Check) -> None:
    """DOC W-H: start and end of the leg."""
    for answer, leg, _, put in _put(subject):
        for name, read, instant in (("Start", leg.start, put.start), ("callend", leg.end, put.end)):
            gap = apart(read, (instant.replace(microsecond=0),))
            if gap is not None:
                written, expected = leg.texts.get(name, leg.texts.get("End")), instant.astimezone(subject.zone)
                check(
                    gap < SECOND,
                    f"{_leg_in_words(answer, leg)}: {name} is {written!r}, expected {expected:{LOCAL_TIME}}",
                    answer.exchange,
                    kind=FailureKind.WRONG_VALUE,
                    field=name,
                    expected=f"{expected:{LOCAL_TIME}}",
                    actual=written,
                )


@clause("by-hour.duration")
def test_callend_minus_start_is_the_duration(subject: Subject, check: Check) -> None:
    """DERIVED from W-H's samples and the bundled calls."""
    for answer, leg in _listed(subject):
        lengths = [(end - start).total_seconds() for end in leg.end for start in leg.start]
        if lengths:
            duration = seconds_of(leg)
            length = min(lengths, key=lambda seconds: abs(seconds - duration))
            check(
                abs(length - duration) <= 1,
                f"{_leg_in_words(answer, leg)}: Duration is {duration}, callend minus Start is {length:g} s",
                answer.exchange,
                kind=FailureKind.WRONG_VALUE,
                field="Duration",
                expected=f"{length:g}",
                actual=str(duration),
            )


@clause("by-hour.direction-inbound")
def test_the_direction_of_an_inbound_call_is_a_word(subject: Subject, check: Check) -> None:
    """DOC W-H: Inbound."""
    if subject.archive is None:
        for answer, leg in _listed(subject):
            _check_word(check, answer, leg)
    for answer, leg, direction, _ in _put(subject):
        if direction == "inbound":
            _check_value(check, answer, leg, "Direction", "Inbound", kind=_kind_of_direction(leg))


def _check_word(check: Check, answer: Answer, leg: Leg) -> None:
    """Check that Direction is a word and not a digit."""
    word = leg.raw.get("Direction")
    check(
        isinstance(word, str) and not word.isdigit(),
        f"{_leg_in_words(answer, leg)}: Direction is {value_in_words(word)}, expected a word",
        answer.exchange,
        kind=FailureKind.INVALID_FIELD if "Direction" in leg.raw else FailureKind.MISSING_FIELD,
        field="Direction",
        expected="a word",
        actual=word if isinstance(word, str) else None,
    )


def _kind_of_direction(leg: Leg) -> FailureKind:
    """What is wrong with a Direction that is not the expected word: a known word, or none."""
    word = leg.raw.get("Direction")
    known = isinstance(word, str) and word in DIRECTIONS[BY_HOUR]
    return FailureKind.WRONG_VALUE if known else FailureKind.INVALID_FIELD


@clause("by-hour.direction-words")
def test_the_direction_of_an_outbound_call_is_a_word_too(subject: Subject, check: Check) -> None:
    """DERIVED from W-H and W-A4: Outbound. Another clause checks the word of internal calls."""
    for answer, leg, direction, _ in _put(subject):
        if direction == "outbound":
            _check_value(check, answer, leg, "Direction", "Outbound", kind=_kind_of_direction(leg))


@clause("by-hour.internal-word")
def test_the_direction_of_an_internal_call_is_the_declared_word(subject: Subject, check: Check) -> None:
    """UNKNOWN: option internal_word; DERIVED from W-H and W-A4: Internal."""
    for answer, leg, direction, _ in _put(subject):
        if direction == "internal":
            word = leg.raw.get("Direction")
            seen = str(word) if word in ("Internal", "Local") else f"other: {value_in_words(word)}"
            check.option(subject, "internal_word", seen, answer.exchange, field="Direction")


@clause("by-hour.untagged")
def test_the_tag_of_an_untagged_leg_is_empty(subject: Subject, check: Check) -> None:
    """DOC W-H: the samples have an empty string."""
    for answer, leg, _, put in _put(subject):
        if not put.tag:
            tag = leg.texts.get("Tag")
            shown = "missing" if "Tag" not in leg.raw else value_in_words(leg.raw["Tag"] if tag is None else tag)
            missing = FailureKind.MISSING_FIELD if "Tag" not in leg.raw else FailureKind.INVALID_FIELD
            check(
                tag == "",
                f"{_leg_in_words(answer, leg)} has no tag: Tag is {shown}, expected ''",
                answer.exchange,
                kind=missing if tag is None else FailureKind.WRONG_VALUE,
                field="Tag",
                expected="",
                actual=tag,
            )


@clause("by-hour.record-ids")
def test_no_two_legs_by_hour_share_a_record_id(subject: Subject, check: Check) -> None:
    """SPEC W-A4: the unique id of the leg's database record."""
    owners: dict[str, LegName] = {}
    for answer, leg in _listed(subject):
        record_id = leg.call_record_id
        if not record_id:
            continue  # missing or no string: another clause reports it
        owner = owners.setdefault(record_id, name_of(leg))
        check(
            owner == name_of(leg),
            f"{_leg_in_words(answer, leg)}: CallRecordId {record_id} is also that of {leg_in_words(owner)}",
            answer.exchange,
            kind=FailureKind.WRONG_VALUE,
            field="CallRecordId",
            actual=record_id,
        )


@clause("by-hour.same-as-by-unique-id")
def test_a_leg_has_the_same_fields_by_hour_and_by_unique_id(subject: Subject, check: Check) -> None:
    """DOC W-H, W-D9: two methods over the same legs."""
    api = subject.target.api
    compared = [
        field for field in DECODED if api.has_field(field, by_hour=True) and api.has_field(field, by_hour=False)
    ]
    calls: list[str] = []
    for answer, leg in _listed(subject):
        if "UniqueId" in leg.unread:
            continue  # other clauses report it
        if leg.unique_id not in calls:
            if len(calls) == MOST_CALLS:
                continue
            calls.append(leg.unique_id)
        other = next((each for each in subject.by_unique_id(leg.unique_id).legs if each.number == leg.number), None)
        if other is not None:
            for field in compared:
                check_mismatch(check, _field_mismatch(answer, leg, other, field), answer.exchange)
            check_mismatch(check, _start_mismatch(answer, leg, other), answer.exchange)


def _field_mismatch(answer: Answer, leg: Leg, other: Leg, field: str) -> Mismatch | None:
    """How a field by hour differs from the same field by unique id; None where it does not."""
    here, there = DECODED[field](leg), DECODED[field](other)
    by_hour, by_unique_id = str(here), str(there)
    if here == there:
        return None
    return Mismatch(
        kind=FailureKind.ANSWERS_DIFFER,
        message=f"{_leg_in_words(answer, leg)}: {field} is {by_hour!r} by hour and {by_unique_id!r} by unique id",
        field=field,
        expected=by_unique_id,
        actual=by_hour,
    )


def _start_mismatch(answer: Answer, leg: Leg, other: Leg) -> Mismatch | None:
    """How far Start by hour is from Start by unique id; None where they agree or one of them is unreadable."""
    gap = apart(leg.start, other.start)
    if gap is None or gap < SECOND:
        return None
    by_hour, by_unique_id = leg.texts.get("Start"), other.texts.get("Start")
    message = (
        f"{_leg_in_words(answer, leg)}: Start is {by_hour!r} by hour and {by_unique_id!r} by unique id,"
        f" {gap.total_seconds():g} s apart"
    )
    return Mismatch(
        kind=FailureKind.ANSWERS_DIFFER, message=message, field="Start", expected=by_unique_id, actual=by_hour
    )
