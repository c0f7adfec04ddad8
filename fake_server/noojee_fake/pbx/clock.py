"""Time and ids as objects passed in: nothing else in the fake reads a clock or makes a key.

Instants are whole microseconds since 1970, UTC; a frozen clock stands until it is stepped.
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
    """Microseconds since 1970 of an RFC 3339 text. Raises ValueError saying what is wrong with it."""
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
    """The RFC 3339 text of an instant, in UTC."""
    return (EPOCH + timedelta(microseconds=micros)).isoformat()


def real_micros() -> int:
    """The computer's clock."""
    return time.time_ns() // 1000


class Clock:
    """A PBX's clock: runs beside its source (by default the computer's clock), or stands frozen."""

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
        return self._frozen

    def micros(self) -> int:
        """Now, in microseconds since 1970."""
        return self._at if self._frozen else self._source() + self._offset

    def set(self, now: int) -> None:
        """Show another time from here on; a frozen clock stays frozen. Raises ValueError outside 1970 to 9998."""
        with self._lock:
            self._put(now)

    def step(self, micros: int) -> None:
        """Move on (or back) by so much. Raises ValueError outside the years 1970 to 9998."""
        with self._lock:
            self._put(self.micros() + micros)

    def freeze(self, frozen: bool) -> None:
        """Stop the clock where it is, or let it run on from there."""
        with self._lock:
            now = self.micros()
            self._frozen = frozen
            self._put(now)

    def state(self) -> tuple[bool, int]:
        """Whether it stands, and where; or how far it is from its source."""
        with self._lock:
            return self._frozen, self._at if self._frozen else self._offset

    def put_back(self, state: tuple[bool, int]) -> None:
        """Stand again where it stood; or run again as far from the source as it ran."""
        with self._lock:
            self._frozen, place = state
            self._put(place if self._frozen else self._source() + place)

    def sibling(self, *, now: int | None = None, frozen: bool = False) -> Clock:
        """Another clock on the same source."""
        return Clock(now=now, frozen=frozen, source=self._source)

    def _put(self, now: int) -> None:
        if not EARLIEST <= now <= LATEST:
            raise ValueError("the clock would leave the years 1970 to 9998")
        self._at = now
        self._offset = now - self._source()


class Ids(Protocol):
    """Where sandbox ids and API keys come from."""

    def sandbox(self) -> str:
        """A short id for a path: lower-case letters and digits."""

    def key(self) -> str:
        """An API key."""


class RandomIds:
    """Ids nobody can guess: keys look like the vendor's, lower-case UUIDs."""

    def sandbox(self) -> str:
        return os.urandom(6).hex()

    def key(self) -> str:
        return str(uuid.uuid4())


class CountedIds:
    """The same ids in every run, for tests and repeatable reports. Anybody can guess them."""

    def __init__(self) -> None:
        self._sandboxes = 0
        self._keys = 0

    def sandbox(self) -> str:
        self._sandboxes += 1
        return f"{self._sandboxes:04x}"

    def key(self) -> str:
        self._keys += 1
        return f"00000000-0000-4000-8000-{self._keys:012x}"
