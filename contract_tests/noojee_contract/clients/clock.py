"""The clock of a run: what waits for a limit reads and sleeps. A test passes one that sleeping moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds since 1970, the same in all processes of a run, and how to let seconds pass."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


CLOCK = Clock()
"""The clock of this machine."""
