"""The HTML page in a real browser: offline, without errors, and deaf to what answers try to run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from noojee_contract.model.result import Report
from noojee_contract.report.html import page as html

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(BROWSER is None and not os.environ.get("CI"), reason="needs chromium")


def shown(page: str, folder: Path) -> str:
    """The page as the browser has it after its script ran."""
    (folder / "report.html").write_text(page, encoding="utf-8")
    assert BROWSER is not None
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=3000",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom", (folder / "report.html").as_uri()],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout


@needs_browser
def test_the_page_shows_the_matrix_and_runs_its_own_script_alone(broken: Report, tmp_path: Path) -> None:
    """The filter says how many clauses are shown; a tag with a script in it stays text."""
    dom = shown(html.render(broken), tmp_path)
    assert f"{len(broken.clauses)} of {len(broken.clauses)} clauses" in dom
    assert "<title>Error: noojee-contract on old, staging</title>" in dom
    assert len(re.findall(r'<tr data-worst="', dom)) == len(broken.clauses)
    assert "&lt;script&gt;document.title" in dom


def test_the_page_asks_for_nothing(broken: Report) -> None:
    """No address that a browser would fetch: no src, no link, no url(), no import."""
    page = html.render(broken)
    assert re.findall(r"<link\b|\bsrc=|url\(|@import|<iframe|<img", page) == []
    assert "default-src 'none'" in page
