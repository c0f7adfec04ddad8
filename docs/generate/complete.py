"""What the handwritten parts of the site lack: pages in the navigation, packages in the architecture."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("fake_server/noojee_fake", "contract_tests/noojee_contract")


def gaps(root: Path = ROOT) -> list[str]:
    """One line for each gap in a checkout, which says what to add where."""
    in_navigation = set(pages_in_navigation(root))
    files = {page.relative_to(root / "docs").as_posix() for page in (root / "docs").rglob("*.md")}
    architecture = (root / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
    return [
        *(f"docs/{page} is not in the nav of zensical.toml: add it" for page in sorted(files - in_navigation)),
        *(f"docs/{page} is in the nav of zensical.toml, but does not exist" for page in sorted(in_navigation - files)),
        *(
            f"docs/explanation/architecture.md does not name the package {package}: add it to its tables"
            for package in packages(root)
            if f"`{package}" not in architecture
        ),
    ]


def pages_in_navigation(root: Path = ROOT) -> Iterator[str]:
    """The pages in the nav of zensical.toml, relative to docs."""
    nav = tomllib.loads((root / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    yield from _pages(nav)


def _pages(entry: object) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        for value in entry.values():
            yield from _pages(value)
    elif isinstance(entry, list):
        for each in entry:
            yield from _pages(each)


def packages(root: Path = ROOT) -> Iterator[str]:
    """The packages right below both top packages, such as noojee_fake/pbx."""
    for top in map(root.joinpath, PACKAGES):
        for folder in sorted(top.iterdir()):
            if any(folder.glob("*.py")):
                yield f"{top.name}/{folder.name}"
