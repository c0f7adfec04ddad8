"""A second run of a failed check is compared by the exchange with the same question."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from noojee_contract.engine.check import CheckFailed
from noojee_contract.engine.rerun import difference
from noojee_contract.model.exchange import Exchange, Request, Response
from noojee_contract.model.failure import FailureKind
from noojee_contract.redaction.redact import Redactor


def exchange(target: str, body: bytes, status: int) -> Exchange:
    asked = Request(method="POST", url=f"https://h{target}", body=body)
    return Exchange(request=asked, response=Response(status=status), at=datetime(2026, 11, 24, tzinfo=UTC))


@pytest.mark.parametrize(
    ("first", "other", "twin"),
    [
        (("/s/1/find", b'{"tag": "a"}'), ("/s/2/find", b'{"tag": "b"}'), ("/s/2/find", b'{"tag": "a"}')),
        (("/s/1/find", b"tag=a&hash=1"), ("/s/2/find", b"tag=b&hash=2"), ("/s/2/find", b"tag=a&hash=3")),
        (("/s/1/find?t=a&Caller=k1", b""), ("/s/2/find?t=b&Caller=k2", b""), ("/s/2/find?Caller=k2&t=a", b"")),
        (("/s/1/find", b"t=a&Caller=k1"), ("/s/2/find", b"t=b&Caller=k2"), ("/s/2/find", b"t=a&Caller=k2")),
        (("/s/1/find/a", b""), ("/s/2/find/b", b""), ("/s/2/find/a", b"")),
    ],
    ids=["JSON", "form", "query", "form with a key", "path"],
)
def test_the_same_question_is_recognised(
    first: tuple[str, bytes], other: tuple[str, bytes], twin: tuple[str, bytes]
) -> None:
    """Other parameters make another question; another sandbox and other credentials do not."""
    again = [exchange(*other, 500), exchange(*twin, 503)]
    said = difference(
        CheckFailed("a leg is missing", FailureKind.MISSING_LEG, exchange=exchange(*first, 200)), None, again,
        Redactor(names=["Caller"]), below=lambda url: "/" + url.partition("?")[0].split("/", 5)[5],
    )  # fmt: skip
    assert "status 200, then 503" in str(said)
