"""The page about replacements is correct: its commands run with another port, its config and samples load."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from noojee_contract.dialects.loader.file import read_dialect
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.schemas import load
from noojee_contract.targets.config import load_config
from support.commands import PATH, environment, free_port, needs_curl

FOLDER = Path(__file__).parents[3] / "docs" / "guides" / "replacement"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The only fenced block of a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)
    return str(found)


@needs_curl
def test_the_commands_of_the_page_exit_with_0(tmp_path: Path) -> None:
    """Fill a table, start the app, verify it as a read-only target.

    The exit code is 0, and the vendor's paths are not applicable.
    """
    folder = tmp_path / "replacement"
    shutil.copytree(FOLDER, folder)
    commands = block("sh").rstrip().replace("8642", str(free_port()))
    script = f"trap 'kill %1' EXIT\n{commands}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment(PATH=PATH),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not applicable" in done.stdout
    assert "records-example-key" not in done.stdout + done.stderr


def test_the_config_of_the_page_loads(tmp_path: Path) -> None:
    """The target file loads next to the dialect file, its schema and the recordings file."""
    shutil.copytree(FOLDER, tmp_path / "move")
    (tmp_path / "move" / "noojee-contract.toml").write_text(block("toml"), encoding="utf-8")
    config = load_config(tmp_path / "move" / "noojee-contract.toml")
    assert config.migrations == (MigrationPair("old", "records"),)
    assert config.targets["records"].dialect == "records-v2"


@pytest.mark.parametrize("sample", re.findall(r"```\n(\[methods.*?)```", PAGE, re.S))
def test_a_sample_of_the_page_loads(sample: str, tmp_path: Path) -> None:
    """Each sample loads in place of the same methods of dialect.toml."""
    for name in ("legs.schema.json", "hour.schema.json"):
        shutil.copy(FOLDER / "legs.schema.json", tmp_path / name)
    tables = re.split(r"^(?=\[)", (FOLDER / "dialect.toml").read_text(encoding="utf-8"), flags=re.M)
    kept = [table for table in tables if table.partition("\n")[0] not in sample.splitlines()]
    assert len(kept) < len(tables)
    (tmp_path / "d.toml").write_text("".join((*kept, "\n", sample)), encoding="utf-8")
    assert read_dialect(tmp_path / "d.toml").name == "records-v2"


def test_the_page_has_a_sample_of_each_kind() -> None:
    """There is a sample for ranges, for bodies and for shapes."""
    assert len(re.findall(r"```\n\[methods", PAGE)) == 3


def test_the_table_names_all_parts_of_the_form() -> None:
    """The table has each part of a dialect file, each authentication scheme and each format."""
    whole = load("own/dialect")
    form = whole["properties"]
    table = PAGE[PAGE.index("## Writing the file") :]
    named = ["authentication", "methods", "fields", "formats", "failures", *form["methods"]["properties"]]
    named += [name for name in form["authentication"]["properties"] if name != "value"]
    formats = whole["$defs"]["formats"]["properties"]
    named += formats["Start"]["anyOf"][0]["enum"] + formats["Duration"]["enum"] + formats["Tag"]["enum"]
    assert [name for name in named if name not in table] == []
