"""Live calls: the request to stop a recording, who may send it, and its effect."""

from __future__ import annotations

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.call_steps import (
    board,
    check_code,
    check_done,
    check_lengths,
    check_ok,
    code_of,
    describe_reply,
    ends,
    fred,
    is_done,
    is_error,
    lasts,
    listed,
    message_of,
    start,
    stop,
    talking,
)

# Who may stop a recording of Fred, an agent of the sales team, by the groups of the recorder's control panel (W-RC).
MAY_STOP = {"Fred": True, "Wilma": True, "Pearl": True, "Administrator": True, "Barney": False, "Betty": False}


def _recording(subject: Subject) -> tuple[Subject, str]:
    """A PBX on which a call of Fred has been recorded for 8 s, and the unique id of the call."""
    own = board(subject)
    unique_id = talking(own)
    start(own, "410", agent=fred(own))
    own.play(lasts(8))
    return own, unique_id


@clause("live-calls.stop-answered")
def test_a_stop_that_worked_is_answered_200(subject: Subject, check: Check) -> None:
    """DERIVED from W-ST, W-27: HTTP 200 on success, as documented for start."""
    own, _ = _recording(subject)
    check_ok(check, stop(own, "410"), "a stop")


@clause("live-calls.stop-code")
def test_a_stop_that_worked_has_the_code_0(subject: Subject, check: Check) -> None:
    """DOC W-OV: Code 0 is success."""
    own, _ = _recording(subject)
    check_code(check, stop(own, "410"), "a stop")


@clause("live-calls.stopped")
def test_a_stop_ends_the_leg_while_the_call_goes_on(subject: Subject, check: Check) -> None:
    """DOC W-SPk: it stops a recording. The leg has ended and is listed (SPEC)."""
    own, unique_id = _recording(subject)
    check_done(own, check, stop(own, "410"), "a stop")
    own.play(lasts(20))
    check_lengths(check, listed(own, unique_id), [8], "a recording that was stopped after 8 s, in a call that goes on")
    own.play(ends(unique_id))
    check_lengths(check, listed(own, unique_id), [8], "a recording that was stopped after 8 s, once the call is over")


@clause("live-calls.started-after-stop")
def test_a_start_after_a_stop_makes_the_next_leg(subject: Subject, check: Check) -> None:
    """DERIVED from W-ST, W-SPk and W-A4: each start makes a recording. The time between them is not recorded."""
    own, unique_id = _recording(subject)
    check_done(own, check, stop(own, "410"), "a stop")
    own.play(lasts(30))
    check_done(own, check, start(own, "410"), "a start after it")
    own.play(lasts(6), ends(unique_id))
    check_lengths(check, listed(own, unique_id), [8, 6], "a recording that was stopped for half a minute")


@clause("live-calls.stop-idle")
def test_a_stop_where_nothing_is_recorded_is_answered_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option stop_not_recording. A negative Code is an error, a positive Code a warning (DOC W-OV)."""
    own = board(subject)
    talking(own)
    exchange = stop(own, "410")
    code = code_of(exchange)
    if is_error(own, exchange):
        seen = "error"
    elif own.dialect == "services":
        seen = "warning" if exchange.status == 200 else f"other: {describe_reply(exchange)}"
    else:
        seen = "warning" if isinstance(code, int) and code > 0 else f"other: {describe_reply(exchange)}"
    check.option(own, "stop_not_recording", seen, exchange)


@clause("live-calls.stop-permission")
def test_who_may_stop_a_recording_is_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option stop_permission.

    DOC W-SPd: agentLoginName is used to determine if the user has permission; W-RC: the groups.
    """
    taken: dict[str, bool] = {}
    exchange: Exchange | None = None
    for name in MAY_STOP:
        own, _ = _recording(subject)
        exchange = stop(own, "410", agent=name)
        taken[name] = is_done(own, exchange)
    allowed = ", ".join(name for name, yes in taken.items() if yes) or "nobody"
    seen = "anyone" if all(taken.values()) else "roles" if taken == MAY_STOP else f"other: {allowed}"
    check.option(subject, "stop_permission", seen, exchange)


@clause("live-calls.stop-without-agent")
def test_a_stop_that_names_no_agent_is_taken_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option stop_without_agent; the example of stop in W-A1 names no agent."""
    own, _ = _recording(subject)
    exchange = own.client.command("stop", (("extenOrUniqueId", "410"),))
    taken, left = is_done(own, exchange), is_error(own, exchange)
    seen = "allowed" if taken else "refused" if left else f"other: {describe_reply(exchange)}"
    check.option(own, "stop_without_agent", seen, exchange)


@clause("live-calls.services-error")
def test_an_error_of_the_oldest_service_says_something(subject: Subject, check: Check) -> None:
    """DOC W-27: otherwise an error message is returned."""
    own = board(subject)
    exchange = start(own, "999", tag="T")
    check(
        exchange.status != 200,
        f"a start for 999, which has no call: expected an error, got {describe_reply(exchange)}",
        exchange,
        kind=FailureKind.NOT_REFUSED,
        expected="an error",
        actual="200",
    )
    check(
        bool(message_of(exchange)),
        f"the error {exchange.status} comes without a message",
        exchange,
        kind=FailureKind.NO_ANSWER if exchange.response is None else FailureKind.INVALID_ERROR_BODY,
        field="Message",
        expected="a message",
    )


@clause("live-calls.services-status")
def test_an_error_of_the_oldest_service_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN: option services_failure_status."""
    own = board(subject)
    exchange = start(own, "999", tag="T")
    check.option(own, "services_failure_status", str(exchange.status), exchange)
