"""One budget for the memory that clients make a server use: bodies under way, calls, stored sound, snapshots, journals.

The sizes of calls and journal entries are estimates. A `Reservation` counts until it is released, or until nobody holds
it.
"""

from __future__ import annotations

import re
import threading
from collections import deque

from noojee_fake.errors import MemoryBudgetError

LIVE_CALL_BYTES = 2000
"""What a live call takes, with its parties and its entries in the indexes."""
EVENT_BYTES = 500
"""What the end of a call takes that is kept for subscribers."""
LEG_BYTES = 500
CALL_BYTES = 700
"""What a call and a leg take in memory, with their indexes.

Measured by benchmarks/store.py: 663 bytes a leg, four a call.
"""
SHORT_TEXT = 200
"""The length of a tag or number up to which the estimates hold."""
PARSED_FACTOR = 4
"""How many times the size of a large JSON body its values take, while it is read."""
GIVING_WAY_SHARE = 0.5
"""Journals and kept answers grow only while less than this share of the budget is used."""

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_SIZE = re.compile(r"([0-9]{1,12})([KMG]?)", re.IGNORECASE)


class MemoryBudget:
    """A number of bytes that reservations share. `limit_bytes` None: no limit. Any thread may use it."""

    def __init__(self, limit_bytes: int | None = None) -> None:
        self.limit_bytes = limit_bytes
        self._used = 0
        self._lock = threading.Lock()
        # The garbage collector may release a reservation in the middle of a change, so it only appends here.
        self._released: deque[int] = deque()

    @property
    def used_bytes(self) -> int:
        """The sum of all reservations."""
        with self._lock:
            self._settle()
            return self._used

    def reserve(self, size_bytes: int) -> Reservation:
        """Take a part of the budget. Raises MemoryBudgetError if it does not fit."""
        reservation = Reservation(self)
        reservation.resize(size_bytes)
        return reservation

    def change(self, more_bytes: int, *, share: float = 1.0, force: bool = False) -> None:
        """Use more, or less. Only growth can be refused. `share`: of the budget that may be used afterwards.

        Raises MemoryBudgetError.
        """
        with self._lock:
            self._settle()
            used, limit = self._used + more_bytes, self.limit_bytes
            if limit is not None and more_bytes > 0 and not force and used > limit * share:
                raise MemoryBudgetError(more_bytes, self._used, limit)
            self._used = used

    def release_later(self, size_bytes: int) -> None:
        """Give a part back, with the next change."""
        self._released.append(size_bytes)

    def _settle(self) -> None:
        released = self._released
        while released:
            self._used -= released.popleft()


class Reservation:
    """A part of a budget."""

    __slots__ = ("_budget", "size_bytes")

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self.size_bytes = 0

    def resize(self, size_bytes: int, *, share: float = 1.0, force: bool = False) -> None:
        """Change the size. Raises MemoryBudgetError, and then nothing changed; `force`: it never does."""
        if size_bytes != self.size_bytes:
            self._budget.change(size_bytes - self.size_bytes, share=share, force=force)
            self.size_bytes = size_bytes

    def release(self) -> None:
        """Give it back."""
        size, self.size_bytes = self.size_bytes, 0
        if size:
            self._budget.release_later(size)

    def __del__(self) -> None:
        self.release()


def archive_bytes(calls: int, legs: int) -> int:
    """About how much memory so many calls and legs take, without long tags."""
    return calls * CALL_BYTES + legs * LEG_BYTES


def long_bytes(*texts: str) -> int:
    """What long texts take in memory. Short texts are part of the estimates."""
    return sum(len(text) * (1 if text.isascii() else 4) for text in texts if len(text) > SHORT_TEXT)


def read_size(text: str) -> int:
    """The bytes of a size such as 512M or 2G. Raises ValueError."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no size; write a number of bytes, or such as 512M or 2G")
    return int(match[1]) * _UNITS[match[2].upper()]
