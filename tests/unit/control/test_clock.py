"""The clock of a sandbox is frozen, set, stepped and unfrozen."""

from __future__ import annotations

import json
from typing import Any

import pytest

from noojee_fake.pbx.clock import EARLIEST, LATEST, Clock, parse_instant

CLOCK = "/sandboxes/default/clock"
START = "2026-11-24T00:00:00+00:00"


class Hand:
    """A source for a clock that the test moves."""

    def __init__(self) -> None:
        self.micros = parse_instant(START)

    def __call__(self) -> int:
        return self.micros


def put(caller: Any, **change: Any) -> dict[str, Any]:
    answer = caller.control("POST", CLOCK, change)
    assert answer.status == 200, answer.body
    clock: dict[str, Any] = json.loads(answer.body)
    assert json.loads(caller.control("GET", CLOCK).body) == clock
    return clock


def test_frozen_clock_moves_only_by_steps(pbx: Any) -> None:
    """Forwards, backwards and by fractions. The Time service shows the same."""
    caller = pbx()
    assert put(caller, step_seconds=90) == {"now": "2026-11-24T00:01:30+00:00", "frozen": True}
    assert put(caller, step_seconds=-60.5)["now"] == "2026-11-24T00:00:29.500000+00:00"
    assert put(caller, step_seconds=0)["now"] == "2026-11-24T00:00:29.500000+00:00"
    assert caller.millis == 1795478429500


def test_clock_is_set(pbx: Any) -> None:
    """To any instant of the years 1970 to 9998, with an offset. A step can be in the same request."""
    caller = pbx()
    assert put(caller, now="2026-11-25T11:00:00+11:00")["now"] == "2026-11-25T00:00:00+00:00"
    assert put(caller, now="1970-01-01T00:00:00Z")["now"] == "1970-01-01T00:00:00+00:00"
    assert put(caller, now=START, step_seconds=1, frozen=True)["now"] == "2026-11-24T00:00:01+00:00"


def test_running_clock_follows_its_source() -> None:
    """A set clock runs from its new time, a frozen clock keeps its time, an unfrozen clock continues from there."""
    hand = Hand()
    clock = Clock(source=hand)
    hand.micros += 5
    assert clock.micros() == parse_instant(START) + 5
    clock.set(1000)
    hand.micros += 5
    assert clock.micros() == 1005
    clock.step(-5)
    assert clock.micros() == 1000
    hand.micros += 3
    clock.freeze(True)
    hand.micros += 5
    assert clock.micros() == 1003
    clock.freeze(False)
    hand.micros += 7
    assert clock.micros() == 1010
    assert clock.sibling().micros() == hand.micros


def test_freezing_at_a_time_shows_exactly_that_time(pbx: Any) -> None:
    """A running clock is frozen and set in one request."""
    caller = pbx()
    assert json.loads(caller.control("POST", CLOCK, {"frozen": False}).body)["frozen"] is False
    assert put(caller, frozen=True, now=START) == {"now": START, "frozen": True}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({}, "$"),
        ({"when": START}, "$"),
        ({"now": 5}, "$.now"),
        ({"now": ""}, "$.now"),
        ({"now": "2026-11-24T00:00:00"}, "$.now"),
        ({"now": "2026-02-30T00:00:00Z"}, "$.now"),
        ({"now": "1969-12-31T23:59:59Z"}, "$.now"),
        ({"frozen": 1}, "$.frozen"),
        ({"frozen": "yes"}, "$.frozen"),
        ({"step_seconds": "1"}, "$.step_seconds"),
        ({"step_seconds": True}, "$.step_seconds"),
        ({"step_seconds": None}, "$.step_seconds"),
        ({"step_seconds": [1]}, "$.step_seconds"),
        ({"step_seconds": -1e11}, "$.step_seconds"),
        ({"step_seconds": 1e300}, "$.step_seconds"),
        ({"now": "9998-12-30T00:00:00Z", "frozen": False, "step_seconds": 1e6}, "$.step_seconds"),
        ({"now": "2026-11-25T00:00:00Z", "frozen": "no"}, "$.frozen"),
    ],
)
def test_refused_change_leaves_the_clock(pbx: Any, change: dict[str, Any], path: str | None) -> None:
    """400 with the JSON path, and the clock does not change."""
    caller = pbx()
    answer = caller.control("POST", CLOCK, change)
    assert answer.status == 400
    assert json.loads(answer.body).get("path") == path
    assert json.loads(caller.control("GET", CLOCK).body) == {"now": START, "frozen": True}


def test_infinite_step_is_refused(pbx: Any) -> None:
    """JSON has no infinity, but a large number becomes one."""
    caller = pbx()
    for written in (b"1e999", b"-1e999", b"NaN", b"Infinity"):
        answer = caller.control("POST", CLOCK, b'{"step_seconds":' + written + b"}", content_type="application/json")
        assert answer.status == 400


@pytest.mark.parametrize("instant", [EARLIEST - 1, LATEST + 1])
def test_clock_stays_within_its_years(instant: int) -> None:
    """Beyond these years not every zone has a date."""
    clock = Clock(now=5, frozen=True)
    for move in (clock.set, lambda micros: clock.step(micros - 5)):
        with pytest.raises(ValueError, match="1970 to 9998"):
            move(instant)
    assert clock.micros() == 5
