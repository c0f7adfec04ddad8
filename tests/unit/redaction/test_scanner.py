"""The scanner of the tests reports a planted secret in every coding, in every form of a report, and in parts."""

from __future__ import annotations

import html
import json

import pytest

from support.leaks.codings import CODINGS, secret_of
from support.leaks.scanner import PART, Scanner

SECRET = secret_of(1)


@pytest.mark.parametrize("coding", CODINGS)
def test_the_scanner_finds_every_coding(coding: str) -> None:
    """Plain, and as text within JSON or HTML."""
    coded = f"before {CODINGS[coding](SECRET)} after"
    scanner = Scanner([SECRET])
    for written in (coded, json.dumps({"reason": coded}), html.escape(coded)):
        assert scanner.leaks(written), written


@pytest.mark.parametrize("at", [0, 5, len(SECRET) - PART])
def test_the_scanner_finds_a_part_of_a_secret(at: int) -> None:
    """Half a credential is a leak as well."""
    assert Scanner([SECRET]).leaks(f"<{SECRET[at : at + PART]}>")


def test_the_scanner_finds_nothing_in_ordinary_text() -> None:
    """Hidden secrets, and other secrets."""
    assert not Scanner([SECRET]).leaks(f"apiKey=[redacted] {secret_of(2)} {json.dumps(secret_of(3))}")
