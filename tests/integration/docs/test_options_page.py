"""The page of options is the output of its script."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_options_page_is_fresh() -> None:
    """Each option has a row, with the clauses that check a declared value."""
    spec = importlib.util.spec_from_file_location("options_page", ROOT / "docs" / "options.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
    assert page == script.page(), f"docs/options.md is stale: {script.COMMAND}"
    assert "| `tag_selects` |" in page
    assert "`metadata.tag-selects`" in page
