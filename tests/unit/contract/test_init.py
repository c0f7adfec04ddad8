"""`noojee-contract init` writes a target file that loads, and overwrites nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from noojee_contract.cli.main import main
from noojee_contract.targets.config import load_config
from noojee_contract.targets.flags import target_keys


@pytest.fixture
def written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    file = tmp_path / "noojee-contract.toml"
    assert main(["init", str(file)]) == 0
    assert f"verify --config {file}" in capsys.readouterr().out
    return file


def test_the_file_loads_with_a_recordings_file(written: Path) -> None:
    (written.parent / "recordings.csv").write_text("kind,value\ntag,INV-1042\n", encoding="utf-8")
    (target,) = load_config(written).targets.values()
    assert (target.name, target.dialect, target.negative_tests) == ("staging", "njadmin", True)


def test_the_commented_migration_loads_too(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    head, _, migration = text.partition("# A second server")
    lines = [line.removeprefix("#").strip() for line in migration.splitlines()[1:]]
    written.write_text(head + "\n".join(lines), encoding="utf-8")
    (written.parent / "recordings.csv").write_text("kind,value\ntag,INV-1042\n", encoding="utf-8")
    assert [(pair.old, pair.new) for pair in load_config(written).migrations] == [("old", "staging")]


def test_each_key_of_a_target_is_named(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    assert [key for key in target_keys() if not re.search(rf"^(# {key}:|{key} =)", text, re.M)] == []


def test_the_schema_line_names_the_written_schema(written: Path) -> None:
    line = written.read_text(encoding="utf-8").splitlines()[0]
    schema = written.parent / line.removeprefix("#:schema ./")
    assert json.loads(schema.read_text(encoding="utf-8"))["title"] == "Target file"


@pytest.mark.parametrize("existing", ["noojee-contract.toml", "noojee-contract.schema.json"])
def test_an_existing_file_is_kept(existing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / existing).write_text("mine", encoding="utf-8")
    assert main(["init", str(tmp_path / "noojee-contract.toml")]) == 2
    assert "exists" in capsys.readouterr().err
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [(existing, "mine")]


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "none" / "noojee-contract.toml")]) == 2
    assert "cannot be written" in capsys.readouterr().err
