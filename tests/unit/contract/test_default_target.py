"""A run that checks the embedded PBX because it found no target file says so in its first line.

Such a run in a wrong folder says nothing about the PBX of the user.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from noojee_contract.pytest_plugin.collected import Collected
from noojee_contract.pytest_plugin.options import RunOptions
from noojee_contract.pytest_plugin.run_report import Run, run_report

CAVEAT = "the embedded PBX was checked: this folder has no noojee-contract.toml"


@pytest.mark.parametrize(
    ("flags", "has_file", "says_so"),
    [
        ({}, False, True),
        ({"smoke": True}, False, True),
        ({}, True, False),
        ({"config": "embedded"}, False, False),
        ({"exchanges": "day.jsonl"}, False, False),
        ({"base_url": "http://pbx.invalid"}, False, False),
    ],
    ids=["no flag", "smoke", "target file", "embedded by name", "exchanges", "base URL"],
)
def test_the_first_line_names_a_default_target(
    flags: dict[str, object], has_file: bool, says_so: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not if the user has named a target, or its file."""
    monkeypatch.chdir(tmp_path)
    if has_file:
        (tmp_path / "noojee-contract.toml").write_text("", encoding="utf-8")
    run = Run(options=RunOptions.of(flags), targets=(), migrations=(), random_seed=1, environ={})
    assert (CAVEAT in run_report(Collected(), run).caveats) == says_so
