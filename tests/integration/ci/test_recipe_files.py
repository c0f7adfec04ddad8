"""Each recipe leaves time for the report, keeps reports and counterexamples of failed runs, and runs one at a time."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support.pipelines import github, gitlab, jenkins
from support.pipelines.run import GUIDES, RECIPES

PAGES = {
    "github.yml": "ci-github.md",
    "gitlab-ci.yml": "ci-gitlab.md",
    "Jenkinsfile": "ci-jenkins.md",
    "tox.ini": "ci-tox.md",
}
TOP = {"agent", "triggers", "parameters", "options", "stages", "post"}
ALLOWED = {
    "pipeline": TOP | {"environment", "tools", "libraries"},
    "stages": {"stage"},
    "stage": {"agent", "environment", "options", "when", "steps", "post", "input", "tools"},
    "post": {
        "always", "changed", "fixed", "regression", "aborted", "failure", "success", "unstable", "unsuccessful",
        "cleanup",
    },
    "steps": {"script", "dir", "withEnv", "withCredentials", "timeout", "retry"},
    "always": {"script"},
}  # fmt: skip
"""The blocks that a block of a declarative pipeline may have.

Source: Pipeline Syntax, jenkins.io/doc/book/pipeline/syntax.
"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_the_recipe(name: str) -> None:
    """The whole file, in one block."""
    page = (GUIDES / PAGES[name]).read_text(encoding="utf-8")
    recipe = (RECIPES / name).read_text(encoding="utf-8")
    assert recipe in [text for _, text in re.findall(r"^```(\w*)\n(.*?)^```", page, re.S | re.M)]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_each_exit_code_does(name: str) -> None:
    """All five, in one table."""
    page = (GUIDES / PAGES[name]).read_text(encoding="utf-8")
    assert re.findall(r"^\| ([0-9]) \|", page, re.M) == ["0", "1", "2", "3", "4"]


def minutes(text: str) -> int:
    """The time limit of verify in a script."""
    [found] = re.findall(r"--time-limit (\d+)m\b", text)
    return int(found)


def test_github_leaves_time_for_the_report() -> None:
    """The job ends later than verify does, and another run does not end it."""
    workflow = github.read()
    assert workflow["jobs"]["verify"]["timeout-minutes"] >= minutes(github.scripts()["Verify"]) + 10
    assert workflow["concurrency"]["cancel-in-progress"] is False
    assert workflow["permissions"] == {"contents": "read"}


def test_gitlab_leaves_time_for_the_report() -> None:
    """The job ends later than verify does, waits for the job of another pipeline, and keeps both on failure."""
    job: dict[str, Any] = gitlab.read()[gitlab.JOB]
    assert job["timeout"] == f"{minutes(gitlab.scripts()[gitlab.JOB]) + 15} minutes"
    assert job["resource_group"]
    assert job["cache"]["when"] == job["artifacts"]["when"] == "always"


def test_jenkins_leaves_time_for_the_report() -> None:
    """The build ends later than verify does, and runs alone."""
    text = jenkins.FILE.read_text(encoding="utf-8")
    assert f"timeout(time: {minutes(jenkins.scripts()['Verify']) + 15}, unit: 'MINUTES')" in text
    assert "disableConcurrentBuilds()" in text


def test_the_jenkinsfile_is_groovy() -> None:
    """A parser accepts it, and refuses it without a brace, a quote or a comma."""
    text = jenkins.FILE.read_text(encoding="utf-8")
    assert not jenkins.parse(text).has_error
    for old, new in (
        ("stages {", "stages "),
        ("'MINUTES')", "'MINUTES)"),
        ("returnStatus: true,", "returnStatus true,"),
    ):
        assert old in text
        assert jenkins.parse(text.replace(old, new)).has_error


def test_the_jenkinsfile_has_the_blocks_of_a_declarative_pipeline() -> None:
    """One pipeline with agent, stages and post; each block is where it may be. Only Jenkins can check the steps."""
    found = list(jenkins.blocks(jenkins.parse(jenkins.FILE.read_text(encoding="utf-8"))))
    assert [path for path in found if "/" not in path] == ["pipeline"]
    assert {path.split("/")[1] for path in found if path.count("/") == 1} == TOP
    for path in found:
        if "/" in path:
            parent, block = path.split("/")[-2:]
            assert block in ALLOWED[parent], path


def test_the_jenkinsfile_maps_exit_codes_to_results() -> None:
    """3 is unstable, all others but 0 fail the build; the status of `sh` itself does not."""
    text = " ".join(jenkins.FILE.read_text(encoding="utf-8").split())
    assert "returnStatus: true" in text
    assert re.search(r"if \(code == 3\) \{ unstable\('[^']+'\) \} else if \(code != 0\) \{ error\(", text)
