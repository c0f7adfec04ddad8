"""A printed text holds no command to the CI server that shows it in a log."""

from __future__ import annotations

import pytest

from noojee_contract.redaction.printable import escaped
from noojee_contract.redaction.redact import Redactor
from support.ci_commands import HOSTILE, commands


@pytest.mark.parametrize("text", HOSTILE)
def test_a_command_to_the_ci_is_escaped(text: str) -> None:
    """At the beginning of a text and of each later line; the text stays readable."""
    assert commands(text)
    for shown in (escaped(text), escaped(f"a\n{text}", kept="\n"), Redactor().line(text)):
        assert commands(shown) == []
        assert ("planted" in shown) == ("planted" in text)
        assert escaped(shown, kept="\n") == shown


@pytest.mark.parametrize("text", ["a ::error::b", "::1", "[::1]:8000", "std::string", "# [x](y)", "## x", "#1 [x]"])
def test_a_text_that_is_no_command_is_not_changed(text: str) -> None:
    """Addresses, code and Markdown are shown as they are."""
    assert escaped(text) == text


@pytest.mark.parametrize(("text", "shown"), [
    ("::error::x", r"\x3a:error::x"), ("  ::Error::x", r"  \x3a:Error::x"), ("##[x", r"\x23#[x"),
    ("###[x", r"#\x23#[x"),
])  # fmt: skip
def test_one_character_of_a_command_is_escaped(text: str, shown: str) -> None:
    """As control characters are: as an escape of Python."""
    assert escaped(text) == shown
