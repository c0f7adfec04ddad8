"""Shows how far a run is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.report.summary import count_of

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_SECONDS = 5.0


class Progress:
    """Shows on stderr how many results of a run are in, and how many are failures or internal errors."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._total = self._done = self._failed = self._errors = 0
        self._last_line = time.monotonic()

    def start(self, total: int) -> None:
        """Set how many results are expected. Each worker may call it; the largest number counts."""
        self._total = max(total, self._total)
        if self._bar is None and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("checking", total=self._total)
            self._bar.start()
        elif self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=self._total)

    def advance(self, result: Result) -> None:
        """Count one more result."""
        self._done += 1
        self._failed += result.outcome is Outcome.FAILED
        self._errors += result.outcome is Outcome.ERROR
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, advance=1, description=", ".join(["checking", *self._bad()]))
        elif time.monotonic() - self._last_line >= LINE_SECONDS:
            self._last_line = time.monotonic()
            sys.stderr.write(", ".join([f"checked {self._done} of {self._total}", *self._bad()]) + "\n")

    def finish(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _bad(self) -> list[str]:
        failed = [f"{self._failed} failed"] if self._failed else []
        return failed + ([count_of(self._errors, "error")] if self._errors else [])
