"""API keys and hashes: how they are checked, which hashes were used, and how many authentications are under way.

No message contains a credential. Credentials are compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

WINDOW_MILLIS = 10_000
HOUR_MILLIS = 3_600_000
MOST_ATTEMPTS = 5
_MOST_USED_HASHES = 100_000
_MILLIS_DIGITS = 13
_SECONDS_DIGITS = 10


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


def same_text(given: str, expected: str) -> bool:
    """Whether two texts are equal, in a time that does not depend on where they differ. Any text is allowed."""
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
            return KeyStatus.GLOBAL
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
    """The used hashes, each until it expires. At most 100,000 are kept; the oldest are dropped first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def use_once(self, used: str, *, now_millis: int, until_millis: int) -> bool:
        """Record a use. Returns whether it is the first use of this hash."""
        with self._lock:
            if used in self._until:
                return False
            self._remember(used, now_millis, until_millis)
            return True

    def renew(self, used: str, *, now_millis: int, until_millis: int, again: bool) -> None:
        """Record until when a use makes a hash valid. `again`: a later use extends that time."""
        with self._lock:
            if again or used not in self._until:
                self._until.pop(used, None)
                self._remember(used, now_millis, until_millis)

    def is_valid(self, used: str, *, now_millis: int) -> bool:
        """Whether an earlier use keeps a hash valid."""
        until = self._until.get(used)
        return until is not None and now_millis <= until

    def _remember(self, used: str, now_millis: int, until_millis: int) -> None:
        while self._until and (len(self._until) >= _MOST_USED_HASHES or next(iter(self._until.values())) < now_millis):
            self._until.popitem(last=False)
        self._until[used] = until_millis


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


@dataclass(frozen=True, slots=True, kw_only=True)
class HashClaim:
    """A time stamp and a hash that a caller gave, with everything that decides whether they are accepted."""

    time_stamp: str
    given: str
    api_key: str
    now_millis: int
    rules: HashRules
    used: UsedHashes

    @property
    def issued_millis(self) -> int:
        """The time stamp in milliseconds since 1970."""
        seconds = self.rules.seconds_accepted and len(self.time_stamp) == _SECONDS_DIGITS
        return int(self.time_stamp) * 1000 if seconds else int(self.time_stamp)


def check_hash(claim: HashClaim) -> HashStatus:
    """Check a time stamp and its hash, and record the use of an accepted hash.

    The time is checked before the hash. A time stamp is valid for ten seconds (DOC W-A1), or as long as an earlier use
    keeps its hash valid (DOC W-HA). How far ahead of the clock it may be is an option; further ahead counts as expired.
    The hash is lower-case hex, as in the published samples. Upper case is refused (UNKNOWN: chosen, because a Java
    server would compare texts).
    """
    for applies, status in _REFUSALS:
        if applies(claim):
            return status
    rules = claim.rules
    if rules.hour_from is not None:
        since = claim.issued_millis if rules.hour_from == "time-stamp" else claim.now_millis
        again = rules.hour_from == "last-use"
        claim.used.renew(claim.given, now_millis=claim.now_millis, until_millis=since + HOUR_MILLIS, again=again)
    return HashStatus.ACCEPTED


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_missing(claim: HashClaim) -> bool:
    return not claim.time_stamp or not claim.given


def _is_malformed(claim: HashClaim) -> bool:
    return not _is_number(claim.time_stamp)


def _is_expired(claim: HashClaim) -> bool:
    if len(claim.time_stamp) > _MILLIS_DIGITS:
        return True
    age, rules = claim.now_millis - claim.issued_millis, claim.rules
    if -age > rules.ahead_seconds * 1000:
        return True
    if age <= WINDOW_MILLIS:
        return False
    return rules.hour_from is None or not claim.used.is_valid(claim.given, now_millis=claim.now_millis)


def _is_invalid(claim: HashClaim) -> bool:
    return not same_text(claim.given, hash_of(claim.api_key, claim.time_stamp))


def _is_used(claim: HashClaim) -> bool:
    if not claim.rules.once:
        return False
    until_millis = claim.issued_millis + WINDOW_MILLIS
    return not claim.used.use_once(claim.given, now_millis=claim.now_millis, until_millis=until_millis)


_REFUSALS: tuple[tuple[Callable[[HashClaim], bool], HashStatus], ...] = (
    (_is_missing, HashStatus.MISSING),
    (_is_malformed, HashStatus.MALFORMED),
    (_is_expired, HashStatus.EXPIRED),
    (_is_invalid, HashStatus.INVALID),
    (_is_used, HashStatus.USED),
)
"""The checks of a hash in their order: the first that applies gives the status."""
