"""Two PBXs over one archive, legacy and replacement: the same calls, leg by leg, field by field, after decoding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from noojee_contract.dialects.vendor import Leg, apart
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, SubjectPair
from noojee_contract.model.archive import hour_of
from noojee_contract.model.audio import NoSound, same_sound
from noojee_contract.suite import clause
from noojee_contract.suite.support.audio import heard, named, sounded
from noojee_contract.suite.support.listing import DECODED, check_legs, ends_of

BY_HOUR_TOO = ("Duration", "Tag", "Username", "Direction", "DID")
ALIKE = timedelta(seconds=1)
STRANGE = 6  # how many hostile values each side is asked for


@dataclass(frozen=True, slots=True)
class Moved:
    """A leg as both sides list it."""

    old: Leg
    new: Leg
    answer: Answer

    def check(self, check: Check, what: str, old: object, new: object) -> None:
        """Check that both sides tell the same of one thing."""
        said = f"{named(self.old)}: {what} was {old!r} on the legacy side, it is {new!r} on the other"
        check(old == new, said, self.answer.exchange)


def _unique_ids(pair: SubjectPair) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*pair.legacy.unique_ids, *pair.replacement.unique_ids)))


def _tags(pair: SubjectPair) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*pair.legacy.tags, *pair.replacement.tags)))


def _by_unique_id(pair: SubjectPair) -> Iterator[tuple[str, Answer, Answer]]:
    """The answers of both sides to each unique id; those that the legacy side refuses are no summarize to compare."""
    for unique_id in _unique_ids(pair):
        old, new = pair.legacy.by_unique_id(unique_id), pair.replacement.by_unique_id(unique_id)
        if old.reading.error_body is None:
            yield unique_id, old, new


def _names(answer: Answer) -> Counter[tuple[str, int]]:
    return Counter((leg.unique_id, leg.number) for leg in answer.legs)


def _moved(pair: SubjectPair) -> Iterator[Moved]:
    for _, old, new in _by_unique_id(pair):
        there = {(leg.unique_id, leg.number): leg for leg in new.legs}
        for leg in old.legs:
            found = there.get((leg.unique_id, leg.number))
            if found is not None:
                yield Moved(leg, found, new)


def _check_field(pair: SubjectPair, check: Check, what: str, value: Callable[[Leg], object]) -> None:
    for moved in _moved(pair):
        moved.check(check, what, value(moved.old), value(moved.new))


@clause("migration.calls")
def test_the_same_calls_are_there(pair: SubjectPair, check: Check) -> None:
    """DOC: the page of the replacement is that of the legacy API with another path and key."""
    for unique_id, old, new in _by_unique_id(pair):
        there = "lists" if old.legs else "does not list"
        said = f"the legacy side {there} call {unique_id!r}, the other lists {len(new.legs)} legs of it"
        check(bool(old.legs) == bool(new.legs), said, new.exchange)


@clause("migration.legs")
def test_a_call_has_the_same_legs(pair: SubjectPair, check: Check) -> None:
    """SPEC: an entry for each leg of a call."""
    for unique_id, old, new in _by_unique_id(pair):
        if old.legs and new.legs:
            what = f"call {unique_id!r}, from the legacy side to the other"
            check_legs(check, new, _names(old), what=what, listed=_names(new))


@clause("migration.once")
def test_no_leg_is_there_more_often(pair: SubjectPair, check: Check) -> None:
    """SPEC: an entry for each leg of a call."""
    for unique_id, old, new in _by_unique_id(pair):
        more = [name for name, count in _names(new).items() if count > max(1, _names(old)[name])]
        check(not more, f"call {unique_id!r}: listed twice or more on the other side: {more}", new.exchange)


@clause("migration.tags-bring")
def test_a_tag_brings_the_same_legs(pair: SubjectPair, check: Check) -> None:
    """SPEC: an array containing any matching calls."""
    for tag in _tags(pair):
        old, new = pair.legacy.by_tag(tag), pair.replacement.by_tag(tag)
        if old.reading.error_body is None:
            what = f"tag {tag!r}, from the legacy side to the other"
            check_legs(check, new, _names(old), what=what, listed=_names(new))


@clause("migration.nothing-else")
def test_what_brought_nothing_brings_nothing(pair: SubjectPair, check: Check) -> None:
    """SPEC: any matching calls, and so no others; beginnings of known values are asked for too."""
    values = [*pair.legacy.unknown_values[:STRANGE], *(tag[:-1] for tag in _tags(pair)[:STRANGE] if len(tag) > 1)]
    for value in dict.fromkeys(values):
        if value in _tags(pair):
            continue
        old = pair.legacy.by_tag(value)
        if not old.legs:
            new = pair.replacement.by_tag(value)
            said = f"tag {value[:60]!r} brings nothing on the legacy side and {len(new.legs)} legs on the other"
            check(not new.legs, said, new.exchange)


@clause("migration.starts")
def test_a_leg_started_at_the_same_instant(pair: SubjectPair, check: Check) -> None:
    """SPEC: Start is when the leg started."""
    for moved in _moved(pair):
        gap = apart(moved.old.start, moved.new.start)
        if gap is not None:
            said = (
                f"{named(moved.old)}: Start was {moved.old.texts.get('Start')!r} on the legacy side, it is"
                f" {moved.new.texts.get('Start')!r} on the other: {gap.total_seconds():g} s apart"
            )
            check(gap < ALIKE, said, moved.answer.exchange)


@clause("migration.durations")
def test_a_leg_has_the_same_duration(pair: SubjectPair, check: Check) -> None:
    """SPEC: the duration of the call leg in seconds."""
    _check_field(pair, check, "Duration", lambda leg: leg.duration_seconds)


@clause("migration.tags")
def test_a_leg_carries_the_same_tag(pair: SubjectPair, check: Check) -> None:
    """SPEC: the tag attached to the call recording."""
    _check_field(pair, check, "Tag", lambda leg: leg.tag)


@clause("migration.owners")
def test_a_leg_has_the_same_owner(pair: SubjectPair, check: Check) -> None:
    """SPEC: the user that owns this leg of the call."""
    _check_field(pair, check, "Username", lambda leg: leg.username)


@clause("migration.parties")
def test_a_leg_has_the_same_parties(pair: SubjectPair, check: Check) -> None:
    """SPEC: the phone numbers that originated and took the call."""
    _check_field(pair, check, "Source", lambda leg: leg.source)
    _check_field(pair, check, "Destination", lambda leg: leg.destination)


@clause("migration.dialled")
def test_a_call_has_the_same_did(pair: SubjectPair, check: Check) -> None:
    """SPEC: the DID that the caller dialed; internal for internal calls."""
    for moved in _moved(pair):
        if moved.old.direction != "outbound" or moved.old.did == moved.new.did:
            moved.check(check, "DID", moved.old.did, moved.new.did)


@clause("migration.directions")
def test_a_call_has_the_same_direction(pair: SubjectPair, check: Check) -> None:
    """SPEC: 0 inbound, 1 outbound, 2 internal."""
    _check_field(pair, check, "Direction", lambda leg: leg.direction)


@clause("migration.record-ids")
def test_a_leg_keeps_its_record_id(pair: SubjectPair, check: Check) -> None:
    """UNKNOWN whether an upgrade renumbers; clients may have stored the ids."""
    put = pair.legacy.archive
    if put is not None and any(leg.call_record_id is None for leg in put.legs):
        return
    _check_field(pair, check, "CallRecordId", lambda leg: leg.call_record_id)


@clause("migration.by-hour")
def test_a_leg_by_hour_is_one_of_the_legacy_side(pair: SubjectPair, check: Check) -> None:
    """DOC: legs that ended in that hour; they are the same legs."""
    for day, hour in pair.replacement.hours:
        answer = pair.replacement.by_hour(day, hour)
        for leg in answer.legs:
            old = pair.legacy.by_unique_id(leg.unique_id)
            found = [each for each in old.legs if each.number == leg.number]
            where = f"hour {answer.asked.value}: {named(leg)}"
            check(bool(found), f"{where} is not listed by the legacy side", answer.exchange)
            for each in found[:1]:
                for field in BY_HOUR_TOO:
                    if field in leg.texts:
                        old_value, new_value = DECODED[field](each), DECODED[field](leg)
                        said = f"{where}: {field} was {old_value!r} on the legacy side, it is {new_value!r} here"
                        check(old_value == new_value, said, answer.exchange)
                gap = apart(each.start, leg.start)
                check(
                    gap is None or gap < ALIKE, f"{where}: Start is {gap} apart from the legacy side's", answer.exchange
                )


@clause("migration.by-hour-whole")
def test_every_legacy_leg_is_listed_in_its_hour(pair: SubjectPair, check: Check) -> None:
    """DOC: legs that ended in that hour; the hour is that of Start and Duration, or the next where they touch it."""
    subject = pair.replacement
    second_is_left_out = subject.profile.get("repeated_hour") == "first"
    for _, old, _ in _by_unique_id(pair):
        for leg in old.legs:
            if second_is_left_out and any(end.astimezone(subject.zone).fold for end in ends_of(leg)):
                continue  # declared: the second of two hours of one name is never listed
            hours = dict.fromkeys(hour_of(end, subject.zone) for end in ends_of(leg, more=(0, 2)))
            asked = [subject.by_hour(day, hour) for day, hour in hours if (day, hour) in subject.hours]
            if asked:
                there = any((leg.unique_id, leg.number) in _names(answer) for answer in asked)
                told = ", ".join(answer.asked.value for answer in asked)
                check(there, f"{named(leg)} is not listed by hour ({told})", asked[0].exchange)


@clause("migration.sound")
def test_a_leg_sounds_the_same(pair: SubjectPair, check: Check) -> None:
    """SPEC: access to the call's audio data."""
    for leg, exchange in sounded(pair.legacy):
        old = heard(exchange)
        there = any(each.number == leg.number for each in pair.replacement.by_unique_id(leg.unique_id).legs)
        if isinstance(old, NoSound) or not there:
            continue
        moved = pair.replacement.sound(leg.unique_id, leg.number)
        new = heard(moved)
        if isinstance(new, NoSound):
            check(False, f"{named(leg)} has a sound on the legacy side and none on the other: {new}", moved)
        else:
            check(same_sound(old, new), f"{named(leg)} has another sound than on the legacy side", moved)
