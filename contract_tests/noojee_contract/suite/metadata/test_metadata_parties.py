"""Metadata: Source, Destination, DID, Direction, and the owner of a leg."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import LegName, Listed, listed_legs, put_legs, value_in_words

DIGITS = {"inbound": "0", "outbound": "1", "internal": "2"}
QUEUED = call(
    "1773200300.2",
    leg("2026-03-11T14:40:00+11:00", "2026-03-11T14:40:20+11:00", tag="q", destination="600"),
    leg("2026-03-11T14:40:20+11:00", "2026-03-11T14:42:00+11:00", tag="q", destination="410", username="Fred"),
)
NAMES = ("Zoë O'Neil & Söhne", 'Fred "Fritz" <F>', "back\\slash", "50% + 1", "Ltd.; DROP TABLE legs", "名前 📞 x")


@clause("metadata.source")
def test_source_is_the_number_that_originated_the_call(subject: Subject, check: Check) -> None:
    """SPEC: for inbound calls the caller id, if available."""
    for put in put_legs(subject):
        if put.call.direction != "outbound" and put.call.source:
            put.listed.check_text(check, "Source", put.call.source)


@clause("metadata.anonymous-caller")
def test_a_caller_without_an_id_leaves_source_empty(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4 (the caller id, if available) and from the empty Tag of W-H. No page shows a word for it."""
    for put in put_legs(subject):
        if not put.call.source:
            put.listed.check_text(check, "Source", "")


@clause("metadata.outbound-parties")
def test_an_outbound_call_has_the_extension_and_the_dialed_number(subject: Subject, check: Check) -> None:
    """SPEC: Source: for outbound calls the extension no.; Destination: for outbound calls the dialed no."""
    for put in put_legs(subject):
        if put.call.direction == "outbound":
            put.listed.check_text(check, "Source", put.call.source)
            put.listed.check_text(check, "Destination", put.leg.destination)


@clause("metadata.destination")
def test_destination_is_the_end_point_of_the_leg(subject: Subject, check: Check) -> None:
    """SPEC: for inbound and internal calls this will normally be the extension that answered the call."""
    for put in put_legs(subject):
        if put.call.direction != "outbound":
            put.listed.check_text(check, "Destination", put.leg.destination)


@clause("metadata.did-inbound")
def test_the_did_of_an_inbound_call_is_the_dialed_number(subject: Subject, check: Check) -> None:
    """SPEC: if the call is an inbound call then this is the DID that the caller dialed."""
    for put in put_legs(subject):
        if put.call.direction == "inbound":
            put.listed.check_text(check, "DID", put.call.did)


@clause("metadata.did-internal")
def test_the_did_of_an_internal_call_is_the_word_internal(subject: Subject, check: Check) -> None:
    """SPEC: for internal calls this is set to 'internal'."""
    if subject.archive is None:
        for listed in listed_legs(subject):
            if listed.leg.direction == "internal":
                listed.check_text(check, "DID", "internal")
    for put in put_legs(subject):
        if put.call.direction == "internal" and put.call.did == "internal":
            put.listed.check_text(check, "DID", "internal")


@clause("metadata.outbound-did")
def test_the_did_of_an_outbound_call_is_the_declared_one(subject: Subject, check: Check) -> None:
    """UNKNOWN: option outbound_did. Empty, or internal."""
    calls: list[Mapping[str, Any]] = [] if subject.archive is None else subject.archive.document["calls"]
    given = {call["unique_id"] for call in calls if "did" in call}
    for listed in listed_legs(subject):
        did = listed.text("DID")
        if listed.leg.direction == "outbound" and listed.leg.unique_id not in given and did is not None:
            seen = {"": "empty", "internal": "internal"}.get(did, f"other: {did!r}")
            check.option(subject, "outbound_did", seen, listed.answer.exchange, field="DID")


@clause("metadata.direction-digits")
def test_direction_is_one_of_three_digits(subject: Subject, check: Check) -> None:
    """SPEC: 0 for inbound calls, 1 for outbound, 2 for internal calls."""
    for listed in listed_legs(subject):
        actual = listed.text("Direction")
        if actual is not None:
            listed.check(
                check,
                actual in DIGITS.values(),
                f"Direction is {actual!r}, expected '0', '1' or '2'",
                kind=FailureKind.INVALID_FIELD,
                field="Direction",
                expected="0, 1 or 2",
                actual=actual,
            )


@clause("metadata.direction")
def test_direction_is_the_direction_of_the_call(subject: Subject, check: Check) -> None:
    """SPEC: 0 for inbound calls, 1 for outbound, 2 for internal calls."""
    for put in put_legs(subject):
        actual, expected = put.listed.leg.direction, put.call.direction
        if actual in DIGITS:
            put.listed.check(
                check,
                actual == expected,
                f"Direction is {put.listed.text('Direction')!r} ({actual}), expected {expected}",
                kind=FailureKind.WRONG_VALUE,
                field="Direction",
                expected=expected,
                actual=actual,
            )


@clause("metadata.legs-agree")
def test_legs_of_a_call_agree_on_source_did_and_direction(subject: Subject, check: Check) -> None:
    """SPEC: Source originated the call, the caller dialed the DID, Direction is the call's. None depends on the leg."""
    first: dict[str, Listed] = {}
    for listed in listed_legs(subject):
        other = first.setdefault(listed.leg.unique_id, listed)
        if listed is other:
            continue
        for field in ("Source", "DID", "Direction"):
            actual, expected = listed.text(field), other.text(field)
            if actual is not None and field not in other.leg.silent:
                listed.check(
                    check,
                    actual == expected,
                    f"{field} is {actual!r}, in leg {other.leg.number} it is {value_in_words(expected)}",
                    kind=_kind_of_disagreement(listed, other, expected),
                    field=field,
                    expected=expected,
                    actual=actual,
                )


def _kind_of_disagreement(listed: Listed, other: Listed, expected: str | None) -> FailureKind:
    """Legs of two answers are a comparison; in one answer, the other leg's value is malformed, or one is wrong."""
    if listed.answer is not other.answer:
        return FailureKind.ANSWERS_DIFFER
    return FailureKind.INVALID_FIELD if expected is None else FailureKind.WRONG_VALUE


@clause("metadata.owner")
def test_a_leg_is_owned_by_the_user_who_took_the_call(subject: Subject, check: Check) -> None:
    """SPEC: the user that owns this leg of the call, normally the agent that took the call."""
    owned = _owned(subject)
    for put in put_legs(subject):
        if put.listed.name in owned:
            put.listed.check_text(check, "Username", put.leg.username)


@clause("metadata.default-account")
def test_an_unanswered_leg_belongs_to_the_declared_account(subject: Subject, check: Check) -> None:
    """UNKNOWN: option default_account. SPEC: the 'default' username, which is typically Administrator."""
    answer = subject.fresh(document=archive(QUEUED)).by_unique_id(QUEUED["unique_id"])
    for listed in answer.legs:
        if listed.number == 1:
            owner = listed.texts.get("Username", "no Username")
            check.option(subject, "default_account", owner, answer.exchange, field="Username")


@clause("metadata.route-account")
def test_an_unanswered_leg_belongs_to_the_account_of_its_route(subject: Subject, check: Check) -> None:
    """SPEC: normally the 'default' username attached to the route."""
    subject = subject.fresh(document={**archive(QUEUED), "default_account": "Reception"})
    for put in put_legs(subject):
        put.listed.check_text(check, "Username", put.leg.username)


@clause("metadata.names-kept")
def test_names_and_numbers_come_back_unchanged(subject: Subject, check: Check) -> None:
    """SPEC: Username, Source, Destination: quotes, accents, signs and emoji are part of a name."""
    calls = [
        call(
            f"{1773200300 + place}.2",
            leg(
                f"2026-03-11T14:4{place}:00+11:00", f"2026-03-11T14:4{place}:09+11:00", destination=name, username=name
            ),
            source=name,
        )
        for place, name in enumerate(NAMES)
    ]
    for put in put_legs(subject.fresh(document=archive(*calls))):
        for field in ("Username", "Source", "Destination"):
            put.listed.check_text(check, field, put.leg.username)


def _owned(subject: Subject) -> set[LegName]:
    """The created legs that have an owner."""
    if subject.archive is None:
        return set()
    return {(leg.unique_id, leg.number) for leg in subject.archive.legs if leg.owned}
