"""Time stamps with hashes by the two rules of the pages, and the by-hour limit, in milliseconds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

TEN_SECONDS = 10_000
HOUR = 3_600_000
MINUTE_MICROS = 60_000_000


@dataclass
class Ticket:
    """A time stamp with its hash. `right`: made with the PBX's key. It counts uses that call-management accepted."""

    stamp: int
    right: bool
    uses: list[int] = field(default_factory=list)
    spent: bool = False

    def query(self, key: str) -> str:
        secret = key if self.right else f"{key}x"
        return f"timeStamp={self.stamp}&hash={hashlib.sha256(f'{secret}:{self.stamp}'.encode()).hexdigest()}"

    def _fresh(self, now: int) -> bool:
        return -2000 <= now - self.stamp <= TEN_SECONDS

    def legacy(self, now: int, *, once: bool) -> str:
        """What the legacy API says: "" for yes. Valid for ten seconds (DOC W-A1), perhaps once."""
        if not self._fresh(now):
            return "Expired TimeStamp"
        if not self.right:
            return "Invalid hash"
        if once and self.spent:
            return "Hash already used"
        self.spent = True
        return ""

    def managed(self, now: int, *, hour_from: str) -> str:
        """The verdict of call-management: valid for ten seconds, and once used for an hour (DOC W-HA).

        The option hash_hour_from says when the hour starts.
        """
        if not (self._fresh(now) or self._in_its_hour(now, hour_from)):
            return "Expired TimeStamp"
        if not self.right:
            return "Invalid hash"
        self.uses.append(now)
        return ""

    def _in_its_hour(self, now: int, hour_from: str) -> bool:
        if not self.uses:
            return False
        begin = {"first-use": self.uses[0], "last-use": self.uses[-1], "time-stamp": self.stamp}[hour_from]
        return now <= begin + HOUR


class Limit:
    """One by-hour request a minute, after the last that was taken (DOC W-H, option by_hour_limit_status)."""

    def __init__(self) -> None:
        self._taken: int | None = None

    def take(self, now: int) -> bool:
        if self._taken is not None and now - self._taken < MINUTE_MICROS:
            return False
        self._taken = now
        return True
