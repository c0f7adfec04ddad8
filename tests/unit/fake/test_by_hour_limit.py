"""By hour is answered once a minute, counted from the last request that was accepted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from noojee_fake.pbx.rate_limit import ByHourLimit

SECOND = 1_000_000
REFUSED = b'{"Message":"Rate limit exceeded: one request per minute","Code":-1}'


@pytest.fixture(scope="session")
def empty(pbx: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **options: pbx(**options)


def by_hour(caller: Any, **parameters: Any) -> int:
    asked = {"date": "2026/11/20", "hour": 9} | parameters
    return int(caller.njadmin("retrieveMetaDataByHour", **asked).status)


def step(caller: Any, seconds: float) -> None:
    caller.sandboxes.default.clock.step(round(seconds * SECOND))


def test_a_second_request_waits_a_full_minute(empty: Any) -> None:
    """Refused a microsecond before the minute is over, accepted at its end.

    Source: DOC W-H; the edge is chosen, option by_hour_limit_status.
    """
    caller = empty()
    assert by_hour(caller) == 200
    step(caller, 59.999999)
    assert by_hour(caller) == 429
    step(caller, 0.000001)
    assert by_hour(caller) == 200


def test_refused_requests_do_not_prolong_the_wait(empty: Any) -> None:
    """The minute runs from the last accepted request, so asking too often never locks a client out.

    Source: option by_hour_limit_status.
    """
    caller = empty()
    answers = []
    for _ in range(13):
        answers.append(by_hour(caller))
        step(caller, 10)
    assert answers == [200, 429, 429, 429, 429, 429] * 2 + [200]


def test_the_refusal_has_a_body_and_no_retry_after(empty: Any) -> None:
    """The vendor's client prints the body of an error (CLIENT C-D); no page speaks of Retry-After.

    Source: option by_hour_limit_status.
    """
    caller = empty()
    by_hour(caller)
    answer = caller.njadmin("retrieveMetaDataByHour", date="2026/11/20", hour=9)
    assert answer.body == REFUSED
    assert [name for name, _ in answer.headers] == ["Content-Type", "Content-Length"]


@pytest.mark.parametrize("value", ["empty-list", "refused"])
def test_a_future_hour_counts(empty: Any, value: str) -> None:
    """It was accepted as a request, with any result. Source: option future_hour."""
    caller = empty(future_hour=value)
    by_hour(caller, date="2030/01/01")
    assert by_hour(caller) == 429


def test_what_is_refused_before_the_limit_does_not_count(empty: Any) -> None:
    """Wrong keys, wrong methods and malformed dates leave the minute alone."""
    caller = empty()
    path = "/njadmin/rest/RecordingAPI/retrieveMetaDataByHour"
    assert caller.ask(path, "apiKey=nobody&date=2026/11/20&hour=9").status == 401
    user_key = caller.sandboxes.default.user_key
    assert caller.ask(path, f"apiKey={user_key}&date=2026/11/20&hour=9").status == 403
    assert caller.njadmin("retrieveMetaDataByHour", method="GET", date="2026/11/20", hour=9).status == 405
    assert by_hour(caller, hour=24) == 400
    assert by_hour(caller) == 200
    assert by_hour(caller, hour=24) == 400
    assert caller.ask(path, "apiKey=nobody&date=2026/11/20&hour=9").status == 401


def test_the_other_methods_have_no_limit(empty: Any) -> None:
    """Only by hour is limited (DOC W-H)."""
    caller = empty()
    by_hour(caller)
    assert {caller.njadmin("retrieveMetaData", tag="T").status for _ in range(20)} == {200}
    assert by_hour(caller) == 429


def test_each_key_has_a_minute_of_its_own(empty: Any) -> None:
    """Sandboxes have keys of their own, and one's requests do not use up another's minute.

    Source: option by_hour_limit_status.
    """
    caller = empty()
    made = [caller.control("POST", "/sandboxes", {"clock": {"frozen": True}}) for _ in range(2)]
    sandboxes = [caller.sandbox(answer) for answer in made]
    for each in (caller, *sandboxes):
        assert by_hour(each) == 200
    for each in (caller, *sandboxes):
        assert by_hour(each) == 429


def test_changing_options_does_not_restart_the_minute(empty: Any) -> None:
    """A profile changes answers, not what happened."""
    caller = empty()
    assert by_hour(caller) == 200
    assert caller.control("PUT", "/sandboxes/default/profile", {"by_hour_limit_status": "503"}).status == 200
    assert by_hour(caller) == 503
    step(caller, 60)
    assert by_hour(caller) == 200


def test_a_clock_set_back_far_does_not_lock_out(empty: Any) -> None:
    """A PBX whose clock was put right by a minute or more answers; by less, it waits for the minute."""
    caller = empty()
    assert by_hour(caller) == 200
    step(caller, -59)
    assert by_hour(caller) == 429
    step(caller, -1)
    assert by_hour(caller) == 200


def test_of_simultaneous_requests_one_is_accepted() -> None:
    """The limit holds over threads."""
    limit = ByHourLimit()
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(limit.accept, [5] * 200)) == 1
