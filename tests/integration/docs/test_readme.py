"""The README is correct: its commands are those of `.ci/run`, its samples load, its flags exist."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from noojee_contract.cli.main import main
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.config import load_config
from noojee_fake import EmbeddedPbx

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guides" / "staging-pbx.md").read_text(encoding="utf-8")


def block(language: str, containing: str, page: str = README) -> str:
    """The only fenced block of a language that contains a text."""
    (found,) = [text for text in re.findall(rf"```{language}\n(.*?)```", page, re.S) if containing in text]
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


@pytest.mark.parametrize(
    ("page", "targets"), [(README, {"staging"}), (GUIDE, {"old", "staging"})], ids=["readme", "guide"]
)
def test_the_sample_config_is_valid(page: str, targets: set[str], tmp_path: Path) -> None:
    """The target file and the known recordings of the README and of the guide load."""
    (tmp_path / "noojee-contract.toml").write_text(block("toml", "[targets.staging]\nbase", page), encoding="utf-8")
    (tmp_path / "recordings.csv").write_text(block("csv", "kind,value", page), encoding="utf-8")
    config = load_config(tmp_path / "noojee-contract.toml")
    assert set(config.targets) == targets
    assert config.migrations == ((MigrationPair("old", "staging"),) if "old" in targets else ())


def test_the_example_in_pytest_passes(noojee_pbx: EmbeddedPbx) -> None:
    """The test function of the README, with its fixture."""
    names: dict[str, Callable[[EmbeddedPbx], None]] = {}
    exec(block("python", "noojee_pbx"), names)  # type: ignore[arg-type]
    names["test_a_call_has_two_legs"](noojee_pbx)


def test_every_outcome_and_exit_code_is_explained() -> None:
    """The table of exit codes names each outcome."""
    table = README[README.index("## CI") : README.index("## Documentation")]
    assert all(f"`{outcome}`" in table for outcome in Outcome)
    assert all(f"| {code} |" in table for code in (0, 1, 2, 3, 4))


def test_the_readme_is_short() -> None:
    """At most 130 lines; the guides have the rest."""
    assert len(README.splitlines()) <= 130


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
