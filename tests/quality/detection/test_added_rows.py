"""`tox -e detection -- --add NAME` writes or replaces single rows; all other rows stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from quality.detection import __main__ as command
from quality.detection.heat_map import heat_map
from quality.detection.peer_results import committed_peer
from quality.detection.results import DATA, PAGE, README, figure, page, read, written
from support.faulty_servers import everything

NAME = "get-served"


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the committed results, whose row of one server is missing and whose catalogue is older."""
    kept = read(DATA.read_text(encoding="utf-8"))
    older = replace(kept, catalogue="older", earlier={}, rows=tuple(row for row in kept.rows if row.name != NAME))
    files = {"DATA": "detection.jsonl", "PAGE": "detection.md", "README": "README.md", "HEAT_MAP": "detection.svg"}
    for attribute, file in files.items():
        monkeypatch.setattr(command, attribute, tmp_path / file)
    (tmp_path / "detection.jsonl").write_text(written(older), encoding="utf-8")
    (tmp_path / "detection.md").write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "README.md").write_text(README.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def test_a_missing_row_is_named(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` prints the command that adds it."""
    assert command.main(["--check"]) == 1
    assert f"--add {NAME}" in capsys.readouterr().out


def test_a_single_row_is_added_with_page_figure_and_heat_map(docs: Path) -> None:
    """The other rows keep the fingerprint of the catalogue that they were taken with."""
    before = read((docs / "detection.jsonl").read_text(encoding="utf-8"))
    assert command.main(["--add", NAME, "--workers", "1"]) in (0, 1)
    after = read((docs / "detection.jsonl").read_text(encoding="utf-8"))
    present = [row for row in before.rows if row.name in everything()]
    assert len(after.rows) == len(present) + 1
    assert [row for row in after.rows if row.name != NAME] == present
    assert next(row for row in after.rows if row.name == NAME).caught
    assert after.earlier == {row.name: "older" for row in present}
    assert after.catalogue != "older"
    assert figure(after) in (docs / "README.md").read_text(encoding="utf-8")
    text = (docs / "detection.md").read_text(encoding="utf-8")
    assert "Rows from an earlier run" in text
    assert text.startswith(page(after, "", committed_peer()).rstrip())
    assert heat_map(after.rows) == (docs / "detection.svg").read_text(encoding="utf-8")


def test_a_row_is_replaced(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run of the same server leaves one row."""

    def run(names: Sequence[str], workers: int) -> list[object]:
        kept = read(DATA.read_text(encoding="utf-8"))
        return [replace(row, message="again") for row in kept.rows if row.name in names]

    monkeypatch.setattr(command, "rows", run)
    command.main(["--add", NAME])
    command.main(["--add", NAME])
    after = read((docs / "detection.jsonl").read_text(encoding="utf-8"))
    assert [row.message for row in after.rows if row.name == NAME] == ["again"]
