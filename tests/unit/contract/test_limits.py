"""Rate, budget and the one-a-minute rule, across all workers of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from noojee_contract.clients.limits import ARRIVAL_SECONDS, Bounds, Limits, limits_of
from noojee_contract.errors import BudgetSpent, TimeSpent, TooSoon
from noojee_contract.targets.target import Target


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


def test_a_minute_starts_when_the_by_hour_request_is_sent(tmp_path: Path) -> None:
    """The rate may delay a request after its turn; the server counts from when it comes."""
    time = Time()
    one = limits(tmp_path, time, rate=0.1)
    one.before_request()
    for _ in range(2):
        one.before_by_hour(61)
        one.before_request()
        one.begin_sending()
        sent = time.now
        one.end_sending()
        assert sent >= 1010
        with pytest.raises(TooSoon, match="in 61 s"):
            one.before_by_hour(0)


def test_a_slow_connection_does_not_shorten_the_next_gap(tmp_path: Path) -> None:
    """The gap is measured between the moments when requests are sent."""
    time = Time()
    one, other = limits(tmp_path, time, rate=2), limits(tmp_path, time, rate=2)
    one.before_request()
    other.before_request()
    time.now += 0.4  # the connection of the first opens slowly
    one.begin_sending()
    first = time.now
    one.end_sending()
    one.answered()
    other.begin_sending()
    assert time.now - first == 0.5
    other.end_sending()


def test_a_late_arrival_does_not_shorten_the_next_gap(tmp_path: Path) -> None:
    """The server may have seen a request just before its answer."""
    time = Time()
    one = limits(tmp_path, time, rate=10)
    one.before_request()
    one.begin_sending()
    one.end_sending()
    time.now += 0.04
    one.answered()
    answered = time.now
    one.begin_sending()
    assert time.now - answered >= 0.09 - 1e-9
    one.end_sending()


def test_targets_on_one_host_and_port_share_the_lowest_limits(tmp_path: Path) -> None:
    """Whatever their dialect, key or scheme; another port is another server."""
    given = [
        Target(name="old", dialect="recording-api", base_url="https://pbx.example.com", requests_per_second=5),
        Target(name="new", dialect="njadmin", base_url="http://PBX.example.com:443/x", request_budget=9),
        Target(name="other", dialect="njadmin", base_url="https://pbx.example.com:8443"),
    ]
    shared = limits_of(given, tmp_path)
    old, new, other = (shared[target.name] for target in given)
    assert old is not None
    assert new is not None
    assert other is not None
    old.before_by_hour(0)
    with pytest.raises(TooSoon):
        new.before_by_hour(0)
    other.before_by_hour(0)
    for _ in range(9):
        old.before_request()
    with pytest.raises(BudgetSpent):
        new.before_request()


def test_a_spent_budget_ends_the_waiting(tmp_path: Path) -> None:
    """No wait for a minute in which nothing can be sent."""
    time = Time()
    one = limits(tmp_path, time, budget=1)
    one.before_by_hour(0)
    one.before_request()
    with pytest.raises(BudgetSpent):
        one.before_by_hour(61)
    with pytest.raises(BudgetSpent):
        one.pause(11)
    assert time.slept == []


def test_no_wait_goes_beyond_the_end_of_the_run(tmp_path: Path) -> None:
    time = Time()
    one = Limits(tmp_path / "t.json", Bounds(), now=lambda: time.now, sleep=time.sleep, until=time.now + 60)
    one.before_by_hour(61)
    with pytest.raises(TimeSpent):
        one.before_by_hour(61)
    one.before_request()
    time.now += 61
    with pytest.raises(TimeSpent):
        one.before_request()
    assert time.slept == []


def test_a_request_by_hour_that_was_refused_leaves_its_minute_open(tmp_path: Path) -> None:
    time = Time()
    one = limits(tmp_path, time)
    one.before_by_hour(0)
    one.after_by_hour(False)
    one.before_by_hour(0)
    one.after_by_hour(True)
    assert one.by_hour_wait_seconds() == 61


def test_a_wait_says_for_which_minute(tmp_path: Path) -> None:
    """Requests that were refused do not count."""
    time, waits = Time(), list[tuple[float, int]]()
    one = limits(tmp_path, time)
    one.before_by_hour(0)
    one.after_by_hour(False)
    for _ in range(3):
        one.before_by_hour(61, lambda seconds, number: waits.append((seconds, number)))
    assert waits == [(61.0, 2), (61.0, 3)]


def test_a_request_waits_for_the_answer_to_the_last_one(tmp_path: Path) -> None:
    """Until the answer, nobody knows when a busy server sees a request; a lost answer stops nobody for long."""
    time = Time()
    one, other = limits(tmp_path, time, rate=10), limits(tmp_path, time, rate=10)
    one.begin_sending()
    one.end_sending()
    other.begin_sending()
    assert time.now - 1000.0 == pytest.approx(ARRIVAL_SECONDS + 0.09, abs=0.01)
    other.end_sending()
