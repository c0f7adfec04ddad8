"""The README and the page of the detection rate agree. The rows are not in git."""

from __future__ import annotations

import re

from quality.detection.results import MARKERS, PAGE, README, REQUIRED_RATE

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_readme_has_the_figure_of_the_page() -> None:
    """`tox -e detection` writes both."""
    sentence = README.read_text(encoding="utf-8").split(MARKERS[0])[1].split(MARKERS[1])[0]
    rate = re.search(r"\*\*Detection rate: ([0-9.]+%)\.\*\* The suite catches ([0-9,]+) of ([0-9,]+)", sentence)
    assert rate is not None, sentence
    assert f"{rate[3]} PBXs have one deliberate fault each" in TEXT
    assert f"**{rate[2]} of them ({rate[1]}) make some clause fail**" in TEXT


def test_the_groups_of_the_page_add_up_to_its_figure() -> None:
    """Faulty servers, server mutants, and how many are caught."""
    rows = [
        [cell.strip() for cell in line.split("|")[2:5]]
        for line in TEXT.splitlines()
        if re.match(r"\| [a-z-]+ \| [0-9]", line)
    ]
    servers, mutants, caught = (sum(int(row[column]) for row in rows) for column in range(3))
    assert f"{servers:,} PBXs have" in TEXT
    assert f"{mutants:,} server mutants" in TEXT
    assert f"**{caught:,} of them" in TEXT
    assert caught / servers >= REQUIRED_RATE


def test_every_survivor_has_a_reason_and_every_clause_catches() -> None:
    """Of the run that the page shows."""
    assert "Without a reason" not in TEXT
    assert "No binding clause." in TEXT
