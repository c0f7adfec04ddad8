"""How far a run is: a bar where there is a terminal, plain lines where there is none."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_SECONDS = 5.0


class Progress:
    """Shows on stderr how many of a run's results are in, and how many of them are red."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._total = self._done = self._red = 0
        self._said = time.monotonic()

    def start(self, total: int) -> None:
        """How many results are to come; may be told again."""
        self._total = max(total, self._total)
        if self._bar is None and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("judging", total=self._total)
            self._bar.start()
        elif self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=self._total)

    def advance(self, result: Result) -> None:
        """One more result is in."""
        self._done += 1
        self._red += result.outcome in (Outcome.FAILED, Outcome.ERROR)
        if self._bar is not None and self._task is not None:
            description = f"judging, {self._red} broken" if self._red else "judging"
            self._bar.update(self._task, advance=1, description=description)
        elif time.monotonic() - self._said >= LINE_SECONDS:
            self._said = time.monotonic()
            sys.stderr.write(f"judged {self._done} of {self._total}, {self._red} broken\n")

    def finish(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
