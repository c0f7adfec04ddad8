"""A read-only run waits for the by-hour limit only as often as it must, and other clauses run during the waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.clients.clock import Clock
from noojee_contract.engine.ahead import PlannedClause
from noojee_contract.engine.config import RunnerConfig, Timing
from noojee_contract.engine.planner import place_in_run
from noojee_contract.engine.runner import Runner
from noojee_contract.errors import TimeSpent
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.question import Question
from noojee_contract.model.result import Result
from noojee_contract.model.wait import ByHourWait
from noojee_contract.suite import clause_functions
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.targets.target import Target
from support import timed_servers
from support.read_only_subjects import AUDIO, KEY, MELBOURNE
from support.timed_servers import Time, TimedServer

ZONE = ZoneInfo(MELBOURNE)
HOURS = [datetime(2026, 3, 11, hour, tzinfo=ZONE) for hour in (9, 10, 14)]
MOST_SECONDS = 6 * 60


def calls() -> dict[str, Any]:
    """Three hours of ten calls with two legs each."""
    made = []
    for hour in HOURS:
        for number in range(10):
            start = hour + timedelta(minutes=3 + 5 * number)
            second = start + timedelta(seconds=15)
            legs = [
                leg(each.isoformat(), (each + timedelta(seconds=11)).isoformat(), tag=f"INV-{1040 + number % 7}")
                for each in (start, second)
            ]
            made.append(call(f"{int(start.timestamp()) - 3}.{2 + 3 * number}", *legs))
    return archive(*made)


@dataclass
class Example:
    """The example of docs/guides/staging-pbx.md.

    A legacy PBX and a replacement, both read-only, at two requests a second.
    """

    time: Time
    old: TimedServer
    staging: TimedServer
    targets: list[Target]
    waits: list[ByHourWait] = field(default_factory=list)

    def run(self, *, scheduled: bool = True, only: Sequence[str] = (), until: float | None = None) -> list[Result]:
        """Run the chosen clauses, by default all, and return their results."""
        config = RunnerConfig(
            targets=self.targets,
            migrations=[MigrationPair("old", "staging")],
            random_seed=1,
            examples=1,
            timing=Timing(clock=Clock(lambda: self.time.now, self.time.sleep), until=until, on_wait=self.waits.append),
        )
        functions = clause_functions()
        with Runner(config, environ={"KEY": KEY}) as runner:
            planned = [
                PlannedClause(clause=clause, function=functions[clause.id], cell=cell)
                for clause in catalogue().values()
                for cell in runner.cells(clause)
                if not only or clause.id in only
            ]
            planned.sort(key=lambda each: place_in_run(each.clause, each.cell))
            if scheduled:
                runner.expect(planned)
            return [runner.result(each.clause, each.function, each.cell) for each in planned]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[Example]:
    time, document = Time(), calls()
    servers = {name: TimedServer(time, document) for name in ("old", "staging")}
    monkeypatch.setattr(timed_servers, "OPENED", servers)
    recordings = (
        *(Question("tag", f"INV-{1040 + number}") for number in range(3)),
        *(Question("unique_id", each["unique_id"]) for each in document["calls"][:3]),
        *(Question("hour", f"{hour:%Y/%m/%d} {hour.hour}") for hour in HOURS),
    )
    old = Target(
        name="old",
        dialect="recording-api",
        transport="support.timed_servers:old",
        api_key_env="KEY",
        recordings=recordings,
        requests_per_second=2,
    )
    staging = replace(
        old,
        name="staging",
        dialect="njadmin",
        transport="support.timed_servers:staging",
        audio=AUDIO,
        request_budget=500,
        negative_tests=True,
        max_wait_seconds=61,
    )
    return Example(time, servers["old"], servers["staging"], [old, staging])


def outcomes(results: Sequence[Result]) -> dict[tuple[str, str], Outcome]:
    return {(result.clause, result.target): result.outcome for result in results}


def test_the_example_of_the_readme_takes_six_minutes_at_most(example: Example) -> None:
    """Three known hours, and two more minutes: an escaped date, and an hour in the future."""
    began = example.time.now
    results = example.run()
    assert example.time.now - began <= MOST_SECONDS
    answered = [seen for seen in example.staging.by_hour() if seen.status == 200]
    assert len(answered) == len(HOURS) + 2
    assert not {Outcome.FAILED, Outcome.ERROR} & set(outcomes(results).values())


def test_the_schedule_changes_no_outcome(example: Example) -> None:
    """Each clause has the outcome that it has in a run without a schedule."""
    scheduled = outcomes(example.run())
    example.time.sleep(61)
    assert outcomes(example.run(scheduled=False)) == scheduled


def test_the_first_listing_follows_the_authentication(example: Example) -> None:
    """The minutes of the limit begin as early as possible."""
    example.run()
    first = example.staging.by_hour()[0]
    before = example.staging.seen[: example.staging.seen.index(first)]
    assert len(before) <= 10
    assert first.status == 200


def test_refused_requests_share_the_minute_of_a_listing(example: Example) -> None:
    """GET, wrong keys and bad hours are refused right before a listing, which is still answered."""
    example.run()
    by_hour = example.staging.by_hour()
    (get,) = (seen for seen in by_hour if seen.method == "GET")
    minute = by_hour[by_hour.index(get) :]
    listing = next(seen for seen in minute if seen.status == 200)
    refused = minute[: minute.index(listing)]
    assert len(refused) >= 6
    assert listing.at - get.at < 10


def test_requests_that_fit_into_the_waits_cost_no_minute(example: Example) -> None:
    """Where the other clauses end early, the by-hour requests keep their order and their minutes."""
    example.targets = [replace(target, requests_per_second=None) for target in example.targets]
    began = example.time.now
    example.run()
    assert example.time.now - began <= 4 * 61 + 5
    assert [seen.status for seen in example.staging.by_hour()].count(200) == len(HOURS) + 2


def test_the_limit_is_tested_right_after_a_listing(example: Example) -> None:
    """The second and the third request of a minute come at once, and only once."""
    example.run()
    statuses = [seen.status for seen in example.staging.by_hour()]
    assert statuses[:3] == [200, 429, 429]
    assert 429 not in statuses[3:]


def test_a_wait_says_which_of_all_it_is(example: Example) -> None:
    """Alone, the clauses about the limit wait for each minute."""
    example.run(only=["by-hour.answered", "by-hour.limit"])
    assert [str(wait) for wait in example.waits] == [
        "waiting 61 s for the by-hour limit, 2 of 3",
        "waiting 61 s for the by-hour limit, 3 of 3",
    ]


def test_a_time_limit_ends_the_run_in_order(example: Example) -> None:
    """Clauses that cannot end are inconclusive; nothing is sent later."""
    began = example.time.now
    results = example.run(until=began + 90)
    assert example.time.now - began <= 90
    late = [result for result in results if result.reason == str(TimeSpent())]
    assert {result.outcome for result in late} == {Outcome.INCONCLUSIVE}
    assert "by-hour.answered" in {result.clause for result in late}
    assert Outcome.PASSED in outcomes(results).values()


def test_a_spent_budget_ends_the_waits(example: Example) -> None:
    """No clause waits for a minute in which it cannot send anything."""
    example.targets = [replace(target, request_budget=40) for target in example.targets]
    example.run()
    assert len(example.staging.seen) == 40
    assert example.waits == []


@pytest.mark.parametrize("status", [429, 400, 503, 200])
def test_a_server_that_counts_refused_requests_passes(example: Example, status: int) -> None:
    """The page of the method does not say that only answered requests count, nor the status of a refusal."""
    example.staging.counts_every_request = status
    results = example.run()
    bad = {result.clause: result.failure for result in results if result.outcome in (Outcome.FAILED, Outcome.ERROR)}
    assert bad == {}
    passed = {result.clause for result in results if result.outcome is Outcome.PASSED and result.target == "staging"}
    assert {"by-hour.answered", "by-hour.limit", "by-hour.key-needed", "by-hour.limit-ends"} <= passed
    statuses = [seen.status for seen in example.staging.by_hour()]
    assert statuses.count(401) == 3  # no key, a wrong key and an empty key were refused for what they are
