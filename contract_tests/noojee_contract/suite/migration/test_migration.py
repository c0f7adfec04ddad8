"""A legacy PBX and its replacement over one archive: the same calls, legs and fields, after decoding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from noojee_contract.comparison.audio import Likeness, compare_sounds
from noojee_contract.comparison.difference import LegPair
from noojee_contract.dialects.legs import Leg
from noojee_contract.dialects.times import apart
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, SubjectPair
from noojee_contract.model.archive import hour_of
from noojee_contract.model.audio import NoSound, UnknownCoding
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe
from noojee_contract.suite.support.audio import audio_answers, describe_leg, kind_without_audio, read_audio
from noojee_contract.suite.support.listing import (
    DECODED,
    Mismatch,
    check_legs,
    check_mismatch,
    ends_of,
    legs_in_words,
    listing_mismatch,
    name_of,
    names,
    question_in_words,
    value_in_words,
)
from noojee_contract.suite.support.queries import allowed_values

BY_HOUR_TOO = ("Duration", "Tag", "Username", "Direction", "DID")
ALIKE = timedelta(seconds=1)
MOST_CALLS = 20  # calls listed by hour that the test also requests from the legacy side
STRANGE = 6  # hostile values, and shortened tags, that the test sends to each side


@dataclass(frozen=True, slots=True)
class Moved:
    """A leg as both sides list it, with the answer of the replacement."""

    old: Leg
    new: Leg
    answer: Answer

    def check(self, check: Check, field: str, old: object, new: object) -> None:
        """Check that a field has the same decoded value on both sides."""
        _check_values(check, self.answer, describe_leg(self.old), field, old, new, pair=LegPair(self.old, self.new))


def _check_values(
    check: Check,
    answer: Answer,
    what: str,
    field: str,
    old: object,
    new: object,
    *,
    pair: LegPair,
    same: bool | None = None,
) -> None:
    """Check that the replacement's answer has the value of the legacy side. `same`: where equality is not the test."""
    check.collect(
        old == new if same is None else same,
        f"{what}: {field} is {value_in_words(old)} on the legacy side and {value_in_words(new)} on the replacement",
        answer.exchange,
        pair=pair,
        kind=FailureKind.ANSWERS_DIFFER,
        field=field,
        expected=str(old),
        actual=str(new),
    )


def _check_start(check: Check, answer: Answer, what: str, old: Leg, new: Leg) -> None:
    """Check that a leg started at the same instant on both sides. Skips unreadable times."""
    gap = apart(old.start, new.start)
    if gap is not None:
        written = old.texts.get("Start"), new.texts.get("Start")
        what = what if gap < ALIKE else f"{what}: {gap.total_seconds():g} s apart"
        _check_values(check, answer, what, "Start", *written, pair=LegPair(old, new), same=gap < ALIKE)


def _unique_ids(pair: SubjectPair) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*pair.old.unique_ids, *pair.new.unique_ids)))


def _tags(pair: SubjectPair) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*pair.old.tags, *pair.new.tags)))


def _allowed_values(pair: SubjectPair) -> list[str]:
    """Values that neither side holds, and that both sides may be asked for."""
    allowed = allowed_values(pair.new)
    return [value for value in allowed_values(pair.old) if value in allowed][:STRANGE]


def _is_list(answer: Answer) -> bool:
    """Whether an answer lists legs or is an empty list. An error does not show which calls a side holds."""
    return bool(answer.legs) or listing_mismatch(answer) is None


def _by_unique_id(pair: SubjectPair) -> Iterator[tuple[str, Answer, Answer]]:
    """The answers of both sides to each unique id, except where the legacy side answers with an error."""
    for unique_id in _unique_ids(pair):
        old, new = pair.old.by_unique_id(unique_id), pair.new.by_unique_id(unique_id)
        if _is_list(old):
            yield unique_id, old, new


def _moved(pair: SubjectPair) -> Iterator[Moved]:
    """Every leg that both sides list."""
    for _, old, new in _by_unique_id(pair):
        replaced = {name_of(leg): leg for leg in new.legs}
        for leg in old.legs:
            found = replaced.get(name_of(leg))
            if found is not None:
                yield Moved(leg, found, new)


def _check_field(pair: SubjectPair, check: Check, field: str) -> None:
    """Check that both sides give each leg the same decoded value of a field."""
    for moved in _moved(pair):
        moved.check(check, field, DECODED[field](moved.old), DECODED[field](moved.new))


@clause("migration.calls")
def test_the_same_calls_are_there(pair: SubjectPair, check: Check) -> None:
    """DOC: the page of the replacement is that of the legacy API with another path and key."""
    for unique_id, old, new in _by_unique_id(pair):
        check_mismatch(check, _call_mismatch(unique_id, old, new), new.exchange)


def _call_mismatch(unique_id: str, old: Answer, new: Answer) -> Mismatch | None:
    """Why only one side lists a call; None where both sides do, or neither."""
    if bool(old.legs) == bool(new.legs):
        return None
    if old.legs:
        unlisted = listing_mismatch(new)
        return Mismatch(
            kind=FailureKind.MISSING_LEG if unlisted is None else unlisted.kind,
            message=f"the legacy side lists {legs_in_words(names(old.legs))}, the replacement gives {describe(new)}",
            expected=legs_in_words(names(old.legs)),
            actual=describe(new),
        )
    return Mismatch(
        kind=FailureKind.UNEXPECTED_LEG,
        message=f"the legacy side does not list call {unique_id!r}, the replacement lists {legs_in_words(names(new.legs))}",
        expected="no legs",
        actual=legs_in_words(names(new.legs)),
    )


@clause("migration.legs")
def test_a_call_has_the_same_legs(pair: SubjectPair, check: Check) -> None:
    """SPEC: an entry for each leg of a call."""
    for unique_id, old, new in _by_unique_id(pair):
        if old.legs and new.legs:
            _check_listed(check, f"call {unique_id!r}", old, new)


def _check_listed(check: Check, what: str, old: Answer, new: Answer) -> None:
    """Check that both sides list the same legs, however often."""
    what = f"{what}, the replacement compared with the legacy side"
    check_legs(check, new, set(names(old.legs)), what=what, listed=set(names(new.legs)))


@clause("migration.once")
def test_no_leg_is_there_more_often(pair: SubjectPair, check: Check) -> None:
    """SPEC: an entry for each leg of a call."""
    for unique_id, old, new in _by_unique_id(pair):
        before = Counter(names(old.legs))
        repeated = [name for name, count in Counter(names(new.legs)).items() if count > max(1, before[name])]
        check(
            not repeated,
            f"call {unique_id!r}: legs are listed twice on the replacement: {legs_in_words(repeated)}",
            new.exchange,
            kind=FailureKind.REPEATED_LEG,
            actual=legs_in_words(repeated),
        )


@clause("migration.tags-bring")
def test_a_tag_brings_the_same_legs(pair: SubjectPair, check: Check) -> None:
    """SPEC: an array containing any matching calls."""
    for tag in _tags(pair):
        old, new = pair.old.by_tag(tag), pair.new.by_tag(tag)
        if _is_list(old):
            _check_listed(check, f"tag {tag!r}", old, new)


@clause("migration.nothing-else")
def test_a_value_without_legs_has_no_legs_on_the_replacement(pair: SubjectPair, check: Check) -> None:
    """SPEC: any matching calls, and no others. The test also sends prefixes of tags that the PBXs hold."""
    values = [*_allowed_values(pair), *(tag[:-1] for tag in _tags(pair)[:STRANGE] if len(tag) > 1)]
    for value in dict.fromkeys(values):
        if value in _tags(pair):
            continue
        old = pair.old.by_tag(value)
        if not old.legs:
            new = pair.new.by_tag(value)
            listed = legs_in_words(names(new.legs))
            check(
                not new.legs,
                f"tag {value[:60]!r} gives no leg on the legacy side and {listed} on the replacement",
                new.exchange,
                kind=FailureKind.UNEXPECTED_LEG,
                expected="no legs",
                actual=listed,
            )


@clause("migration.starts")
def test_a_leg_started_at_the_same_instant(pair: SubjectPair, check: Check) -> None:
    """SPEC: Start is when the leg started."""
    for moved in _moved(pair):
        _check_start(check, moved.answer, describe_leg(moved.old), moved.old, moved.new)


@clause("migration.durations")
def test_a_leg_has_the_same_duration(pair: SubjectPair, check: Check) -> None:
    """SPEC: the duration of the call leg in seconds."""
    _check_field(pair, check, "Duration")


@clause("migration.tags")
def test_a_leg_carries_the_same_tag(pair: SubjectPair, check: Check) -> None:
    """SPEC: the tag attached to the call recording."""
    _check_field(pair, check, "Tag")


@clause("migration.owners")
def test_a_leg_has_the_same_owner(pair: SubjectPair, check: Check) -> None:
    """SPEC: the user that owns this leg of the call."""
    _check_field(pair, check, "Username")


@clause("migration.parties")
def test_a_leg_has_the_same_parties(pair: SubjectPair, check: Check) -> None:
    """SPEC: the phone numbers that originated and took the call."""
    _check_field(pair, check, "Source")
    _check_field(pair, check, "Destination")


@clause("migration.dialled")
def test_a_call_has_the_same_did(pair: SubjectPair, check: Check) -> None:
    """SPEC: the DID that the caller dialed; internal for internal calls."""
    for moved in _moved(pair):
        if moved.old.direction != "outbound" or moved.old.did == moved.new.did:
            moved.check(check, "DID", moved.old.did, moved.new.did)


@clause("migration.directions")
def test_a_call_has_the_same_direction(pair: SubjectPair, check: Check) -> None:
    """SPEC: 0 inbound, 1 outbound, 2 internal."""
    _check_field(pair, check, "Direction")


@clause("migration.record-ids")
def test_a_leg_keeps_its_record_id(pair: SubjectPair, check: Check) -> None:
    """UNKNOWN whether an upgrade renumbers; clients may have stored the ids."""
    archive = pair.old.archive
    if archive is not None and any(leg.call_record_id is None for leg in archive.legs):
        return
    _check_field(pair, check, "CallRecordId")


@clause("migration.by-hour")
def test_a_leg_by_hour_is_one_of_the_legacy_side(pair: SubjectPair, check: Check) -> None:
    """DOC: legs that ended in that hour; they are the same legs."""
    calls: dict[str, None] = {}
    for day, hour in pair.new.hours:
        answer = pair.new.by_hour(day, hour)
        for leg in answer.legs:
            if leg.unique_id not in calls and len(calls) == MOST_CALLS:
                continue
            calls[leg.unique_id] = None
            legacy = pair.old.by_unique_id(leg.unique_id)
            old = next((each for each in legacy.legs if each.number == leg.number), None)
            where = f"{question_in_words(answer)}: {describe_leg(leg)}"
            check.collect(
                old is not None,
                f"{where} is not listed by the legacy side",
                answer.exchange,
                pair=LegPair(old, leg),
                kind=FailureKind.UNEXPECTED_LEG,
                actual=describe_leg(leg),
            )
            if old is not None:
                for field in BY_HOUR_TOO:
                    if field in leg.texts:
                        values = DECODED[field](old), DECODED[field](leg)
                        _check_values(check, answer, where, field, *values, pair=LegPair(old, leg))
                _check_start(check, answer, where, old, leg)


@clause("migration.by-hour-whole")
def test_every_legacy_leg_is_listed_in_its_hour(pair: SubjectPair, check: Check) -> None:
    """DOC: legs that ended in that hour. Start plus Duration give the hour, or two hours where they are close to its end."""
    subject = pair.new
    second_is_left_out = subject.profile.get("repeated_hour") == "first"
    for _, old, _ in _by_unique_id(pair):
        for leg in old.legs:
            if second_is_left_out and any(end.astimezone(subject.zone).fold for end in ends_of(leg)):
                continue  # the profile declares that the second of two equal hours is never listed
            hours = dict.fromkeys(hour_of(end, subject.zone) for end in ends_of(leg, more=(0, 2)))
            answers = [subject.by_hour(day, hour) for day, hour in hours if (day, hour) in subject.hours]
            if answers:
                check_mismatch(check, _by_hour_mismatch(leg, answers), answers[0].exchange)


def _by_hour_mismatch(leg: Leg, answers: list[Answer]) -> Mismatch | None:
    """Why none of the hours in which a leg can have ended lists it; None where one does."""
    if any(name_of(leg) in names(answer.legs) for answer in answers):
        return None
    unlisted = None if answers[0].legs else listing_mismatch(answers[0])
    return Mismatch(
        kind=FailureKind.MISSING_LEG if unlisted is None else unlisted.kind,
        message=f"{describe_leg(leg)} is not listed by hour ({', '.join(answer.asked.value for answer in answers)})",
        expected=describe_leg(leg),
    )


@clause("migration.sound")
def test_a_leg_sounds_the_same(pair: SubjectPair, check: Check) -> None:
    """SPEC: access to the call's audio data."""
    for leg, exchange in audio_answers(pair.old):
        old = read_audio(exchange)
        listed = any(each.number == leg.number for each in pair.new.by_unique_id(leg.unique_id).legs)
        if isinstance(old, NoSound) or not listed:
            continue
        moved = pair.new.sound(leg.unique_id, leg.number)
        new = read_audio(moved)
        if isinstance(new, UnknownCoding):
            continue
        if isinstance(new, NoSound):
            check(
                False,
                f"{describe_leg(leg)} has audio on the legacy side and none on the replacement: {new}",
                moved,
                kind=kind_without_audio(pair.new, moved),
                expected="audio",
                actual=str(new),
            )
            continue
        found = compare_sounds(old, new)
        if found.likeness is not Likeness.UNDECIDED:
            message = (
                f"{describe_leg(leg)} has another sound on the replacement than on the legacy side: {found.reason}"
            )
            check(found.likeness is Likeness.EQUAL, message, moved, kind=FailureKind.WRONG_AUDIO)
