"""The clock of a served PBX starts at the time of the archive, and runs unless a flag freezes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from noojee_fake.testing.process import ServerProcess

Serve = Callable[..., ServerProcess]
BY_HOUR = "/njadmin/rest/RecordingAPI/retrieveMetaDataByHour"


def clock(process: ServerProcess) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(f"{process.base_url}/__noojee/sandboxes/default/clock", trust_env=False).json()
    return answer


@pytest.mark.parametrize(
    ("flags", "is_frozen", "line"),
    [
        ((), False, r"clock: it shows 2026-11-24T00:00:\d\d\+00:00 and runs \(to freeze it: --clock frozen\)"),
        (("--clock", "running"), False, r"clock: it shows 2026-11-24T00:00:\d\d\+00:00 and runs"),
        (("--clock", "frozen"), True, r"clock: frozen at 2026-11-24T00:00:00\+00:00, so the by-hour limit"),
    ],
    ids=["default", "running", "frozen"],
)
def test_a_bundled_archive_sets_the_clock(flags: tuple[str, ...], is_frozen: bool, line: str, serve: Serve) -> None:
    """Without a flag it runs, so that a client that waits for the next minute goes on. The banner says which."""
    process = serve("--archive", "by-hour", *flags)
    shown = clock(process)
    assert (shown["frozen"], shown["now"].startswith("2026-11-24T00:0")) == (is_frozen, True)
    assert re.search(line, process.output)


def test_a_running_clock_ends_the_by_hour_limit(serve: Serve) -> None:
    """The second request is refused within the minute, and answered after it."""
    process = serve("--archive", "by-hour")
    query = {"apiKey": "f863246a-973e-11e6-8784-08002718f5b5", "date": "2021/09/14", "hour": "15"}
    with httpx.Client(base_url=process.base_url, trust_env=False) as client:
        statuses = [client.post(BY_HOUR, params=query).status_code for _ in range(2)]
        client.post("/__noojee/sandboxes/default/clock", json={"step_seconds": 60})
        assert [*statuses, client.post(BY_HOUR, params=query).status_code] == [200, 429, 200]


def test_a_pbx_without_an_archive_has_the_time_of_the_computer(serve: Serve) -> None:
    """The banner has no line about it, unless the clock is frozen."""
    assert "clock:" not in serve().output
    process = serve("--clock", "frozen")
    assert (clock(process)["frozen"], "clock: frozen at" in process.output) == (True, True)


def test_a_state_file_keeps_its_clock(serve: Serve) -> None:
    """A flag changes it."""
    frozen = []
    for flags in (("--clock", "frozen"), (), ("--clock", "running"), ()):
        process = serve("--archive", "example", "--state", "pbx.state", *flags)
        frozen.append(clock(process)["frozen"])
        process.stop()
    assert frozen == [True, True, False, False]
