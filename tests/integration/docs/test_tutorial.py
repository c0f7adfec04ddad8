"""The tutorial is correct: its commands run unchanged, and print the lines that it shows.

So is the output in the README.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path

from support.commands import PATH, environment, needs_curl

ROOT = Path(__file__).parents[3]
_SPEC = importlib.util.spec_from_file_location("readme", ROOT / "docs" / "generate" / "readme.py")
assert _SPEC is not None
assert _SPEC.loader is not None
readme = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(readme)


@needs_curl
def test_verify_in_five_minutes(tmp_path: Path) -> None:
    """Each line that the page shows is printed, in this order. The report has what the picture of the README shows."""
    printed = iter(readme.tutorial(tmp_path).splitlines())
    shown = "".join(readme.blocks(readme.TUTORIAL, "text")).splitlines()
    assert len(shown) == 4
    assert all(any(line.startswith(each) for line in printed) for each in shown)
    report = (tmp_path / "noojee-tutorial" / "report.html").read_text(encoding="utf-8")
    assert "1 clause failed on staging" in report
    assert "metadata.unknown-recording" in report
    assert readme.PICTURE.stat().st_size > 50_000


def test_the_output_in_the_readme_is_that_of_its_command() -> None:
    """Apart from the numbers."""
    (shown,) = readme.blocks(readme.README, "text")
    assert readme.without_numbers(shown) == readme.without_numbers(readme.output("--examples", "2"))


def test_first_test_with_the_fake(tmp_path: Path) -> None:
    """Each Python block is a file with its name in the first line; the last block runs the tests."""
    page = ROOT / "docs" / "tutorial" / "pytest.md"
    for text in readme.blocks(page, "python"):
        (tmp_path / text.split("\n", 1)[0].removeprefix("# ")).write_text(text, encoding="utf-8")
    (command,) = readme.blocks(page, "sh")
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment(PATH=PATH), capture_output=True, text=True, check=False
    )
    assert re.search(r"\b1 passed", done.stdout), done.stdout + done.stderr


def test_numbers_are_masked() -> None:
    assert readme.without_numbers("1,964 outcomes in 10.2 s") == "# outcomes in # s"
