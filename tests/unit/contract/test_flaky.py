"""A finding asked again: the exchange that it is held against asks the same, in its own world, with its own credentials."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from noojee_contract.engine.rerun import difference
from noojee_contract.engine.subject import Broken
from noojee_contract.model.exchange import Answered, Asked, Exchange
from noojee_contract.redaction.redact import Redactor


def exchange(target: str, body: bytes, status: int) -> Exchange:
    asked = Asked(method="POST", url=f"https://h{target}", body=body)
    return Exchange(asked=asked, answered=Answered(status=status), at=datetime(2026, 11, 24, tzinfo=UTC))


@pytest.mark.parametrize(
    ("first", "other", "twin"),
    [
        (("/w/1/find", b'{"tag": "a"}'), ("/w/2/find", b'{"tag": "b"}'), ("/w/2/find", b'{"tag": "a"}')),
        (("/w/1/find", b"tag=a&hash=1"), ("/w/2/find", b"tag=b&hash=2"), ("/w/2/find", b"tag=a&hash=3")),
        (("/w/1/find?t=a&Caller=k1", b""), ("/w/2/find?t=b&Caller=k2", b""), ("/w/2/find?Caller=k2&t=a", b"")),
        (("/w/1/find/a", b""), ("/w/2/find/b", b""), ("/w/2/find/a", b"")),
    ],
    ids=["JSON", "form", "query", "path"],
)
def test_a_question_is_known_again(first: tuple[str, bytes], other: tuple[str, bytes], twin: tuple[str, bytes]) -> None:
    """Other parameters are another question; another world and other credentials are not."""
    again = [exchange(*other, 500), exchange(*twin, 503)]
    said = difference(
        Broken("a leg is missing", exchange(*first, 200)), None, again, Redactor(names=["Caller"]),
        below=lambda url: "/" + url.partition("?")[0].split("/", 5)[5],
    )  # fmt: skip
    assert "status 200, then 503" in str(said)
