"""A credential behind a name that a dialect file gives it, with or without an authentication scheme."""

from __future__ import annotations

import pytest

from noojee_contract.redaction.redact import Redactor

REDACTOR = Redactor(names=["Authorization", "X-Records-Key"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer ab", "Authorization: Bearer [redacted]"),
        ("authorization: Token 0123456789", "authorization: Token [redacted]"),
        ("Authorization: 0123456789", "Authorization: [redacted]"),
        ("X-Records-Key=0123456789", "X-Records-Key=[redacted]"),
        ('-H "Authorization: Bearer $NOOJEE_API_KEY"', '-H "Authorization: Bearer $NOOJEE_API_KEY"'),
        ("--name not-in-basic --exchanges day.jsonl", "--name not-in-basic --exchanges day.jsonl"),
        ('-H "X-Records-Key: $NOOJEE_API_KEY"', '-H "X-Records-Key: $NOOJEE_API_KEY"'),
    ],
)
def test_the_value_is_hidden_and_a_variable_is_shown(text: str, shown: str) -> None:
    assert REDACTOR.text(text) == shown


@pytest.mark.parametrize("secrets", [1, 500])
def test_half_a_surrogate_pair_hides_nothing_else(secrets: int) -> None:
    """JSON can hold one; the search for many secrets takes UTF-8 only."""
    redactor = Redactor(f"secret-{number:04}" for number in range(secrets))
    assert redactor.text("\ud800 before secret-0000 \udc00 after") == "\ud800 before [redacted] \udc00 after"
