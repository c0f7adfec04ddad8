"""An answer of a busy server, or none, is no evidence: a probe learns nothing from it."""

from __future__ import annotations

import itertools

import httpx
import pytest

from noojee_contract.probing.probe import ProbeResult
from support.probing import fake_with, probe_fake, target_for

ANY_STATUS = "by_hour_limit_status"
"""503 is a value of this option."""


def probe_with(dialect: str, number: int, status: int) -> ProbeResult:
    """A probe whose answer with this number has another status and a page of a web server."""
    numbers = itertools.count()

    def change(answer: httpx.Response) -> httpx.Response:
        return answer if next(numbers) != number else httpx.Response(status, html="<html>busy</html>")

    return probe_fake(fake_with({}), target_for(dialect), change=change)


@pytest.mark.parametrize("dialect", ["recording-api", "call-management", "njadmin", "services"])
def test_busy_answer_decides_no_option(dialect: str) -> None:
    """Source: RFC 9110, 15.6.4: 503 says that the server is overloaded, and nothing about the request."""
    usual = probe_fake(fake_with({}), target_for(dialect))
    values = {name: each.value for name, each in usual.learnt.items()}
    for number in range(usual.requests):
        result = probe_with(dialect, number, 503)
        learnt = {name: each.value for name, each in result.learnt.items() if name != ANY_STATUS}
        assert learnt.items() <= values.items(), number
        assert [each.saw for each in result.uncovered] == [each.saw for each in usual.uncovered], number
