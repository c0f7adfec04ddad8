"""`tox -e mutation`: the mutation score of the fake's dialects, credentials, limits and stores.

cosmic-ray makes code mutants. A sample, drawn by a random seed and limited in time, is run by the shipped suite and by
our own tests. The rows go to docs/mutation.jsonl, score and survivors to docs/detection.md. With --baseline FILE, the
mutants of an earlier file are run again, found by function and operator.
Exit 1: nothing is caught, or a mutant that the baseline caught survives. 2: nothing was run.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from quality.detection.results import PAGE, ROOT, mutation_part
from quality.mutation.code_mutants import CodeMutant, mapped, read, written
from quality.mutation.workspace import Workspace

DATA = ROOT / "docs" / "mutation.jsonl"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    baseline = read(options.baseline) if options.baseline else []
    with tempfile.TemporaryDirectory(prefix="noojee-mutants-") as folder:
        workspaces = [Workspace(Path(folder, str(worker))) for worker in range(options.workers)]
        if output := workspaces[0].run_without_mutant(options.workers):
            print(f"the tests fail without a mutant, so nothing was run:\n{output}", file=sys.stderr)
            return 2
        deadline = time.monotonic() + 60 * options.minutes
        today = workspaces[0].mutants()
        places, lost = _places(today, baseline, options)
        results = _run(workspaces, sorted(places), deadline)
    found = [_with_result(today[place], *result) for place, result in sorted(results.items())]
    if not found:
        print("no code mutant was run", file=sys.stderr)
        return 2
    report = in_words(found, total=len(today), random_seed=options.random_seed)
    if not options.print_only and not baseline:
        _write(found, report, total=len(today), random_seed=options.random_seed)
    if options.output:
        options.output.write_text(written(found, total=len(today), random_seed=options.random_seed), encoding="utf-8")
    print(report)
    missed = _compare(baseline, places, results, lost) if baseline else 0
    return 0 if any(mutant.caught_by for mutant in found) and not missed else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tox -e mutation --", description=__doc__)
    parser.add_argument("--sample", type=int, default=150, metavar="N", help="code mutants to draw (default 150)")
    parser.add_argument(
        "--baseline", type=Path, metavar="FILE", help="run the mutants of this file instead of a sample"
    )
    parser.add_argument("--random-seed", type=int, default=1, metavar="S", help="for the sample (default 1)")
    parser.add_argument("--minutes", type=float, default=30, metavar="M", help="run mutants for this time (default 30)")
    parser.add_argument(
        "--workers", type=int, default=min(2, os.cpu_count() or 1), metavar="N", help="processes (default 2)"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the rows to this file too")
    parser.add_argument("--print-only", action="store_true", help="write nothing into docs")
    return parser


def _places(
    today: Sequence[CodeMutant], baseline: Sequence[CodeMutant], options: argparse.Namespace
) -> tuple[Mapping[int, int | None], list[CodeMutant]]:
    """The places of the mutants to run, each with its place in the baseline; and the baseline mutants without one."""
    if not baseline:
        drawn = random.Random(options.random_seed).sample(range(len(today)), min(options.sample, len(today)))
        return dict.fromkeys(drawn), []
    found, lost = mapped(baseline, today)
    return {now: before for before, now in found.items()}, lost


def _run(workspaces: Sequence[Workspace], places: Sequence[int], deadline: float) -> dict[int, tuple[str, str]]:
    for worker, workspace in enumerate(workspaces):
        workspace.keep(set(places[worker :: len(workspaces)]))
    with ThreadPoolExecutor(len(workspaces)) as pool:
        list(pool.map(lambda workspace: workspace.execute(deadline), workspaces))
    return {place: result for workspace in workspaces for place, result in workspace.results().items()}


def _with_result(mutant: CodeMutant, diff: str, caught_by: str) -> CodeMutant:
    changed = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    before, after = (" ".join(" ".join(line[1:].split()) for line in changed if line[0] == sign) for sign in "-+")
    return replace(mutant, before=before or mutant.before, after=after, caught_by=caught_by)


def in_words(found: Sequence[CodeMutant], *, total: int, random_seed: int) -> str:
    """The section of docs/detection.md about code mutants. Raises ValueError where none was run."""
    if not found:
        raise ValueError("no code mutant was run")
    caught = Counter(mutant.caught_by for mutant in found)
    lines = [
        "## Code mutants of the fake",
        "",
        (
            f"cosmic-ray makes {total:,} code mutants of the fake's dialects, credentials, limits and stores. "
            f"Of {len(found)} that were run"
        ),
        f"(random seed {random_seed}), **{1 - caught[''] / len(found):.1%} are caught**:",
        f"{caught['suite']} by the shipped suite, {caught['tests']} more by our own tests.",
        "`tox -e mutation` writes this section. Survivors:",
        "",
    ]  # fmt: skip
    survivors = sorted((each for each in found if not each.caught_by), key=lambda each: (each.module, each.line))
    lines += [
        f"- `{each.module}` {f'`{each.function}`' if each.function else '(module level)'}:"
        f" `{_code(each.before)}` -> `{_code(each.after)}`"
        for each in survivors
    ] or ["None."]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return text[:110].replace("`", "'")


def _write(found: Sequence[CodeMutant], report: str, *, total: int, random_seed: int) -> None:
    DATA.write_text(written(found, total=total, random_seed=random_seed), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    kept = page.replace(mutation_part(page), "").rstrip()
    PAGE.write_text(f"{kept}\n\n{report}", encoding="utf-8")


def _compare(
    baseline: Sequence[CodeMutant],
    places: Mapping[int, int | None],
    results: Mapping[int, tuple[str, str]],
    lost: Sequence[CodeMutant],
) -> int:
    """Print how today's results differ from a baseline; the number of mutants that were caught and survive now."""
    missed = 0
    for now, before in places.items():
        if before is None:
            continue
        old = baseline[before]
        name = f"{old.module} {old.function} {old.operator} #{old.occurrence}: {old.before}"
        if now not in results:
            print(f"not run: {name}")
        elif old.caught_by and not results[now][1]:
            missed += 1
            print(f"MISSED: {name}")
        elif not old.caught_by and results[now][1]:
            print(f"caught now: {name}")
    for old in lost:
        print(f"not found: {old.module} {old.function} {old.operator} #{old.occurrence}: {old.before}")
    print(
        f"{len(baseline)} code mutants in the baseline, {len(places)} found again, {len(results)} run, {missed} missed"
    )
    return missed


if __name__ == "__main__":
    sys.exit(main())
