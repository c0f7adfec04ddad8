"""The number of requests that a run announces for a read-only target is a bound."""

from __future__ import annotations

from noojee_contract.engine.budget import planned_requests
from noojee_contract.engine.read_only_subject import MOST_LISTED_CALLS
from noojee_contract.model.question import Question
from noojee_contract.targets.target import Target

ONLY = ("metadata.by-unique-id-answered",)
HOUR = Question("hour", "2021/09/14 15")


def target(*recordings: Question) -> Target:
    return Target(name="pbx", dialect="njadmin", base_url="https://pbx.invalid", recordings=recordings)


def test_calls_that_an_hour_lists_are_counted() -> None:
    """Without tags and unique ids, a run asks for the calls of the first hour by unique id."""
    assert planned_requests(target(HOUR), ONLY) - planned_requests(target(), ONLY) == 1 + MOST_LISTED_CALLS


def test_each_worker_asks_the_shared_questions() -> None:
    """Workers share the limits, but not the answers."""
    one, two = (planned_requests(target(HOUR), ONLY, workers=number) for number in (1, 2))
    assert two - one == 1 + MOST_LISTED_CALLS
