"""The search for reprs in messages returns text that a reader would have to decode, and nothing else."""

from __future__ import annotations

import pytest

from support.messages import repr_in


@pytest.mark.parametrize(
    "text",
    [
        "Start is [datetime.datetime(2026, 1, 1, 0, 0)]",
        "the keys are ('apiKey',)",
        "got bytearray(b'x')",
        "expected re.compile('[0-9]+')",
        "legs [('1.2', 1)]",
        "<_io.BytesIO object at 0x7f>",
        "Leg(source='400', number=1)",
    ],
)
def test_a_repr_is_found(text: str) -> None:
    """Each of these was once part of a message, or could be."""
    assert repr_in(text) is not None


@pytest.mark.parametrize("text", ["tag '1234': Start is '2014-02-13 06:06:52.0'", "200 with []", "f(x) = 'a'", None])
def test_a_quoted_value_is_no_repr(text: str | None) -> None:
    """Quoted strings and empty lists are fine."""
    assert repr_in(text) is None
