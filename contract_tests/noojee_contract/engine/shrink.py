"""Makes the archive that shows a find small: first by Hypothesis (simple values), then call by call and leg by leg.

The generator's simplest call has three legs, as calls usually have; only taking away shows that fewer will do.
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
    """Shrinking took long enough; Hypothesis lets this through."""


def smallest(
    document: Mapping[str, Any], found: CheckFailed, shows: Shows, *, examples: int, random_seed: int, seconds: float
) -> tuple[CheckFailed, Mapping[str, Any]]:
    """The smallest archive that still shows a find, and how it shows there, after at most so many seconds.

    `shows` gives what is broken with an archive, None where nothing is. `examples` and `random_seed` are those of the run.
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
    """How much there is to read in a document, in characters of JSON."""
    return len(json.dumps(document))


def simpler(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The documents that have one thing less than this one, the largest steps first."""
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
