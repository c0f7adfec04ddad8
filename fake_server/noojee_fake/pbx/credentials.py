"""API keys and hashes: how they are checked, which hashes were used, and how many authentications are under way.

No message contains a credential. Credentials are compared in constant time; a hash that is kept valid is looked up.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum

from noojee_fake.errors import MemoryBudgetError
from noojee_fake.pbx.memory_budget import GIVING_WAY_SHARE, MemoryBudget

WINDOW_MILLIS = 10_000
HOUR_MILLIS = 3_600_000
MOST_ATTEMPTS = 5
_MOST_USED_HASHES = 100_000
_HASH_BYTES = 300
_STEP_HASHES = 1000
"""What a used hash takes in memory; the memory budget is asked for so many at once."""
_MILLIS_DIGITS = 13
_SECONDS_DIGITS = 10
_NEVER = (-1, "")


class HashStatus(Enum):
    """The result of checking a time stamp and its hash."""

    ACCEPTED = "accepted"
    MISSING = "missing"
    MALFORMED = "malformed"
    EXPIRED = "expired"
    INVALID = "invalid"
    USED = "used"


class KeyStatus(Enum):
    """The result of checking an API key."""

    GLOBAL = "global"
    USER = "user"
    MISSING = "missing"
    INVALID = "invalid"


ACCEPTED = HashStatus.ACCEPTED
GLOBAL = KeyStatus.GLOBAL
"""The results of most requests: to read a member of an enum costs as much as to compare a key."""


def same_text(given: str, expected: str) -> bool:
    """Whether two texts are equal, in a time that does not depend on where they differ. Any text is allowed."""
    if given.isascii() and expected.isascii():
        return hmac.compare_digest(given, expected)
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))


def hash_of(api_key: str, time_stamp: str) -> str:
    """`sha256Hex(apiKey + ":" + timeStamp)`, lower case. Source: W-A1, W-HA (DOC)."""
    return hashlib.sha256(f"{api_key}:{time_stamp}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeys:
    """The keys of a PBX. Source: two kinds of key, W-AK (DOC)."""

    global_key: str
    user_key: str

    def check(self, given: str | None) -> KeyStatus:
        """Which key a caller gave."""
        if not given:
            return KeyStatus.MISSING
        if same_text(given, self.global_key):
            return GLOBAL
        if same_text(given, self.user_key):
            return KeyStatus.USER
        return KeyStatus.INVALID


@dataclass(frozen=True, slots=True, kw_only=True)
class HashRules:
    """How a dialect treats time stamps: the options `clock_ahead_seconds`, `time_stamp_seconds`, `hash_reuse`.

    `hour_from` None: a hash is valid for ten seconds (DOC W-A1). Otherwise a hash that is used within its ten seconds
    stays valid for an hour (DOC W-HA), counted from its first use, its last use or its time stamp.
    """

    ahead_seconds: int
    seconds_accepted: bool
    once: bool = False
    hour_from: str | None = None


class UsedHashes:
    """The used hashes, each until it expires, as far as the memory budget has room: the oldest are dropped first.

    At most 100,000 are kept that are valid for an hour. Hashes for one use expire after ten seconds, so all are kept.
    """

    def __init__(self, budget: MemoryBudget | None = None) -> None:
        self._held = (budget or MemoryBudget()).reserve(0)
        self._lock = threading.Lock()
        self._used: OrderedDict[str, tuple[int, str]] = OrderedDict()  # until when, and the time stamp

    def __len__(self) -> int:
        return len(self._used)

    def use_once(self, used: str, *, now_millis: int, until_millis: int) -> bool:
        """Record a use. Returns whether it is the first use of this hash."""
        with self._lock:
            if used in self._used:
                return False
            self._remember(used, "", now_millis, until_millis)
            return True

    def renew(self, used: str, time_stamp: str, *, now_millis: int, until_millis: int, again: bool) -> None:
        """Record until when a use makes the hash of a time stamp valid. `again`: a later use extends that time."""
        with self._lock:
            if again or used not in self._used:
                self._used.pop(used, None)
                if len(self._used) >= _MOST_USED_HASHES:
                    self._used.popitem(last=False)
                self._remember(used, time_stamp, now_millis, until_millis)

    def time_stamp(self, used: str, now_millis: int) -> str | None:
        """The time stamp of a hash that an earlier use keeps valid; None for any other text."""
        until_millis, time_stamp = self._used.get(used, _NEVER)
        return time_stamp if now_millis <= until_millis else None

    def _remember(self, used: str, time_stamp: str, now_millis: int, until_millis: int) -> None:
        kept = self._used
        while kept and next(iter(kept.values()))[0] < now_millis:
            kept.popitem(last=False)
        kept[used] = until_millis, time_stamp
        if len(kept) * _HASH_BYTES > self._held.size_bytes:
            self._grow()

    def _grow(self) -> None:
        """Take more of the budget; without room, drop the oldest hashes."""
        try:
            self._held.resize(self._held.size_bytes + _STEP_HASHES * _HASH_BYTES, share=GIVING_WAY_SHARE)
        except MemoryBudgetError:
            while len(self._used) * _HASH_BYTES > self._held.size_bytes:
                self._used.popitem(last=False)


class Attempts:
    """Authentications under way: time stamps that were issued in the last ten seconds and are not used yet.

    Source: "no more than 5 concurrent authentication attempts" (DOC W-A1, W-HA). The effect is UNKNOWN: the option
    `concurrent_authentications`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamps: list[int] = []

    def under_way(self, now_millis: int) -> int:
        """How many authentications are under way."""
        return sum(abs(now_millis - stamp) <= WINDOW_MILLIS for stamp in list(self._stamps))

    def begin(self, now_millis: int) -> bool:
        """Start an authentication. Returns False when five are under way already."""
        with self._lock:
            self._stamps = [stamp for stamp in self._stamps if abs(now_millis - stamp) <= WINDOW_MILLIS]
            if len(self._stamps) >= MOST_ATTEMPTS:
                return False
            self._stamps.append(now_millis)
            return True

    def end(self, time_stamp: str | None) -> None:
        """End the authentication of a time stamp. A text that is no time stamp is ignored."""
        if time_stamp is None or not _is_number(time_stamp) or len(time_stamp) > _MILLIS_DIGITS:
            return
        with self._lock:
            if int(time_stamp) in self._stamps:
                self._stamps.remove(int(time_stamp))


class HashChecker:
    """Checks the hashes of one API key by the rules of one dialect, and records their use in `used`."""

    def __init__(self, api_key: str, rules: HashRules, used: UsedHashes) -> None:
        self._api_key = api_key
        self._used = used
        self._ahead_millis = rules.ahead_seconds * 1000
        self._seconds_accepted = rules.seconds_accepted
        self._once = rules.once
        self._hour_from = rules.hour_from
        self._is_extended = rules.hour_from == "last-use"

    def check(self, time_stamp: str, given: str, now_millis: int) -> HashStatus:
        """Check a time stamp and its hash, and record the use of an accepted hash.

        The time is checked before the hash. A time stamp is valid for ten seconds (DOC W-A1), or as long as an earlier
        use keeps its hash valid (DOC W-HA). How far ahead of the clock it may be is an option; further ahead counts as
        expired. The hash is lower-case hex, as in the published samples. Upper case is refused (UNKNOWN: chosen,
        because a Java server would compare texts).
        """
        if not time_stamp or not given:
            return HashStatus.MISSING
        if not _is_number(time_stamp):
            return HashStatus.MALFORMED
        if len(time_stamp) > _MILLIS_DIGITS:
            return HashStatus.EXPIRED
        issued = int(time_stamp)
        if self._seconds_accepted and len(time_stamp) == _SECONDS_DIGITS:
            issued *= 1000
        if issued - now_millis > self._ahead_millis:
            return HashStatus.EXPIRED
        kept = None if self._hour_from is None else self._used.time_stamp(given, now_millis)
        if kept == time_stamp and not self._is_extended:
            return ACCEPTED
        if kept is None and now_millis - issued > WINDOW_MILLIS:
            return HashStatus.EXPIRED
        if not same_text(given, hash_of(self._api_key, time_stamp)):
            return HashStatus.INVALID
        return self._use(time_stamp, given, now_millis, issued)

    def _use(self, time_stamp: str, given: str, now_millis: int, issued: int) -> HashStatus:
        """Record the use of a right hash."""
        if self._hour_from is not None:
            since = issued if self._hour_from == "time-stamp" else now_millis
            until_millis, again = since + HOUR_MILLIS, self._is_extended
            self._used.renew(given, time_stamp, now_millis=now_millis, until_millis=until_millis, again=again)
        elif self._once:
            until_millis = issued + WINDOW_MILLIS
            if not self._used.use_once(given, now_millis=now_millis, until_millis=until_millis):
                return HashStatus.USED
        return ACCEPTED


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
