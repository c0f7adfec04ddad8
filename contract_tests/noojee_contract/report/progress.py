"""Shows how far a run is, what it waits for, and how long it takes: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.model.wait import ByHourWait
from noojee_contract.redaction.printable import escaped
from noojee_contract.report.summary import count_of

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_SECONDS = 5.0
LONG_SECONDS = 60.0


def duration(seconds: float) -> str:
    """A time in words: "about 40 s", "about 6 min"."""
    return f"about {round(seconds)} s" if seconds < 90 else f"about {round(seconds / 60)} min"


class Progress:
    """Shows on stderr how many results of a run are in, and how many are failures or internal errors."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._total = self._done = self._failed = self._errors = 0
        self._started = self._last_line = time.monotonic()
        self.usual_seconds: float | None = None
        """How long such a run usually takes; None if that is not known."""

    def start(self, total: int) -> None:
        """Set how many results are expected. Each worker may call it; the largest number counts."""
        self._total = max(total, self._total)
        if self._bar is None and sys.stderr is not None and sys.stderr.isatty():
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
            description = ", ".join(["checking", *self._bad(), *self._left()])
            self._bar.update(self._task, advance=1, description=description)
        elif time.monotonic() - self._last_line >= LINE_SECONDS:
            self._write(", ".join([f"checked {self._done} of {self._total}", *self._bad(), *self._left()]))

    def wait(self, wait: ByHourWait) -> None:
        """Show a wait that begins."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=", ".join([str(wait), *self._bad(), *self._left()]))
        else:
            self._write(", ".join([f"{wait.target}: {wait}", *self._left()]))

    def finish(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _write(self, line: str) -> None:
        self._last_line = time.monotonic()
        if sys.stderr is None:
            return
        with suppress(OSError):  # nobody reads it, as after `2>&1 | head`
            sys.stderr.write(f"{escaped(line)}\n")
            sys.stderr.flush()

    def _left(self) -> list[str]:
        """How long a long run takes from now on."""
        if self.usual_seconds is None or self.usual_seconds < LONG_SECONDS:
            return []
        left = self.usual_seconds - (time.monotonic() - self._started)
        return [f"{duration(left)} left"] if left > 0 else []

    def _bad(self) -> list[str]:
        failed = [f"{self._failed} failed"] if self._failed else []
        return failed + ([count_of(self._errors, "error")] if self._errors else [])
