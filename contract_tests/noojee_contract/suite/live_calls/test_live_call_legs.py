"""Live calls: the legs that a call makes as it goes through its transitions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.call_steps import (
    CALLER,
    OUTSIDE,
    SALES,
    Step,
    answers,
    board,
    check_fields,
    check_lengths,
    describe_legs,
    ends,
    goes_to,
    in_order,
    kind_of_leg_count,
    lasts,
    listed,
    rings,
)
from noojee_contract.suite.support.listing import DECODED, check_value, listing_mismatch, names, text_of, value_in_words

SECOND = timedelta(seconds=1)
QUEUED: tuple[Step, ...] = (rings(), lasts(5), answers("410"), lasts(12))
TRANSFERRED: tuple[Step, ...] = (*QUEUED, goes_to("420"), answers("420"), lasts(20))


def _over(subject: Subject, *steps: Step) -> tuple[Subject, Answer]:
    """A PBX on which a call was played, and the listed legs of the call."""
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
        written = leg.raw.get("UniqueId")
        check(
            written == unique_id,
            f"leg {leg.number} of the call {unique_id}: UniqueId is {value_in_words(written)}",
            answer.exchange,
            kind=FailureKind.WRONG_VALUE if isinstance(written, str) else FailureKind.INVALID_FIELD,
            field="UniqueId",
            expected=unique_id,
            actual=text_of(written),
        )


@clause("live-calls.grows")
def test_ended_legs_are_listed_during_the_call(subject: Subject, check: Check) -> None:
    """DOC W-H: legs are separate, so the entire recording may not have completed. A later answer has more legs."""
    own = board(subject)
    unique_id = own.play(*QUEUED)["call"]
    before = [name for name in names(listed(own, unique_id).legs) if name[1] == 1]
    own.play(goes_to("420", call=unique_id), answers("420", call=unique_id), lasts(20))
    answer = listed(own, unique_id)
    ended = [name for name in names(answer.legs) if name[1] < 3]
    check(
        len(before) == 1,
        "the leg in the queue has ended; it is not listed once while the call goes on",
        answer.exchange,
        kind=FailureKind.REPEATED_LEG if before else FailureKind.MISSING_LEG,
        expected="1",
        actual=str(len(before)),
    )
    check(
        [number for _, number in ended] == [1, 2],
        f"two legs have ended and the call goes on: expected legs 1 and 2, got {describe_legs(answer)}",
        answer.exchange,
        kind=FailureKind.REPEATED_LEG if len(ended) > 2 else kind_of_leg_count(answer, 2) or FailureKind.MISSING_LEG,
        expected="legs 1 and 2",
        actual=describe_legs(answer),
    )
    own.play(ends(unique_id))
    whole = listed(own, unique_id)
    check(
        len(whole.legs) == 3,
        f"the call is over: expected three legs, got {describe_legs(whole)}",
        whole.exchange,
        kind=kind_of_leg_count(whole, 3) or FailureKind.MISSING_LEG,
        expected="3",
        actual=str(len(whole.legs)),
    )


@clause("live-calls.in-progress")
def test_the_leg_that_is_being_recorded_is_listed_or_not_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option legs_in_progress."""
    own = board(subject)
    answer = listed(own, own.play(*QUEUED)["call"])
    numbers = [leg.number for leg in in_order(answer)]
    seen = {(1,): "hidden", (1, 2): "listed"}.get(tuple(numbers), f"other: {describe_legs(answer)}")
    check.option(own, "legs_in_progress", seen, answer.exchange)


@clause("live-calls.owners")
def test_the_owner_is_the_agent_or_the_default_account(subject: Subject, check: Check) -> None:
    """SPEC: the agent that took the call; if nobody is connected, the default username attached to the route."""
    _, answer = _over(subject, *TRANSFERRED, ends())
    check_fields(check, answer, "Username", ["Reception", "Fred", "Wilma"], "a call that was transferred once")


@clause("live-calls.inbound-parties")
def test_inbound_legs_have_caller_dialed_number_and_answerer(subject: Subject, check: Check) -> None:
    """SPEC: Source, DID, Direction of the call; Destination: the extension that answered."""
    _, answer = _over(subject, *TRANSFERRED, ends())
    for leg in answer.legs:
        what = f"an inbound call, leg {leg.number}"
        _check_parties(check, answer, leg, {"Source": CALLER, "DID": SALES, "Direction": "inbound"}, what)
    taken = {leg.number: leg.destination for leg in answer.legs if leg.number > 1}
    words = ", ".join(f"{destination} in leg {number}" for number, destination in sorted(taken.items())) or "missing"
    count_kind = kind_of_leg_count(answer, 3)
    check(
        taken == {2: "410", 3: "420"},
        f"410 answered, then 420: Destination is {words}; got {describe_legs(answer)}",
        answer.exchange,
        kind=count_kind or FailureKind.WRONG_VALUE,
        field="Destination" if count_kind is None else None,
        expected="410 in leg 2, 420 in leg 3",
        actual=words,
    )


def _check_parties(check: Check, answer: Answer, leg: Leg, expected: Mapping[str, str], what: str) -> None:
    """Check the decoded values of some fields of a leg."""
    for field, value in expected.items():
        check_value(check, answer.exchange, what, field, expected=value, actual=str(DECODED[field](leg)))


@clause("live-calls.outgoing-parties")
def test_outgoing_legs_have_extension_and_dialed_number(subject: Subject, check: Check) -> None:
    """SPEC: Source: the extension; Destination: the dialed number or answering extension; DID of internal calls."""
    for number, direction in ((OUTSIDE, "outbound"), ("420", "internal")):
        place = {"do": "place", "from": "410", "number": number, "as": "call"}
        _, answer = _over(subject, place, lasts(3), answers(number), lasts(9), ends())
        unlisted = listing_mismatch(answer)
        check(
            bool(answer.legs),
            f"an {direction} call was answered for 9 s: no leg is listed",
            answer.exchange,
            kind=FailureKind.MISSING_LEG if unlisted is None else unlisted.kind,
        )
        for leg in in_order(answer)[-1:]:
            expected = {"Source": "410", "Destination": number, "Direction": direction}
            if direction == "internal":
                expected["DID"] = "internal"
            _check_parties(check, answer, leg, expected, f"an {direction} call")


@clause("live-calls.abandoned")
def test_a_call_that_nobody_answered_leaves_its_leg_in_the_queue(subject: Subject, check: Check) -> None:
    """SPEC: when a call enters a queue a split (Leg) is created, answered or not."""
    _, answer = _over(subject, rings(), lasts(31), ends())
    check_lengths(check, answer, [31], "a caller who gave up after 31 s in the queue")


@clause("live-calls.started-late")
def test_a_recording_that_begins_late_starts_when_it_begins(subject: Subject, check: Check) -> None:
    """SPEC: if recording starts at a later transition, the gap to the start of the call can be large."""
    own = board(subject)
    unique_id = own.play(rings("answer"), lasts(45))["call"]
    answered = own.zone_now()
    own.play(answers("410", call=unique_id), lasts(6), ends(unique_id))
    answer = listed(own, unique_id)
    check_lengths(check, answer, [6], "a call that is recorded from its answer on")
    for leg in answer.legs:
        near = any(abs(start - answered) <= SECOND for start in leg.start)
        written = leg.raw.get("Start")
        check(
            near,
            f"the leg started at {answered:%H:%M:%S}, 45 s into the call: Start is {value_in_words(written)}",
            answer.exchange,
            kind=FailureKind.WRONG_VALUE if leg.start else FailureKind.INVALID_FIELD,
            field="Start",
            expected=f"{answered:%Y-%m-%d %H:%M:%S}",
            actual=text_of(written),
        )


@clause("live-calls.tag-inherited")
def test_a_leg_carries_the_tag_of_the_one_before_it_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option tag_inherited: the tag is on the call record (W-27, W-ST), or on the started recording only."""
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
    tags = ", ".join(leg.tag for leg in in_order(answer))
    known = {"CRM 88, CRM 88": "inherited", "CRM 88, ": "start-only"}
    seen = known.get(tags, f"other: {describe_legs(answer)}")
    check.option(own, "tag_inherited", seen, answer.exchange, field="Tag")
