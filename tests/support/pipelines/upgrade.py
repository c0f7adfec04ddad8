"""Reads the recipes that check an upgrade: the workflow, the jobs of GitLab, and the Jenkinsfile."""

from __future__ import annotations

from typing import Any

import yaml

from support.pipelines import jenkins
from support.pipelines.run import RECIPES

GITHUB, GITLAB, JENKINS = (
    RECIPES / name for name in ("github-upgrade.yml", "gitlab-ci-upgrade.yml", "Jenkinsfile.upgrade")
)
SHELLS = {
    "github": ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"),
    "gitlab": ("bash", "-eo", "pipefail", "-c"),
    "jenkins": ("bash", "-c"),
}


def github_jobs() -> dict[str, Any]:
    """The jobs of the workflow."""
    jobs: dict[str, Any] = yaml.safe_load(GITHUB.read_text(encoding="utf-8"))["jobs"]
    return jobs


def gitlab_jobs() -> dict[str, Any]:
    """The jobs of GitLab, with what the two extend."""
    jobs: dict[str, Any] = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))
    return jobs


def scripts() -> dict[tuple[str, str], str]:
    """The shell scripts by the system and the step."""
    found: dict[tuple[str, str], str] = {}
    for job in github_jobs().values():
        found |= {("github", step["name"]): step["run"] for step in job["steps"] if "run" in step}
    for name, job in gitlab_jobs().items():
        found["gitlab", name] = "\n".join([*job.get("before_script", []), *job.get("script", [])])
    return found | {("jenkins", name): script for name, script in jenkins.scripts(JENKINS).items()}
