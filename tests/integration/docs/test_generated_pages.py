"""The pages of docs/reference that follow from code and schemas are the output of their script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "reference"


@pytest.mark.skipif(not REFERENCE.exists(), reason="needs a checkout")
def test_generated_pages_are_fresh() -> None:
    """A command, flag, key, clause, option or public name that is added, changed or deleted fails here."""
    command = [sys.executable, ROOT / "docs" / "generate", "--check"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0, f"{process.stdout}{process.stderr}; run python docs/generate"


@pytest.mark.parametrize(
    ("page", "row"),
    [
        ("options.md", "| `tag_selects` |"),
        ("options.md", "`metadata.tag-selects`"),
        ("flags.md", "| `requests_per_second` |"),
        ("clauses.md", "| `authentication.accepted` |"),
        ("commands.md", "## noojee-fake serve"),
        ("control-api.md", "## POST /__noojee/sandboxes"),
        ("outcomes.md", "| `inconclusive` | 3 |"),
        ("python-api.md", "### noojee_contract.verify"),
        ("pytest.md", "| `noojee_server` |"),
        ("target-file.md", "| `migration[].from` |"),
    ],
)
def test_a_generated_page_has_a_row_of_its_subject(page: str, row: str) -> None:
    """So an empty page does not pass."""
    assert row in (REFERENCE / page).read_text(encoding="utf-8")
