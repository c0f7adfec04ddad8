"""A probe of a fake learns the profile that the fake has, for every option and value that can be learnt by reading."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from noojee_contract.probing.questions import option_rows, probe_questions
from support.probing import fake_with, probe_fake, target_for

MOST_VALUES = 4
DIALECTS = (
    ("njadmin", {}),
    ("recording-api", {}),
    ("call-management", {"authentication": "hash"}),
    ("call-management", {}),
)


def profile_of(number: int) -> Mapping[str, str]:
    """Every option that can be learnt with its value of a number, or its last value."""
    learnable = [option for question in probe_questions() for option in question.learns]
    rows = option_rows()
    profile = {key: rows[key].values[min(number, len(rows[key].values) - 1)] for key in learnable}
    if profile["audio_format"] == "mpeg":  # then both values of this option are answered alike
        profile["audio_aged_form"] = "as-recorded"
    return profile


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
    expected = {option: profile[option] for question in probe_questions() for option in question.options_for(target)}
    assert learnt == expected, result.not_learnt
    assert result.requests <= 60
