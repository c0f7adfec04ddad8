"""The old and the new side of a migration over the same recordings: the same calls, legs and fields, after decoding."""

from __future__ import annotations

from collections import Counter

from noojee_contract.comparison.difference import LegPair
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, SubjectPair
from noojee_contract.model.coverage import OUTSIDE_SAMPLE, OUTSIDE_WINDOW, Covered
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.migration.compared import (
    by_name,
    can_compare,
    check_listed,
    compared_calls,
    is_available,
    is_busy,
    moved_legs,
    said,
    shows_calls,
)
from noojee_contract.suite.migration.known_calls import (
    ComparedCall,
    KnownRow,
    asked_calls,
    is_outside,
    known_calls,
    known_rows,
    outside_ids,
    outside_in,
    tags_of,
)
from noojee_contract.suite.support.answers import describe
from noojee_contract.suite.support.listing import (
    DECODED,
    leg_in_words,
    legs_in_words,
    listing_mismatch,
    names,
    question_in_words,
)
from noojee_contract.suite.support.queries import allowed_values

MOST_TAGS = 20  # of legs, that no recordings file names
STRANGE = 6  # hostile values, and shortened tags, that the test sends to each side


def _allowed_values(pair: SubjectPair) -> list[str]:
    """Values that neither side holds, and that both sides may be asked for."""
    allowed = allowed_values(pair.new)
    return [value for value in allowed_values(pair.old) if value in allowed][:STRANGE]


def _check_field(pair: SubjectPair, check: Check, field: str) -> None:
    """Check that both sides give each leg the same decoded value of a field."""
    for moved in moved_legs(pair, check):
        moved.check(check, field, DECODED[field](moved.old), DECODED[field](moved.new))


@clause("migration.calls")
def test_the_same_calls_are_there(pair: SubjectPair, check: Check) -> None:
    """DOC: the page of the replacement is that of the legacy API with another path and key."""
    known = known_calls(pair)
    left_out = {OUTSIDE_WINDOW: known.before, OUTSIDE_SAMPLE: known.not_drawn}
    check.cover(Covered.CALLS, known=len(known.unique_ids), not_compared={})
    for reason, count in left_out.items():
        if count:
            check.cover(Covered.CALLS, known=count, not_compared={reason: count})
    for call in asked_calls(pair, known):
        if is_outside(pair, call):
            check.cover(Covered.CALLS, not_compared={OUTSIDE_WINDOW: 1})
        elif can_compare(pair, check, call.old, call.new) or (call.old_legs and not is_busy(call.new)):
            check.cover(Covered.CALLS, compared=1)
            _check_call(check, call)
        else:
            side, answer = ("new", call.new) if is_busy(call.new) else ("old", call.old)
            check.cover(Covered.CALLS, not_compared={f"{said(answer)} by the {side} side": 1})


def _check_call(check: Check, call: ComparedCall) -> None:
    """Check that both sides list a call, or neither does: by its unique id, or by a known tag or hour."""
    old, new, exchange = call.old_legs, call.new.legs, call.new.exchange
    if old and not new:
        unlisted = listing_mismatch(call.new)
        kind = FailureKind.MISSING_LEG if unlisted is None else unlisted.kind
        message = (
            f"call {call.unique_id!r}: the old side lists {legs_in_words(set(names(old)))}, "
            f"the new side gives {describe(call.new)}"
        )
        for leg in by_name(old).values():
            pair = LegPair(leg, None)
            check.collect(False, message, exchange, pair=pair, kind=kind, expected=leg_in_words(pair.name))
    elif call.new_legs and not old:
        message = (
            f"the old side does not list call {call.unique_id!r}, "
            f"the new side lists {legs_in_words(set(names(call.new_legs)))}"
        )
        for leg in by_name(call.new_legs).values():
            pair = LegPair(None, leg)
            check.collect(
                False,
                message,
                exchange,
                pair=pair,
                kind=FailureKind.UNEXPECTED_LEG,
                actual=leg_in_words(pair.name),
            )
    else:
        for leg in by_name(old or new).values():
            check.collect(True, "", pair=LegPair(leg, leg), kind=FailureKind.MISSING_LEG)


@clause("migration.legs")
def test_a_call_has_the_same_legs(pair: SubjectPair, check: Check) -> None:
    """SPEC: an entry for each leg of a call."""
    for call in compared_calls(pair, check):
        old, new = by_name(call.old.legs), by_name(call.new.legs)
        both, either = old.keys() & new.keys(), old.keys() | new.keys()
        check.cover(Covered.LEGS, known=len(either), compared=len(both))
        if len(both) < len(either):
            check.cover(Covered.LEGS, not_compared={"on one side only": len(either) - len(both)})
        if old and new:
            check_listed(check, f"call {call.unique_id!r}", call.new, old, new)


@clause("migration.once")
def test_no_leg_is_there_more_often(pair: SubjectPair, check: Check) -> None:
    """SPEC: an entry for each leg of a call."""
    for call in compared_calls(pair, check):
        if not call.new.legs:
            continue  # migration.calls says whether they are missing
        before = Counter(names(call.old.legs))
        repeated = [name for name, count in Counter(names(call.new.legs)).items() if count > max(1, before[name])]
        check(
            not repeated,
            f"call {call.unique_id!r}: legs are listed twice on the new side: {legs_in_words(repeated)}",
            call.new.exchange,
            kind=FailureKind.REPEATED_LEG,
            actual=legs_in_words(repeated),
        )


@clause("migration.tags-bring")
def test_a_tag_brings_the_same_legs(pair: SubjectPair, check: Check) -> None:
    """SPEC: an array containing any matching calls."""
    outside = outside_ids(pair)
    for tag in (*tags_of(pair), *_tags_of_legs(pair, check)):
        old, new = pair.old.by_tag(tag), pair.new.by_tag(tag)
        if can_compare(pair, check, old, new):
            left_out = outside | outside_in(pair, old, new)
            sides = [by_name(leg for leg in answer.legs if leg.unique_id not in left_out) for answer in (old, new)]
            check_listed(check, f"tag {tag!r}", new, *sides)


def _tags_of_legs(pair: SubjectPair, check: Check) -> list[str]:
    """A random sample of tags of compared legs, on either side of a read-only migration, that no file contains."""
    if pair.old.archive is not None:
        return []
    legs = [leg for call in compared_calls(pair, check) for leg in (*call.old.legs, *call.new.legs)]
    tags = {leg.tag for leg in legs if leg.tag and all(side.client.can_encode(leg.tag) for side in pair.sides)}
    return pair.sampling.in_random_order(tags.difference(tags_of(pair)))[:MOST_TAGS]


@clause("migration.recordings")
def test_a_known_recording_is_listed_by_both_sides(pair: SubjectPair, check: Check) -> None:
    """DOC: the page of the replacement is that of the legacy API with another path and key."""
    outside = outside_ids(pair)
    for row in known_rows(pair):
        if not can_compare(pair, check, row.old, row.new):
            continue
        old, new = ([leg for leg in each.legs if leg.unique_id not in outside] for each in (row.old, row.new))
        if old and not new:
            _check_row(check, row, row.new, "new side", LegPair(old[0], None))
        elif new and not old:
            _check_row(check, row, row.old, "old side", LegPair(None, new[0]))
        elif old:
            check.collect(True, "", pair=LegPair(old[0], old[0]), kind=FailureKind.MISSING_LEG)


def _check_row(check: Check, row: KnownRow, answer: Answer, side: str, pair: LegPair) -> None:
    """Report a row that brings nothing on one side."""
    unlisted = listing_mismatch(answer)
    check.collect(
        False,
        f"{row.place}{question_in_words(answer)} brings legs on one side only: the {side} gives {describe(answer)}",
        answer.exchange,
        pair=pair,
        kind=FailureKind.MISSING_LEG if unlisted is None else unlisted.kind,
        expected="legs",
        actual=describe(answer),
    )


@clause("migration.nothing-else")
def test_a_value_without_legs_has_no_legs_on_the_replacement(pair: SubjectPair, check: Check) -> None:
    """SPEC: any matching calls, and no others. The test also sends prefixes of tags that the PBXs hold."""
    values = [*_allowed_values(pair), *(tag[:-1] for tag in tags_of(pair)[:STRANGE] if len(tag) > 1)]
    for value in dict.fromkeys(values):
        if value in tags_of(pair):
            continue
        old = pair.old.by_tag(value)
        if is_available(pair.old, check, old) and not old.legs and shows_calls(pair.old, old):
            _check_nothing(pair, check, value)


def _check_nothing(pair: SubjectPair, check: Check, value: str) -> None:
    """Check that the new side lists nothing for a tag."""
    new = pair.new.by_tag(value)
    if is_available(pair.new, check, new):
        listed = legs_in_words(names(new.legs))
        check(
            not new.legs,
            f"tag {value[:60]!r} gives no leg on the old side and {listed} on the new side",
            new.exchange,
            kind=FailureKind.UNEXPECTED_LEG,
            expected="no legs",
            actual=listed,
        )


@clause("migration.starts")
def test_a_leg_started_at_the_same_instant(pair: SubjectPair, check: Check) -> None:
    """SPEC: Start is when the leg started."""
    for moved in moved_legs(pair, check):
        moved.check_start(check)


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
    for moved in moved_legs(pair, check):
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
