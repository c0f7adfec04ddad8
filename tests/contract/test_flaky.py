"""A finding asked again: the exchange that it is held against asks the same, in the body too."""

from __future__ import annotations

from datetime import UTC, datetime

from noojee_contract.case import Broken
from noojee_contract.exchange import Answered, Asked, Exchange
from noojee_contract.flaky import difference
from noojee_contract.redact import Redactor


def exchange(body: bytes, status: int) -> Exchange:
    asked = Asked(method="POST", url="https://h/w/1/rest/find", body=body)
    return Exchange(asked=asked, answered=Answered(status=status), at=datetime(2026, 11, 24, tzinfo=UTC))


def test_a_question_in_a_body_is_known_again() -> None:
    """Other parameters are another question; other credentials are not."""
    first = Broken("a leg is missing", exchange(b'{"tag": "a"}', 200))
    others = [exchange(b'{"tag": "b"}', 500), exchange(b'{"tag": "a"}', 503)]
    assert "status 200, then 503" in str(difference(first, None, others, Redactor()))
    form = Broken("a leg is missing", exchange(b"tag=a&timeStamp=1&hash=2", 200))
    assert "status 200, then 503" in str(
        difference(form, None, [exchange(b"tag=a&timeStamp=3&hash=4", 503)], Redactor())
    )
