"""A directory document that cannot be one is refused with the path of the error."""

from __future__ import annotations

from typing import Any

import pytest

from noojee_fake.errors import UsageError
from noojee_fake.pbx.directory import read_directory


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"users": [{"name": "\ud800"}]}, "$.users[0].name"),
        ({"users": [{"name": "Anna", "\udfff": "x"}]}, "$.users[0]"),
        ({"users": [{"name": "Anna", "role": "\ud800"}]}, "$.users[0].role"),
        ({"routes": [{"did": "*", "to": "\udead"}]}, "$.routes[0].to"),
        ({"users": nested(700)}, "$"),
        ({"users": nested(100_000)}, "$"),
        ({"users": [{"name": float("nan")}]}, "$.users[0].name"),
        ({"users": [{"name": 10**400}]}, "$.users[0].name"),
        ([], "$"),
    ],
)
def test_what_json_can_carry_and_a_directory_cannot_is_refused(document: Any, path: str) -> None:
    """Half a surrogate pair, deep nesting and giant numbers once were bugs of the fake."""
    with pytest.raises(UsageError) as refused:
        read_directory(document)
    assert refused.value.path == path
    assert len(refused.value.message) < 500


def test_the_invalid_entry_of_a_large_document_is_named() -> None:
    """Each entry is validated alone, because the error of the whole document would be very long."""
    users = [{"name": f"user {at}", "team": "t" * 200} for at in range(9_999)] + [{"name": 5}]
    routes = [{"did": str(at), "to": "600"} for at in range(9_999)]
    with pytest.raises(UsageError) as refused:
        read_directory({"users": users, "routes": routes})
    assert refused.value.path == "$.users[9999].name"
    with pytest.raises(UsageError) as refused:
        read_directory({"users": users[:-1] * 2, "routes": routes})
    assert refused.value.path == "$"
    assert "too large to say where" in refused.value.message
