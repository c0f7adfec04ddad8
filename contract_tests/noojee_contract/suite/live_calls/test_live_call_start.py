"""Live calls: the request to start a recording, by extension, channel or unique id, with owner and tag."""

from __future__ import annotations

from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Subject
from noojee_contract.model.audio import NoSound
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.audio import kind_without_audio, read_audio
from noojee_contract.suite.support.call_steps import (
    OUTSIDE,
    PEOPLE,
    Step,
    answers,
    board,
    check_code,
    check_done,
    check_error,
    check_fields,
    check_lengths,
    check_not_recorded,
    check_ok,
    check_tagged_call,
    describe_legs,
    describe_reply,
    ends,
    fred,
    in_order,
    is_done,
    is_error,
    lasts,
    listed,
    message_of,
    rings,
    start,
    stop,
    talking,
)
from noojee_contract.suite.support.listing import value_in_words
from noojee_contract.suite.support.queries import UNUSED_KEY, credentials_of_key

TEXTS: dict[tuple[str | None, ...], str] = {("Recording Started", "Recording Stopped"): "texts", ("OK", "OK"): "ok"}
DOTTED = "410.1"
WITH_DOT = {
    "users": [*PEOPLE["users"], {"name": "Dino", "extension": DOTTED}],
    "queues": [{"number": "600", "members": [DOTTED]}],
    "routes": PEOPLE["routes"],
}


def _on(subject: Subject) -> tuple[Subject, str]:
    """A PBX on which Fred talks at 410 without a recording, and the unique id of his call."""
    own = board(subject)
    return own, talking(own)


@clause("live-calls.start-answered")
def test_a_start_that_worked_is_answered_200(subject: Subject, check: Check) -> None:
    """DOC W-ST, W-27: HTTP 200 on success."""
    own, _ = _on(subject)
    check_ok(check, start(own, "410", tag="CRM 7"), "a start")


@clause("live-calls.start-code")
def test_a_start_that_worked_has_the_code_0(subject: Subject, check: Check) -> None:
    """DOC W-OV: Code 0 is success."""
    own, _ = _on(subject)
    check_code(check, start(own, "410", tag="CRM 7"), "a start")


@clause("live-calls.started")
def test_a_start_records_the_call_from_then_on(subject: Subject, check: Check) -> None:
    """DOC W-ST, W-A4: recording begins, and the leg is listed once it has ended."""
    own, unique_id = _on(subject)
    exchange = start(own, "410")
    check_done(own, check, exchange, "a start")
    own.play(lasts(8), ends(unique_id))
    check_lengths(check, listed(own, unique_id), [8], "a call whose recording was started 8 s before its end")


@clause("live-calls.retrieved")
def test_what_was_started_can_be_retrieved(subject: Subject, check: Check) -> None:
    """DOC W-27: the methods are Start, Stop and Retrieve."""
    own, unique_id = _on(subject)
    start(own, "410", tag="CRM 7")
    own.play(lasts(8), ends(unique_id))
    exchange = own.client.sound(unique_id, 1, tag="CRM 7")
    sound = read_audio(exchange)
    missing = isinstance(sound, NoSound)
    actual = str(sound) if isinstance(sound, NoSound) else f"{sound.seconds:.1f} s"
    check(
        not isinstance(sound, NoSound) and 7 < sound.seconds < 10,
        f"the recording of 8 s: expected 8 s of audio, got {actual}",
        exchange,
        kind=kind_without_audio(own, exchange) if missing else FailureKind.WRONG_AUDIO,
        expected="8 s",
        actual=actual,
    )


@clause("live-calls.start-tag")
def test_the_tag_of_a_start_is_on_the_leg_and_brings_the_call(subject: Subject, check: Check) -> None:
    """DOC W-ST, W-27: the tag is written to the call record as External Reference."""
    own, unique_id = _on(subject)
    start(own, "410", tag="CRM 88")
    own.play(lasts(8), ends(unique_id))
    answer = listed(own, unique_id)
    check_fields(check, answer, "Tag", ["CRM 88"], "a recording that was started with the tag 'CRM 88'")
    check_tagged_call(check, own.by_tag("CRM 88"), unique_id)


@clause("live-calls.start-owner")
def test_the_agent_that_a_start_names_owns_the_leg(subject: Subject, check: Check) -> None:
    """DOC W-ST: agentLoginName becomes the owner of the recording leg."""
    own, unique_id = _on(subject)
    start(own, "410", agent="Barney")
    own.play(lasts(8), ends(unique_id))
    check_fields(check, listed(own, unique_id), "Username", ["Barney"], "a recording that was started for Barney")


@clause("live-calls.start-stranger")
def test_a_start_for_nobody_s_login_is_an_error(subject: Subject, check: Check) -> None:
    """DOC W-ST: agentLoginName is a valid user; otherwise an error message is returned."""
    own, _ = _on(subject)
    check_error(own, check, start(own, "410", agent="Nobody Here"), "a start for a user that does not exist")


@clause("live-calls.by-channel")
def test_a_channel_name_means_its_extension(subject: Subject, check: Check) -> None:
    """DOC W-27: the extension is found by removing tech and suffix of a channel name: SIP/410-12FA7B is 410."""
    for name in ("SIP/410", "SIP/410-12FA7B"):
        own, _ = _on(subject)
        check_done(own, check, start(own, name, tag="T", agent=fred(own)), f"a start for {name}")
        check_done(own, check, stop(own, name), f"a stop for {name}")


@clause("live-calls.by-unique-id")
def test_a_unique_id_means_its_call(subject: Subject, check: Check) -> None:
    """DOC W-27, W-ST, W-SPk: the extension, or the unique id of the call."""
    own, unique_id = _on(subject)
    check_done(own, check, start(own, unique_id, tag="T", agent=fred(own)), "a start by unique id")
    check_done(own, check, stop(own, unique_id), "a stop by unique id")


@clause("live-calls.unknown-call")
def test_start_and_stop_without_such_a_call_are_errors(subject: Subject, check: Check) -> None:
    """DOC W-ST, W-27: otherwise an error message is returned. UNKNOWN: option services_failure_status."""
    own, _ = _on(subject)
    for name in ("400", "999", "1795478400.99999", "SIP/999-1"):
        check_error(own, check, start(own, name), f"a start for {name}, which has no call")
        check_error(own, check, stop(own, name), f"a stop for {name}, which has no call")


@clause("live-calls.unnamed-call")
def test_start_and_stop_that_name_no_call_are_errors(subject: Subject, check: Check) -> None:
    """DOC W-ST, W-SPk: extenOrUniqueId is required."""
    own, unique_id = _on(subject)
    for name in ("start", "stop"):
        for query in ((("tag", "T"),), (("extenOrUniqueId", ""), ("tag", "T"))):
            check_error(own, check, own.client.command(name, query), f"a {name} that names no call")
    if subject.dialect != "services":
        own.play(lasts(5), ends(unique_id))
        check_not_recorded(check, listed(own, unique_id), "after a start and a stop that name no call")


@clause("live-calls.that-call-alone")
def test_a_start_records_no_other_call(subject: Subject, check: Check) -> None:
    """DOC W-ST: start records the call of the extension, and no other call."""
    own, unique_id = _on(subject)
    other = own.play(rings("never", name="other"), answers("420", call="other"), lasts(4))["other"]
    start(own, "410")
    own.play(lasts(8), ends(unique_id), ends(other))
    check_not_recorded(check, listed(own, other), "a start for 410, and the other call, at 420")


@clause("live-calls.guarded")
def test_start_and_stop_need_credentials(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-ST, W-SPk: each call has a hash or a key. Without it, a client cannot start or stop a recording."""
    own, unique_id = _on(subject)
    for credentials in ((), credentials_of_key(own, UNUSED_KEY)):
        exchange = start(own, "410", credentials=credentials)
        check_error(own, check, exchange, "a start with wrong credentials or none")
    own.play(lasts(5))
    check_done(own, check, start(own, "410", agent=fred(own)), "a start with the right credentials")
    own.play(lasts(5))
    for credentials in ((), credentials_of_key(own, UNUSED_KEY)):
        exchange = stop(own, "410", credentials=credentials)
        check_error(own, check, exchange, "a stop with wrong credentials or none")
    own.play(lasts(5), ends(unique_id))
    check_lengths(
        check,
        listed(own, unique_id),
        [10],
        "a recording that requests without valid credentials tried to start and stop",
    )


@clause("live-calls.user-key")
def test_the_key_of_a_user_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-AK: it does not have access to non Campaign related API endpoints (e.g. subscribe)."""
    own, _ = _on(subject)
    if own.sandbox is None or not own.sandbox.user_key:
        raise Inconclusive("the target has no user key")
    credentials = (("apiKey", own.sandbox.user_key),)
    check_error(own, check, start(own, "410", credentials=credentials), "a start with the key of a user")
    query = (("exten", "410"), ("lastSequenceNumber", "0"), ("timeOut", "0"))
    exchange = own.client.command("subscribe", query, credentials=credentials)
    check_error(own, check, exchange, "subscribe with the key of a user")


@clause("live-calls.message")
def test_start_and_stop_have_the_declared_texts(subject: Subject, check: Check) -> None:
    """UNKNOWN: option recording_message."""
    own, _ = _on(subject)
    exchanges = start(own, "410", agent=fred(own)), stop(own, "410")
    texts = tuple(message_of(each) for each in exchanges)
    seen = TEXTS.get(texts, f"other: {' and '.join(value_in_words(text) for text in texts)}")
    check.option(own, "recording_message", seen, exchanges[0], field="Message")


@clause("live-calls.get")
def test_start_and_stop_take_get_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option get_on_post: the pages say POST; the vendor's Java client sends GET (CLIENT C-J)."""
    own, _ = _on(subject)
    started = start(own, "410", method="GET", agent=fred(own))
    if is_error(own, started):
        start(own, "410", agent=fred(own))
    stopped = stop(own, "410", method="GET")
    taken = is_done(own, started), is_done(own, stopped)
    only = "start only" if taken[0] else "stop only"
    seen = {(False, False): "refused", (True, True): "start-and-stop"}.get(taken, f"other: {only}")
    check.option(own, "get_on_post", seen, stopped)


@clause("live-calls.start-again")
def test_a_start_while_recording_does_what_is_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option start_while_recording: the route step makes a new leg (DOC W-RS), which has the new tag."""
    own, unique_id = _on(subject)
    start(own, "410", tag="first")
    own.play(lasts(5))
    exchange = start(own, "410", tag="second")
    own.play(lasts(8), ends(unique_id))
    answer = listed(own, unique_id)
    legs = tuple((leg.duration_seconds, leg.tag) for leg in in_order(answer))
    if legs == ((5, "first"), (8, "second")) and is_done(own, exchange):
        seen = "splits"
    elif legs == ((13, "first"),):
        seen = "refused" if is_error(own, exchange) else "ignored"
    else:
        seen = f"other: {describe_reply(exchange)}; {describe_legs(answer)}"
    check.option(own, "start_while_recording", seen, answer.exchange if is_done(own, exchange) else exchange)


@clause("live-calls.several-calls")
def test_an_extension_with_several_calls_means_what_is_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option several_calls; DOC W-HU: an extension may hit the wrong call if it has more than one."""
    own = board(subject)
    second: Step = {"do": "place", "from": "410", "number": OUTSIDE, "record": "never", "as": "new"}
    taken = answers("410", call="old"), answers(OUTSIDE, call="new")
    calls = own.play(rings("never", name="old"), taken[0], lasts(3), second, taken[1], lasts(3))
    exchange = start(own, "410", tag="T")
    own.play(lasts(5), ends(calls["old"]), ends(calls["new"]))
    legs = listed(own, calls["old"]), listed(own, calls["new"])
    recorded = bool(legs[0].legs), bool(legs[1].legs)
    known = {(False, True): "newest", (True, False): "oldest"}
    seen = known.get(recorded, f"other: {describe_reply(exchange)}; both" if any(recorded) else "other: neither")
    if not any(recorded) and is_error(own, exchange):
        seen = "refused"
    check.option(own, "several_calls", seen, legs[0].exchange if is_done(own, exchange) else exchange)


@clause("live-calls.extension-or-id")
def test_a_name_with_a_dot_is_a_unique_id_or_looked_up_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option extension_or_unique_id: unique ids have a dot (A-U). Here an extension also has one."""
    own = board(subject, people=WITH_DOT)
    own.play(rings("never"), lasts(3), answers(DOTTED))
    exchange = start(own, DOTTED, tag="T")
    found, left = is_done(own, exchange), is_error(own, exchange)
    seen = "by-lookup" if found else "by-dot" if left else f"other: {describe_reply(exchange)}"
    check.option(own, "extension_or_unique_id", seen, exchange)
