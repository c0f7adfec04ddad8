"""Hostile requests for the control API: an error of the client, never a server error. `tox -e fuzz` sends many more."""

from __future__ import annotations

from typing import Any

import pytest

from quality.fuzz.control_requests import Requests, control_survived
from quality.fuzz.served import Served, posted, served

HUGE = int("9" * 400)


def test_control_requests_give_no_server_error() -> None:
    """Many of them change something: the run is not only refused."""
    with served("--quiet") as server:
        figures = control_survived(server, count=2000, start=1)
    assert figures["requests"] == 2000
    assert figures["status 2xx"] > 400
    assert figures["status 4xx"] > 400


def test_seed_chooses_the_requests() -> None:
    """A run can be repeated."""
    first, again, other = (Requests(seed) for seed in (1, 1, 2))
    written = [first.next() for _ in range(20)]
    assert written == [again.next() for _ in range(20)]
    assert written != [other.next() for _ in range(20)]


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("calls", {"calls": [{"unique_id": []}]}),
        ("calls", {"calls": [{"unique_id": {}}]}),
        ("calls", {"calls": [[]]}),
        ("calls", {"calls": {}}),
        ("flow", {"steps": [{"do": "wait", "seconds": HUGE}]}),
        ("flow", {"steps": [{"do": "wait", "seconds": -HUGE}]}),
        ("clock", {"step_seconds": HUGE}),
        ("clock", b'{"step_seconds": 1e400}'),
        ("flow", b'{"steps": [{"do": "wait", "seconds": ' + b"9" * 5000 + b"}]}"),
        ("flow", b'{"steps": [{"do": "wait", "seconds": 0.' + b"1" * 5000 + b"e99}]}"),
        ("flow", {"steps": [{"do": "answer", "call": [], "by": "410"}]}),
    ],
)
def test_hostile_body_is_refused_while_a_call_lives(path: str, document: Any, server: Served) -> None:
    """A value of a wrong type, and numbers that no float holds."""
    live = {"steps": [{"do": "inbound", "did": "7601"}]}
    assert server.ask(posted("/sandboxes/default/flow", live)).statuses == (200,)
    assert server.ask(posted(f"/sandboxes/default/{path}", document)).statuses == (400,)
    server.is_well()
