"""Rate, budget and the one-a-minute rule, across all workers of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from noojee_contract.clients.limits import Bounds, Limits
from noojee_contract.errors import BudgetSpent, TooSoon


class Time:
    """A clock that moves only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def limits(folder: Path, time: Time, *, rate: float | None = None, budget: int | None = None) -> Limits:
    bounds = Bounds(requests_per_second=rate, request_budget=budget)
    return Limits(folder / "t.json", bounds, now=lambda: time.now, sleep=time.sleep)


def test_two_workers_share_one_rate(tmp_path: Path) -> None:
    """Two requests a second together."""
    time = Time()
    one, other = limits(tmp_path, time, rate=2), limits(tmp_path, time, rate=2)
    for worker in (one, other, one, other):
        worker.before_request()
    assert time.slept == [0.5, 0.5, 0.5]


def test_two_workers_share_one_budget(tmp_path: Path) -> None:
    """The third request of a budget of two is refused."""
    time = Time()
    one, other = limits(tmp_path, time, budget=2), limits(tmp_path, time, budget=2)
    one.before_request()
    other.before_request()
    with pytest.raises(BudgetSpent, match="budget of 2 is spent"):
        one.before_request()


def test_by_hour_waits_a_minute_if_allowed(tmp_path: Path) -> None:
    """DOC: rate limited to a max of 1 per minute."""
    time = Time()
    one, other = limits(tmp_path, time), limits(tmp_path, time)
    one.before_by_hour(0)
    other.before_by_hour(61)
    assert time.slept == [61.0]


def test_by_hour_says_how_long_the_wait_would_be(tmp_path: Path) -> None:
    """A target that allows no wait gets no second request."""
    time = Time()
    one = limits(tmp_path, time)
    one.before_by_hour(0)
    with pytest.raises(TooSoon, match="in 61 s"):
        one.before_by_hour(15)
    time.now += 61
    one.before_by_hour(0)
