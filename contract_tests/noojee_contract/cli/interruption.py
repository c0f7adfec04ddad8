"""Ends a run early and in order: Ctrl-C, SIGTERM and a closed terminal keep its reports and end its servers."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM) if sys.platform == "win32" else (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A signal that ends the run.

    CPython ends a process by SIGINT at its exit if KeyboardInterrupt itself left an `exec` of a text, as dataclasses
    use it, even if it was handled then; a subclass does not count.
    """


class Interruption:
    """Turns signals into `Interrupted`. Set `ending` when reports are written: signals are ignored from then on."""

    def __init__(self) -> None:
        self.ending = False
        self._came = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        self._came = True
        self.check()

    def check(self) -> None:
        """Raises Interrupted if a signal came. Python drops the first one in a destructor or a callback of its gc."""
        if self._came and not self.ending:
            raise Interrupted


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Handle signals inside the block. A signal that the caller ignores, as nohup does, stays ignored."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption  # only the main thread may set handlers
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    taken = [number for number, handler in before.items() if handler not in (signal.SIG_IGN, None)]
    for number in taken:
        signal.signal(number, interruption)
    try:
        yield interruption
    finally:
        for number in taken:
            signal.signal(number, before[number])
