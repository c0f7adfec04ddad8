"""Relations: the same call played with one step otherwise is told otherwise by that step alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from noojee_contract.dialects.vendor import Leg, apart
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Answer, Subject
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
from noojee_contract.suite.support.listing import asked

SECOND = timedelta(seconds=1)
NO_TIME = timedelta()
THE_CALL_S = ("Source", "DID", "Direction")
THE_LEG_S = (*THE_CALL_S, "Leg", "Destination", "Username", "Tag", "Duration")

# Five seconds in the queue, twenty with Fred; Wilma's phone rings for two, and twenty-eight with her.
QUEUED, WITH_FRED = 5, 20
CALLS = (rings("queue"), lasts(QUEUED), answers("410"))
HANDED_ON = (goes_to("420"), lasts(2), answers("420"), lasts(28))
START: Step = {"do": "start_recording", "call": "call"}


def _played(subject: Subject, *steps: Step) -> Answer:
    """The legs of a call that was played on a PBX with nobody else on the line, after it ended."""
    subject = board(subject)
    return listed(subject, subject.play(*steps, ends())["call"])


def _plain(subject: Subject) -> Answer:
    """The call as it goes without anything more."""
    return _played(subject, *CALLS, lasts(WITH_FRED), *HANDED_ON)


def _check_count(check: Check, plain: Answer, varied: Answer, more: int, how: str) -> None:
    """Check that the other call has so many legs more."""
    numbers = [[leg.number for leg in in_order(answer)] for answer in (plain, varied)]
    expected = list(range(1, len(numbers[0]) + more + 1))
    said = f"a call with legs {numbers[0]}, played {how}: expected legs {expected}, got {numbers[1]}"
    check(bool(numbers[0]) and numbers[1] == expected, said, varied.exchange)


def _check_leg(
    check: Check, one: Leg, other: Leg, varied: Answer, how: str, *, but: tuple[str, ...] = (), by: timedelta = NO_TIME
) -> None:
    """Check that a leg is told as in the other call, but for some fields, and that it began as much later as the call did."""
    differ = [name for name in THE_LEG_S if name not in but and one.raw.get(name) != other.raw.get(name)]
    words = ", ".join(f"{name} {other.raw.get(name)!r} for {one.raw.get(name)!r}" for name in differ)
    check(not differ, f"{asked(varied)}, played {how}: leg {other.number} shows {words}", varied.exchange)
    gap = apart(tuple(start + by for start in one.start), other.start)
    said = f"{asked(varied)}, played {how}: leg {other.number} shows Start {other.raw.get('Start')!r} for {one.raw.get('Start')!r}"
    check(gap is None or gap <= SECOND, said, varied.exchange)


def _seconds(legs: list[Leg]) -> int:
    return sum(leg.duration_seconds for leg in legs)


@clause("relations.one-start-more")
def test_one_start_more_is_one_leg_more(subject: Subject, check: Check) -> None:
    """DOC W-RS: if a call is being recorded, a new leg is created; of the others, the one that was split is shorter."""
    choice, how = subject.profile.get("start_while_recording", "splits"), "with recording started once more"
    if choice == "refused":
        raise Inconclusive("a start while recording is refused here, as declared")
    plain = _plain(subject)
    varied = _played(subject, *CALLS, lasts(8), START, lasts(WITH_FRED - 8), *HANDED_ON)
    _check_count(check, plain, varied, 1 if choice == "splits" else 0, how)
    before, after = in_order(plain), in_order(varied)
    if choice != "splits":
        for one, other in zip(before, after, strict=True):
            _check_leg(check, one, other, varied, how)
        return
    split, later = after[:2], after[3:]
    _check_leg(check, before[0], split[0], varied, how)
    _check_leg(check, before[1], split[1], varied, how, but=("Duration",))
    for one, other in zip(before[2:], later, strict=True):
        _check_leg(check, one, other, varied, how, but=("Leg",))
    new = after[2]
    strange = [name for name in THE_CALL_S if new.raw.get(name) != before[1].raw.get(name)]
    check(
        not strange, f"{asked(varied)}: the new leg shows another {', '.join(strange)} than its call", varied.exchange
    )
    parts, whole = _seconds(after[1:3]), before[1].duration_seconds
    said = f"{asked(varied)}, played {how}: legs 2 and 3 last {parts} s together, the leg that was split {whole} s"
    check(whole - 1 <= parts <= whole, said, varied.exchange)


@clause("relations.one-transfer-more")
def test_one_transfer_more_is_one_leg_more(subject: Subject, check: Check) -> None:
    """SPEC: each transfer makes a further leg; those before it are told as without it."""
    how = "with one transfer more at its end"
    plain = _plain(subject)
    varied = _played(subject, *CALLS, lasts(WITH_FRED), *HANDED_ON, goes_to("400"), answers("400"), lasts(10))
    _check_count(check, plain, varied, 1, how)
    for one, other in zip(in_order(plain), in_order(varied), strict=False):
        _check_leg(check, one, other, varied, how)


@clause("relations.hung-up-later")
def test_to_hang_up_later_makes_the_last_leg_longer(subject: Subject, check: Check) -> None:
    """SPEC: Duration is the leg's; the legs that had ended stay as they were."""
    later, how = 7, "and hung up seven seconds later"
    plain = _plain(subject)
    varied = _played(subject, *CALLS, lasts(WITH_FRED), *HANDED_ON, lasts(later))
    _check_count(check, plain, varied, 0, how)
    before, after = in_order(plain), in_order(varied)
    for one, other in zip(before, after, strict=True):
        _check_leg(check, one, other, varied, how, but=("Duration",) if one is before[-1] else ())
    longer = after[-1].duration_seconds - before[-1].duration_seconds
    check(longer == later, f"{asked(varied)}, played {how}: the last leg lasts {longer} s more", varied.exchange)


@clause("relations.answered-later")
def test_to_answer_later_makes_the_leg_in_the_queue_longer(subject: Subject, check: Check) -> None:
    """SPEC: entering a queue makes one leg, being answered the second; what came after came later, and lasted as long."""
    later, how = 9, "and answered nine seconds later"
    plain = _plain(subject)
    varied = _played(subject, *CALLS[:-1], lasts(later), CALLS[-1], lasts(WITH_FRED), *HANDED_ON)
    _check_count(check, plain, varied, 0, how)
    before, after = in_order(plain), in_order(varied)
    _check_leg(check, before[0], after[0], varied, how, but=("Duration",))
    longer = after[0].duration_seconds - before[0].duration_seconds
    check(
        longer == later, f"{asked(varied)}, played {how}: the leg in the queue lasts {longer} s more", varied.exchange
    )
    for one, other in zip(before[1:], after[1:], strict=True):
        _check_leg(check, one, other, varied, how, by=timedelta(seconds=later))


@clause("relations.another-call-beside")
def test_another_call_at_the_same_time_changes_nothing(subject: Subject, check: Check) -> None:
    """DERIVED: the legs are a call's own, whoever else is on the line."""
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
