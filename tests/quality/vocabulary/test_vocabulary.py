"""No file uses a word of `vocabulary.toml`: code, messages, help, schemas, documentation and tests use the glossary."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
VOCABULARY = tomllib.loads(Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8"))
SCOPE = VOCABULARY["scope"]
CASE_SENSITIVE = ("class", "outcome", "provenance")
IGNORED_FOLDERS = ("__pycache__", ".venv", ".tox", ".hypothesis")
SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A pattern of the vocabulary file."""

    kind: str
    regex: re.Pattern[str]
    use: str
    matches: tuple[str, ...]
    passes: tuple[str, ...]
    exceptions: tuple[re.Pattern[str], ...]

    def found_in(self, text: str) -> bool:
        """Whether a text has the word."""
        return self.regex.search(text) is not None


def patterns() -> Iterator[Pattern]:
    for row in VOCABULARY["pattern"]:
        flags = 0 if row["kind"] in CASE_SENSITIVE else re.IGNORECASE
        yield Pattern(
            kind=row["kind"],
            regex=re.compile(row["pattern"], flags),
            use=row["use"],
            matches=tuple(row["matches"]),
            passes=tuple(row.get("passes", ())),
            exceptions=tuple(re.compile(each) for each in row.get("except", ())),
        )


PATTERNS = list(patterns())
EXEMPT_LINES = [re.compile(each) for each in SCOPE["exempt_lines"]]


@cache
def lines() -> list[str]:
    """Every line in scope as "path: line", and every path as "path: " followed by itself."""
    found: list[str] = []
    for file in files():
        path = file.relative_to(ROOT).as_posix()
        found.append(f"{path}: {path}")
        found += [f"{path}: {line}" for line in file.read_text(encoding="utf-8").splitlines()]
    return [line for line in found if not any(each.search(line) for each in EXEMPT_LINES)]


def files() -> list[Path]:
    """The files in scope."""
    found = {file for include in SCOPE["include"] for file in ROOT.glob(include) if file.is_file()}
    return sorted(
        file
        for file in found
        if file.suffix in SCOPE["suffixes"]
        and not any(fnmatch(file.relative_to(ROOT).as_posix(), each) for each in SCOPE["exempt"])
        and not set(file.parts) & set(IGNORED_FOLDERS)
    )


def hits(pattern: Pattern) -> list[str]:
    """The lines that use the word, but for its exceptions."""
    return [
        line.strip()[:160]
        for line in lines()
        if pattern.found_in(line.partition(": ")[2]) and not any(each.search(line) for each in pattern.exceptions)
    ]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.regex.pattern[:40])
def test_no_file_uses_a_word_of_the_vocabulary_file(pattern: Pattern) -> None:
    """`use` names the word of the glossary."""
    found = hits(pattern)
    assert not found, f"use {pattern.use} ({len(found)} lines):\n" + "\n".join(found[:SHOWN])


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.regex.pattern[:40])
def test_each_pattern_matches_its_samples_and_no_other(pattern: Pattern) -> None:
    """A pattern that matches nothing would pass for ever."""
    assert pattern.matches
    assert [sample for sample in pattern.matches if not pattern.found_in(sample)] == []
    assert [sample for sample in pattern.passes if pattern.found_in(sample)] == []


def test_everything_that_a_user_reads_is_in_scope() -> None:
    """An include that matches no file would hide its hits."""
    for include in SCOPE["include"]:
        assert list(ROOT.glob(include)) or include == "CONTRIBUTING.md", include
    assert len(files()) > 300


def test_each_exception_is_needed() -> None:
    """An exception without a hit is removed."""
    unused = [
        exception.pattern
        for pattern in PATTERNS
        for exception in pattern.exceptions
        if not any(pattern.found_in(line.partition(": ")[2]) and exception.search(line) for line in lines())
    ]
    assert unused == []
