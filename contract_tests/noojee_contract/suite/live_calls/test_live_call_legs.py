"""Recording: the legs that a live call leaves as it goes through its transitions."""

from __future__ import annotations

from datetime import timedelta

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.suite import clause
from noojee_contract.suite.support.call_steps import (
    CALLER,
    OUTSIDE,
    SALES,
    Step,
    answers,
    board,
    check_lengths,
    ends,
    goes_to,
    in_order,
    lasts,
    listed,
    rings,
    shown,
)
from noojee_contract.suite.support.listing import names

SECOND = timedelta(seconds=1)
QUEUED: tuple[Step, ...] = (rings(), lasts(5), answers("410"), lasts(12))
TRANSFERRED: tuple[Step, ...] = (*QUEUED, goes_to("420"), answers("420"), lasts(20))


def _over(subject: Subject, *steps: Step) -> tuple[Subject, Answer]:
    """A PBX on which a call went so, and what it lists of the call."""
    own = board(subject)
    return own, listed(own, own.play(*steps)["call"])


@clause("live-calls.queue-and-answer")
def test_entering_a_queue_makes_a_leg_and_being_answered_a_second(subject: Subject, check: Check) -> None:
    """SPEC: when a call enters a queue a split (Leg) is created, when the call is answered a second Leg is created."""
    _, answer = _over(subject, *QUEUED, ends())
    check_lengths(check, answer, [5, 12], "a call that waited 5 s and was answered for 12 s")


@clause("live-calls.transfers")
def test_each_transfer_makes_a_leg(subject: Subject, check: Check) -> None:
    """SPEC: if the call is then transferred to a third party the call is once again split."""
    _, answer = _over(subject, *TRANSFERRED, ends())
    check_lengths(check, answer, [5, 12, 20], "a call that was transferred once")
    _, answer = _over(subject, *TRANSFERRED, goes_to("400"), answers("400"), lasts(7), ends())
    check_lengths(check, answer, [5, 12, 20, 7], "a call that was transferred twice")


@clause("live-calls.one-unique-id")
def test_all_legs_of_a_live_call_have_its_unique_id(subject: Subject, check: Check) -> None:
    """SPEC: UniqueId: the unique id of the call this leg is a recording of."""
    own = board(subject)
    unique_id = own.play(*TRANSFERRED, ends())["call"]
    answer = listed(own, unique_id)
    for leg in answer.legs:
        said = f"leg {leg.number} of the call {unique_id} has the UniqueId {leg.raw.get('UniqueId')!r}"
        check(leg.raw.get("UniqueId") == unique_id, said, answer.exchange)


@clause("live-calls.grows")
def test_the_legs_that_have_ended_are_listed_while_the_call_goes_on(subject: Subject, check: Check) -> None:
    """DOC W-H: legs are separate, so the entire recording may not have completed; a call that is read again has more."""
    own = board(subject)
    unique_id = own.play(*QUEUED)["call"]
    before = [name for name in names(listed(own, unique_id).legs) if name[1] == 1]
    own.play(goes_to("420", call=unique_id), answers("420", call=unique_id), lasts(20))
    answer = listed(own, unique_id)
    ended = [name for name in names(answer.legs) if name[1] < 3]
    check(len(before) == 1, "the leg in the queue has ended and is not listed while the call goes on", answer.exchange)
    said = f"two legs have ended and the call goes on: expected legs 1 and 2, got {shown(answer)}"
    check([number for _, number in ended] == [1, 2], said, answer.exchange)
    own.play(ends(unique_id))
    whole = listed(own, unique_id)
    check(len(whole.legs) == 3, f"the call is over: expected three legs, got {shown(whole)}", whole.exchange)


@clause("live-calls.in-progress")
def test_the_leg_that_is_being_recorded_is_listed_or_not_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 29."""
    own = board(subject)
    answer = listed(own, own.play(*QUEUED)["call"])
    numbers = [leg.number for leg in in_order(answer)]
    seen = {(1,): "hidden", (1, 2): "listed"}.get(tuple(numbers), f"other: {shown(answer)}")
    check.option(own, "legs_in_progress", seen, answer.exchange)


@clause("live-calls.owners")
def test_a_live_leg_belongs_to_who_took_the_call_or_to_the_account_of_its_route(subject: Subject, check: Check) -> None:
    """SPEC: the agent that took the call; where nobody is connected, the default username attached to the route."""
    _, answer = _over(subject, *TRANSFERRED, ends())
    owners = [leg.username for leg in in_order(answer)]
    expected = ["Reception", "Fred", "Wilma"]
    check(owners == expected, f"expected legs of {expected}, got {shown(answer)}", answer.exchange)


@clause("live-calls.inbound-parties")
def test_a_live_inbound_call_tells_its_caller_its_number_and_who_answered(subject: Subject, check: Check) -> None:
    """SPEC: Source, DID, Direction of the call; Destination: the extension that answered."""
    _, answer = _over(subject, *TRANSFERRED, ends())
    for leg in answer.legs:
        told = (leg.source, leg.did, leg.direction)
        said = f"leg {leg.number}: expected {(CALLER, SALES, 'inbound')}, got {told}"
        check(told == (CALLER, SALES, "inbound"), said, answer.exchange)
    taken = {leg.number: leg.destination for leg in answer.legs if leg.number > 1}
    check(taken == {2: "410", 3: "420"}, f"410 answered, then 420: Destination is {taken}", answer.exchange)


@clause("live-calls.outgoing-parties")
def test_live_calls_from_an_extension_tell_it_and_what_was_dialed(subject: Subject, check: Check) -> None:
    """SPEC: Source: the extension; Destination: the dialed number, or the extension that answered; DID of internal calls."""
    for number, direction in ((OUTSIDE, "outbound"), ("420", "internal")):
        place = {"do": "place", "from": "410", "number": number, "as": "call"}
        _, answer = _over(subject, place, lasts(3), answers(number), lasts(9), ends())
        check(bool(answer.legs), f"an {direction} call was answered for 9 s, and no leg is listed", answer.exchange)
        for leg in in_order(answer)[-1:]:
            told = (leg.source, leg.destination, leg.direction)
            expected = ("410", number, direction)
            check(told == expected, f"an {direction} call: expected {expected}, got {told}", answer.exchange)
            if direction == "internal":
                check(leg.did == "internal", f"an internal call: DID is {leg.did!r}", answer.exchange)


@clause("live-calls.abandoned")
def test_a_call_that_nobody_answered_leaves_its_leg_in_the_queue(subject: Subject, check: Check) -> None:
    """SPEC: when a call enters a queue a split (Leg) is created, whatever comes of it."""
    _, answer = _over(subject, rings(), lasts(31), ends())
    check_lengths(check, answer, [31], "a caller who gave up after 31 s in the queue")


@clause("live-calls.begun-late")
def test_a_recording_that_begins_late_starts_when_it_begins(subject: Subject, check: Check) -> None:
    """SPEC: where recording was only switched on at a later transition, the gap to the call's start can be large."""
    own = board(subject)
    unique_id = own.play(rings("answer"), lasts(45))["call"]
    answered = own.zone_now()
    own.play(answers("410", call=unique_id), lasts(6), ends(unique_id))
    answer = listed(own, unique_id)
    check_lengths(check, answer, [6], "a call that is recorded from its answer on")
    for leg in answer.legs:
        near = any(abs(start - answered) <= SECOND for start in leg.start)
        said = f"its leg began at {answered:%H:%M:%S}, 45 s into the call; Start is {leg.raw.get('Start')!r}"
        check(near, said, answer.exchange)


@clause("live-calls.tag-inherited")
def test_a_leg_carries_the_tag_of_the_one_before_it_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 25: the tag is written to the call record (W-27, W-ST), or to the recording that was started with it."""
    own = board(subject)
    tagged = {"do": "start_recording", "call": "call", "tag": "CRM 88", "agent": "Fred"}
    steps = (
        rings("never"),
        answers("410"),
        lasts(3),
        tagged,
        lasts(5),
        goes_to("420"),
        answers("420"),
        lasts(8),
        ends(),
    )
    answer = listed(own, own.play(*steps)["call"])
    tags = [leg.tag for leg in in_order(answer)]
    known = {"CRM 88, CRM 88": "inherited", "CRM 88, ": "start-only"}
    check.option(own, "tag_inherited", known.get(", ".join(tags), f"other: {tags}"), answer.exchange)
