"""The time stamp of the legacy API: milliseconds of the PBX's clock, valid for ten seconds."""

from __future__ import annotations

from collections.abc import Iterator

from noojee_contract.clients.client import Query
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import has_error_status
from noojee_contract.suite.support.queries import (
    ask,
    check_answered,
    check_credentials_refused,
    check_each_refused,
    describe_exchange,
    first_question,
    has_legs,
    is_refused,
    kind_without_refusal,
    pbx_millis,
    refusal_status,
    shows_recording,
)

MINUTE, DAY, YEARS = 60_000, 86_400_000, 5 * 31_557_600_000
EXPIRED = "Expired TimeStamp"
SAMPLE = 1392356108888  # of the vendor's page, in 2014
# Seconds ahead that are tried, with the values of the option that accept them. None is close to a limit: a slow
# network must not change the result.
AHEAD = {1.9: ("2", "10"), 3.5: ("10",), 6.0: ("10",), 12.5: ()}


def _aged(subject: Subject, check: Check, seconds: float, *, used: bool = False) -> Iterator[Exchange]:
    """The answer to a question with a hash of this age. `used`: the hash was also used when it was new."""
    for question in first_question(subject):
        hash_pair = subject.client.new_hash(renewable=False)
        if used:
            check_answered(subject, check, ask(subject, question, credentials=hash_pair), "a fresh hash")
        subject.step(seconds)
        yield ask(subject, question, credentials=hash_pair)


def _shifted(subject: Subject, offsets: tuple[int, ...]) -> Iterator[tuple[str, Query]]:
    """Credentials with right hashes of time stamps that differ from the PBX's clock by these milliseconds."""
    for offset in offsets:
        yield f"a time stamp {offset / 1000:+.0f} s off", subject.client.signed(str(pbx_millis(subject) + offset))


@clause("authentication.within-window")
def test_a_hash_of_eight_seconds_is_accepted(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-HA: pass it with the call within 10 seconds. On a sandbox, an older hash is tried too."""
    for seconds in (8.0,) if subject.sandbox is None else (8.0, 9.9):
        for exchange in _aged(subject, check, seconds):
            check_answered(subject, check, exchange, f"a hash {seconds:g} s old, never used")


@clause("authentication.stale")
def test_a_hash_of_eleven_seconds_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-HA: valid 10 seconds."""
    for exchange in _aged(subject, check, 11):
        check_credentials_refused(subject, check, exchange, "a hash 11 s old, never used")


@clause("authentication.stale-after-use")
def test_a_used_hash_of_eleven_seconds_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1: valid 10 seconds only. The hour after the first use belongs to the next API (W-HA)."""
    for exchange in _aged(subject, check, 11, used=True):
        check_credentials_refused(subject, check, exchange, "a hash 11 s old, used when it was fresh")


@clause("authentication.used-hash-lives")
def test_a_used_hash_is_accepted_for_an_hour(subject: Subject, check: Check) -> None:
    """DOC W-HA: once used in any API call, it stays valid for an hour."""
    for exchange in _aged(subject, check, 59 * 60, used=True):
        check_answered(subject, check, exchange, "a hash 59 min old, used when it was fresh")


@clause("authentication.used-hash-ends")
def test_a_used_hash_is_refused_after_an_hour(subject: Subject, check: Check) -> None:
    """DOC W-HA: for an hour, and no longer."""
    for exchange in _aged(subject, check, 61 * 60 + 1, used=True):
        check_credentials_refused(subject, check, exchange, "a hash 61 min old, used once, when it was fresh")


@clause("authentication.hash-hour-from")
def test_the_hour_of_a_used_hash_starts_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option hash_hour_from.

    The hash is used 8 s after its time stamp, then 4 s before that hour ends, and 12 s after.
    """
    for question in first_question(subject):
        hash_pair = subject.client.new_hash(renewable=False)
        subject.step(8)
        check_answered(subject, check, ask(subject, question, credentials=hash_pair), "a hash 8 s old")
        subject.step(3596)
        within = ask(subject, question, credentials=hash_pair)
        subject.step(16)
        beyond = ask(subject, question, credentials=hash_pair)
        accepted = has_legs(subject, within), has_legs(subject, beyond)
        values = {(False, False): "time-stamp", (True, False): "first-use", (True, True): "last-use"}
        check.option(subject, "hash_hour_from", values.get(accepted, "other: accepted again after a refusal"), beyond)


@clause("authentication.concurrent")
def test_a_sixth_authentication_is_refused_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option concurrent_authentications. DOC: no more than five at once; the page does not say of what."""
    exchanges = [subject.client.time() for _ in range(6)]
    accepted = [exchange.status == 200 and exchange.body.strip().isdigit() for exchange in exchanges]
    refused_from = accepted.index(False) + 1 if False in accepted else None
    seen = {None: "unlimited", 6: "5"}.get(refused_from, f"other: request {refused_from} for Time is refused")
    check.option(subject, "concurrent_authentications", seen, exchanges[-1])
    subject.step(11)  # the next clause must start without pending authentications


@clause("authentication.far-past")
def test_an_old_time_stamp_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1: valid 10 seconds."""
    check_each_refused(subject, check, _shifted(subject, (-MINUTE, -DAY, -YEARS)))
    check_each_refused(subject, check, [("the time stamp of the page, 2014", subject.client.signed(str(SAMPLE)))])


@clause("authentication.far-future")
def test_a_time_stamp_far_ahead_is_refused(subject: Subject, check: Check) -> None:
    """DERIVED from W-A1 and W-HA: in sync with the PBX, valid 10 seconds."""
    check_each_refused(subject, check, _shifted(subject, (MINUTE, DAY, YEARS)))


@clause("authentication.clock-ahead")
def test_a_time_stamp_may_be_ahead_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option clock_ahead_seconds. DOC W-HA: in sync with the PBX."""
    for question in first_question(subject):
        accepted: dict[float, bool] = {}
        shown: Exchange | None = None
        for seconds in AHEAD:
            credentials = subject.client.signed(str(pbx_millis(subject) + int(seconds * 1000)))
            exchange = ask(subject, question, credentials=credentials)
            accepted[seconds] = has_legs(subject, exchange)
            shown = exchange if accepted[seconds] or shown is None else shown
        fitting = [
            choice
            for choice in ("0", "2", "10")
            if accepted == {seconds: choice in choices for seconds, choices in AHEAD.items()}
        ]
        farthest = max((seconds for seconds, yes in accepted.items() if yes), default=0)
        check.option(subject, "clock_ahead_seconds", fitting[0] if fitting else f"other: at least {farthest}", shown)


@clause("authentication.no-number")
def test_a_time_stamp_that_is_no_number_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1: the time in milliseconds, as Time returns it."""

    def attempts() -> Iterator[tuple[str, Query]]:
        for form in ("now", "NaN", "-{}", "{}.9e99", "{}{}", "99999999999999999999", "0x{:x}"):
            now = pbx_millis(subject)
            text = form.format(now, now)
            yield f"the time stamp {text!r} with its right hash", subject.client.signed(text)

    check_each_refused(subject, check, attempts())


@clause("authentication.seconds")
def test_a_time_stamp_in_seconds_is_accepted_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option time_stamp_seconds. The specification has ten placeholder digits; Time returns thirteen (DOC)."""
    for question in first_question(subject):
        exchange = ask(subject, question, credentials=subject.client.signed(str(pbx_millis(subject) // 1000)))
        seen = f"other: {describe_exchange(subject, exchange)}"
        if has_legs(subject, exchange):
            seen = "accepted"
        elif is_refused(subject, exchange):
            seen = "refused"
        check.option(subject, "time_stamp_seconds", seen, exchange)


@clause("authentication.expired-told")
def test_a_stale_hash_has_an_error_body_of_its_own(subject: Subject, check: Check) -> None:
    """DOC W-HUd: {"Message":"Expired TimeStamp","Code":-1}."""
    for exchange in _aged(subject, check, 11):
        _check_expired_body(subject, check, exchange)


def _check_expired_body(subject: Subject, check: Check, exchange: Exchange) -> None:
    """Check that the answer to a hash of 11 s has the documented error body."""
    what = "a hash 11 s old"
    error_body = subject.error_body(exchange)
    actual = describe_exchange(subject, exchange)
    kind = kind_without_refusal(exchange, shown=shows_recording(subject, exchange))
    if has_error_status(exchange):
        kind = FailureKind.INVALID_ERROR_BODY
    message = f"{what}: expected a failure object, got {actual}"
    check(error_body is not None, message, exchange, kind=kind, expected=EXPIRED, actual=actual)
    if error_body is None:
        return
    check(
        error_body.message == EXPIRED,
        f"{what}: Message is {error_body.message!r}, expected {EXPIRED!r}",
        exchange,
        kind=FailureKind.INVALID_ERROR_BODY,
        field="Message",
        expected=EXPIRED,
        actual=error_body.message,
    )
    check(
        error_body.code == -1,
        f"{what}: Code is {error_body.code}, expected the number -1",
        exchange,
        kind=FailureKind.INVALID_ERROR_BODY,
        field="Code",
        expected="-1",
        actual=str(error_body.code),
    )


@clause("authentication.expired-status")
def test_a_stale_hash_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN: option expired_hash_status. The body is published, its status is not."""
    for exchange in _aged(subject, check, 11):
        check.option(subject, "expired_hash_status", refusal_status(subject, exchange), exchange)


@clause("authentication.expired-renewed")
def test_a_new_hash_is_accepted_after_a_stale_hash(subject: Subject, check: Check) -> None:
    """DOC W-HUd: the call must be repeated with a newly acquired timestamp."""
    for stale in _aged(subject, check, 11):
        check_credentials_refused(subject, check, stale, "a hash 11 s old")
    for question in first_question(subject):
        renewed = ask(subject, question, credentials=subject.client.new_hash())
        check_answered(subject, check, renewed, "a new hash after a stale one")
