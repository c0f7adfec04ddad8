"""Recording: the neighbours that make calls, take them, end them, and tell of them: dial, answer, hangup, subscribe."""

from __future__ import annotations

from typing import Any

from noojee_contract.engine.check import Check, CheckFailed
from noojee_contract.engine.subject import Subject
from noojee_contract.errors import TargetError
from noojee_contract.model.exchange import Exchange, NotJson
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.schemas import violations
from noojee_contract.suite import clause
from noojee_contract.suite.support.call_steps import (
    OUTSIDE,
    answers,
    board,
    check_done,
    check_error,
    check_lengths,
    code_of,
    ends,
    in_order,
    is_done,
    is_error,
    lasts,
    listed,
    message_of,
    rings,
    shown,
    start,
    stop,
    talking,
    told,
)


def _subscribe(subject: Subject, exten: str, after: int = 0, *, name: str = "exten") -> Exchange:
    """What happened at some extensions after a sequence number; nothing is waited for."""
    return subject.client.order("subscribe", ((name, exten), ("lastSequenceNumber", str(after)), ("timeOut", "0")))


def _document(exchange: Exchange) -> dict[str, Any]:
    try:
        document = exchange.json()
    except NotJson:
        return {}
    return document if isinstance(document, dict) else {}


def _seen(exchange: Exchange, exten: str) -> list[dict[str, Any]]:
    """The calls that an answer shows at an extension."""
    shown = _document(exchange).get("Data")
    calls = shown.get(exten, []) if isinstance(shown, dict) else []
    return [call["CallData"] for call in calls if isinstance(call, dict) and isinstance(call.get("CallData"), dict)]


def _sequence(exchange: Exchange) -> int:
    number = _document(exchange).get("seq")
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


def _states(exchange: Exchange, exten: str) -> list[tuple[Any, Any]]:
    return [(call.get("uniqueCallId"), call.get("status")) for call in _seen(exchange, exten)]


def _alive(exchange: Exchange, exten: str) -> list[tuple[Any, Any]]:
    """The states that an extension is in; a phone that rang until another answered may be told as Hungup, too."""
    return [state for state in _states(exchange, exten) if state[1] != "Hungup"]


def _dial(subject: Subject, **more: str) -> Exchange:
    return subject.client.order("dial", (("number", OUTSIDE), ("extenOrUniqueId", "SIP/410"), *more.items()))


@clause("live-calls.hangup")
def test_a_hangup_is_answered_as_the_page_shows(subject: Subject, check: Check) -> None:
    """DOC W-HU: {"Message":"Channel Hungup","Code":0}."""
    own = board(subject)
    talking(own)
    exchange = own.client.order("hangup", (("extenOrUniqueId", "410"),))
    said = message_of(exchange), code_of(exchange)
    fine = exchange.status is not None and exchange.status < 300 and said == ("Channel Hungup", 0)
    check(fine, f"a hangup: expected 'Channel Hungup' and 0, got {told(exchange)}", exchange)


@clause("live-calls.hangup-ends")
def test_a_hangup_ends_the_call_and_its_leg(subject: Subject, check: Check) -> None:
    """DOC W-HU: it hangs up the call; the leg has ended, and is listed (SPEC)."""
    own = board(subject)
    unique_id = talking(own, record="answer")
    own.client.order("hangup", (("extenOrUniqueId", unique_id),))
    check_lengths(check, listed(own, unique_id), [10], "a call that was hung up 10 s after its answer")
    again = own.client.order("hangup", (("extenOrUniqueId", unique_id),))
    check_error(own, check, again, "a hangup of a call that is over")


@clause("live-calls.post-only")
def test_get_ends_no_call_makes_none_and_tells_of_none(subject: Subject, check: Check) -> None:
    """DOC W-OV, W-HU, W-DI, W-SU: calls are HTTP POST."""
    own = board(subject)
    unique_id = talking(own, record="answer")
    queries = {
        "hangup": (("extenOrUniqueId", "410"),),
        "dial": (("number", OUTSIDE), ("extenOrUniqueId", "SIP/400")),
        "subscribe": (("exten", "410"), ("lastSequenceNumber", "0"), ("timeOut", "0")),
    }
    for name, query in queries.items():
        check_error(own, check, own.client.order(name, query, method="GET"), f"GET {name}")
    own.play(lasts(5), ends(unique_id))


@clause("live-calls.subscribe")
def test_subscribe_is_answered_as_the_page_shows(subject: Subject, check: Check) -> None:
    """DOC W-SU: the calls by extension, each with its CallData, then seq and Code."""
    own = board(subject)
    talking(own)
    exchange = _subscribe(own, "410")
    problems = violations(_document(exchange), "call-management/changes")
    check(not problems, f"subscribe: {'; '.join(problems[:3])}", exchange)
    check(bool(_seen(exchange, "410")), "subscribe: 410 is on the line, and no call is shown", exchange)


@clause("live-calls.subscribe-now")
def test_subscribe_tells_at_once_how_things_stand(subject: Subject, check: Check) -> None:
    """DOC W-SU: timeOut=0 and lastSequenceNumber=0 give the current state."""
    own = board(subject)
    unique_id = talking(own)
    for _ in range(2):
        exchange = _subscribe(own, "410")
        states = _states(exchange, "410")
        said = f"410 talks in {unique_id}: subscribe with 0 and 0 shows {states}"
        check(states == [(unique_id, "Connected")], said, exchange)
    own.play(ends(unique_id))
    exchange = _subscribe(own, "410")
    alive = _alive(exchange, "410")
    check(not alive, f"410 has hung up: subscribe with 0 and 0 shows {alive}", exchange)


@clause("live-calls.subscribe-since")
def test_subscribe_tells_what_happened_since_a_sequence_number(subject: Subject, check: Check) -> None:
    """DOC W-SU: lastSequenceNumber: the seq of the last answer; 0 at first."""
    own = board(subject)
    unique_id = own.play(rings("never"), lasts(3))["call"]
    first = _subscribe(own, "410")
    last = _sequence(first)
    quiet = _subscribe(own, "410", last)
    check(not _seen(quiet, "410"), f"nothing happened since {last}, and a call is shown", quiet)
    own.play(answers("410", call=unique_id))
    then = _subscribe(own, "410", last)
    states = _states(then, "410")
    check(states == [(unique_id, "Connected")], f"410 answered since {last}: subscribe shows {states}", then)
    check(_sequence(then) > last, f"something happened since {last}: seq is {_sequence(then)}", then)


@clause("live-calls.subscribe-states")
def test_subscribe_tells_ringing_connected_and_hungup(subject: Subject, check: Check) -> None:
    """DOC W-SU: status: Ringing, Connected, Hungup."""
    own = board(subject)
    unique_id = own.play(rings("never"))["call"]
    last = 0
    for step, expected in (
        (None, "Ringing"),
        (answers("410", call=unique_id), "Connected"),
        (ends(unique_id), "Hungup"),
    ):
        if step is not None:
            own.play(step)
        exchange = _subscribe(own, "410", last)
        last = _sequence(exchange)
        states = _states(exchange, "410")
        check(states == [(unique_id, expected)], f"expected {expected} at 410, got {states}", exchange)


@clause("live-calls.subscribe-id")
def test_the_id_that_subscribe_tells_starts_a_recording_and_brings_it(subject: Subject, check: Check) -> None:
    """DOC W-ST: the unique call id is normally taken from subscribe; by it the metadata are asked (SPEC)."""
    own = board(subject)
    unique_id = talking(own)
    for call in _seen(_subscribe(own, "410"), "410")[:1]:
        told_id = str(call.get("uniqueCallId"))
        check_done(own, check, start(own, told_id, tag="T"), "a start by the id that subscribe tells")
        own.play(lasts(8), ends(unique_id))
        check_lengths(check, listed(own, told_id), [8], "the call of the id that subscribe tells")


@clause("live-calls.subscribe-several")
def test_subscribe_tells_of_the_extensions_asked_for_and_no_other(subject: Subject, check: Check) -> None:
    """DOC W-SU: exten: extensions without their technology, separated by commas."""
    own = board(subject)
    first = own.play(rings("never", name="a"), answers("410", call="a"))["a"]
    second = own.play(rings("never", name="b"), answers("420", call="b"))["b"]
    exchange = _subscribe(own, "410,420")
    states = _alive(exchange, "410"), _alive(exchange, "420")
    expected = [(first, "Connected")], [(second, "Connected")]
    check(states == expected, f"subscribe to 410,420: expected {expected}, got {states}", exchange)
    alone = _subscribe(own, "420")
    others = [state for state in _states(alone, "410") if state[0] == first]
    check(not others, f"subscribe to 420 shows {others} at 410", alone)


@clause("live-calls.parameter-names")
def test_the_names_of_parameters_of_subscribe_are_case_sensitive(subject: Subject, check: Check) -> None:
    """DOC W-SU: parameter names are case sensitive."""
    own = board(subject)
    talking(own)
    for name in ("Exten", "EXTEN"):
        exchange = _subscribe(own, "410", name=name)
        check(not _seen(exchange, "410"), f"{name} in place of exten: the calls of 410 are shown", exchange)


@clause("live-calls.dial")
def test_dial_is_answered_with_success_and_a_session(subject: Subject, check: Check) -> None:
    """DOC W-DI, W-OV: Code 0, and SessionID; CLIENT C-J reads both."""
    own = board(subject)
    exchange = _dial(own)
    document = _document(exchange)
    problems = violations(document, "call-management/dial")
    check(exchange.status == 200 and not problems, f"dial: {told(exchange)}; {'; '.join(problems[:2])}", exchange)
    check("SessionID" in document, f"dial: there is no SessionID in {sorted(document)}", exchange)


def _dialled(subject: Subject, **more: str) -> tuple[Subject, str]:
    """A PBX with a call that dial made, over now: it was answered by the other party for 9 s; and its unique id."""
    own = board(subject)
    _dial(own, **more)
    subscribed = _subscribe(own, "410")
    states = _states(subscribed, "410")
    unique_id = str(states[0][0]) if states else ""
    try:
        own.play(answers("410", call=unique_id), lasts(4), answers(OUTSIDE, call=unique_id), lasts(9), ends(unique_id))
    except TargetError as refused:
        raise CheckFailed(
            f"uniqueCallId is {unique_id!r} in subscribe, and no call has it",
            FailureKind.WRONG_CALL_STATE,
            field="uniqueCallId",
            exchange=subscribed,
        ) from refused
    return own, unique_id


@clause("live-calls.dial-records")
def test_a_dial_that_asks_for_it_is_recorded_from_its_answer_on_with_its_tag(subject: Subject, check: Check) -> None:
    """DOC W-DI: recording starts when the call is answered; the tag is visible and searchable."""
    own, unique_id = _dialled(subject, record="true", tag="CRM 90")
    answer = listed(own, unique_id)
    lengths = sum(leg.duration_seconds for leg in answer.legs)
    said = f"a dial with record=true, 13 s after 410 and 9 s after the other party picked up: got {shown(answer)}"
    check(9 <= lengths <= 13, said, answer.exchange)
    tags = [leg.tag for leg in in_order(answer)]
    later = {"CRM 90", ""} if own.profile.get("tag_inherited") == "start-only" else {"CRM 90"}
    fine = tags[:1] == ["CRM 90"] and later.issuperset(tags)
    check(fine, f"a dial with the tag 'CRM 90': its legs carry {tags}", answer.exchange)
    brought = sorted({leg.unique_id for leg in own.by_tag("CRM 90").legs})
    check(brought == [unique_id], f"the tag of a dial brings {brought}, not {unique_id}", own.by_tag("CRM 90").exchange)


@clause("live-calls.dial-unasked")
def test_a_dial_that_does_not_ask_for_it_is_not_recorded(subject: Subject, check: Check) -> None:
    """DERIVED from W-DI: record=true asks for a recording; without it there is none."""
    own, unique_id = _dialled(subject)
    answer = listed(own, unique_id)
    check(not answer.legs, f"a dial without record: expected no leg, got {shown(answer)}", answer.exchange)


@clause("live-calls.answer")
def test_answer_picks_up_a_call_that_rings(subject: Subject, check: Check) -> None:
    """CLIENT C-J: answer with uniqueId and exten; Code 0 is success."""
    own = board(subject)
    unique_id = own.play(rings("never"), lasts(3))["call"]
    exchange = own.client.order("answer", (("uniqueId", unique_id), ("exten", "SIP/410")))
    check_done(own, check, exchange, "answer")
    after = _subscribe(own, "410")
    states = _states(after, "410")
    check(states == [(unique_id, "Connected")], f"410 was to answer: subscribe shows {states}", after)


@clause("live-calls.envelope")
def test_orders_are_answered_with_message_and_code_in_capitals(subject: Subject, check: Check) -> None:
    """DOC W-HU, W-HUd: {"Message":...,"Code":...}, of success and of failure."""
    own = board(subject)
    talking(own)
    asked = {
        "start": start(own, "410", agent="Fred"),
        "stop": stop(own, "410"),
        "hangup": own.client.order("hangup", (("extenOrUniqueId", "410"),)),
    }
    for name, exchange in asked.items():
        problems = violations(_document(exchange), "call-management/success")
        check(not problems and is_done(own, exchange), f"{name}: {told(exchange)}; {'; '.join(problems[:2])}", exchange)
    failed = own.client.order("hangup", (("extenOrUniqueId", "410"),))
    if is_error(own, failed) and failed.status == 200:
        problems = violations(_document(failed), "call-management/failure")
        check(not problems, f"a hangup where there is no call: {'; '.join(problems[:2])}", failed)
