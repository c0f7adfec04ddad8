"""Runs the job of docs/guides/ci/gitlab-ci.yml as a GitLab runner does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from support.pipelines.run import RECIPES, Machine, Pipeline, copy_files

JOB = "pbx-contract"
SHELL = ("bash", "-eo", "pipefail", "-c")


def read() -> dict[str, Any]:
    """The file."""
    found: dict[str, Any] = yaml.safe_load((RECIPES / "gitlab-ci.yml").read_text(encoding="utf-8"))
    return found


def scripts() -> dict[str, str]:
    """The one script of the job, whose lines share a shell."""
    job = read()[JOB]
    return {JOB: "\n".join([*job["before_script"], *job["script"]])}


def run(machine: Machine, folder: Path, variables: Mapping[str, str]) -> Pipeline:
    """One run of the job. `variables` are those of the project and of the pipeline, which replace those of the file."""
    job, own = read()[JOB], read()["variables"]
    pipeline = Pipeline(workspace=folder / "workspace", artefacts=folder / "artefacts")
    pipeline.workspace.mkdir()
    copy_files("**/*", machine.repository, pipeline.workspace)
    cached = machine.storage / job["cache"]["key"]
    copy_files("**/*", cached, pipeline.workspace)
    given = {**{name: row["value"] for name, row in own.items()}, **variables}
    pipeline.code = pipeline.shell(SHELL, scripts()[JOB], machine.variables(GITLAB_CI="true", **given))
    allowed = job.get("allow_failure", {}).get("exit_codes", [])
    pipeline.result = "success" if pipeline.code == 0 else "warning" if pipeline.code in allowed else "failed"
    if _is_kept(job["cache"], pipeline):
        for path in job["cache"]["paths"]:
            copy_files(f"{path}**/*", pipeline.workspace, cached)
    if _is_kept(job["artifacts"], pipeline):
        for path in job["artifacts"]["paths"]:
            copy_files(f"{path}**/*", pipeline.workspace, pipeline.artefacts)
        copy_files(job["artifacts"]["reports"]["junit"], pipeline.workspace, pipeline.artefacts)
    return pipeline


def _is_kept(what: Mapping[str, Any], pipeline: Pipeline) -> bool:
    when = what.get("when", "on_success")
    return bool(when == "always" or (when == "on_success") == (pipeline.result == "success"))
