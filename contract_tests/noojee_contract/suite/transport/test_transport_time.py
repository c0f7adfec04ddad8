"""Transport: Time, the clock of the legacy PBX, which each hash is made with."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange, beginning
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import describe_exchange, pbx_millis

FAR_OFF_SECONDS = 600
NEAR_SECONDS = 2  # of a clock that stands where it was put
NOT_PLAIN = re.compile("json|html|xml", re.IGNORECASE)


def _shown(exchange: Exchange) -> str:
    return exchange.transport_error or f"{exchange.status} and {beginning(exchange.body.decode('latin-1'), 40)!r}"


@clause("transport.time-digits")
def test_time_is_thirteen_digits_for_anybody(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-HA: the body is the time in milliseconds, e.g. 1392356108888; no credential is shown with it."""
    exchange = subject.client.time()
    plain = exchange.status == 200 and re.fullmatch(rb"[0-9]{13}\s*", exchange.body) is not None
    check(plain, f"Time: expected 200 and 13 digits, got {_shown(exchange)}", exchange)


@clause("transport.time-not-json")
def test_time_is_not_labelled_json(subject: Subject, check: Check) -> None:
    """DOC W-HA: returns plain/text not json."""
    exchange = subject.client.time()
    label = exchange.header("content-type") or ""
    check(
        exchange.status == 200 and not NOT_PLAIN.search(label),
        f"the Content-Type of Time is {label or 'not told'}",
        exchange,
    )


@clause("transport.time-body")
def test_time_ends_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 10: digits alone, or with a line end."""
    exchange = subject.client.time()
    ends = {b"": "digits", b"\n": "digits-newline"}
    match = re.fullmatch(rb"[0-9]+(\s*)", exchange.body)
    seen = ends.get(match[1]) if match else None
    check.option(subject, "time_body", seen or f"other: {_shown(exchange)}", exchange)


@clause("transport.time-milliseconds")
def test_time_is_the_pbx_clock_in_milliseconds_of_1970(subject: Subject, check: Check) -> None:
    """DERIVED W-A1: 1392356108888 is 2014-02-14 05:35:08 UTC."""
    exchange = subject.client.time()
    came = exchange.body.strip()
    if not came.isdigit():
        check(False, f"Time: expected digits, got {_shown(exchange)}", exchange)
    now = datetime.now(UTC) if subject.sandbox is None else subject.zone_now()
    off = int(came) / 1000 - now.timestamp()
    said = f"Time is {off:+.0f} s off the clock"
    if subject.sandbox is None and abs(off) > FAR_OFF_SECONDS:
        check.note(f"{said} of this machine", exchange)
        return
    near = FAR_OFF_SECONDS if subject.sandbox is None else NEAR_SECONDS
    check(abs(off) <= near, f"{said} that the PBX was given", exchange)


@clause("transport.time-moves")
def test_time_moves_on_with_the_clock(subject: Subject, check: Check) -> None:
    """DOC W-A1: a time stamp is good for ten seconds, so an old answer to Time is worth nothing."""
    first = pbx_millis(subject)
    subject.step(3)
    exchange = subject.client.time()
    passed = (int(exchange.body) - first) / 1000 if exchange.body.strip().isdigit() else None
    said = f"3 s later Time shows {passed} s more ({_shown(exchange)})"
    check(passed is not None and 2 <= passed <= 60, said, exchange)


@clause("transport.time-post-only")
def test_time_is_asked_by_post_alone(subject: Subject, check: Check) -> None:
    """DOC W-OV: calls are POST; whether Time keeps to it is not said (UNKNOWN row 10)."""
    exchange = subject.client.send("GET", subject.client.time_url)
    refused = exchange.status is not None and exchange.status >= 400
    check(
        refused,
        f"GET Time: expected an HTTP error, got {_shown(exchange)} ({describe_exchange(subject, exchange)})",
        exchange,
    )
