"""Time and ids, as objects that are passed in. Nothing else in the fake reads a clock or makes a key.

Times are whole microseconds since 1970, UTC. A frozen clock stops until it is stepped.
"""

from __future__ import annotations

import os
import re
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
EARLIEST = 0
LATEST = (datetime(9998, 12, 31, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)

_MICROSECOND = timedelta(microseconds=1)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def parse_instant(text: str) -> int:
    """Microseconds since 1970 of an RFC 3339 text. Raises ValueError with the reason."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("is no RFC 3339 date and time with an offset, such as 2026-11-24T09:30:00+11:00")
    try:
        micros = (datetime.fromisoformat(text) - EPOCH) // _MICROSECOND
    except ValueError as error:
        raise ValueError(f"is no date and time that exists: {error}") from None
    if not EARLIEST <= micros <= LATEST:
        raise ValueError("is outside the years 1970 to 9998")
    return micros


def format_instant(micros: int) -> str:
    """The RFC 3339 text of a time, in UTC."""
    return (EPOCH + timedelta(microseconds=micros)).isoformat()


def real_micros() -> int:
    """The time of the computer's clock, in microseconds since 1970."""
    return time.time_ns() // 1000


class Clock:
    """A PBX's clock. It runs at an offset to its source (by default the computer's clock), or is frozen."""

    __slots__ = ("_at", "_frozen", "_lock", "_offset", "_source")

    def __init__(
        self, *, now: int | None = None, frozen: bool = False, source: Callable[[], int] = real_micros
    ) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._offset = 0
        self._at = 0
        self._frozen = frozen
        self._put(source() if now is None else now)

    @property
    def frozen(self) -> bool:
        """Whether the clock is stopped."""
        return self._frozen

    def micros(self) -> int:
        """Now, in microseconds since 1970."""
        return self._at if self._frozen else self._source() + self._offset

    def set(self, now: int) -> None:
        """Set the time; a frozen clock stays frozen. Raises ValueError outside the years 1970 to 9998."""
        with self._lock:
            self._put(now)

    def step(self, micros: int) -> None:
        """Move the time by a number of microseconds. Raises ValueError outside the years 1970 to 9998."""
        with self._lock:
            self._put(self.micros() + micros)

    def freeze(self, frozen: bool) -> None:
        """Stop the clock at its time, or let it run from its time."""
        with self._lock:
            now = self.micros()
            self._frozen = frozen
            self._put(now)

    def state(self) -> tuple[bool, int]:
        """Whether the clock is frozen, with its time if it is, else with its offset to the source."""
        with self._lock:
            return self._frozen, self._at if self._frozen else self._offset

    def restore(self, state: tuple[bool, int]) -> None:
        """Set the clock to a state that `state` returned."""
        with self._lock:
            self._frozen, micros = state
            self._put(micros if self._frozen else self._source() + micros)

    def sibling(self) -> Clock:
        """A running clock with the same source."""
        return Clock(source=self._source)

    def _put(self, now: int) -> None:
        if not EARLIEST <= now <= LATEST:
            raise ValueError("the clock would leave the years 1970 to 9998")
        self._at = now
        self._offset = now - self._source()


class Ids(Protocol):
    """The source of sandbox ids and API keys."""

    def sandbox(self) -> str:
        """A short id for a path: lower-case letters and digits."""

    def key(self) -> str:
        """An API key."""


class RandomIds:
    """Random ids. Keys are lower-case UUIDs, like the vendor's keys."""

    def sandbox(self) -> str:
        """A new id of a sandbox."""
        return os.urandom(6).hex()

    def key(self) -> str:
        """A new API key."""
        return str(uuid.uuid4())


class CountedIds:
    """The same ids in every run, for tests and repeatable reports. They are predictable, so they protect nothing."""

    def __init__(self) -> None:
        self._sandboxes = 0
        self._keys = 0

    def sandbox(self) -> str:
        """A new id of a sandbox."""
        self._sandboxes += 1
        return f"{self._sandboxes:04x}"

    def key(self) -> str:
        """A new API key."""
        self._keys += 1
        return f"00000000-0000-4000-8000-{self._keys:012x}"
