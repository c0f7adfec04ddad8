"""Applies rate, budget and the one-a-minute rule of by hour across all processes of a run: one locked file a target.

The file is in a folder of the run. Every worker reads and writes it under the lock.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from noojee_contract.errors import BudgetSpent, TooSoon
from noojee_contract.targets.target import Target

BY_HOUR_SECONDS = 61.0  # "1 per minute" (DOC), and one second for the network
LOCK_SECONDS = 120.0


class Limits:
    """The limits of one target. Wall-clock seconds, shared by processes of one machine."""

    def __init__(
        self,
        path: Path,
        *,
        requests_per_second: float | None,
        request_budget: int | None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._path = path
        self._lock = FileLock(f"{path}.lock", timeout=LOCK_SECONDS)
        self._gap = 1 / requests_per_second if requests_per_second else 0.0
        self._budget = request_budget
        self._now = now
        self._sleep = sleep

    def before_request(self) -> None:
        """Wait for the turn of a request and count it. Raises BudgetSpent if the budget is used up."""
        with self._lock:
            state = self._read()
            if self._budget is not None and state["spent"] >= self._budget:
                raise BudgetSpent(self._budget)
            turn = max(self._now(), state["next"])
            self._write({**state, "spent": state["spent"] + 1, "next": turn + self._gap})
        wait = turn - self._now()
        if wait > 0:
            self._sleep(wait)

    def before_by_hour(self, most_seconds: float) -> None:
        """Wait until a by-hour request is within one a minute. Raises TooSoon if the wait is longer than `most_seconds`."""
        with self._lock:
            state = self._read()
            turn = max(self._now(), state["next_by_hour"])
            wait = turn - self._now()
            if wait > most_seconds:
                raise TooSoon(wait)
            self._write({**state, "next_by_hour": turn + BY_HOUR_SECONDS})
        if wait > 0:
            self._sleep(wait)

    def _read(self) -> dict[str, Any]:
        start = {"spent": 0, "next": 0.0, "next_by_hour": 0.0}
        try:
            return {**start, **json.loads(self._path.read_text(encoding="utf-8"))}
        except FileNotFoundError:
            return start

    def _write(self, state: dict[str, Any]) -> None:
        self._path.write_text(json.dumps(state), encoding="utf-8")


def limits_of(target: Target, folder: Path) -> Limits | None:
    """The limits of a target, None for a writable target without limits. `folder` is shared by all workers of the run."""
    if target.writable and target.requests_per_second is None and target.request_budget is None:
        return None
    where = f"{target.name}\0{target.base_url}\0{target.transport}\0{target.command}"
    name = hashlib.sha256(where.encode()).hexdigest()[:16]
    return Limits(
        folder / f"{name}.json",
        requests_per_second=target.requests_per_second,
        request_budget=target.request_budget,
    )
