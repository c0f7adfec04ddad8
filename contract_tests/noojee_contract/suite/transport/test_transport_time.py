"""Transport: the method Time, which gives the clock that hashes are made with."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from noojee_contract.dialects.vendor import read_error_body
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange, beginning
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import has_error_status, is_busy
from noojee_contract.suite.support.queries import describe_exchange, kind_without_refusal, pbx_millis

FAR_OFF_SECONDS = 600
NEAR_SECONDS = 2  # for a clock that the test has set
NOT_PLAIN = re.compile("json|html|xml", re.IGNORECASE)


def _describe_time(exchange: Exchange) -> str:
    return exchange.transport_error or f"{exchange.status} and {beginning(exchange.body.decode('latin-1'), 40)!r}"


def _kind_of_no_time(exchange: Exchange) -> FailureKind:
    """What is wrong with an answer that should be HTTP 200 with digits."""
    if exchange.response is None or exchange.transport_error is not None:
        return FailureKind.NO_ANSWER
    if has_error_status(exchange) or read_error_body(exchange) is not None:
        return FailureKind.REFUSED
    return FailureKind.INVALID_BODY if exchange.status == 200 else FailureKind.UNEXPECTED_STATUS


@clause("transport.time-digits")
def test_time_is_thirteen_digits_without_credentials(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-HA: the body is the time in milliseconds, e.g. 1392356108888. The request has no credentials."""
    exchange = subject.client.time()
    plain = exchange.status == 200 and re.fullmatch(rb"[0-9]{13}\s*", exchange.body) is not None
    actual = _describe_time(exchange)
    check(
        plain,
        f"Time: expected 200 and 13 digits, got {actual}",
        exchange,
        kind=_kind_of_no_time(exchange),
        expected="200 and 13 digits",
        actual=actual,
    )


@clause("transport.time-not-json")
def test_time_is_not_labelled_json(subject: Subject, check: Check) -> None:
    """DOC W-HA: returns plain/text not json."""
    exchange = subject.client.time()
    label = exchange.header("content-type") or ""
    check(
        exchange.status == 200 and not NOT_PLAIN.search(label),
        f"the Content-Type of Time is {label or 'absent'}",
        exchange,
        kind=FailureKind.WRONG_HEADER if exchange.status == 200 else _kind_of_no_time(exchange),
        header="Content-Type" if exchange.status == 200 else None,
        expected="text/plain",
        actual=label,
    )


@clause("transport.time-body")
def test_time_ends_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option time_body. Digits only, or digits and a line end."""
    exchange = subject.client.time()
    ends = {b"": "digits", b"\n": "digits-newline"}
    match = re.fullmatch(rb"[0-9]+(\s*)", exchange.body)
    seen = ends.get(match[1]) if match else None
    check.option(subject, "time_body", seen or f"other: {_describe_time(exchange)}", exchange)


@clause("transport.time-milliseconds")
def test_time_is_the_pbx_clock_in_milliseconds_since_1970(subject: Subject, check: Check) -> None:
    """DERIVED from W-A1: 1392356108888 is 2014-02-14 05:35:08 UTC."""
    exchange = subject.client.time()
    actual = exchange.body.strip()
    if not actual.isdigit():
        message = f"Time: expected digits, got {_describe_time(exchange)}"
        check(False, message, exchange, kind=_kind_of_no_time(exchange))
    now = datetime.now(UTC) if subject.sandbox is None else subject.zone_now()
    off = int(actual) / 1000 - now.timestamp()
    message = f"Time is {off:+.0f} s off the clock"
    if subject.sandbox is None and abs(off) > FAR_OFF_SECONDS:
        check.note(f"{message} of this machine")
        return
    near = FAR_OFF_SECONDS if subject.sandbox is None else NEAR_SECONDS
    check(abs(off) <= near, f"{message} that the test has set", exchange, kind=FailureKind.WRONG_TIME)


@clause("transport.time-moves")
def test_time_moves_on_with_the_clock(subject: Subject, check: Check) -> None:
    """DOC W-A1: a time stamp is valid for ten seconds, so a cached answer is useless."""
    first = pbx_millis(subject)
    subject.step(3)
    exchange = subject.client.time()
    passed = (int(exchange.body) - first) / 1000 if exchange.body.strip().isdigit() else None
    check(
        passed is not None and 2 <= passed <= 60,
        f"3 s later Time shows {passed} s more ({_describe_time(exchange)})",
        exchange,
        kind=_kind_of_no_time(exchange) if passed is None else FailureKind.WRONG_TIME,
    )


@clause("transport.time-post-only")
def test_time_accepts_only_post(subject: Subject, check: Check) -> None:
    """DOC W-OV: calls are POST. UNKNOWN: no page says whether this applies to Time."""
    exchange = subject.client.send("GET", subject.client.dialect.time_request(subject.client.root).url)
    actual = f"{_describe_time(exchange)} ({describe_exchange(subject, exchange)})"
    check(
        has_error_status(exchange) and not is_busy(exchange),
        f"GET Time: expected an HTTP error, got {actual}",
        exchange,
        kind=kind_without_refusal(exchange, shown=False),
        expected="an HTTP error",
        actual=actual,
    )
