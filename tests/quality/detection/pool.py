"""Judges many faulty servers in several processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

from quality.detection.judge import Row, judge
from quality.detection.pairs import judge_pair
from support.faulty_servers import everything

AT_ONCE = 50  # tells of progress after so many
A_PROCESS = 100  # so many faulty servers a process: it grows. Not max_tasks_per_child, which stops for ever (python/cpython#115634)


def rows(names: Sequence[str], workers: int) -> list[Row]:
    """The row of each faulty server, in no order."""
    return list(_done(one, names, workers))


def surviving(pairs: Sequence[tuple[str, str]], workers: int) -> list[str]:
    """The pairs that no clause breaks on."""
    return sorted(name for name, caught in _done(pair, pairs, workers) if not caught)


def one(name: str) -> Row:
    """The row of a faulty server, in a process of its own."""
    return judge(everything()[name])


def pair(names: tuple[str, str]) -> tuple[str, bool]:
    """Whether a pair is caught, in a process of its own."""
    return " + ".join(names), judge_pair(*names)


def _done(work: Callable[[Any], Any], asked: Sequence[Any], workers: int) -> Iterator[Any]:
    if workers <= 1:
        yield from map(work, asked)
        return
    done = 0
    for at in range(0, len(asked), workers * A_PROCESS):
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for future in as_completed([pool.submit(work, each) for each in asked[at : at + workers * A_PROCESS]]):
                done += 1
                if done % AT_ONCE == 0:
                    print(f"  {done} of {len(asked)}", file=sys.stderr)
                yield future.result()
