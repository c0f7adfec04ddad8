"""The results of a run as they arrive, from this process or from all workers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from noojee_contract.model.exchange import ending
from noojee_contract.model.result import Result, Tally
from noojee_contract.model.wait import ByHourWait
from noojee_contract.report.jsonlines import result_of

if TYPE_CHECKING:
    from noojee_contract.engine.runner import Runner


class Listener(Protocol):
    """Follows a run, such as a progress bar."""

    def start(self, total: int) -> None:
        """The number of results to come; called again if it grows."""

    def advance(self, result: Result) -> None:
        """One more result."""

    def wait(self, wait: ByHourWait) -> None:
        """A wait that begins."""


class Collected:
    """The results of a run so far, and what its workers sent.

    `lost` are tests that ended without a result. `interrupted` says that a signal ended the run.
    """

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.lost: list[str] = []
        self.calls: list[Mapping[str, Any]] = []
        self.tallies: dict[str, Tally] = {}
        self.unreachable: dict[str, str] = {}
        self.empty_rows: dict[tuple[str, str], None] = {}
        self.expected = 0
        self.interrupted = False
        self.listeners: list[Listener] = []
        self.started_at = datetime.now(UTC)
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """The time since the start of the run."""
        return time.monotonic() - self._started

    @property
    def has_results(self) -> bool:
        """Whether any clause ran, or was lost."""
        return bool(self.results or self.lost)

    @property
    def complete(self) -> bool:
        """Whether every test that was collected has a result."""
        return not self.lost and len(self.results) >= self.expected

    def expect(self, nodeids: Iterable[str]) -> None:
        """Take the tests that are to run."""
        self.expected = max(self.expected, len(list(nodeids)))
        for listener in self.listeners:
            listener.start(self.expected)

    def wait(self, wait: ByHourWait) -> None:
        """Pass a wait that begins to all listeners."""
        for listener in self.listeners:
            listener.wait(wait)

    def take_report(self, report: Any) -> None:
        """Take the pytest report of a contract test: its result, or the loss of it."""
        if report.noojee is None:
            self.lost.append(f"{report.nodeid}: {ending(str(report.longrepr), 500)}")
            return
        result = result_of(report.noojee)
        self.results.append(result)
        for listener in self.listeners:
            listener.advance(result)

    def take_runner(self, runner: Runner) -> None:
        """Take the calls and the requests of this process's runner."""
        self.calls += runner.calls()
        self.unreachable |= runner.unreachable
        self.empty_rows |= dict.fromkeys(runner.empty_rows())
        for name, client in runner.target_clients.items():
            self.take_tally(name, client.tally)

    def take_tally(self, name: str, tally: Tally) -> None:
        """Add the requests to a target that a process sent, and how it answered."""
        self.tallies.setdefault(name, Tally()).add(tally)

    def as_worker(self) -> dict[str, Any]:
        """What a worker sends to the controller at its end."""
        tallies = {
            name: {
                "requests": tally.requests,
                "answers": dict(tally.answers),
                "unavailable": dict(tally.unavailable),
            }
            for name, tally in self.tallies.items()
        }
        return {
            "calls": self.calls,
            "empty_rows": list(self.empty_rows),
            "tallies": tallies,
            "expected": self.expected,
            "unreachable": self.unreachable,
        }

    def take_worker(self, sent: Mapping[str, Any]) -> None:
        """Take what a worker sent. A worker that crashed sends nothing."""
        seen = {call["target"] for call in self.calls}
        self.calls += [call for call in sent.get("calls", ()) if call["target"] not in seen]
        for name, tally in sent.get("tallies", {}).items():
            self.take_tally(
                name,
                Tally(
                    requests=tally["requests"],
                    answers=Counter(tally["answers"]),
                    unavailable=Counter(tally["unavailable"]),
                ),
            )
        self.unreachable |= sent.get("unreachable", {})
        self.empty_rows |= dict.fromkeys((name, row) for name, row in sent.get("empty_rows", ()))
        self.expected = max(self.expected, sent.get("expected", 0))
