"""`noojee_contract.verify` runs the suite from Python, also inside pytest, and never exits the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import noojee_contract
from noojee_contract import Outcome, Report, TargetError, verify

EMBEDDED = {"dialect": "njadmin", "transport": "noojee_fake.adapters.httpx_transport:open", "writable": True}
FILE = """
[targets.new]
dialect = "njadmin"
transport = "noojee_fake.adapters.httpx_transport:open"
writable = true

[targets.faulty]
dialect = "njadmin"
transport = "support.faulty_servers.transports:drops_last_leg"
writable = true
"""
CLAUSE = "metadata.by-unique-id-answered"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test runs in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_tables_are_verified_inside_pytest() -> None:
    """This test is itself run by pytest."""
    report = verify({"new": EMBEDDED}, only=[CLAUSE], examples=2, random_seed=7)
    assert isinstance(report, Report)
    assert report.exit_code == 0
    assert (report.random_seed, report.examples) == (7, 2)
    assert {(result.clause, result.outcome) for result in report.results} == {(CLAUSE, Outcome.PASSED)}


def test_a_failed_clause_is_in_the_report(elsewhere: Path) -> None:
    """A failure is a value, not an exception; names choose targets of a file."""
    (elsewhere / "targets.toml").write_text(FILE)
    report = verify("faulty", config="targets.toml", only=[CLAUSE], smoke=True)
    assert report.exit_code == 1
    (result,) = report.results
    assert (result.target, result.outcome) == ("faulty", Outcome.FAILED)
    assert result.failure is not None
    assert "--config targets.toml" in (result.failure.command or "")


def test_a_path_verifies_all_targets_of_the_file(elsewhere: Path) -> None:
    """The result of one target does not hide the other."""
    (elsewhere / "targets.toml").write_text(FILE)
    report = verify(Path("targets.toml"), only=[CLAUSE], smoke=True)
    assert {result.target: result.outcome for result in report.results} == {
        "new": Outcome.PASSED,
        "faulty": Outcome.FAILED,
    }


def test_a_profile_file_starts_from_the_current_folder(elsewhere: Path) -> None:
    """As all relative paths of a table do."""
    text = 'format = "noojee-profile/1"\n[target]\nname = "new"\ndialect = "recording-api"\n[values]\n'
    (elsewhere / "profile.toml").write_text(text)
    with pytest.raises(TargetError, match="options of a PBX by recording-api"):
        verify({"new": EMBEDDED | {"profile": "profile.toml"}}, only=[CLAUSE])


def test_an_unreachable_target_is_in_the_report() -> None:
    """Exit code 4; variables of `environ` reach the suite."""
    table = {"dialect": "njadmin", "base_url": "http://127.0.0.1:9", "api_key_env": "A_KEY", "timeout_seconds": 1}
    report = verify({"pbx": table}, environ={"A_KEY": "k-123456"})
    assert report.exit_code == 4
    assert [name for name, _ in report.unreachable] == ["pbx"]


@pytest.mark.parametrize(
    ("targets", "parameters", "says"),
    [
        ("nowhere.toml", {}, "nowhere.toml: the target file cannot be read"),
        (
            {"pbx": {"dialect": "njadmn", "base_url": "https://h"}}, {},
            r"^\$\.targets\.pbx\.dialect: .*did you mean njadmin\?",
        ),
        (
            {"pbx": {"dialect": "njadmin", "base_url": "http://127.0.0.1:9", "api_key_env": "NO_SUCH_KEY"}}, {},
            "NO_SUCH_KEY",
        ),
        ({"pbx": 3}, {}, "targets must be tables by name"),
        ({}, {}, "there is no target in it"),
        (["pbx"], {}, "names of targets need config"),
        ({"pbx": {}}, {"config": "t.toml"}, "targets are names"),
        ({"new": EMBEDDED}, {"only": ["metadata.by-tga"]}, "no clause matches"),
        ({"new": EMBEDDED}, {"examples": 0}, "must be 1 or more"),
    ],
)  # fmt: skip
def test_wrong_parameters_raise_target_error(targets: Any, parameters: Any, says: str) -> None:
    """The caller's mistakes are exceptions; the process goes on."""
    with pytest.raises(TargetError, match=says):
        verify(targets, **parameters)


def test_the_import_is_cheap_and_lazy() -> None:
    """`import noojee_contract` loads no module of the suite before a name is used."""
    code = (
        "import sys, noojee_contract\n"
        "print([name for name in ('pytest', 'httpx', 'hypothesis', 'jsonschema', 'noojee_contract.errors')"
        " if name in sys.modules])\n"
        "print(all(getattr(noojee_contract, name) for name in noojee_contract.__all__))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "True"]
    assert set(noojee_contract.__all__) <= set(dir(noojee_contract))
    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(noojee_contract, "no_such_name")  # noqa: B009  a name that mypy does not know
