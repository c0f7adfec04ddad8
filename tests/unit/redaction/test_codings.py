"""The redactor hides a credential in every coding of the corpus, wherever it is in a text."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime

import pytest

from noojee_contract.model.exchange import Exchange, Request, Response
from noojee_contract.redaction.redact import HIDDEN, Redactor
from support.leaks.codings import CODINGS, secret_of
from support.leaks.scanner import Scanner

AROUND = (
    "{}",
    "before {} after",
    "/a/b/{}/c?tag=1",
    "<td>{}</td>",
    "a{}z",
    '{{"Tag":"{}","Code":1}}',
    "'{}'...",
    "=?q?{}?=",
)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_credential_is_hidden_in_every_coding(coding: str) -> None:
    """The redacted text has no part of it."""
    for number, around in enumerate(AROUND):
        secret = secret_of(number)
        text = around.format(CODINGS[coding](secret))
        shown = Redactor([secret]).text(text)
        assert HIDDEN in shown, text
        assert not Scanner([secret]).leaks(shown), (text, shown)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("write", [lambda text: json.dumps(text), html.escape, repr], ids=["JSON", "HTML", "repr"])
def test_a_credential_is_hidden_in_a_text_that_quotes_it(coding: str, write: object) -> None:
    """A message quotes what a server said."""
    assert callable(write)
    text = str(write(f"the answer is {CODINGS[coding](secret_of(7))}"))
    shown = Redactor([secret_of(7)]).text(text)
    assert not Scanner([secret_of(7)]).leaks(shown), (text, shown)


@pytest.mark.parametrize("coding", ["raw", "percent of every letter", "JSON in JSON", "HTML hex references", "base64"])
def test_the_first_part_of_a_credential_at_the_end_of_a_body_is_hidden(coding: str) -> None:
    """A server cuts its answer in the middle of a credential, or of an escape."""
    secret = secret_of(9)
    coded = CODINGS[coding](secret)
    for length in range(len(coded) // 2, len(coded)):
        body = f"x {coded[:length]}".encode()
        exchange = Exchange(
            request=Request(method="GET", url="http://pbx.invalid/"),
            response=Response(status=200, body=body),
            at=datetime(2026, 11, 23, tzinfo=UTC),
        )
        assert not Scanner([secret]).leaks(json.dumps(Redactor([secret]).exchange(exchange))), body
