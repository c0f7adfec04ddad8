"""Live calls: the methods that make, answer, end and report calls: dial, answer, hangup, subscribe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from noojee_contract.engine.check import Check, CheckFailed
from noojee_contract.engine.subject import Subject
from noojee_contract.errors import TargetError
from noojee_contract.model.exchange import Exchange, NotJson
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.call_steps import (
    OUTSIDE,
    answers,
    board,
    check_done,
    check_error,
    check_lengths,
    check_not_recorded,
    check_ok,
    check_tagged_call,
    code_of,
    describe_legs,
    describe_reply,
    ends,
    in_order,
    is_error,
    kind_of_leg_count,
    kind_without_success,
    lasts,
    listed,
    message_of,
    rings,
    start,
    stop,
    talking,
)
from noojee_contract.suite.support.documents import schema_mismatch
from noojee_contract.suite.support.listing import check_mismatch, seconds_of, text_of, value_in_words

State = tuple[Any, Any]
"""uniqueCallId and status of a call, as JSON values."""


def _subscribe(subject: Subject, exten: str, after: int = 0, *, name: str = "exten") -> Exchange:
    """The call events at some extensions after a sequence number, without waiting."""
    return subject.client.command("subscribe", ((name, exten), ("lastSequenceNumber", str(after)), ("timeOut", "0")))


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
    """The seq of an answer; 0 where it has none."""
    number = _document(exchange).get("seq")
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


def _states(exchange: Exchange, exten: str) -> list[State]:
    """Unique call id and status of each call that an answer shows at an extension."""
    return [(call.get("uniqueCallId"), call.get("status")) for call in _seen(exchange, exten)]


def _active(exchange: Exchange, exten: str) -> list[State]:
    """The states that are not Hungup. A phone may show Hungup after another phone answered its call."""
    return [state for state in _states(exchange, exten) if state[1] != "Hungup"]


def _states_in_words(states: Sequence[State]) -> str:
    return ", ".join(f"{value_in_words(status)} in {value_in_words(call)}" for call, status in states) or "no call"


def _check_states(
    check: Check, exchange: Exchange, actual: Sequence[State], expected: Sequence[State], what: str
) -> None:
    """Check the states of the calls at an extension."""
    wanted, shown = _states_in_words(expected), _states_in_words(actual)
    same_calls = [call for call, _ in actual] == [call for call, _ in expected]
    field = "status" if same_calls else "uniqueCallId" if len(actual) == len(expected) else None
    check(
        list(actual) == list(expected),
        f"{what}: subscribe shows {shown}, expected {wanted}",
        exchange,
        kind=FailureKind.WRONG_CALL_STATE if exchange.status == 200 else kind_without_success(exchange),
        field=field,
        expected=wanted,
        actual=shown,
    )


def _check_document(subject: Subject, check: Check, exchange: Exchange, schema: str, what: str) -> None:
    """Check that an answer is valid by a schema of the CallManagementAPI."""
    document = _document(exchange)
    mismatch = schema_mismatch(what, document, f"call-management/{schema}")
    if mismatch is not None and (not document or is_error(subject, exchange)):
        kind = FailureKind.REFUSED if is_error(subject, exchange) else FailureKind.INVALID_BODY
        message = f"{what}: {describe_reply(exchange)}; {mismatch.message}"
        kind = FailureKind.NO_ANSWER if exchange.response is None else kind
        mismatch = replace(mismatch, kind=kind, message=message)
    check_mismatch(check, mismatch, exchange)


def _dial(subject: Subject, **more: str) -> Exchange:
    return subject.client.command("dial", (("number", OUTSIDE), ("extenOrUniqueId", "SIP/410"), *more.items()))


@clause("live-calls.hangup")
def test_a_hangup_is_answered_as_the_page_shows(subject: Subject, check: Check) -> None:
    """DOC W-HU: {"Message":"Channel Hungup","Code":0}."""
    own = board(subject)
    talking(own)
    exchange = own.client.command("hangup", (("extenOrUniqueId", "410"),))
    message, code = message_of(exchange), code_of(exchange)
    ok = exchange.status is not None and exchange.status < 300
    other_message = ok and code == 0
    check(
        ok and (message, code) == ("Channel Hungup", 0),
        f"a hangup: expected 'Channel Hungup' and 0, got {describe_reply(exchange)}",
        exchange,
        kind=FailureKind.INVALID_ERROR_BODY if other_message else kind_without_success(exchange),
        field="Message" if other_message else "Code" if ok else None,
        expected="Channel Hungup" if other_message else "0",
        actual=text_of(message if other_message else code),
    )


@clause("live-calls.hangup-ends")
def test_a_hangup_ends_the_call_and_its_leg(subject: Subject, check: Check) -> None:
    """DOC W-HU: it hangs up the call. The leg has ended and is listed (SPEC)."""
    own = board(subject)
    unique_id = talking(own, record="answer")
    own.client.command("hangup", (("extenOrUniqueId", unique_id),))
    check_lengths(check, listed(own, unique_id), [10], "a call that was hung up 10 s after its answer")
    again = own.client.command("hangup", (("extenOrUniqueId", unique_id),))
    check_error(own, check, again, "a hangup of a call that is over")


@clause("live-calls.post-only")
def test_hangup_dial_and_subscribe_refuse_get(subject: Subject, check: Check) -> None:
    """DOC W-OV, W-HU, W-DI, W-SU: calls are HTTP POST."""
    own = board(subject)
    unique_id = talking(own, record="answer")
    queries = {
        "hangup": (("extenOrUniqueId", "410"),),
        "dial": (("number", OUTSIDE), ("extenOrUniqueId", "SIP/400")),
        "subscribe": (("exten", "410"), ("lastSequenceNumber", "0"), ("timeOut", "0")),
    }
    for name, query in queries.items():
        check_error(own, check, own.client.command(name, query, method="GET"), f"GET {name}")
    own.play(lasts(5), ends(unique_id))


@clause("live-calls.subscribe")
def test_subscribe_is_answered_as_the_page_shows(subject: Subject, check: Check) -> None:
    """DOC W-SU: the calls by extension, each with its CallData, then seq and Code."""
    own = board(subject)
    talking(own)
    exchange = _subscribe(own, "410")
    _check_document(own, check, exchange, "changes", "subscribe")
    check(
        bool(_seen(exchange, "410")),
        "subscribe: 410 is in a call, and subscribe shows no call",
        exchange,
        kind=FailureKind.WRONG_CALL_STATE,
        expected="one call",
        actual="no call",
    )


@clause("live-calls.subscribe-now")
def test_subscribe_returns_the_current_state_at_once(subject: Subject, check: Check) -> None:
    """DOC W-SU: timeOut=0 and lastSequenceNumber=0 give the current state."""
    own = board(subject)
    unique_id = talking(own)
    for _ in range(2):
        exchange = _subscribe(own, "410")
        what = "410 is in a call, subscribe with timeOut=0 and lastSequenceNumber=0"
        _check_states(check, exchange, _states(exchange, "410"), [(unique_id, "Connected")], what)
    own.play(ends(unique_id))
    exchange = _subscribe(own, "410")
    what = "410 has hung up, subscribe with timeOut=0 and lastSequenceNumber=0"
    _check_states(check, exchange, _active(exchange, "410"), [], what)


@clause("live-calls.subscribe-since")
def test_subscribe_returns_events_since_a_sequence_number(subject: Subject, check: Check) -> None:
    """DOC W-SU: lastSequenceNumber: the seq of the last answer; 0 at first."""
    own = board(subject)
    unique_id = own.play(rings("never"), lasts(3))["call"]
    first = _subscribe(own, "410")
    last = _sequence(first)
    quiet = _subscribe(own, "410", last)
    _check_states(check, quiet, _states(quiet, "410"), [], f"no event since {last}")
    own.play(answers("410", call=unique_id))
    then = _subscribe(own, "410", last)
    _check_states(check, then, _states(then, "410"), [(unique_id, "Connected")], f"410 answered since {last}")
    seq = _document(then).get("seq")
    check(
        _sequence(then) > last,
        f"an event since {last}: seq is {value_in_words(seq)}, expected more than {last}",
        then,
        kind=FailureKind.MISSING_FIELD if seq is None else FailureKind.WRONG_VALUE,
        field="seq",
        expected=f"more than {last}",
        actual=text_of(seq),
    )


@clause("live-calls.subscribe-states")
def test_subscribe_shows_ringing_connected_and_hungup(subject: Subject, check: Check) -> None:
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
        _check_states(check, exchange, _states(exchange, "410"), [(unique_id, expected)], "status of the call at 410")


@clause("live-calls.subscribe-id")
def test_the_unique_id_of_subscribe_starts_a_recording(subject: Subject, check: Check) -> None:
    """DOC W-ST: the unique call id normally comes from subscribe. The metadata methods take the same id (SPEC)."""
    own = board(subject)
    unique_id = talking(own)
    for call in _seen(_subscribe(own, "410"), "410")[:1]:
        shown_id = str(call.get("uniqueCallId"))
        check_done(own, check, start(own, shown_id, tag="T"), "a start by the unique id that subscribe shows")
        own.play(lasts(8), ends(unique_id))
        check_lengths(check, listed(own, shown_id), [8], "the call of the unique id that subscribe shows")


@clause("live-calls.subscribe-several")
def test_subscribe_shows_the_requested_extensions_only(subject: Subject, check: Check) -> None:
    """DOC W-SU: exten: extensions without their technology, separated by commas."""
    own = board(subject)
    first = own.play(rings("never", name="a"), answers("410", call="a"))["a"]
    second = own.play(rings("never", name="b"), answers("420", call="b"))["b"]
    exchange = _subscribe(own, "410,420")
    for exten, unique_id in (("410", first), ("420", second)):
        what = f"subscribe to exten=410,420: the calls at {exten}"
        _check_states(check, exchange, _active(exchange, exten), [(unique_id, "Connected")], what)
    alone = _subscribe(own, "420")
    others = [state for state in _states(alone, "410") if state[0] == first]
    _check_states(check, alone, others, [], "subscribe to exten=420: the calls at 410")


@clause("live-calls.parameter-names")
def test_the_names_of_parameters_of_subscribe_are_case_sensitive(subject: Subject, check: Check) -> None:
    """DOC W-SU: parameter names are case sensitive."""
    own = board(subject)
    talking(own)
    for name in ("Exten", "EXTEN"):
        exchange = _subscribe(own, "410", name=name)
        check(
            not _seen(exchange, "410"),
            f"{name} in place of exten: subscribe shows the calls of 410",
            exchange,
            kind=FailureKind.NOT_REFUSED,
            expected="no call",
            actual=_states_in_words(_states(exchange, "410")),
        )


@clause("live-calls.dial")
def test_dial_is_answered_with_success_and_a_session(subject: Subject, check: Check) -> None:
    """DOC W-DI, W-OV: Code 0, and SessionID; CLIENT C-J reads both."""
    own = board(subject)
    exchange = _dial(own)
    check_ok(check, exchange, "dial")
    _check_document(own, check, exchange, "dial", "dial")
    check(
        "SessionID" in _document(exchange),
        f"dial: SessionID is missing in {describe_reply(exchange)}",
        exchange,
        kind=FailureKind.MISSING_FIELD,
        field="SessionID",
    )


def _dialled(subject: Subject, **more: str) -> tuple[Subject, str]:
    """A PBX with a call that dial made and the other party answered for 9 s, after its end; and its unique id."""
    own = board(subject)
    _dial(own, **more)
    subscribed = _subscribe(own, "410")
    states = _states(subscribed, "410")
    unique_id = str(states[0][0]) if states else ""
    try:
        own.play(answers("410", call=unique_id), lasts(4), answers(OUTSIDE, call=unique_id), lasts(9), ends(unique_id))
    except TargetError as refused:
        raise CheckFailed(
            f"subscribe shows the uniqueCallId {unique_id!r}, which no call has",
            FailureKind.WRONG_CALL_STATE,
            field="uniqueCallId",
            exchange=subscribed,
        ) from refused
    return own, unique_id


@clause("live-calls.dial-records")
def test_a_dial_with_record_is_recorded_with_its_tag(subject: Subject, check: Check) -> None:
    """DOC W-DI: recording starts when the call is answered; the tag is visible and searchable."""
    own, unique_id = _dialled(subject, record="true", tag="CRM 90")
    answer = listed(own, unique_id)
    lengths = sum(map(seconds_of, answer.legs))
    missing = None if answer.legs else kind_of_leg_count(answer, 1)
    check(
        9 <= lengths <= 13,
        f"a dial with record=true, 13 s after 410 and 9 s after the other party answered: got {describe_legs(answer)}",
        answer.exchange,
        kind=missing or FailureKind.WRONG_VALUE,
        field=None if missing else "Duration",
        expected="9 to 13",
        actual=str(lengths),
    )
    later = {"CRM 90", ""} if own.profile.get("tag_inherited") == "start-only" else {"CRM 90"}
    tags = [leg.tag for leg in in_order(answer)]
    wrong = [*(tag for tag in tags[:1] if tag != "CRM 90"), *(tag for tag in tags if tag not in later)]
    check(
        not wrong,
        f"a dial with the tag 'CRM 90': Tag is wrong; got {describe_legs(answer)}",
        answer.exchange,
        kind=FailureKind.WRONG_VALUE,
        field="Tag",
        expected="CRM 90",
        actual=wrong[0] if wrong else None,
    )
    check_tagged_call(check, own.by_tag("CRM 90"), unique_id)


@clause("live-calls.dial-unasked")
def test_a_dial_without_record_is_not_recorded(subject: Subject, check: Check) -> None:
    """DERIVED from W-DI: record=true requests a recording. Without it there is no recording."""
    own, unique_id = _dialled(subject)
    check_not_recorded(check, listed(own, unique_id), "a dial without record")


@clause("live-calls.answer")
def test_answer_picks_up_a_call_that_rings(subject: Subject, check: Check) -> None:
    """CLIENT C-J: answer with uniqueId and exten; Code 0 is success."""
    own = board(subject)
    unique_id = own.play(rings("never"), lasts(3))["call"]
    exchange = own.client.command("answer", (("uniqueId", unique_id), ("exten", "SIP/410")))
    check_done(own, check, exchange, "answer")
    after = _subscribe(own, "410")
    _check_states(check, after, _states(after, "410"), [(unique_id, "Connected")], "after answer for 410")


@clause("live-calls.envelope")
def test_answers_have_message_and_code_in_capitals(subject: Subject, check: Check) -> None:
    """DOC W-HU, W-HUd: {"Message":...,"Code":...}, on success and on failure."""
    own = board(subject)
    talking(own)
    exchanges = {
        "start": start(own, "410", agent="Fred"),
        "stop": stop(own, "410"),
        "hangup": own.client.command("hangup", (("extenOrUniqueId", "410"),)),
    }
    for name, exchange in exchanges.items():
        _check_document(own, check, exchange, "success", name)
        check_done(own, check, exchange, name)
    failed = own.client.command("hangup", (("extenOrUniqueId", "410"),))
    if is_error(own, failed) and failed.status == 200:
        mismatch = schema_mismatch("a hangup without a call", _document(failed), "call-management/failure")
        check_mismatch(check, mismatch, failed)
