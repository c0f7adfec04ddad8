"""Who may ask, and how often: hashes, keys and the by-hour limit, as functions of (what was given, what is known, now).

Nothing here puts a credential into a message.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from noojee_fake.pbx.clock import SECOND

WINDOW_MILLIS = 10_000
HOUR_MILLIS = 3_600_000
MOST_ATTEMPTS = 5
BY_HOUR_SPACING_MICROS = 60 * SECOND
_SPENT_LIMIT = 100_000
_MILLIS_DIGITS = 13
_SECONDS_DIGITS = 10
_MAPPED_BITS = 96


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


def check_key(given: str | None, *, global_key: str, user_key: str) -> KeyVerdict:
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
    """What a dialect makes of time stamps: the options of rows 8, 9 and 49.

    `hour_from` None: ten seconds, and no more (DOC W-A1). Else a hash that was used within its ten seconds stays valid
    for an hour (DOC W-HA), counted from its first use, its last one, or its time stamp.
    """

    ahead_seconds: int
    seconds_accepted: bool
    once: bool = False
    hour_from: str | None = None


class UsedHashes:
    """The hashes that were used, each until it can serve no more; 100,000 at most, the oldest are forgotten first."""

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
            self._remember(used, now_millis, until_millis)
            return True

    def renew(self, used: str, *, now_millis: int, until_millis: int, again: bool) -> None:
        """Remember a use, and until when it makes the hash valid; `again`: a later use counts as well."""
        with self._lock:
            if again or used not in self._until:
                self._until.pop(used, None)
                self._remember(used, now_millis, until_millis)

    def holds(self, used: str, *, now_millis: int) -> bool:
        """Whether an earlier use keeps a hash valid."""
        until = self._until.get(used)
        return until is not None and now_millis <= until

    def _remember(self, used: str, now_millis: int, until_millis: int) -> None:
        while self._until and (len(self._until) >= _SPENT_LIMIT or next(iter(self._until.values())) < now_millis):
            self._until.popitem(last=False)
        self._until[used] = until_millis


class Attempts:
    """Authentications under way: time stamps that were handed out in the last ten seconds, and not used yet.

    Source: "no more than 5 concurrent authentication attempts" (DOC W-A1, W-HA), whose effect is UNKNOWN: chosen, row 11.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamps: list[int] = []

    def under_way(self, now_millis: int) -> int:
        """How many there are now."""
        return sum(abs(now_millis - stamp) <= WINDOW_MILLIS for stamp in list(self._stamps))

    def begin(self, now_millis: int) -> bool:
        """Whether one more may begin; if so, it is under way."""
        with self._lock:
            self._stamps = [stamp for stamp in self._stamps if abs(now_millis - stamp) <= WINDOW_MILLIS]
            if len(self._stamps) >= MOST_ATTEMPTS:
                return False
            self._stamps.append(now_millis)
            return True

    def end(self, time_stamp: str | None) -> None:
        """The time stamp was used, rightly or wrongly."""
        if (
            time_stamp is not None
            and time_stamp.isascii()
            and time_stamp.isdigit()
            and len(time_stamp) <= _MILLIS_DIGITS
        ):
            with self._lock:
                if int(time_stamp) in self._stamps:
                    self._stamps.remove(int(time_stamp))


def check_hash(
    *,
    time_stamp: str | None,
    given: str | None,
    api_key: str,
    now_millis: int,
    rules: HashRules,
    used: UsedHashes,
) -> HashVerdict:
    """Whether a time stamp is fresh and its hash made with the key.

    The time is judged before the hash. Valid while no older than ten seconds (DOC W-A1), or as long as an earlier use
    keeps it so (DOC W-HA), and no further ahead than the option says (UNKNOWN). Further ahead is answered like expired.
    The hash must be lower-case hex, as in the published samples: upper case is refused (UNKNOWN: chosen, a Java server
    would compare texts).
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
    fresh = age <= WINDOW_MILLIS or (rules.hour_from is not None and used.holds(given, now_millis=now_millis))
    if not fresh or -age > rules.ahead_seconds * 1000:
        return HashVerdict.EXPIRED
    if not same_text(given, hash_of(api_key, time_stamp)):
        return HashVerdict.WRONG
    if rules.once and not used.spend(given, now_millis=now_millis, until_millis=issued + WINDOW_MILLIS):
        return HashVerdict.SPENT
    if rules.hour_from is not None:
        since = issued if rules.hour_from == "time-stamp" else now_millis
        until = since + HOUR_MILLIS
        used.renew(given, now_millis=now_millis, until_millis=until, again=rules.hour_from == "last-use")
    return HashVerdict.ACCEPTED


class Addresses:
    """The clients that are served; None: all. Source: only whitelisted addresses are served (DOC W-AK)."""

    def __init__(self, networks: Sequence[str] | None) -> None:
        """Raises ValueError for what is neither an address nor a network."""
        self.networks = None if networks is None else tuple(networks)
        self._parsed = [_unmapped(ipaddress.ip_network(network, strict=False)) for network in networks or ()]

    def allow(self, client: str | None) -> bool:
        """Whether a client is served. One whose address the door does not know counts as a stranger."""
        if self.networks is None:
            return True
        try:
            address = ipaddress.ip_address((client or "").partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._parsed)


def _unmapped(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The IPv4 network that is written within IPv6 (`::ffff:192.0.2.0/120`); any other as it is."""
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))


class ByHourLimit:
    """One by-hour request a minute, counted from the last accepted one.

    Source: W-H (DOC); that refused requests do not count is chosen, row 13. A clock that was set back by
    a minute or more starts afresh.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accepted_micros: int | None = None

    @property
    def accepted_micros(self) -> int | None:
        """When the last request passed; None: none has."""
        return self._accepted_micros

    def accept(self, now_micros: int) -> bool:
        """Whether a request may pass now; if it may, it is the last accepted one from here on."""
        with self._lock:
            last = self._accepted_micros
            if last is not None and abs(now_micros - last) < BY_HOUR_SPACING_MICROS:
                return False
            self._accepted_micros = now_micros
            return True
