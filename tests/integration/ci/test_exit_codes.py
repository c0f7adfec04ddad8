"""The exit code of verify reaches the CI system, and reports are kept whatever it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from support.leaks.scanner import Scanner

KEY = "f00d-5ec7e7-9b1c-42aa-wrong"
RESULTS: Mapping[str, Mapping[int, str]] = {
    "github": {0: "success", 1: "failure", 2: "failure", 3: "failure", 4: "failure"},
    "gitlab": {0: "success", 1: "failed", 2: "failed", 3: "failed", 4: "failed"},
    "jenkins": {0: "SUCCESS", 1: "FAILURE", 2: "FAILURE", 3: "UNSTABLE", 4: "FAILURE"},
}
FLAGS: Mapping[int, str] = {
    0: "staging --only authentication.accepted",
    1: "staging --only authentication.accepted",
    2: "staging --only authentication.accepted",
    3: "staging --only metadata.anonymous-caller",
    4: "off --only authentication.accepted",
}


def check(system: str, code: int, runs: Any, pbx: Any) -> None:
    keys = {1: {"STAGING_PBX_KEY": KEY}, 2: {"STAGING_PBX_KEY": ""}}.get(code)
    ran = runs(system, FLAGS[code], keys)
    assert ran.code == code, ran.log
    assert ran.result == RESULTS[system][code]
    texts = ran.texts()
    assert "<testsuites" in texts["contract.xml"]
    reports = {"contract.html", "contract.md", "contract.jsonl"}
    assert reports <= set(texts) if code != 2 else not reports & set(texts)
    assert not (ran.workspace / ".noojee-contract").exists()  # no earlier run has found a counterexample
    assert ran.summary or system == "gitlab"  # which has none: it shows the JUnit file
    scanner = Scanner([pbx.key, KEY])
    assert {name: scanner.leaks(text) for name, text in texts.items() if scanner.leaks(text)} == {}


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_exit_code_reaches_the_ci(system: str, code: int, runs: Any, pbx: Any) -> None:
    """Passed; the key is refused; the clause needs a writable target. No output has a key."""
    check(system, code, runs, pbx)


@pytest.mark.parametrize("code", [2, 4])
def test_a_run_that_cannot_begin_fails_the_job(code: int, runs: Any, pbx: Any) -> None:
    """A secret that is not set is an empty variable on GitHub; a target that is off."""
    check("github", code, runs, pbx)


def test_several_targets_pass(runs: Any) -> None:
    """The legacy API by hash, and the API that replaces it by key, each with its own variable."""
    ran = runs("gitlab", "old staging --smoke")
    assert ran.code == 0, ran.log
    assert "2 targets" in ran.log
