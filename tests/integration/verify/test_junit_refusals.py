"""A run that cannot begin writes the JUnit file that was asked for, with the reason as an error."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from noojee_contract.cli.main import main

NOBODY = 'base_url = "http://127.0.0.1:9"\ndialect = "njadmin"\napi_key_env = "PBX_KEY"'

INSIDE = 'transport = "noojee_fake.adapters.httpx_transport:open"\ndialect = "recording-api"\nwritable = true'


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each command runs in an empty folder, with a JUnit file that an earlier run left."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.xml").write_text('<testsuites tests="1" failures="0" errors="0"/>')
    return tmp_path


def errors(*words: str) -> tuple[int, list[str]]:
    """The exit code of a command, and the errors in its JUnit file."""
    code = main([*words, "--junit", "run.xml"])
    root = ET.parse("run.xml").getroot()
    found = [error.attrib["message"] for error in root.iter("error")]
    assert int(root.attrib["errors"]) == len(found)
    return code, found


@pytest.mark.parametrize(
    ("table", "words", "code", "reason"),
    [
        (NOBODY, ["other"], 2, "other"),
        (NOBODY, ["--only", "metadata.nothing"], 2, "metadata.nothing"),
        (NOBODY, [], 2, "PBX_KEY"),
        ("", [], 3, "there is no target in it"),
        (
            INSIDE,
            ["--only", "by-hour.*"],
            3,
            "none of the chosen clauses applies",
        ),
    ],
)
def test_a_refused_run_is_an_error(
    table: str, words: list[str], code: int, reason: str, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2 or 3, and the sentence of stderr."""
    monkeypatch.delenv("PBX_KEY", raising=False)
    (elsewhere / "pbx.toml").write_text(f"[targets.pbx]\n{table}\n" if table else "")
    exit_code, found = errors("verify", "--config", "pbx.toml", *words)
    assert (exit_code, len(found)) == (code, 1)
    assert reason in found[0]


def test_an_unreachable_target_is_an_error(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 4."""
    monkeypatch.setenv("PBX_KEY", "f863246a-973e-11e6-8784-08002718f5b5")
    (elsewhere / "pbx.toml").write_text(f"[targets.pbx]\n{NOBODY}\n")
    code, found = errors("verify", "--config", "pbx.toml")
    assert (code, len(found)) == (4, 1)


def test_a_report_that_cannot_be_read_is_an_error(elsewhere: Path) -> None:
    """`noojee-contract report` writes JUnit files too."""
    assert errors("report", "nowhere.jsonl")[0] == 2
    (elsewhere / "run.jsonl").write_text("{}\n")
    code, found = errors("report", "run.jsonl")
    assert (code, len(found)) == (3, 1)
