"""Who may ask, and how often: hashes, keys and the by-hour limit, as functions of (what was given, what is known, now).

Nothing here puts a credential into a message.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum

from noojee_fake.clock import SECOND

WINDOW_MILLIS = 10_000
BY_HOUR_SPACING_MICROS = 60 * SECOND
_SPENT_LIMIT = 100_000
_MILLIS_DIGITS = 13
_SECONDS_DIGITS = 10


class HashVerdict(Enum):
    """How a time stamp with its hash was judged."""

    ACCEPTED = "accepted"
    MISSING = "missing"
    MALFORMED = "malformed"
    EXPIRED = "expired"
    WRONG = "wrong"
    SPENT = "spent"


class KeyVerdict(Enum):
    """How an API key was judged."""

    GLOBAL = "global"
    USER = "user"
    MISSING = "missing"
    WRONG = "wrong"


def same_text(given: str, known: str) -> bool:
    """Equality that takes as long whichever letter differs; any text may be given."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), known.encode("utf-8", "surrogatepass"))


def hash_of(api_key: str, time_stamp: str) -> str:
    """`sha256Hex(apiKey + ":" + timeStamp)`, lower case. Source: W-A1, W-HA (DOC)."""
    return hashlib.sha256(f"{api_key}:{time_stamp}".encode()).hexdigest()


def judge_key(given: str | None, *, global_key: str, user_key: str) -> KeyVerdict:
    """Which of the PBX's keys was given. Source: two kinds of key, W-AK (DOC)."""
    if not given:
        return KeyVerdict.MISSING
    if same_text(given, global_key):
        return KeyVerdict.GLOBAL
    if same_text(given, user_key):
        return KeyVerdict.USER
    return KeyVerdict.WRONG


@dataclass(frozen=True, slots=True, kw_only=True)
class HashRules:
    """What the legacy API makes of time stamps: the switches of rows 8, 9 and 49."""

    ahead_seconds: int
    seconds_accepted: bool
    once: bool


class SpentHashes:
    """The hashes used so far, where each may serve once. Keeps no more than can still be fresh, and 100,000 at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def spend(self, used: str, *, now_millis: int, until_millis: int) -> bool:
        """Whether this is its first use; remembered until its time is over."""
        with self._lock:
            if used in self._until:
                return False
            while self._until and (len(self._until) >= _SPENT_LIMIT or next(iter(self._until.values())) < now_millis):
                self._until.popitem(last=False)
            self._until[used] = until_millis
            return True


def judge_hash(
    *,
    time_stamp: str | None,
    given: str | None,
    api_key: str,
    now_millis: int,
    rules: HashRules,
    spent: SpentHashes,
) -> HashVerdict:
    """Whether a time stamp is fresh and its hash made with the key.

    The time is judged before the hash. Valid while no older than ten seconds (DOC W-A1), and no further ahead than the
    switch says (UNKNOWN). Further ahead is answered like expired. The hash must be lower-case hex, as in the
    published samples: upper case is refused (UNKNOWN: chosen, a Java server would compare texts).
    """
    if not time_stamp or not given:
        return HashVerdict.MISSING
    if not (time_stamp.isascii() and time_stamp.isdigit()):
        return HashVerdict.MALFORMED
    if len(time_stamp) > _MILLIS_DIGITS:
        return HashVerdict.EXPIRED
    issued = int(time_stamp)
    if rules.seconds_accepted and len(time_stamp) == _SECONDS_DIGITS:
        issued *= 1000
    age = now_millis - issued
    if age > WINDOW_MILLIS or -age > rules.ahead_seconds * 1000:
        return HashVerdict.EXPIRED
    if not same_text(given, hash_of(api_key, time_stamp)):
        return HashVerdict.WRONG
    if rules.once and not spent.spend(given, now_millis=now_millis, until_millis=issued + WINDOW_MILLIS):
        return HashVerdict.SPENT
    return HashVerdict.ACCEPTED


class ByHourLimit:
    """One by-hour request a minute, counted from the last accepted one.

    Source: W-H (DOC); that refused requests do not count is chosen, row 13. A clock that was set back by
    a minute or more starts afresh.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accepted_micros: int | None = None

    def accept(self, now_micros: int) -> bool:
        """Whether a request may pass now; if it may, it is the last accepted one from here on."""
        with self._lock:
            last = self._accepted_micros
            if last is not None and abs(now_micros - last) < BY_HOUR_SPACING_MICROS:
                return False
            self._accepted_micros = now_micros
            return True
