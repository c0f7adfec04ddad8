"""Shrinks the archive that makes a clause fail: first by Hypothesis (simple values), then by removing calls and legs.

The simplest call of the generator has three legs, so only removal makes smaller archives.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from noojee_contract.engine.check import CheckFailed
from noojee_contract.engine.strategies import shrink_archive

Shows = Callable[[Mapping[str, Any]], CheckFailed | None]


class _Enough(BaseException):
    """The time for shrinking is over. Hypothesis does not catch a BaseException."""


def smallest(
    document: Mapping[str, Any], found: CheckFailed, shows: Shows, *, examples: int, random_seed: int, seconds: float
) -> tuple[CheckFailed, Mapping[str, Any]]:
    """The smallest archive that still makes the clause fail, with its failed check, after at most so many seconds.

    `shows` returns the failed check for an archive, None if the clause does not fail. `examples` and `random_seed` are
    those of the run.
    """
    deadline = time.monotonic() + seconds
    best = (found, document)

    def once(candidate: dict[str, Any]) -> None:
        nonlocal best
        if time.monotonic() > deadline:
            raise _Enough
        shown = shows(candidate)
        if shown is not None:
            if size(candidate) < size(best[1]):
                best = (shown, candidate)
            raise shown

    with contextlib.suppress(_Enough, CheckFailed):
        shrink_archive(once, number=examples, random_seed=random_seed)
    smaller = True
    while smaller:
        smaller = False
        for candidate in simpler(best[1]):
            if time.monotonic() > deadline:
                return best
            shown = shows(candidate)
            if shown is not None:
                best, smaller = (shown, candidate), True
                break
    return best


def size(document: Mapping[str, Any]) -> int:
    """The size of a document, in characters of JSON."""
    return len(json.dumps(document))


def simpler(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The documents with one thing less, largest steps first: a call, a leg, an optional value."""
    calls = document["calls"]
    if len(calls) > 1:
        for at in range(len(calls)):
            yield {**document, "calls": calls[:at] + calls[at + 1 :]}
    for at, call in enumerate(calls):
        if len(call["legs"]) > 1:
            for leg_at in range(len(call["legs"])):
                changed = deepcopy(call)
                del changed["legs"][leg_at]
                yield {**document, "calls": [*calls[:at], changed, *calls[at + 1 :]]}
    for at, call in enumerate(calls):
        for leg_at, leg in enumerate(call["legs"]):
            for name in ("username", "call_record_id", "tag"):
                if leg.get(name):
                    changed = deepcopy(call)
                    del changed["legs"][leg_at][name]
                    yield {**document, "calls": [*calls[:at], changed, *calls[at + 1 :]]}
