"""Runs the suite on many faulty servers in several processes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

from quality.detection.detect import Row, detect
from quality.detection.pairs import detect_pair
from support.faulty_servers import everything

AT_ONCE = 50  # rows between two lines of progress
A_PROCESS = (
    100  # faulty servers a process, because its memory grows; max_tasks_per_child may hang (python/cpython#115634)
)


def rows(names: Sequence[str], workers: int) -> list[Row]:
    """The row of each faulty server, unordered."""
    return list(_done(one, names, workers))


def surviving(pairs: Sequence[tuple[str, str]], workers: int) -> list[str]:
    """The pairs that no clause fails on."""
    return sorted(name for name, caught in _done(pair, pairs, workers) if not caught)


def _rare_collections() -> None:
    """Collect garbage rarely: a full collection looks at everything that was imported."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def one(name: str) -> Row:
    """The row of a faulty server, in a worker process."""
    return detect(everything()[name])


def pair(names: tuple[str, str]) -> tuple[str, bool]:
    """Whether a pair is caught, in a worker process."""
    return " + ".join(names), detect_pair(*names)


def _done(work: Callable[[Any], Any], items: Sequence[Any], workers: int) -> Iterator[Any]:
    if workers <= 1:
        yield from map(work, items)
        return
    done = 0
    for at in range(0, len(items), workers * A_PROCESS):
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_rare_collections) as pool:
            for future in as_completed([pool.submit(work, each) for each in items[at : at + workers * A_PROCESS]]):
                done += 1
                if done % AT_ONCE == 0:
                    print(f"  {done} of {len(items)}", file=sys.stderr)
                yield future.result()
