"""Relations: a call that is played with one changed step differs in the legs by that step only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from noojee_contract.dialects.legs import Leg
from noojee_contract.dialects.times import apart
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.call_steps import (
    OUTSIDE,
    Step,
    answers,
    board,
    ends,
    goes_to,
    in_order,
    lasts,
    listed,
    rings,
)
from noojee_contract.suite.support.listing import (
    check_mismatch,
    listing_mismatch,
    question_in_words,
    seconds_of,
    value_in_words,
)
from noojee_contract.suite.support.relations import row_mismatch

SECOND = timedelta(seconds=1)
NO_TIME = timedelta()
THE_CALL_S = ("Source", "DID", "Direction")
THE_LEG_S = (*THE_CALL_S, "Leg", "Destination", "Username", "Tag", "Duration")

# Five seconds in the queue, twenty with Fred; then Wilma's phone rings for two seconds, and she talks for 28.
QUEUED, WITH_FRED = 5, 20
CALLS = (rings("queue"), lasts(QUEUED), answers("410"))
HANDED_ON = (goes_to("420"), lasts(2), answers("420"), lasts(28))
START: Step = {"do": "start_recording", "call": "call"}


def _played(subject: Subject, *steps: Step) -> Answer:
    """The legs of a call after it ended, on a PBX without other calls."""
    subject = board(subject)
    return listed(subject, subject.play(*steps, ends())["call"])


def _plain(subject: Subject) -> Answer:
    """The legs of the call without a change."""
    return _played(subject, *CALLS, lasts(WITH_FRED), *HANDED_ON)


def _check_count(check: Check, plain: Answer, varied: Answer, more: int, how: str) -> None:
    """Check that the varied call has `more` legs more than the plain call."""
    before, after = [[leg.number for leg in in_order(answer)] for answer in (plain, varied)]
    expected = list(range(1, len(before) + more + 1))
    wanted, listed = _numbers(expected), _numbers(after)
    check(
        bool(before) and after == expected,
        f"a call with legs {_numbers(before)}, played {how}: expected legs {wanted}, got {listed}",
        varied.exchange,
        kind=_kind_of_count(varied, len(after), len(expected)),
        field="Leg" if len(after) == len(expected) else None,
        expected=wanted,
        actual=listed,
    )


def _numbers(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"


def _kind_of_count(varied: Answer, count: int, expected: int) -> FailureKind:
    """What is wrong with the legs of the varied call, if anything is."""
    unlisted = None if varied.legs else listing_mismatch(varied)
    if unlisted is not None:
        return unlisted.kind
    if count == expected:
        return FailureKind.ANSWERS_DIFFER
    return FailureKind.MISSING_LEG if count < expected else FailureKind.UNEXPECTED_LEG


def _check_leg(
    check: Check, one: Leg, other: Leg, varied: Answer, how: str, *, but: tuple[str, ...] = (), by: timedelta = NO_TIME
) -> None:
    """Check that a leg has the fields of the plain call's leg, except `but`, and a Start that is `by` later."""
    what = f"{question_in_words(varied)}, played {how}: leg {other.number}"
    before, after = ({name: each.raw.get(name) for name in THE_LEG_S if name not in but} for each in (one, other))
    check_mismatch(check, row_mismatch(what, before, after), varied.exchange)
    gap = apart(tuple(start + by for start in one.start), other.start)
    plain, shown = value_in_words(one.raw.get("Start")), value_in_words(other.raw.get("Start"))
    later = f"{by.total_seconds():g} s after {plain}" if by else plain
    check(
        gap is None or gap <= SECOND,
        f"{what}: Start is {shown}, expected {later}",
        varied.exchange,
        kind=FailureKind.ANSWERS_DIFFER,
        field="Start",
        expected=later,
        actual=shown,
    )


def _check_seconds(check: Check, varied: Answer, what: str, seconds: int, allowed: range) -> None:
    """Check a length in seconds, or how much longer a leg of the varied call is."""
    expected = str(allowed[-1]) if len(allowed) == 1 else f"{allowed[0]} to {allowed[-1]}"
    check(
        seconds in allowed,
        f"{question_in_words(varied)}, played {what}: Duration is {seconds} s, expected {expected} s",
        varied.exchange,
        kind=FailureKind.ANSWERS_DIFFER,
        field="Duration",
        expected=expected,
        actual=str(seconds),
    )


def _seconds(legs: list[Leg]) -> int:
    return sum(map(seconds_of, legs))


@clause("relations.one-start-more")
def test_one_start_more_is_one_leg_more(subject: Subject, check: Check) -> None:
    """DOC W-RS: if a call is being recorded, a new leg is created. The leg that was split is shorter."""
    option, how = subject.profile.get("start_while_recording", "splits"), "with recording started once more"
    if option == "refused":
        raise Inconclusive("the profile declares that a start while recording is refused")
    plain = _plain(subject)
    varied = _played(subject, *CALLS, lasts(8), START, lasts(WITH_FRED - 8), *HANDED_ON)
    _check_count(check, plain, varied, 1 if option == "splits" else 0, how)
    before, after = in_order(plain), in_order(varied)
    if option != "splits":
        for one, other in zip(before, after, strict=True):
            _check_leg(check, one, other, varied, how)
        return
    split, later = after[:2], after[3:]
    _check_leg(check, before[0], split[0], varied, how)
    _check_leg(check, before[1], split[1], varied, how, but=("Duration",))
    for one, other in zip(before[2:], later, strict=True):
        _check_leg(check, one, other, varied, how, but=("Leg",))
    new = after[2]
    call, of_new = ({name: leg.raw.get(name) for name in THE_CALL_S} for leg in (before[1], new))
    check_mismatch(check, row_mismatch(f"{question_in_words(varied)}: the new leg", call, of_new), varied.exchange)
    parts, whole = _seconds(after[1:3]), seconds_of(before[1])
    _check_seconds(check, varied, f"{how}: legs 2 and 3 together", parts, range(whole - 1, whole + 1))


@clause("relations.one-transfer-more")
def test_one_transfer_more_is_one_leg_more(subject: Subject, check: Check) -> None:
    """SPEC: each transfer makes a further leg. The legs before it do not change."""
    how = "with one transfer more at its end"
    plain = _plain(subject)
    varied = _played(subject, *CALLS, lasts(WITH_FRED), *HANDED_ON, goes_to("400"), answers("400"), lasts(10))
    _check_count(check, plain, varied, 1, how)
    for one, other in zip(in_order(plain), in_order(varied), strict=False):
        _check_leg(check, one, other, varied, how)


@clause("relations.hung-up-later")
def test_to_hang_up_later_makes_the_last_leg_longer(subject: Subject, check: Check) -> None:
    """SPEC: Duration is the length of the leg. The legs that had ended do not change."""
    later, how = 7, "and hung up seven seconds later"
    plain = _plain(subject)
    varied = _played(subject, *CALLS, lasts(WITH_FRED), *HANDED_ON, lasts(later))
    _check_count(check, plain, varied, 0, how)
    before, after = in_order(plain), in_order(varied)
    for one, other in zip(before, after, strict=True):
        _check_leg(check, one, other, varied, how, but=("Duration",) if one is before[-1] else ())
    longer = seconds_of(after[-1]) - seconds_of(before[-1])
    _check_seconds(check, varied, f"{how}: additional time of the last leg", longer, range(later, later + 1))


@clause("relations.answered-later")
def test_to_answer_later_makes_the_leg_in_the_queue_longer(subject: Subject, check: Check) -> None:
    """SPEC: entering a queue makes one leg, being answered the second. The later legs start later and last as long."""
    later, how = 9, "and answered nine seconds later"
    plain = _plain(subject)
    varied = _played(subject, *CALLS[:-1], lasts(later), CALLS[-1], lasts(WITH_FRED), *HANDED_ON)
    _check_count(check, plain, varied, 0, how)
    before, after = in_order(plain), in_order(varied)
    _check_leg(check, before[0], after[0], varied, how, but=("Duration",))
    longer = seconds_of(after[0]) - seconds_of(before[0])
    _check_seconds(check, varied, f"{how}: additional time of the leg in the queue", longer, range(later, later + 1))
    for one, other in zip(before[1:], after[1:], strict=True):
        _check_leg(check, one, other, varied, how, by=timedelta(seconds=later))


@clause("relations.another-call")
def test_another_call_at_the_same_time_changes_nothing(subject: Subject, check: Check) -> None:
    """DERIVED: the legs of a call do not depend on other calls."""
    how = "with another call at the same time"
    plain = _plain(subject)
    other: dict[str, Any] = {"do": "place", "from": "400", "number": OUTSIDE, "as": "other"}
    away: Step = {"do": "answer", "call": "other", "by": OUTSIDE}
    varied = _played(
        subject,
        CALLS[0],
        lasts(2),
        other,
        lasts(QUEUED - 2),
        CALLS[-1],
        lasts(3),
        away,
        lasts(WITH_FRED - 3),
        *HANDED_ON,
        ends("other"),
    )
    _check_count(check, plain, varied, 0, how)
    for one, same in zip(in_order(plain), in_order(varied), strict=True):
        _check_leg(check, one, same, varied, how)
