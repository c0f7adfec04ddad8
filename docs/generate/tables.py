"""Markdown tables and sections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


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


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
