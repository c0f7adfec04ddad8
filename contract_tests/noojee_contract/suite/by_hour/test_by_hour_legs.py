"""By hour: how a leg is written, field by field, and that it tells the same as by unique id."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from noojee_contract.dialects.vendor import Leg, apart, read_java_date
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.archive import PutLeg
from noojee_contract.model.schemas import violations
from noojee_contract.suite import clause
from noojee_contract.suite.support.listing import DECODED, entries

SECOND = timedelta(seconds=1)
EASTERN = frozenset({"AEST", "AEDT"})
MOST_CALLS = 20
DATES = ("Start", "callend")


def _listed(subject: Subject) -> Iterator[tuple[Answer, Leg]]:
    """Every leg of every hour that is asked for, with its answer."""
    for day, hour in subject.hours:
        answer = subject.by_hour(day, hour)
        for leg in answer.legs:
            yield answer, leg


def _put(subject: Subject) -> Iterator[tuple[Answer, Leg, str, PutLeg]]:
    """The same for legs that were put in: with the direction of the call, and the leg as it was put in."""
    if subject.archive is None:
        return
    there = {(leg.unique_id, leg.number): (call.direction, leg) for call in subject.archive.calls for leg in call.legs}
    for answer, leg in _listed(subject):
        found = there.get((leg.unique_id, leg.number))
        if found is not None:
            yield answer, leg, *found


def _named(answer: Answer, leg: Leg) -> str:
    return f"hour {answer.asked.value}: leg {leg.number} of {leg.unique_id!r}"


def _texts(leg: Leg) -> Iterator[tuple[str, str]]:
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
            found = violations(document, "njadmin/metadata-by-hour")
            check(not found, f"hour {answer.asked.value}: {'; '.join(found[:3])}", answer.exchange)


@clause("by-hour.date-text")
def test_dates_are_written_as_java_util_date_writes_them(subject: Subject, check: Check) -> None:
    """DOC W-H: Tue Sep 14 15:03:30 AEST 2021."""
    for answer, leg in _listed(subject):
        for name, text in _texts(leg):
            read = read_java_date(text, subject.zone)
            check(not isinstance(read, str), f"{_named(answer, leg)}: {name} is {text!r}: {read}", answer.exchange)


@clause("by-hour.abbreviation")
def test_the_abbreviation_is_the_zone_s_at_that_instant(subject: Subject, check: Check) -> None:
    """DERIVED from W-H: AEST in September; that older Java wrote EST is another clause's."""
    for answer, leg in _listed(subject):
        for name, text in _texts(leg):
            read = read_java_date(text, subject.zone)
            if isinstance(read, str):
                continue
            written = text.split()[4]
            spoken = {moment.astimezone(subject.zone).tzname() for moment in read}
            if written != "EST" or not spoken & EASTERN:
                said = (
                    f"{_named(answer, leg)}: {name} is {text!r}; the zone is called {'/'.join(map(str, spoken))} then"
                )
                check(written in spoken, said, answer.exchange)


@clause("by-hour.eastern-abbreviation")
def test_eastern_time_is_abbreviated_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 36: AEST and AEDT, or EST all year."""
    for answer, leg in _listed(subject):
        for _, text in _texts(leg):
            read = read_java_date(text, subject.zone)
            if not isinstance(read, str) and read[0].astimezone(subject.zone).tzname() in EASTERN:
                written = text.split()[4]
                seen = "AEST" if written in EASTERN else "EST" if written == "EST" else f"other: {written}"
                check.option(subject, "eastern_abbreviation", seen, answer.exchange)


@clause("by-hour.instants")
def test_start_and_callend_are_the_leg_s(subject: Subject, check: Check) -> None:
    """DOC W-H: start and end of the leg."""
    for answer, leg, _, put in _put(subject):
        for name, read, expected in (("Start", leg.start, put.start), ("callend", leg.end, put.end)):
            gap = apart(read, (expected.replace(microsecond=0),))
            if gap is not None:
                local = expected.astimezone(subject.zone)
                said = f"{_named(answer, leg)}: {name} is {leg.texts.get(name, leg.texts.get('End'))!r}, expected {local:%Y-%m-%d %H:%M:%S %Z}"
                check(gap < SECOND, said, answer.exchange)


@clause("by-hour.duration")
def test_callend_minus_start_is_the_duration(subject: Subject, check: Check) -> None:
    """DERIVED from W-H's samples and the recorded calls."""
    for answer, leg in _listed(subject):
        lengths = [end - start for end in leg.end for start in leg.start]
        if lengths:
            nearest = min(abs(length.total_seconds() - leg.duration_seconds) for length in lengths)
            said = (
                f"{_named(answer, leg)}: callend - Start is {nearest:g} s from its Duration of {leg.duration_seconds}"
            )
            check(nearest <= 1, said, answer.exchange)


@clause("by-hour.direction-inbound")
def test_the_direction_of_an_inbound_call_is_a_word(subject: Subject, check: Check) -> None:
    """DOC W-H: Inbound."""
    if subject.archive is None:
        for answer, leg in _listed(subject):
            word = leg.raw.get("Direction")
            fine = isinstance(word, str) and not word.isdigit()
            check(fine, f"{_named(answer, leg)}: Direction is {word!r}, not a word", answer.exchange)
    for answer, leg, direction, _ in _put(subject):
        if direction == "inbound":
            word = leg.raw.get("Direction")
            check(
                word == "Inbound", f"{_named(answer, leg)}: Direction is {word!r}, expected 'Inbound'", answer.exchange
            )


@clause("by-hour.direction-words")
def test_the_direction_of_an_outbound_call_is_a_word_too(subject: Subject, check: Check) -> None:
    """DERIVED from W-H and W-A4: Outbound; the word of internal calls is another clause's."""
    for answer, leg, direction, _ in _put(subject):
        if direction == "outbound":
            word = leg.raw.get("Direction")
            said = f"{_named(answer, leg)}: Direction is {word!r}, expected 'Outbound'"
            check(word == "Outbound", said, answer.exchange)


@clause("by-hour.internal-word")
def test_the_direction_of_an_internal_call_is_the_declared_word(subject: Subject, check: Check) -> None:
    """UNKNOWN row 34; DERIVED from W-H and W-A4: Internal."""
    for answer, leg, direction, _ in _put(subject):
        if direction == "internal":
            word = str(leg.raw.get("Direction"))
            seen = word if word in ("Internal", "Local") else f"other: {word}"
            check.option(subject, "internal_word", seen, answer.exchange)


@clause("by-hour.untagged")
def test_the_tag_of_an_untagged_leg_is_empty(subject: Subject, check: Check) -> None:
    """DOC W-H: the samples have an empty string."""
    for answer, leg, _, put in _put(subject):
        if not put.tag:
            tag = leg.texts.get("Tag")
            check(tag == "", f"{_named(answer, leg)} has no tag; Tag is {tag!r}", answer.exchange)


@clause("by-hour.record-ids")
def test_no_two_legs_by_hour_share_a_record_id(subject: Subject, check: Check) -> None:
    """SPEC W-A4: the unique id of the leg's database record."""
    owners: dict[str, tuple[str, int]] = {}
    for answer, leg in _listed(subject):
        name = (leg.unique_id, leg.number)
        if not leg.call_record_id:
            continue  # missing, or no string: another clause's
        first = owners.setdefault(leg.call_record_id, name)
        said = f"{_named(answer, leg)} has the CallRecordId {leg.call_record_id} of leg {first[1]} of {first[0]!r}"
        check(first == name, said, answer.exchange)


@clause("by-hour.same-as-by-unique-id")
def test_a_leg_tells_the_same_by_hour_and_by_unique_id(subject: Subject, check: Check) -> None:
    """DOC W-H, W-D9: two methods over the same legs."""
    described = subject.target.described
    both = {
        field: value
        for field, value in DECODED.items()
        if described is None or (described.names(field, by_hour=True) and described.names(field, by_hour=False))
    }
    calls: list[str] = []
    for answer, leg in _listed(subject):
        if leg.unique_id not in calls:
            if len(calls) == MOST_CALLS:
                continue
            calls.append(leg.unique_id)
        others = subject.by_unique_id(leg.unique_id).legs
        for other in [each for each in others if each.number == leg.number][:1]:
            for field, value in both.items():
                here, there = value(leg), value(other)
                said = f"{_named(answer, leg)}: {field} is {here!r} by hour and {there!r} by unique id"
                check(here == there, said, answer.exchange)
            gap = apart(leg.start, other.start)
            said = f"{_named(answer, leg)}: Start is {gap} apart from that by unique id"
            check(gap is None or gap < SECOND, said, answer.exchange)
