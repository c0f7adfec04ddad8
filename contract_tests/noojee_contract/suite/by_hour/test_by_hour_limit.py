"""By hour: credentials, the limit of one request a minute, and invalid dates and hours."""

from __future__ import annotations

from datetime import date
from functools import partial

from noojee_contract.clients.retry_after import TOO_MANY_REQUESTS, is_unavailable
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.engine.subject import BY_HOUR_STEP_SECONDS, Answer, AtOnce, Subject
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.question import Question
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe, is_error, is_refusal, require_a_decision
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.error_rules import check_rule
from noojee_contract.suite.support.listing import is_empty, listing_mismatch
from noojee_contract.suite.support.queries import (
    UNUSED_KEY,
    is_unanswered,
    present,
)
from noojee_contract.suite.support.relations import check_same

DAY, HOUR = date(2021, 9, 14), 15
NINE = archive(call("1773180000.2", leg("2026-03-11T09:00:00+11:00", "2026-03-11T09:01:00+11:00")))
METHOD = "retrieveMetaDataByHour"
# A leg ended in the first hour of 2026. A lenient calendar reads hour 24 of the day before as that hour.
NEW_YEAR = archive(call("1767186000.2", leg("2025-12-31T23:58:00+11:00", "2026-01-01T00:01:00+11:00")))
LAST_DAY = date(2025, 12, 31)
BAD_HOURS = ("24", "-1", "x", "", "15.5", "99999999999")
BAD_DATES = ("2025/13/01", "2025/12/32", "2026-01-01", "01/01/2026", "2021/13/45", "2021/02/30", "yesterday", "")


def _read(subject: Subject, exchange: Exchange) -> Answer:
    return subject.reread(Question("hour", "2021/09/14 15"), exchange)


def _hour(subject: Subject) -> tuple[date, int]:
    """The hour to test with: one in which legs ended, if there is one."""
    return next(iter(subject.hours), (DAY, HOUR))


def _check_refused(
    subject: Subject,
    check: Check,
    exchange: Exchange,
    what: str,
    *,
    kind: FailureKind = FailureKind.NOT_REFUSED,
) -> None:
    """Check that a request is refused. `kind` is the failure of a request that is answered.

    Where the limit is tested, 429 and 503 are refusals (option by_hour_limit_status).
    Elsewhere 429 raises Inconclusive.
    """
    answer = _read(subject, exchange)
    at_limit = kind is FailureKind.LIMIT_NOT_HELD
    if not at_limit:
        require_a_decision(exchange)
    check(
        is_error(answer) if at_limit else is_refusal(answer),
        f"{what}: expected a refusal, got {describe(answer)}",
        exchange,
        kind=FailureKind.NO_ANSWER if exchange.response is None else kind,
        expected="a refusal",
        actual=describe(answer),
    )


def _check_answered(
    subject: Subject,
    check: Check,
    exchange: Exchange,
    what: str,
    *,
    kind: FailureKind = FailureKind.REFUSED,
) -> None:
    """Check that a request is answered with HTTP 200 and no error body. `kind` is the failure of a refused request."""
    answer = _read(subject, exchange)
    unlisted = listing_mismatch(answer)
    found = kind if unlisted is None else unlisted.kind
    check(
        exchange.status == 200 and not is_refusal(answer),
        f"{what}: expected 200 and an array, got {describe(answer)}",
        exchange,
        kind=kind if found is FailureKind.REFUSED or exchange.status == TOO_MANY_REQUESTS else found,
        expected="200",
        actual=describe(answer),
    )


@clause("by-hour.post-only")
def test_by_hour_requires_post(subject: Subject, check: Check) -> None:
    """DOC W-H: this is a POST, not a GET. On a read-only PBX the test sends only GET."""
    day, hour = _hour(subject)
    query = (("date", f"{day:%Y/%m/%d}"), ("hour", str(hour)))
    for method in ("GET",) if subject.sandbox is None else ("GET", "PUT", "DELETE", "PATCH"):
        ask = partial(subject.client.ask, METHOD, query, method=method)
        _check_refused(subject, check, subject.send_by_hour(ask, refused=True), method)


@clause("by-hour.key-needed")
def test_by_hour_needs_the_key(subject: Subject, check: Check) -> None:
    """DOC W-H, W-AK: apiKey in each call."""
    day, hour = _hour(subject)
    for what, key in (("no key", None), ("a wrong key", UNUSED_KEY), ("an empty key", "")):
        credentials = () if key is None else subject.client.made_with(key)
        ask = partial(subject.client.by_hour, day, hour, credentials=credentials)
        exchange = subject.send_by_hour(ask, refused=True)
        whole = f"by hour with {what}"
        if not is_unanswered(subject, check, exchange, whole):
            _check_refused(subject, check, exchange, what)
        if subject.target.api.error_rule("refused", "by_hour", own=True) is not None:
            check_rule(subject, check, "refused", exchange, whole, method="by_hour")


@clause("by-hour.limit")
def test_a_second_request_within_a_minute_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-H: rate limited to a max of 1 per minute; you will receive an error."""
    day, hour = _hour(subject)
    unheld = FailureKind.LIMIT_NOT_HELD
    sent = subject.by_hour_at_once(day, hour)
    _check_answered(subject, check, sent.first.exchange, "the first request of a minute")
    _check_in_time(sent)
    _check_refused(subject, check, sent.again, "the same hour again at once", kind=unheld)
    _check_refused(subject, check, sent.other, "another hour at once", kind=unheld)
    if subject.sandbox is not None:
        subject.step(58)
        exchange = subject.client.by_hour(day, hour)
        _check_refused(subject, check, exchange, "the same hour again after 58 s", kind=unheld)


def _check_in_time(sent: AtOnce) -> None:
    """Raise Inconclusive for requests that a low rate has spread over more than their minute."""
    if not sent.in_time:
        raise Inconclusive("the second by-hour request was not sent within the minute; raise requests_per_second")


@clause("by-hour.limit-status")
def test_the_limit_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN: option by_hour_limit_status."""
    sent = subject.by_hour_at_once(*_hour(subject))
    _check_in_time(sent)
    answer = _read(subject, sent.again)
    seen = str(sent.again.status) if is_error(answer) else f"other: {describe(answer)}"
    check.option(subject, "by_hour_limit_status", seen, sent.again)


@clause("by-hour.limit-ends")
def test_after_a_minute_the_next_is_answered(subject: Subject, check: Check) -> None:
    """DOC W-H: 1 per minute."""
    exchange = subject.next_minute or _next_minute(subject, check)
    what = "a request 61 s after the answered request"
    _check_answered(subject, check, exchange, what, kind=FailureKind.LIMIT_NOT_HELD)


def _next_minute(subject: Subject, check: Check) -> Exchange:
    """The answer to a request a minute after an answered request; in a sandbox, with a refused request between them."""
    day, hour = _hour(subject)
    first = subject.new_listing(day, hour)
    _check_answered(subject, check, first.exchange, "the first request of a minute")
    if not isinstance(subject, ReadOnlySubject):
        subject.client.by_hour(day, hour)
        subject.step(BY_HOUR_STEP_SECONDS)
        return subject.client.by_hour(day, hour)
    repeats = subject.by_hour_repeats
    exchange = subject.ask_by_hour(day, hour)
    if exchange.status == 200 and subject.by_hour_repeats > repeats:
        raise Inconclusive("refused after 61 s and answered after 122 s: another client may use the method by hour")
    return exchange


@clause("by-hour.limit-apart")
def test_other_methods_are_answered_within_the_minute(subject: Subject, check: Check) -> None:
    """DOC W-H: only the page of this method states the limit. A PBX that answers 429 at other times too is busy."""
    day, hour = _hour(subject)
    ids = [each for each in present(subject, "unique_id") if not is_unavailable(subject.by_unique_id(each).exchange)]
    tags = [tag for tag in present(subject, "tag") if not is_unavailable(subject.by_tag(tag).exchange)]
    subject.use_up_by_hour(day, hour)
    exchanges = [
        *(("by unique id", subject.client.by_unique_id(unique_id)) for unique_id in ids),
        *(("by tag", subject.client.by_tag(tag)) for tag in tags),
    ]
    for method, exchange in exchanges:
        what = f"{method} within the minute"
        _check_answered(subject, check, exchange, what, kind=FailureKind.LIMIT_NOT_HELD)


def _ask(subject: Subject, day: date | str | None, hour: str | None) -> Exchange:
    """Send a date and an hour by hour; a string is sent unchanged, None omits the parameter."""
    return subject.ask_by_hour(day, hour, refused=True)


def _is_range(subject: Subject) -> bool:
    """Whether the target's custom dialect requests an hour as a range of times."""
    return subject.target.api.takes_hour_range


def _names(subject: Subject) -> tuple[str, str]:
    """The names of the parameters for the date and for the hour. In a range, the hour is in its end."""
    return ("from and until", "until") if _is_range(subject) else ("date", "hour")


def _bad(subject: Subject, name: str, texts: tuple[str, ...]) -> list[str]:
    """The texts that are no date, or no hour, in the PBX's dialect."""
    return [text for text in texts if not subject.target.api.accepts_hour_text(name, text)]


def _check_nothing(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that no leg comes, refused or not."""
    answer = _read(subject, exchange)
    check(
        not answer.legs,
        f"{what}: expected no leg, got {describe(answer)}",
        exchange,
        kind=FailureKind.UNEXPECTED_LEG,
        expected="no leg",
        actual=describe(answer),
    )


@clause("by-hour.bad-hour")
def test_an_invalid_hour_has_no_leg(subject: Subject, check: Check) -> None:
    """DOC W-H: zero-based hours of a day. A range of times may be open at one end."""
    own = subject.fresh(document=NEW_YEAR)
    for hour in _bad(own, "hour", BAD_HOURS):
        _check_nothing(own, check, _ask(own, LAST_DAY, hour), f"{_names(own)[1]} {hour!r}")
    if not _is_range(own):
        _check_refused(own, check, _ask(own, LAST_DAY, None), "no hour")


@clause("by-hour.bad-date")
def test_an_invalid_date_has_no_leg(subject: Subject, check: Check) -> None:
    """DOC W-H: YYYY/MM/DD. A range of times may be open at one end."""
    own = subject.fresh(document=NEW_YEAR)
    for day in _bad(own, "date", BAD_DATES):
        _check_nothing(own, check, _ask(own, day, "0"), f"{_names(own)[0]} {day!r}")
    if not _is_range(own):
        _check_refused(own, check, _ask(own, None, "0"), "no date")


@clause("by-hour.bad-hour-refused")
def test_an_invalid_hour_or_date_is_refused_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option bad_hour; DOC W-H: otherwise an appropriate http error code is returned."""
    for day, hour in ((DAY, _bad(subject, "hour", BAD_HOURS)[0]), (_bad(subject, "date", BAD_DATES)[0], "15")):
        exchange = _ask(subject, day, hour)
        answer = _read(subject, exchange)
        seen = "refused" if is_refusal(answer) else "empty-list" if is_empty(answer) else f"other: {describe(answer)}"
        check.option(subject, "bad_hour", seen, exchange)


@clause("by-hour.bad-request-status")
def test_a_bad_hour_is_refused_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option njadmin_bad_request_status. Where a bad hour gives an empty list, a missing hour is refused."""
    for hour in ("24", None):
        exchange = _ask(subject, DAY, hour)
        answer = _read(subject, exchange)
        if hour is None or is_refusal(answer):
            seen = str(exchange.status) if is_refusal(answer) else f"other: {describe(answer)}"
            check.option(subject, "njadmin_bad_request_status", seen, exchange)


@clause("by-hour.padded-hour")
def test_a_padded_hour_is_the_same_hour(subject: Subject, check: Check) -> None:
    """UNKNOWN; CLIENT C-D sends no zero."""
    if _is_range(subject):
        raise Inconclusive("the custom dialect requests a range of times, in which hours have no number")
    own = subject.fresh(document=NINE)
    plain = own.by_hour(date(2026, 3, 11), 9)
    padded = own.ask_by_hour(date(2026, 3, 11), "09")
    if (padded.request.url, padded.request.body) == (plain.exchange.request.url, plain.exchange.request.body):
        raise Inconclusive("the custom dialect writes hour 9 and hour 09 alike")
    if plain.legs:
        check_same(own, check, plain, padded, "sent as hour 09")


@clause("by-hour.date-escaped")
def test_the_slashes_of_a_date_may_be_escaped(subject: Subject, check: Check) -> None:
    """DOC W-H: a parameter of the query; CLIENT C-D leaves the slashes."""
    day, hour = _hour(subject)
    plain = subject.by_hour(day, hour)
    if not plain.legs:
        raise Inconclusive(f"hour {hour} of {day:%Y/%m/%d} lists no leg to compare")
    credentials = "&".join(f"{name}={value}" for name, value in subject.client.credentials())
    query = f"{credentials}&date={day:%Y%%2F%m%%2F%d}&hour={hour}"
    escaped = subject.send_by_hour(partial(subject.client.send, "POST", f"{subject.client.base}/{METHOD}?{query}"))
    check_same(subject, check, plain, escaped, "sent with escaped slashes")
