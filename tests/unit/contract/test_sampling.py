"""The limits of read-only targets, and the random samples that a run draws within them."""

from __future__ import annotations

import pytest

from noojee_contract.engine.sampling import Sampling, sampling_of
from noojee_contract.targets.target import ALL, Target

LEGS = [(f"17732003{place:02}.2", 1 + place % 3) for place in range(60)]


def target(**limits: int) -> Target:
    return Target(name="pbx", dialect="njadmin", **limits)


def test_a_sample_depends_on_the_random_seed_alone() -> None:
    """The same random seed draws the same legs, in any order; another one draws others."""
    one, again, other = Sampling(random_seed=1), Sampling(random_seed=1), Sampling(random_seed=2)
    assert one.in_random_order(LEGS) == again.in_random_order(reversed(LEGS))
    assert one.in_random_order(LEGS)[:10] != other.in_random_order(LEGS)[:10]
    assert sorted(one.in_random_order(LEGS)) == sorted(LEGS)


def test_targets_with_nearly_the_same_legs_draw_nearly_the_same_sample() -> None:
    """So that a migration compares the sounds that the clauses about each side have fetched."""
    sampling = Sampling(random_seed=1)
    drawn, without = sampling.in_random_order(LEGS)[:10], sampling.in_random_order(LEGS[1:])[:10]
    assert len({*drawn} & {*without}) >= 9


def test_drawn_calls_keep_their_order() -> None:
    """A sample of 20 of 60, each once."""
    names = [name for name, _ in LEGS]
    drawn = Sampling(random_seed=5).drawn_calls([*names, *names])
    assert len(drawn) == 20
    assert list(drawn) == sorted(drawn)
    assert drawn != tuple(names[:20])


@pytest.mark.parametrize(
    ("old", "new", "calls", "sounds"),
    [
        ({}, {}, ALL, 20),
        ({"calls": 5}, {}, 5, 20),
        ({"calls": 5, "sounds": 3}, {"calls": 9, "sounds": ALL}, 9, ALL),
    ],
)
def test_a_migration_takes_the_larger_limit(old: dict[str, int], new: dict[str, int], calls: int, sounds: int) -> None:
    """All listed calls, if no side sets a limit."""
    sampling = sampling_of([target(**old), target(**new)], 1)
    assert (sampling.calls, sampling.sounds) == (calls, sounds)


def test_a_target_alone_has_limits() -> None:
    """At most 20 calls that only listings name, 20 sounds, and none of more than 70 s."""
    sampling = sampling_of([target()], 1)
    assert (sampling.calls, sampling.sounds, sampling.longest_sound) == (20, 20, 70)
