"""Runs the job of docs/guides/ci/github.yml as a runner of GitHub Actions does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from support.pipelines.run import RECIPES, Machine, Pipeline, copy_files

SHELLS = {"bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")}
COUNTEREXAMPLES = "always() && hashFiles('.noojee-contract/counterexamples/*.json') != ''"


def steps() -> list[dict[str, Any]]:
    """The steps of the only job."""
    [job] = read()["jobs"].values()
    return list(job["steps"])


def read() -> dict[str, Any]:
    """The workflow file."""
    found: dict[str, Any] = yaml.safe_load((RECIPES / "github.yml").read_text(encoding="utf-8"))
    return found


def scripts() -> dict[str, str]:
    """The shell scripts by the names of their steps."""
    return {step["name"]: step["run"] for step in steps() if "run" in step}


class GitHubRun:
    """One run of the job: `run_id` makes the keys of its cache."""

    def __init__(self, machine: Machine, folder: Path, run_id: int, secrets: Mapping[str, str], flags: str) -> None:
        self.pipeline = Pipeline(workspace=folder / "workspace", artefacts=folder / "artefacts")
        self._machine = machine
        self._summary = folder / "summary.md"
        self._values = {
            "github.run_id": str(run_id),
            "github.run_attempt": "1",
            "inputs.flags": flags,
            **{f"secrets.{name}": value for name, value in secrets.items()},
        }

    def run(self) -> Pipeline:
        """Run all steps whose condition holds."""
        self.pipeline.workspace.mkdir()
        self._summary.touch()
        for step in steps():
            if not self._is_due(step.get("if")):
                continue
            self.pipeline.steps.append(step["name"])
            if "run" in step:
                self._run_script(step)
            else:
                self._run_action(step["uses"].partition("@")[0], step.get("with", {}))
        self.pipeline.summary = self._summary.read_text(encoding="utf-8")
        return self.pipeline

    def _is_due(self, condition: str | None) -> bool:
        if condition is None:
            return self.pipeline.result == "success"
        if condition == "always()":
            return True
        assert condition == COUNTEREXAMPLES, condition
        return any(self.pipeline.workspace.glob(".noojee-contract/counterexamples/*.json"))

    def _run_script(self, step: Mapping[str, Any]) -> None:
        [job] = read()["jobs"].values()
        given = {name: self._evaluated(value) for name, value in step.get("env", {}).items()}
        variables = self._machine.variables(
            GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(self._summary),
            GITHUB_WORKSPACE=str(self.pipeline.workspace), **given,
        )  # fmt: skip
        code = self.pipeline.shell(SHELLS[job["defaults"]["run"]["shell"]], step["run"], variables)
        if step["name"] == "Verify":
            self.pipeline.code = code
        if code:
            self.pipeline.result = "failure"

    def _run_action(self, name: str, given: Mapping[str, Any]) -> None:
        workspace = self.pipeline.workspace
        if name == "actions/checkout":
            shutil.copytree(self._machine.repository, workspace, dirs_exist_ok=True)
        elif name == "actions/cache/restore":
            kept = [path for path in self._machine.storage.iterdir() if path.name.startswith(given["restore-keys"])]
            if kept:
                newest = max(kept, key=lambda path: path.stat().st_mtime_ns)
                shutil.copytree(newest, workspace / given["path"], dirs_exist_ok=True)
        elif name == "actions/cache/save":
            saved = self._machine.storage / self._evaluated(given["key"])
            shutil.copytree(workspace / given["path"], saved)
            saved.touch()  # a cache is as old as its run
        elif name == "actions/upload-artifact":
            copy_files("*", workspace / given["path"], self.pipeline.artefacts)
        else:
            assert name == "actions/setup-python", name

    def _evaluated(self, text: str) -> str:
        """A value with its expressions replaced. A secret that is not set is empty."""
        return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda match: self._value(match[1]), text)

    def _value(self, name: str) -> str:
        return self._values.get(name, "") if name.startswith("secrets.") else self._values[name]
