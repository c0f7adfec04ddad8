"""The page of sources explains every citation that a user can see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.resources import schemas

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "sources.md").read_text(encoding="utf-8")
CITATION = re.compile(r"\b[WCAJ]-(?:[A-Z][A-Za-z0-9]{0,3}|[0-9]{2})\b")


def citations() -> set[str]:
    """The citations in the catalogue, the schemas and the tables of options and profiles."""
    texts = [clause.provenance for clause in catalogue().values()]
    texts += [
        path.read_text(encoding="utf-8")
        for path in schemas("own").parent.rglob("*")
        if path.suffix in (".json", ".toml")
    ]
    return {found for text in texts for found in CITATION.findall(text)} - {"A-Za"}


@pytest.mark.parametrize("citation", sorted(citations()))
def test_a_citation_is_explained(citation: str) -> None:
    """Each citation has a row with an anchor of its own."""
    assert f'| <a id="{citation.lower()}"></a>{citation} |' in PAGE


def test_provenance_marks_are_explained() -> None:
    """The page explains each mark that a clause names."""
    marks = {mark for clause in catalogue().values() for mark in re.findall(r"\b[A-Z]{3,7}\b", clause.provenance)}
    used = marks & {"SPEC", "DOC", "CLIENT", "DERIVED", "UNKNOWN"}
    assert len(used) == 5
    assert all(f"| {mark} |" in PAGE for mark in used)


@pytest.mark.parametrize(
    "page",
    [
        page
        for folder in ("tutorial", "guides", "explanation", "reference")
        for page in sorted((ROOT / "docs" / folder).rglob("*.md"))
        if page.name != "sources.md"
    ],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_citations_of_a_page_are_links(page: Path) -> None:
    """A citation leads to its row, where the address is. Code is as it is."""
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    assert [found for found in re.findall(rf"(?<!\[){CITATION.pattern}(?!\]\()", text) if found != "A-Za"] == []
