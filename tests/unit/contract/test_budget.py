"""The number of requests that a run announces for a read-only target is a bound."""

from __future__ import annotations

from noojee_contract.engine.budget import SOUND_TRIES, asks_all_listed, planned_requests
from noojee_contract.engine.sampling import DEFAULT_CALLS, DEFAULT_SOUNDS
from noojee_contract.model.question import Question
from noojee_contract.targets.target import Target

ONLY = ("metadata.by-unique-id-answered",)
HOUR = Question("hour", "2021/09/14 15")


def target(*recordings: Question, **more: int) -> Target:
    return Target(name="pbx", dialect="njadmin", base_url="https://pbx.invalid", recordings=recordings, **more)


def test_calls_that_an_hour_lists_are_counted() -> None:
    """Without tags and unique ids, a run asks for the calls of the first hour by unique id."""
    assert planned_requests(target(HOUR), ONLY) - planned_requests(target(), ONLY) == 1 + DEFAULT_CALLS


def test_each_worker_asks_the_shared_questions() -> None:
    """Workers share the limits, but not the answers."""
    one, two = (planned_requests(target(HOUR), ONLY, workers=number) for number in (1, 2))
    assert two - one == 1 + DEFAULT_CALLS


def test_a_migration_also_asks_for_the_recordings_of_the_other_side() -> None:
    """Each side is asked for what the other side is known to hold, and for the sounds of both."""
    other = target(Question("unique_id", "1.2"), Question("unique_id", "1.3"), calls=5)
    only = ("metadata.by-unique-id-answered", "migration.durations")
    alone, both = planned_requests(target(), only), planned_requests(target(), only, partners=[other])
    assert both - alone == 2 + DEFAULT_SOUNDS * SOUND_TRIES


def test_a_migration_without_a_limit_asks_for_all_listed_calls() -> None:
    """Their number is not known in advance."""
    assert not asks_all_listed(target())
    assert asks_all_listed(target(), [target()])
    assert not asks_all_listed(target(calls=50), [target()])
