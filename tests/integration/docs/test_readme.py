"""The README is correct: its commands are those of `.ci/run`, its samples load, its flags exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from noojee_contract.cli.main import main
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.config import load_config

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, containing: str) -> str:
    """The only fenced block of a language that contains a text."""
    (found,) = [text for text in re.findall(rf"```{language}\n(.*?)```", README, re.S) if containing in text]
    return found


def test_ci_calls_the_readme_s_test_command() -> None:
    """`.ci/run` ends in the README's second command, word for word."""
    command = block("sh", "install -q tox").strip()
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith(command)


def test_the_first_command_runs_the_main_job() -> None:
    """The first command of the README does its own set-up and runs `verify`."""
    first = re.search(r"```sh\n(.*?)```", README, re.S)
    assert first is not None
    assert first[1].strip().endswith(".venv/bin/noojee-contract verify")


def test_the_sample_config_is_valid(tmp_path: Path) -> None:
    """The target file and the known recordings of the README load."""
    (tmp_path / "noojee-contract.toml").write_text(block("toml", "[targets.old]"), encoding="utf-8")
    (tmp_path / "recordings.csv").write_text(block("csv", "kind,value"), encoding="utf-8")
    config = load_config(tmp_path / "noojee-contract.toml")
    assert set(config.targets) == {"old", "staging"}
    assert config.migrations == (MigrationPair("old", "staging"),)


def test_every_outcome_is_explained() -> None:
    """The table of outcomes names each."""
    table = README[README.index("## Read the report") : README.index("## Serve")]
    assert all(outcome.value in table for outcome in Outcome)


def test_the_pythons_of_the_readme_are_those_of_tox_and_the_package() -> None:
    """README, tox and the classifiers name the same versions."""
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["classifiers"]
    versions = [c.rpartition(" ")[2] for c in classifiers if re.fullmatch(r".*:: 3\.[0-9]+", c)]
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    for version in versions:
        assert version in README
        assert f"py{version.replace('.', '')}" in tox


def test_the_flags_of_the_readme_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """The command knows each flag in a `noojee-contract verify` line."""
    with pytest.raises(SystemExit):
        main(["verify", "--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    lines = [line for line in README.splitlines() if "noojee-contract verify" in line]
    assert lines
    used = {flag for line in lines for flag in re.findall(r"(?<![\w-])--[a-z-]+", line.split("verify", 1)[1])}
    assert used <= known
