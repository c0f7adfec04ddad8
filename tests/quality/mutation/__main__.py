"""`tox -e mutate`: mutants of the fake's dialects, access and store (cosmic-ray), judged by the shipped suite and our tests.

A sample, drawn by a seed, and bounded in time; the figure and the survivors go into docs/score.md. Exit 1: nothing is caught. 2: nothing was judged.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkerOutcome, WorkItem, WorkResult

from quality.detection.results import PAGE, ROOT, mutation_part

PACKAGE = Path("fake_server", "noojee_fake")
MUTATED = (
    PACKAGE / "dialects",
    PACKAGE / "access.py",
    PACKAGE / "store.py",
    PACKAGE / "memory.py",
    PACKAGE / "disk.py",
)
COPIED = ("fake_server", "contract_tests", "schemas", "fixtures", "tests", "pyproject.toml", "README.md", "docs")
TIMEOUT_SECONDS = 180
SUITE, TESTS = "caught by the suite", "caught by our tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A mutant and who caught it: the suite, our tests, or nobody (""). `line` and `change` say where and what."""

    module: str
    line: int
    change: str
    caught_by: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="tox -e mutate --", description=__doc__)
    parser.add_argument("--sample", type=int, default=150, metavar="N", help="mutants that are drawn (default 150)")
    parser.add_argument("--random-seed", type=int, default=1, metavar="S", help="of the drawing (default 1)")
    parser.add_argument("--minutes", type=float, default=30, metavar="M", help="no mutant is begun later (default 30)")
    parser.add_argument(
        "--workers", type=int, default=min(2, os.cpu_count() or 1), metavar="N", help="processes (default 2)"
    )
    parser.add_argument("--print-only", action="store_true", help="write nothing into docs")
    options = parser.parse_args(arguments)
    deadline = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory(prefix="noojee-mutants-") as folder:
        places = [Path(folder, str(worker)) for worker in range(options.workers)]
        total = 0
        for worker, place in enumerate(places):
            _copy(place)
            total = _draw(place, options, worker)
        with ThreadPoolExecutor(options.workers) as pool:
            list(pool.map(lambda place: _exec(place, deadline), places))
        judged = [row for place in places for row in _judged(place)]
    if not judged:
        print("no mutant was judged", file=sys.stderr)
        return 2
    told = report(judged, total=total, seed=options.seed)
    if not options.print_only:
        page = PAGE.read_text(encoding="utf-8")
        kept = page.replace(mutation_part(page), "").rstrip()
        PAGE.write_text(f"{kept}\n\n{told}", encoding="utf-8")
    print(told)
    return 0 if any(row.caught_by for row in judged) else 1


def report(judged: Sequence[Judged], *, total: int, seed: int) -> str:
    """What docs/score.md says of the mutants. Raises ValueError where none was judged."""
    if not judged:
        raise ValueError("no mutant was judged")
    caught = Counter(row.caught_by for row in judged)
    share = 1 - caught[""] / len(judged)
    lines = [
        "## Mutants of the fake",
        "",
        f"Of {total:,} mutants that cosmic-ray makes of the fake's dialects, access and store, {len(judged)} were drawn (seed {seed}) and judged:",
        f"**{share:.1%} are caught**, {caught[SUITE]} of them by the shipped suite, {caught[TESTS]} more by our own tests. `tox -e mutate`",
        "writes this part. What survives:",
        "",
    ]
    survivors = sorted((row for row in judged if not row.caught_by), key=lambda row: (row.module, row.line))
    lines += [f"- `{row.module}` line {row.line}: `{row.change}`" for row in survivors] or ["Nothing."]
    return "\n".join(lines) + "\n"


def _copy(place: Path) -> None:
    place.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / name)
    modules = ", ".join(f'"{path}"' for path in MUTATED)
    (place / "mutants.toml").write_text(
        f'[cosmic-ray]\nmodule-path = [{modules}]\ntimeout = {TIMEOUT_SECONDS}.0\ntest-command = "{sys.executable} -m quality.detection.mutant"\n'
        '[cosmic-ray.distributor]\nname = "local"\n',
        encoding="utf-8",
    )


def _draw(place: Path, options: argparse.Namespace, worker: int) -> int:
    """Leave a worker its part of the sample; what is not drawn is marked as skipped. Returns how many mutants there are."""
    _cosmic_ray(place, "init", "mutants.toml", "mutants.sqlite")
    with use_db(str(place / "mutants.sqlite"), WorkDB.Mode.open) as database:
        items = sorted((item for item in database.work_items if not _is_of_a_type(item)), key=_name)
        sample = random.Random(options.seed).sample(items, min(options.sample, len(items)))
        mine = {item.job_id for item in sample[worker :: options.workers]}
        for item in list(database.work_items):
            if item.job_id not in mine:
                database.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))
    return len(items)


def _is_of_a_type(item: WorkItem) -> bool:
    """Whether a mutant changes a `|`: nearly all of them stand between types, which nobody looks at when the code runs."""
    return any(mutation.operator_name.startswith("core/ReplaceBinaryOperator_BitOr") for mutation in item.mutations)


def _name(item: WorkItem) -> tuple[str, tuple[int, int], str, int]:
    (mutation,) = item.mutations
    return str(mutation.module_path), mutation.start_pos, mutation.operator_name, mutation.occurrence


def _exec(place: Path, deadline: float) -> None:
    """Judge until all are judged, or the time is over; the mutant under way is lost then."""
    process = subprocess.Popen(_command("exec", "mutants.toml", "mutants.sqlite"), cwd=place, env=_environment(place))
    try:
        process.wait(max(1.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait()


def _judged(place: Path) -> Iterator[Judged]:
    with use_db(str(place / "mutants.sqlite"), WorkDB.Mode.open) as database:
        for item, result in database.completed_work_items:
            if result.worker_outcome == WorkerOutcome.SKIPPED:
                continue
            (mutation,) = item.mutations
            output = result.output or ""
            who = next((each for each in (SUITE, TESTS) if each in output), TESTS if result.is_killed else "")
            yield Judged(
                module=mutation.module_path.relative_to(PACKAGE).as_posix(),
                line=mutation.start_pos[0],
                change=_change(result.diff or ""),
                caught_by=who,
            )


def _change(diff: str) -> str:
    """The lines that a mutant took away and put in, in one."""
    changed = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return " ".join(" ".join(line.split()) for line in changed)[:160].replace("`", "'")


def _cosmic_ray(place: Path, *arguments: str) -> None:
    subprocess.run(_command(*arguments), cwd=place, env=_environment(place), check=True)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cosmic_ray.cli", *arguments]


def _environment(place: Path) -> dict[str, str]:
    folders = (place / "fake_server", place / "contract_tests", place / "tests")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONDONTWRITEBYTECODE": "1"}


if __name__ == "__main__":
    sys.exit(main())
