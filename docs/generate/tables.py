"""Markdown tables and sections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "reference" / "sources.md"
CITATION = re.compile(r"\b[WCAJ]-(?:[A-Z][A-Za-z0-9]{0,3}|[0-9]{2})\b")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table. Cells are one line each."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def section(title: str, text: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A heading with a text, which may be empty, and a table."""
    return "\n\n".join(filter(None, (f"## {title}", text, table(head, rows))))


def code(word: str) -> str:
    """A word as code."""
    return f"`` {word} ``" if "`" in word else f"`{word}`"


def codes(words: Iterable[str]) -> str:
    """Words as code, separated by commas."""
    return ", ".join(code(word) for word in words)


def cited(text: str) -> str:
    """A text in which each citation is a link to its row of the page of sources."""
    return CITATION.sub(lambda found: _citation(found[0]), text)


def _citation(name: str) -> str:
    anchor = name.lower()
    return f"[{name}](sources.md#{anchor})" if anchor in _anchors() else name


@cache
def _anchors() -> frozenset[str]:
    return frozenset(re.findall(r'<a id="([^"]+)">', SOURCES.read_text(encoding="utf-8")))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
