"""By hour: who may ask, how often, and what is no hour of a day."""

from __future__ import annotations

from datetime import date

from noojee_contract.dialects.hour import TimeRange
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.question import Question
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import archive, call, leg, refused, told
from noojee_contract.suite.support.listing import is_empty
from noojee_contract.suite.support.queries import NOBODYS_KEY

DAY, HOUR = date(2021, 9, 14), 15
NINE = archive(call("1773180000.2", leg("2026-03-11T09:00:00+11:00", "2026-03-11T09:01:00+11:00")))
METHOD = "retrieveMetaDataByHour"
# What a lenient calendar would take for the first hour of 2026, in which a leg ended.
NEW_YEAR = archive(call("1767186000.2", leg("2025-12-31T23:58:00+11:00", "2026-01-01T00:01:00+11:00")))
LAST_DAY = date(2025, 12, 31)
BAD_HOURS = ("24", "-1", "x", "", "15.5", "99999999999")
BAD_DATES = ("2025/13/01", "2025/12/32", "2026-01-01", "01/01/2026", "2021/13/45", "2021/02/30", "yesterday", "")


def _read(subject: Subject, exchange: Exchange) -> Answer:
    return subject.reread(Question("hour", "2021/09/14 15"), exchange)


def _hour(subject: Subject) -> tuple[date, int]:
    """An hour to ask for: one in which legs ended, where there is one."""
    return next(iter(subject.hours), (DAY, HOUR))


def _check_refused(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    answer = _read(subject, exchange)
    check(refused(answer), f"{what}: expected a refusal, got {told(answer)}", exchange)


def _check_answered(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    answer = _read(subject, exchange)
    check(
        exchange.status == 200 and not refused(answer),
        f"{what}: expected 200 and an array, got {told(answer)}",
        exchange,
    )


@clause("by-hour.post-only")
def test_by_hour_is_refused_but_to_post(subject: Subject, check: Check) -> None:
    """DOC W-H: this is a POST, not a GET. On a PBX that is only observed, nothing but GET is tried."""
    day, hour = _hour(subject)
    query = (("date", f"{day:%Y/%m/%d}"), ("hour", str(hour)))
    for method in ("GET",) if subject.sandbox is None else ("GET", "PUT", "DELETE", "PATCH"):
        subject.space_by_hour()
        _check_refused(subject, check, subject.client.ask(METHOD, query, method=method), method)


@clause("by-hour.key-needed")
def test_by_hour_needs_the_key(subject: Subject, check: Check) -> None:
    """DOC W-H, W-AK: apiKey in each call."""
    day, hour = _hour(subject)
    for what, key in (("no key", None), ("a wrong key", NOBODYS_KEY), ("an empty key", "")):
        subject.space_by_hour()
        credentials = () if key is None else subject.client.made_with(key)
        _check_refused(subject, check, subject.client.by_hour(day, hour, credentials=credentials), what)


@clause("by-hour.limit")
def test_a_second_request_within_a_minute_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-H: rate limited to a max of 1 per minute; you will receive an error."""
    day, hour = _hour(subject)
    _check_answered(subject, check, subject.ask_by_hour(day, hour), "the first request of a minute")
    _check_refused(subject, check, subject.client.by_hour(day, hour), "the same hour again at once")
    _check_refused(subject, check, subject.client.by_hour(day, (hour + 1) % 24), "another hour at once")
    if subject.sandbox is not None:
        subject.step(58)
        _check_refused(subject, check, subject.client.by_hour(day, hour), "the same hour again after 58 s")


@clause("by-hour.limit-status")
def test_the_limit_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN row 13."""
    day, hour = _hour(subject)
    subject.ask_by_hour(day, hour)
    exchange = subject.client.by_hour(day, hour)
    answer = _read(subject, exchange)
    seen = str(exchange.status) if refused(answer) else f"other: {told(answer)}"
    check.option(subject, "by_hour_limit_status", seen, exchange)


@clause("by-hour.limit-ends")
def test_after_a_minute_the_next_is_answered(subject: Subject, check: Check) -> None:
    """DOC W-H: 1 per minute."""
    day, hour = _hour(subject)
    _check_answered(subject, check, subject.ask_by_hour(day, hour), "the first request of a minute")
    subject.client.by_hour(day, hour)
    subject.step(61)
    _check_answered(subject, check, subject.client.by_hour(day, hour), "a request 61 s after the one that was answered")


@clause("by-hour.limit-apart")
def test_other_methods_are_answered_within_the_minute(subject: Subject, check: Check) -> None:
    """DOC W-H: the limit stands on the page of this method, on no other."""
    day, hour = _hour(subject)
    subject.ask_by_hour(day, hour)
    for unique_id in subject.unique_ids[:1]:
        _check_answered(subject, check, subject.client.by_unique_id(unique_id), "by unique id within the minute")
    for tag in subject.tags[:1]:
        _check_answered(subject, check, subject.client.by_tag(tag), "by tag within the minute")


def _ask(subject: Subject, day: date | str | None, hour: str | None) -> Exchange:
    """By hour with a date and hour; a text is sent as it is, None leaves one out."""
    subject.space_by_hour()
    return subject.client.by_hour(day, hour)


def _is_range(subject: Subject) -> bool:
    """Whether hours are asked for as ranges of times, which a dialect file may say."""
    described = subject.target.described
    return described is not None and isinstance(described.methods["by_hour"].hour, TimeRange)


def _names(subject: Subject) -> tuple[str, str]:
    """What stands for the date and for the hour: of a range, a text stands for both ends, or for its end."""
    return ("from and until", "until") if _is_range(subject) else ("date", "hour")


def _bad(subject: Subject, name: str, texts: tuple[str, ...]) -> list[str]:
    """Those texts that are no date, or no hour, in the PBX's dialect."""
    described = subject.target.described
    return [text for text in texts if described is None or not described.methods["by_hour"].hour.reads(name, text)]


def _check_nothing(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    answer = _read(subject, exchange)
    check(not answer.legs, f"{what}: expected no leg, got {told(answer)}", exchange)


@clause("by-hour.bad-hour")
def test_what_is_no_hour_brings_no_leg(subject: Subject, check: Check) -> None:
    """DOC W-H: zero-based hours of a day. A range of times may be open at an end."""
    own = subject.fresh(document=NEW_YEAR)
    for hour in _bad(own, "hour", BAD_HOURS):
        _check_nothing(own, check, _ask(own, LAST_DAY, hour), f"{_names(own)[1]} {hour!r}")
    if not _is_range(own):
        _check_refused(own, check, _ask(own, LAST_DAY, None), "no hour")


@clause("by-hour.bad-date")
def test_what_is_no_date_brings_no_leg(subject: Subject, check: Check) -> None:
    """DOC W-H: YYYY/MM/DD. A range of times may be open at an end."""
    own = subject.fresh(document=NEW_YEAR)
    for day in _bad(own, "date", BAD_DATES):
        _check_nothing(own, check, _ask(own, day, "0"), f"{_names(own)[0]} {day!r}")
    if not _is_range(own):
        _check_refused(own, check, _ask(own, None, "0"), "no date")


@clause("by-hour.bad-hour-refused")
def test_what_is_no_hour_or_date_is_refused_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 39; DOC W-H: otherwise an appropriate http error code is returned."""
    for day, hour in ((DAY, _bad(subject, "hour", BAD_HOURS)[0]), (_bad(subject, "date", BAD_DATES)[0], "15")):
        exchange = _ask(subject, day, hour)
        answer = _read(subject, exchange)
        seen = "refused" if refused(answer) else "empty-list" if is_empty(answer) else f"other: {told(answer)}"
        check.option(subject, "bad_hour", seen, exchange)


@clause("by-hour.bad-request-status")
def test_a_bad_hour_is_refused_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN rows 17 and 39: where a bad hour is an empty list, a missing one is refused all the same."""
    day, _ = _hour(subject)
    for hour in ("24", None):
        exchange = _ask(subject, day, hour)
        answer = _read(subject, exchange)
        if hour is None or refused(answer):
            seen = str(exchange.status) if refused(answer) else f"other: {told(answer)}"
            check.option(subject, "njadmin_bad_request_status", seen, exchange)


@clause("by-hour.padded-hour")
def test_a_padded_hour_is_the_same_hour(subject: Subject, check: Check) -> None:
    """UNKNOWN; CLIENT C-D sends no zero."""
    if _is_range(subject):
        raise Inconclusive("the dialect file asks for a range of times, in which no hour has a number")
    own = subject.fresh(document=NINE)
    plain = own.by_hour(date(2026, 3, 11), 9)
    padded = _ask(own, date(2026, 3, 11), "09")
    if (padded.request.url, padded.request.body) == (plain.exchange.request.url, plain.exchange.request.body):
        raise Inconclusive("the dialect file asks for hour 9 and for hour 09 alike")
    same = padded.body == plain.exchange.body
    check(same, f"hour 09 brings {told(_read(own, padded))}, hour 9 {told(plain)}", padded)


@clause("by-hour.date-escaped")
def test_the_slashes_of_a_date_may_be_escaped(subject: Subject, check: Check) -> None:
    """DOC W-H: a parameter of the query; CLIENT C-D leaves the slashes."""
    day, hour = _hour(subject)
    plain = subject.by_hour(day, hour)
    subject.space_by_hour()
    proof = "&".join(f"{name}={value}" for name, value in subject.client.credentials())
    escaped = subject.client.send(
        "POST", f"{subject.client.base}/{METHOD}?{proof}&date={day:%Y%%2F%m%%2F%d}&hour={hour}"
    )
    same = escaped.body == plain.exchange.body
    check(same, f"with escaped slashes {told(_read(subject, escaped))} comes, without {told(plain)}", escaped)
