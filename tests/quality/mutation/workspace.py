"""Copies of the checkout, one for each worker, in which cosmic-ray makes code mutants and runs the tests on them."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkerOutcome, WorkItem, WorkResult

from quality.detection.results import ROOT
from quality.mutation.code_mutants import MUTATED, PACKAGE, CodeMutant, enclosing_function, numbered
from quality.mutation.run_tests import BY_SUITE

COPIED = ("fake_server", "contract_tests", "schemas", "fixtures", "tests", "pyproject.toml", "README.md", "docs")
TIMEOUT_SECONDS = 600


class Workspace:
    """One copy of the checkout with the work list of cosmic-ray."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database = str(folder / "mutants.sqlite")
        folder.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / name)
        modules = ", ".join(f'"{path}"' for path in MUTATED)
        (folder / "mutants.toml").write_text(
            f"[cosmic-ray]\nmodule-path = [{modules}]\ntimeout = {TIMEOUT_SECONDS}.0\n"
            f'test-command = "{sys.executable} -m quality.mutation.run_tests"\n'
            '[cosmic-ray.distributor]\nname = "local"\n',
            encoding="utf-8",
        )
        subprocess.run(
            _cosmic_ray("init", "mutants.toml", "mutants.sqlite"), cwd=folder, env=self._environment(), check=True
        )

    def run_without_mutant(self, workers: int) -> str:
        """What the tests print where they fail without any mutant, on some workers; "" where they pass."""
        process = subprocess.run(
            [sys.executable, "-m", "quality.mutation.run_tests", "-n", str(workers)],
            cwd=self._folder, env=self._environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        return (process.stdout + process.stderr)[-2000:] if process.returncode else ""

    def mutants(self) -> list[CodeMutant]:
        """All code mutants, in an order that does not depend on the run; those of type unions are left out."""
        with use_db(self._database, WorkDB.Mode.open) as database:
            return [mutant for _, mutant in _listed(database.work_items)]

    def keep(self, places: Collection[int]) -> None:
        """Leave the mutants at these places of `mutants` to be run; skip all others."""
        with use_db(self._database, WorkDB.Mode.open) as database:
            items = list(database.work_items)
            kept = {item.job_id for place, (item, _) in enumerate(_listed(items)) if place in places}
            for item in items:
                if item.job_id not in kept:
                    database.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))

    def execute(self, deadline: float) -> None:
        """Run the kept mutants until a monotonic time; the mutant that is running then is lost."""
        command = _cosmic_ray("exec", "mutants.toml", "mutants.sqlite")
        process = subprocess.Popen(command, cwd=self._folder, env=self._environment())
        try:
            process.wait(max(1.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()

    def results(self) -> dict[int, tuple[str, str]]:
        """For each mutant that was run, by place: its diff, and by whom it was caught."""
        with use_db(self._database, WorkDB.Mode.open) as database:
            places = {item.job_id: place for place, (item, _) in enumerate(_listed(database.work_items))}
            return {
                places[item.job_id]: (result.diff or "", _caught_by(result))
                for item, result in database.completed_work_items
                if result.worker_outcome != WorkerOutcome.SKIPPED
            }

    def _environment(self) -> dict[str, str]:
        folders = (self._folder / "fake_server", self._folder / "contract_tests", self._folder / "tests")
        return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONDONTWRITEBYTECODE": "1"}


def _caught_by(result: WorkResult) -> str:
    if not result.is_killed:
        return ""
    return "suite" if BY_SUITE in (result.output or "") else "tests"


def _listed(items: Iterator[WorkItem] | list[WorkItem]) -> list[tuple[WorkItem, CodeMutant]]:
    """Work items with their mutants, by module, position and operator.

    A mutant of `|` is left out: nearly all of them are in annotations, which the running code does not evaluate.
    """
    wanted = [item for item in items if not _operator(item).startswith("core/ReplaceBinaryOperator_BitOr")]
    wanted.sort(key=_order)
    trees: dict[Path, tuple[ast.Module, list[str]]] = {}
    mutants = numbered(_mutant(item, trees) for item in wanted)
    return list(zip(wanted, mutants, strict=True))


def _operator(item: WorkItem) -> str:
    return str(item.mutations[0].operator_name)


def _order(item: WorkItem) -> tuple[str, tuple[int, int], str, int]:
    (mutation,) = item.mutations
    return str(mutation.module_path), mutation.start_pos, mutation.operator_name, mutation.occurrence


def _mutant(item: WorkItem, trees: dict[Path, tuple[ast.Module, list[str]]]) -> CodeMutant:
    (mutation,) = item.mutations
    path = Path(mutation.module_path)
    if path not in trees:
        text = (ROOT / path).read_text(encoding="utf-8")
        trees[path] = ast.parse(text), text.splitlines()
    tree, lines = trees[path]
    line = mutation.start_pos[0]
    return CodeMutant(
        module=path.relative_to(PACKAGE).as_posix(),
        function=enclosing_function(tree, mutation.start_pos),
        operator=mutation.operator_name,
        arguments=mutation.operator_args,
        occurrence=0,
        line=line,
        before=" ".join(lines[line - 1].split()),
    )


def _cosmic_ray(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cosmic_ray.cli", *arguments]
