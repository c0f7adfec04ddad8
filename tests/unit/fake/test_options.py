"""Each option changes an answer: an example shows it for the default and for every alternative.

A newer option needs no example: its clause shows each of its values
(`tests/quality/clauses/test_other_option_values.py`).
"""

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
FEWEST_EXAMPLES = 59
"""The options that have had an example from the start."""


def values(key: str) -> list[str]:
    return [TABLE[key]["default"], *TABLE[key]["alternatives"]]


def test_every_example_has_an_option() -> None:
    """An example without a key of the table fails, and so does a second example of an option."""
    assert set(SHOWN) <= set(TABLE)
    assert len(SHOWN) >= FEWEST_EXAMPLES
    assert sum(map(len, PARTS)) == len(SHOWN)


@pytest.mark.parametrize("key", SHOWN)
def test_the_examples_show_the_values_of_the_table(key: str) -> None:
    """Every alternative has an answer of its own; without alternatives, the table says what settled the option."""
    answers = SHOWN[key].answers
    assert list(answers) == values(key)
    distinct = {repr(answer) for answer in answers.values()}
    assert len(distinct) == len(answers)
    assert bool(TABLE[key]["alternatives"]) is not bool(TABLE[key].get("settled"))


@pytest.mark.parametrize(("key", "value"), [(key, value) for key in SHOWN for value in values(key)])
def test_each_value_gives_its_answer(key: str, value: str, pbx: Callable[..., Any]) -> None:
    """The answer that shows an option is the one of its value."""
    shown = SHOWN[key]
    assert shown.ask(pbx(*CALLS, **{key: value})) == shown.answers[value]


@pytest.mark.parametrize("key", SHOWN)
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
        if shown.everywhere and dialect in TABLE[key]["dialects"]
    ],
)
def test_an_option_of_several_dialects_is_shown_on_each(key: str, other: str, pbx: Callable[..., Any]) -> None:
    """What is shown on the replacement holds for the other dialects where the table says so."""
    for value in values(key):
        caller = pbx(*CALLS, **{**STRICT, key: value})
        caller.njadmin = getattr(caller, other)
        assert SHOWN[key].ask(caller) == SHOWN[key].answers[value]
