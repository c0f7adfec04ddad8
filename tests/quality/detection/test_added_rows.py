"""`tox -e detection -- --add NAME` writes or replaces single rows; all other rows stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from quality.detection import __main__ as command
from quality.detection.detect import Row
from quality.detection.heat_map import heat_map
from quality.detection.peer_results import committed_peer
from quality.detection.results import PAGE, README, detection_of, figure, fingerprints, page, read, written
from support.faulty_servers import everything

NAME = "get-served"
OTHERS = ("every-method-served", "options-served", "drops-last-leg")


def row(name: str) -> Row:
    """A row of an earlier run."""
    server = everything()[name]
    return Row(
        name=name, kind=server.kind, operator="", failed={"transport.unknown-path": ""}, first="transport.unknown-path",
        message="earlier", names_it=True, shows_it=True, differs_at=1, caught_at=2, groups=1, seconds=0.0,
    )  # fmt: skip


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The results of an earlier run: three rows, taken with an older catalogue."""
    older = replace(detection_of(map(row, OTHERS), random_seed=1), catalogue="older")
    files = {"DATA": "detection.jsonl", "PAGE": "detection.md", "README": "README.md", "HEAT_MAP": "detection.svg"}
    for attribute, file in files.items():
        monkeypatch.setattr(command, attribute, tmp_path / file)
    (tmp_path / "detection.jsonl").write_text(written(older), encoding="utf-8")
    (tmp_path / "detection.md").write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "README.md").write_text(README.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def test_a_single_row_is_added_with_page_figure_and_heat_map(results: Path) -> None:
    """The other rows keep the fingerprint of the catalogue that they were taken with."""
    before = read((results / "detection.jsonl").read_text(encoding="utf-8"))
    assert command.main(["--add", NAME, "--workers", "1"]) in (0, 1)
    after = read((results / "detection.jsonl").read_text(encoding="utf-8"))
    assert [row for row in after.rows if row.name != NAME] == list(before.rows)
    assert next(row for row in after.rows if row.name == NAME).caught
    assert after.earlier == dict.fromkeys(OTHERS, "older")
    assert after.catalogue != "older"
    assert figure(after) in (results / "README.md").read_text(encoding="utf-8")
    text = (results / "detection.md").read_text(encoding="utf-8")
    assert "Rows from an earlier run" in text
    assert text.startswith(page(after, "", committed_peer()).rstrip())
    assert heat_map(after.rows) == (results / "detection.svg").read_text(encoding="utf-8")


def test_a_row_is_replaced(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run of the same server leaves one row."""

    def run(names: Sequence[str], workers: int) -> list[Row]:
        return [replace(row(name), message="again") for name in names]

    monkeypatch.setattr(command, "rows", run)
    command.main(["--add", NAME])
    command.main(["--add", NAME])
    after = read((results / "detection.jsonl").read_text(encoding="utf-8"))
    assert [row.message for row in after.rows if row.name == NAME] == ["again"]


def test_a_page_of_another_catalogue_is_stale(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` compares the fingerprints on the page, so that it needs no rows."""
    today = detection_of((), random_seed=1)
    text = PAGE.read_text(encoding="utf-8")
    current = text.replace(
        ", faulty servers ".join(fingerprints(text)), f"{today.catalogue}, faulty servers {today.servers}"
    )
    (results / "detection.md").write_text(current, encoding="utf-8")
    (results / "detection.jsonl").unlink()
    assert command.main(["--check"]) == 0
    (results / "detection.md").write_text(current.replace(today.servers, "0123456789ab"), encoding="utf-8")
    assert command.main(["--check"]) == 1
    assert "run tox -e detection" in capsys.readouterr().out


@pytest.mark.parametrize("flag", ["--add", "--show"])
def test_without_rows_the_command_says_where_they_come_from(
    results: Path, flag: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fresh checkout has none."""
    (results / "detection.jsonl").unlink()
    monkeypatch.setattr(command, "rows", lambda names, workers: [row(name) for name in names])
    with pytest.raises(SystemExit, match="2"):
        command.main([flag, NAME])
    assert "run tox -e detection" in capsys.readouterr().err
