"""A probe of a fake learns the profile that the fake has, for every option and value that can be learnt by reading."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noojee_contract.probing.questions import learnt_with, option_rows, probe_questions
from noojee_contract.targets.target import Target
from support.probing import OLD, RECORDINGS, SECOND_PASS, fake_with, probe_fake, target_for

MOST_VALUES = 4
NEW_RECORDINGS = tuple(known for known in RECORDINGS if known.value not in (OLD, SECOND_PASS))
PERMISSIONS: Mapping[str, dict[str, object]] = {
    "none": {},
    "negative tests": {"negative_tests": True},
    "waits": {"max_wait_seconds": 61.0},
    "an old leg": {"recordings": RECORDINGS},
}
DIALECTS = (
    ("njadmin", {}),
    ("recording-api", {}),
    ("call-management", {"authentication": "hash"}),
    ("call-management", {}),
    ("services", {}),
)


def profile_of(number: int) -> Mapping[str, str]:
    """Every option that can be learnt with its value of a number, or its last value."""
    learnable = [option for question in probe_questions() for option in question.learns]
    rows = option_rows()
    profile = {key: rows[key].values[min(number, len(rows[key].values) - 1)] for key in learnable}
    if profile["audio_format"] == "mpeg":  # then both values of this option are answered alike
        profile["audio_aged_form"] = "as-recorded"
    return profile


def expected_of(target: Target, profile: Mapping[str, str]) -> dict[str, str]:
    """The options that a probe with all permissions must learn."""
    return {option: profile[option] for question in probe_questions() for option in question.options_for(target)}


@pytest.mark.parametrize("number", range(MOST_VALUES))
@pytest.mark.parametrize(("dialect", "settings"), DIALECTS)
def test_probe_learns_the_profile_of_the_fake(dialect: str, settings: dict[str, str], number: int) -> None:
    """Each value of each option occurs in one of four profiles."""
    profile = profile_of(number)
    target = target_for(dialect, **settings)
    if profile["bare_rest"] == "absent":
        target = target_for(dialect, rest_path="/servicemanager/rest", **settings)
    result = probe_fake(fake_with(profile), target)
    learnt = {key: each.value for key, each in result.learnt.items()}
    assert learnt == expected_of(target, profile), result.not_learnt
    assert result.uncovered == []
    assert result.requests <= 60


@pytest.mark.parametrize(("dialect", "settings"), DIALECTS)
def test_each_permission_adds_the_documented_options(dialect: str, settings: dict[str, object]) -> None:
    """The generated page of the probe states these numbers; each dialect has its part of them."""
    allowed: dict[str, object] = {"negative_tests": False, "max_wait_seconds": 0.0, "recordings": NEW_RECORDINGS}
    learnt: set[str] = set()
    for permission, change in PERMISSIONS.items():
        allowed |= change
        target = target_for(dialect, **settings, **allowed)
        found = set(probe_fake(fake_with({}), target).learnt)
        possible = {option for question in probe_questions() for option in question.options_for(target)}
        assert found - learnt == set(learnt_with()[permission]) & possible, permission
        learnt = found


@given(profile=st.fixed_dictionaries({key: st.sampled_from(row.values) for key, row in option_rows().items()}))
@settings(max_examples=10, deadline=None)
def test_probe_learns_nothing_wrong_of_any_profile(profile: dict[str, str]) -> None:
    """Options that cannot be learnt have any values too."""
    profile |= {"address_refused": "403", "bare_rest": "served"}
    target = target_for("njadmin")
    result = probe_fake(fake_with(profile), target)
    expected = expected_of(target, profile)
    if profile["audio_format"] == "mpeg":
        expected["audio_aged_form"] = "as-recorded"
    assert {key: each.value for key, each in result.learnt.items()} == expected


def test_time_stamps_are_used_up() -> None:
    """A probe leaves no authentication under way, so that other clients of a PBX with a limit of five can begin."""
    sandboxes = fake_with({"concurrent_authentications": "5"})
    assert "concurrent_authentications" in probe_fake(sandboxes, target_for("recording-api")).learnt
    pbx = sandboxes.default
    assert pbx.limits.attempts.under_way(pbx.clock.micros() // 1000) == 0


def test_spent_budget_keeps_what_was_learnt() -> None:
    """The other options are listed with the budget as the reason."""
    result = probe_fake(fake_with({}), target_for("njadmin", request_budget=4))
    assert result.requests == 4
    assert "json_content_type" in result.learnt
    assert "budget of 4" in result.not_learnt["bad_hour"]
