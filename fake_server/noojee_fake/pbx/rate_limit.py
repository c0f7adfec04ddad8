"""The by-hour limit: one request a minute, counted from the last accepted request. Source: W-H (DOC)."""

from __future__ import annotations

import threading

from noojee_fake.pbx.clock import SECOND

BY_HOUR_SPACING_MICROS = 60 * SECOND


class ByHourLimit:
    """Accepts one by-hour request a minute.

    Refused requests do not count (UNKNOWN: chosen). A clock that was set back by a minute or more resets the limit.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accepted_micros: int | None = None

    @property
    def accepted_micros(self) -> int | None:
        """When the last request was accepted, in microseconds since 1970; None: never."""
        return self._accepted_micros

    def accept(self, now_micros: int) -> bool:
        """Whether a request is accepted now. An accepted request starts the next minute."""
        with self._lock:
            last = self._accepted_micros
            if last is not None and abs(now_micros - last) < BY_HOUR_SPACING_MICROS:
                return False
            self._accepted_micros = now_micros
            return True
