"""Every link between the files of the project leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    page for pages in ("*.md", "benchmarks/*.md", "docs/**/*.md", "fixtures/*.md") for page in ROOT.glob(pages)
)
LINKS = [
    (page, link)
    for page in PAGES
    for link in sorted(set(re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))))
    if not link.startswith("https://")
]


def anchors(page: Path) -> set[str]:
    """The anchors of a page: of its headings, and of its HTML."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    from_headings = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    return from_headings | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize(("page", "link"), LINKS, ids=lambda value: getattr(value, "name", value))
def test_a_link_leads_to_a_file_and_an_anchor(page: Path, link: str) -> None:
    """A link is relative to its page. An anchor is a heading of the other page."""
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    assert target.exists()
    assert not anchor or anchor in anchors(target)


def test_every_page_is_searched() -> None:
    """The README links to the other pages."""
    assert {page.name for page in PAGES} >= {"README.md", "CHANGELOG.md", "architecture.md", "sources.md"}
    assert len(LINKS) > 30
