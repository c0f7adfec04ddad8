"""Each open question is a option that changes an answer: shown for its default and for every alternative."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.option_examples import CALLS, PARTS, SHOWN

TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[3] / "schemas" / "own" / "options.toml").read_text("utf-8")
)
STRICT = {"recording_api_bad_request_status": "400", "call_management_bad_request_status": "400"}
"""So that a refusal looks alike in every dialect."""


def choices(key: str) -> list[str]:
    return [TABLE[key]["default"], *TABLE[key]["alternatives"]]


def test_every_switch_is_shown() -> None:
    """A key of the table without a demonstration fails, and so does a demonstration without a key, or a second one."""
    assert set(SHOWN) == set(TABLE)
    assert sum(map(len, PARTS)) == len(SHOWN)


@pytest.mark.parametrize("key", TABLE)
def test_the_choices_shown_are_those_of_the_table(key: str) -> None:
    """Every alternative has an answer of its own; where there is no choice, the table says what settled it."""
    answers = SHOWN[key].answers
    assert list(answers) == choices(key)
    distinct = {repr(answer) for answer in answers.values()}
    assert len(distinct) == len(answers)
    assert bool(TABLE[key]["alternatives"]) is not bool(TABLE[key].get("settled"))


@pytest.mark.parametrize(("key", "choice"), [(key, choice) for key in TABLE for choice in choices(key)])
def test_each_choice_answers_as_it_says(key: str, choice: str, pbx: Callable[..., Any]) -> None:
    """The answer that shows a option is the one of its choice."""
    shown = SHOWN[key]
    assert shown.ask(pbx(*CALLS, **{key: choice})) == shown.answers[choice]


@pytest.mark.parametrize("key", TABLE)
def test_the_default_needs_no_choosing(key: str, pbx: Callable[..., Any]) -> None:
    """A PBX without a profile answers with the defaults of the table."""
    shown = SHOWN[key]
    assert shown.ask(pbx(*CALLS)) == shown.answers[TABLE[key]["default"]]


@pytest.mark.parametrize(
    ("key", "other"),
    [
        (key, other)
        for key, shown in SHOWN.items()
        for dialect, other in (("recording-api", "legacy"), ("call-management", "managed"))
        if shown.everywhere and key in TABLE and dialect in TABLE[key]["dialects"]
    ],
)
def test_a_switch_of_several_dialects_is_shown_on_each(key: str, other: str, pbx: Callable[..., Any]) -> None:
    """What is shown on the replacement holds for the other generations where the table says so."""
    for choice in choices(key):
        caller = pbx(*CALLS, **{**STRICT, key: choice})
        caller.njadmin = getattr(caller, other)
        assert SHOWN[key].ask(caller) == SHOWN[key].answers[choice]
