"""The behaviours of other makes that the false-positive suite has, each with the test that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from quality.false_positives import test_wire_variations as wire
from support.conformant_servers.replacement_variants import VARIANTS
from support.conformant_servers.wire_variations import WIRE_VARIATIONS

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "tests.md"
ON_THE_WIRE: Mapping[str, str] = {
    "cookies": "a-session-at-every-answer",
    "sound re-encoded at each request": "sound-encoded-at-each-request",
    "extra fields": "fields-that-no-page-names",
    "chunked answers": "chunks-of-one-byte",
    "chunks with extensions and trailers": "chunks-with-trailers",
    "HTTP/1.0": "http-1.0-until-it-closes",
    "odd header case": "headers-in-odd-case",
    "gzip": "compressed-when-accepted",
    "JSON with escaped letters": "json-escapes-all-letters",
    "JSON with unescaped letters": "json-with-unescaped-letters",
    "slow first byte": "slow-first-byte",
}
"""Behaviours on the wire, with their variation."""
IDLE: Mapping[str, Callable[..., None]] = {
    "idle close after 50 and 250 ms": wire.test_a_server_that_closes_idle_connections_is_no_failure,
    "idle close after 5 s": wire.test_a_server_that_closes_after_five_seconds_is_no_failure,
    "idle close of the control API after 20 ms": wire.test_a_control_api_that_closes_idle_connections_is_no_failure,
}
DESCRIBED: Mapping[str, str] = {
    "204 or 404 for unknown ids in the path, [] for searches": "nothing-in-the-path",
    "several statuses for one kind of failure": "statuses",
}
"""Behaviours that a dialect file describes, with the variant of the replacement."""


def test_at_least_twelve_behaviours_of_other_makes_are_tested() -> None:
    """Nobody would notice a behaviour that loses its test."""
    assert len({*ON_THE_WIRE, *IDLE, *DESCRIBED}) >= 12
    assert set(ON_THE_WIRE.values()) <= set(WIRE_VARIATIONS)
    assert set(DESCRIBED.values()) <= set(VARIANTS)


@pytest.mark.parametrize("behaviour", sorted({*ON_THE_WIRE, *IDLE, *DESCRIBED}))
def test_a_behaviour_is_on_the_page_about_tests(behaviour: str) -> None:
    """Readers see which servers the suite was tried on."""
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"- {behaviour}" in page
