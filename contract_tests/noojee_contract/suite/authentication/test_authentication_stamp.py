"""The time stamp of the legacy API: milliseconds of the PBX's own clock, good for ten seconds."""

from __future__ import annotations

from collections.abc import Iterator

from noojee_contract.clients.client import Query
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import (
    answers_it,
    ask,
    check_answered,
    check_each_refused,
    check_refused,
    choice_of_status,
    in_words,
    one_recording,
    refuses,
    stamp,
)

MINUTE, DAY, YEARS = 60_000, 86_400_000, 5 * 31_557_600_000
SAMPLE = 1392356108888  # of the page, 2014
# Seconds ahead that are tried, and the declared choices that take them; none is near a limit, for a slow line.
AHEAD = {1.9: ("2", "10"), 3.5: ("10",), 6.0: ("10",), 12.5: ()}


def _aged(subject: Subject, check: Check, seconds: float, *, used: bool = False) -> Iterator[Exchange]:
    """The answer to a question whose hash was made so many seconds ago, and used then, or not."""
    for asked in one_recording(subject):
        ticket = subject.client.ticket()
        if used:
            check_answered(subject, check, ask(subject, asked, credentials=ticket), "a fresh hash")
        subject.step(seconds)
        yield ask(subject, asked, credentials=ticket)


def _off(subject: Subject, offsets: tuple[int, ...]) -> Iterator[tuple[str, Query]]:
    """Rightly hashed time stamps that are so many milliseconds off the PBX's clock."""
    for offset in offsets:
        yield f"a time stamp {offset / 1000:+.0f} s off", subject.client.signed(str(stamp(subject) + offset))


@clause("authentication.within-window")
def test_a_hash_of_eight_seconds_is_accepted(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-HA: pass it with the call within 10 seconds. Where the clock is stepped, up to the last moment."""
    for seconds in (8.0,) if subject.sandbox is None else (8.0, 9.9):
        for exchange in _aged(subject, check, seconds):
            check_answered(subject, check, exchange, f"a hash {seconds:g} s old, never used")


@clause("authentication.stale")
def test_a_hash_of_eleven_seconds_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-HA: valid 10 seconds."""
    for exchange in _aged(subject, check, 11):
        check_refused(subject, check, exchange, "a hash 11 s old, never used")


@clause("authentication.stale-after-use")
def test_a_used_hash_of_eleven_seconds_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1: valid 10 seconds only; the hour after first use is of the next API (W-HA)."""
    for exchange in _aged(subject, check, 11, used=True):
        check_refused(subject, check, exchange, "a hash 11 s old, used when it was fresh")


@clause("authentication.used-hash-lives")
def test_a_used_hash_is_accepted_for_an_hour(subject: Subject, check: Check) -> None:
    """DOC W-HA: once used in any API call, it stays valid for an hour."""
    for exchange in _aged(subject, check, 59 * 60, used=True):
        check_answered(subject, check, exchange, "a hash 59 min old, used when it was fresh")


@clause("authentication.used-hash-ends")
def test_a_used_hash_is_refused_after_an_hour(subject: Subject, check: Check) -> None:
    """DOC W-HA: for an hour, and no longer."""
    for exchange in _aged(subject, check, 61 * 60 + 1, used=True):
        check_refused(subject, check, exchange, "a hash 61 min old, used once, when it was fresh")


@clause("authentication.hash-hour-from")
def test_the_hour_of_a_used_hash_begins_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 8: used 8 s after its time stamp, asked with 4 s before the hour of that use is over, and 12 s after it."""
    for asked in one_recording(subject):
        ticket = subject.client.ticket()
        subject.step(8)
        check_answered(subject, check, ask(subject, asked, credentials=ticket), "a hash 8 s old")
        subject.step(3596)
        within = ask(subject, asked, credentials=ticket)
        subject.step(16)
        beyond = ask(subject, asked, credentials=ticket)
        taken = answers_it(subject, within), answers_it(subject, beyond)
        known = {(False, False): "time-stamp", (True, False): "first-use", (True, True): "last-use"}
        check.option(subject, "hash_hour_from", known.get(taken, "other: taken again after it was refused"), beyond)


@clause("authentication.concurrent")
def test_a_sixth_authentication_is_refused_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 11: no more than five at once (DOC), whatever that is to mean."""
    asked = [subject.client.time() for _ in range(6)]
    told = [exchange.status == 200 and exchange.body.strip().isdigit() for exchange in asked]
    refused_from = told.index(False) + 1 if False in told else None
    seen = {None: "unlimited", 6: "5"}.get(refused_from, f"other: the time is refused from {refused_from} on")
    check.option(subject, "concurrent_authentications", seen, asked[-1])
    subject.step(11)  # whoever asks next finds none under way


@clause("authentication.far-past")
def test_an_old_time_stamp_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1: valid 10 seconds."""
    check_each_refused(subject, check, _off(subject, (-MINUTE, -DAY, -YEARS)))
    check_each_refused(subject, check, [("the time stamp of the page, 2014", subject.client.signed(str(SAMPLE)))])


@clause("authentication.far-future")
def test_a_time_stamp_far_ahead_is_refused(subject: Subject, check: Check) -> None:
    """DERIVED from W-A1 and W-HA: in sync with the PBX, valid 10 seconds."""
    check_each_refused(subject, check, _off(subject, (MINUTE, DAY, YEARS)))


@clause("authentication.clock-ahead")
def test_a_time_stamp_may_be_ahead_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 9: in sync with the PBX (DOC W-HA)."""
    for asked in one_recording(subject):
        taken: dict[float, bool] = {}
        shown: Exchange | None = None
        for seconds in AHEAD:
            credentials = subject.client.signed(str(stamp(subject) + int(seconds * 1000)))
            exchange = ask(subject, asked, credentials=credentials)
            taken[seconds] = answers_it(subject, exchange)
            shown = exchange if taken[seconds] or shown is None else shown
        fitting = [
            choice
            for choice in ("0", "2", "10")
            if taken == {seconds: choice in choices for seconds, choices in AHEAD.items()}
        ]
        farthest = max((seconds for seconds, yes in taken.items() if yes), default=0)
        check.option(subject, "clock_ahead_seconds", fitting[0] if fitting else f"other: at least {farthest}", shown)


@clause("authentication.no-number")
def test_a_time_stamp_that_is_no_number_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1: the time in milliseconds, as Time returns it."""

    def attempts() -> Iterator[tuple[str, Query]]:
        for written in ("now", "NaN", "-{}", "{}.9e99", "{}{}", "99999999999999999999", "0x{:x}"):
            now = stamp(subject)
            text = written.format(now, now)
            yield f"the time stamp {text!r}, rightly hashed", subject.client.signed(text)

    check_each_refused(subject, check, attempts())


@clause("authentication.seconds")
def test_a_time_stamp_in_seconds_is_taken_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 49: the ten digits on the specification page are placeholders; Time returns thirteen (DOC)."""
    for asked in one_recording(subject):
        exchange = ask(subject, asked, credentials=subject.client.signed(str(stamp(subject) // 1000)))
        taken, left = answers_it(subject, exchange), refuses(subject, exchange)
        seen = "accepted" if taken else "refused" if left else f"other: {in_words(subject, exchange)}"
        check.option(subject, "time_stamp_seconds", seen, exchange)


@clause("authentication.expired-told")
def test_a_stale_hash_is_told_from_a_wrong_one(subject: Subject, check: Check) -> None:
    """DOC W-HUd: {"Message":"Expired TimeStamp","Code":-1}."""
    for exchange in _aged(subject, check, 11):
        failure = subject.failure(exchange)
        what = "a hash 11 s old"
        check(failure is not None, f"{what}: expected a failure object, got {in_words(subject, exchange)}", exchange)
        if failure is not None:
            words = "Expired TimeStamp"
            check(failure.message == words, f"{what}: Message is {failure.message!r}, expected {words!r}", exchange)
            check(failure.code == -1, f"{what}: Code is {failure.code}, expected the number -1", exchange)


@clause("authentication.expired-status")
def test_a_stale_hash_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN row 6: the body is public, its status is not."""
    for exchange in _aged(subject, check, 11):
        check.option(subject, "expired_hash_status", choice_of_status(subject, exchange), exchange)


@clause("authentication.expired-renewed")
def test_a_stale_hash_is_renewed_at_once(subject: Subject, check: Check) -> None:
    """DOC W-HUd: the call must be repeated with a newly acquired timestamp."""
    for stale in _aged(subject, check, 11):
        check_refused(subject, check, stale, "a hash 11 s old")
    for asked in one_recording(subject):
        renewed = ask(subject, asked, credentials=subject.client.ticket())
        check_answered(subject, check, renewed, "a new hash after a stale one")
