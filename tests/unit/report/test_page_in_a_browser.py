"""The HTML page in a real browser: it works offline, and scripts in answers do not run."""

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
    """The DOM after the script of the page ran."""
    (folder / "report.html").write_text(page, encoding="utf-8")
    assert BROWSER is not None
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
         "--virtual-time-budget=3000", "--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom",
         (folder / "report.html").as_uri()],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout


@needs_browser
def test_the_page_runs_only_its_own_script(failed_run: Report, tmp_path: Path) -> None:
    """The filter counts the clauses that it shows; a tag that contains a script stays text."""
    dom = shown(html.render(failed_run), tmp_path)
    assert f"{len(failed_run.clauses)} of {len(failed_run.clauses)} clauses" in dom
    assert "<title>FAILED: noojee-contract on old, staging, old &gt; staging</title>" in dom
    assert len(re.findall(r'<tr data-worst="', dom)) == len(failed_run.clauses)
    assert "&lt;script&gt;document.title" in dom


def test_the_page_loads_nothing(failed_run: Report) -> None:
    """It has no address that a browser would fetch: no src, link, url() or import."""
    page = html.render(failed_run)
    assert re.findall(r"<link\b|\bsrc=|url\(|@import|<iframe|<img", page) == []
    assert "default-src 'none'" in page
