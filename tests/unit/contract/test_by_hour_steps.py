"""The order of the by-hour requests to a read-only target, and how many minutes of the limit they need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.engine.ahead import by_hour_steps
from noojee_contract.engine.slots import ByHourSlots
from noojee_contract.errors import TooSoon
from noojee_contract.model.exchange import Exchange, Request, Response

ALL = [clause for clause in catalogue().values() if "writable" not in clause.needs]


def shown(hours: int) -> list[list[str | int]]:
    """The steps of each minute: ids of clauses without their group, and places of hours."""
    minutes = by_hour_steps(ALL, hours)
    return [
        [step.clause.id.partition(".")[2] if step.clause is not None else step.hour or 0 for step in steps]
        for steps in minutes
    ]


REFUSED = ["post-only", "key-needed", "bad-hour-refused", "bad-request-status"]
FIRST = ["limit", "limit-status", "limit-apart"]


def test_each_known_hour_has_a_minute() -> None:
    """The limit is tested in the first one; what must be refused comes before the last one."""
    minutes = shown(3)
    assert [set(minute) for minute in minutes[:3]] == [{*FIRST, 0}, {"after-by-hour", 1}, {*REFUSED, 2}]
    assert minutes[2][-1] == 2
    assert sorted(minutes[3:]) == [["date-escaped"], ["future-hour"]]


def test_one_known_hour_serves_the_clauses_about_the_limit() -> None:
    """The requests of one minute come at once: only the first step needs an open minute."""
    first = by_hour_steps(ALL, 1)[0]
    assert [step.waits for step in first if step.clause is not None] == [True, False, False, False]
    assert len(by_hour_steps(ALL, 1)) == 3


def test_a_run_without_by_hour_clauses_sends_nothing_by_hour() -> None:
    assert by_hour_steps([catalogue()["metadata.schema"]], 0) == []


def exchange(status: int) -> Exchange:
    request = Request(method="POST", url="https://pbx.invalid/", repeatable=False)
    response = Response(status=status, headers=(), body=b"[]", seconds=0.0)
    return Exchange(request=request, response=response, at=datetime(2026, 1, 1, tzinfo=UTC))


def answers(*statuses: int) -> Callable[[], Exchange]:
    left = list(statuses)
    return lambda: exchange(left.pop(0))


def test_a_refused_request_leaves_its_minute_open() -> None:
    used: list[bool] = []
    slots = ByHourSlots(before=lambda: None, after=used.append)
    assert slots.send(answers(401), refused=True).status == 401
    assert slots.send(answers(200)).status == 200
    assert used == [False, True]


def test_a_listing_is_asked_again_where_refused_requests_use_up_the_minute() -> None:
    """Whatever the status that refuses it: some servers count each request."""
    waits: list[int] = []
    slots = ByHourSlots(before=lambda: waits.append(1))
    slots.send(answers(405), refused=True)
    assert slots.send(answers(400, 200)).status == 200
    assert (len(waits), slots.repeats) == (3, 1)


def test_a_wrong_key_that_meets_the_limit_is_sent_again() -> None:
    """429 does not show that the key is refused."""
    slots = ByHourSlots(before=lambda: None)
    assert slots.send(answers(429, 401), refused=True).status == 401


def test_a_wrong_key_that_the_limit_refuses_is_sent_again() -> None:
    """The limit may refuse with any status; its refusal shows nothing about the key."""
    slots = ByHourSlots(before=lambda: None)
    slots.take_second(exchange(400))
    assert slots.send(answers(400, 401), refused=True).status == 401


def turns(*each: TooSoon | None) -> Callable[[], None]:
    """What a request of each turn waits for: nothing, or longer than the target allows."""
    left = list(each)

    def before() -> None:
        turn = left.pop(0)
        if turn is not None:
            raise turn

    return before


def test_a_listing_that_may_not_wait_for_the_next_minute_says_so() -> None:
    with pytest.raises(TooSoon):
        ByHourSlots(before=turns(None, TooSoon(61))).send(answers(429))


def test_a_listing_that_refused_requests_may_have_used_up_says_so() -> None:
    """Without a wait, nobody can say whether the limit or the method refuses it."""
    slots = ByHourSlots(before=turns(None, None, TooSoon(61)))
    slots.send(answers(405), refused=True)
    with pytest.raises(TooSoon):
        slots.send(answers(400))


def test_a_broken_listing_that_may_not_wait_is_an_answer() -> None:
    """A server error is no refusal by the limit."""
    assert ByHourSlots(before=turns(None, TooSoon(61))).send(answers(500)).status == 500


@pytest.mark.parametrize(("seconds", "shows"), [(61, True), (5, False), (600, False)])
def test_an_answer_a_minute_after_another_shows_that_the_limit_ends(seconds: float, shows: bool) -> None:
    times = [0.0]
    slots = ByHourSlots(before=lambda: None, now=lambda: times[-1])
    slots.send(answers(200))
    times.append(seconds)
    slots.send(answers(200))
    assert (slots.next_minute is not None) == shows
