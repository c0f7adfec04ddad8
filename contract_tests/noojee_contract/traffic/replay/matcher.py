"""Selects the recorded answer to a request. Keeps two numbers an exchange in memory; the exchanges stay in the file."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock

import numpy as np
import numpy.typing as npt

from noojee_contract.dialects.schemes import HASH, Scheme
from noojee_contract.dialects.vendor_dialect import VENDOR_DIALECTS
from noojee_contract.model.wire import Authentication, WireExchange, WireMessage
from noojee_contract.traffic.authentication import MISSING, RIGHT, UNCHECKED, authentication_of, time_stamp_of
from noojee_contract.traffic.credential_names import CredentialNames
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_contract.traffic.parameters import all_parameters
from noojee_contract.traffic.replay.modes import Order, Repetition
from noojee_contract.traffic.replay.parts import PartsReader, RequestParts

VALID_SECONDS = 10.0
"""How long a hash is valid at first. Source: W-A1, W-HA (DOC)."""
LONG_VALID_SECONDS = 3600.0
"""How long a used hash is valid in the dialect call-management. Source: W-HA (DOC)."""
MOST_COMPARED = 2_000
"""The recorded requests that a request without an answer is compared with."""
MOST_PATHS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayConfig:
    """How to replay. `key` is what callers' hashes and keys are checked with, None if they are not checked.

    `scheme` is that of the requests, None for that of the file. `ignored` are parameters that do not count. `base_path`
    is cut from the paths of requests, "" for that of the file. Exchanges older than `old_days` are reported.
    """

    key: str | None = None
    scheme: Scheme | None = None
    order: Order = Order.ANY
    repetition: Repetition = Repetition.LAST
    ignored: frozenset[str] = frozenset()
    base_path: str = ""
    old_days: int = 90


USUAL_REPLAY = ReplayConfig()
"""Any order, the last answer again, callers' keys not checked."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A request that has no recorded answer, and why."""

    request: str
    reason: str


@dataclass(slots=True, kw_only=True)
class _Uses:
    """What was replayed. `next_answer` has the number of answers given for each key and authentication."""

    used: bytearray
    next_answer: dict[tuple[int, str, str, bool], int] = field(default_factory=dict)
    position: int = 0
    misses: list[Miss] = field(default_factory=list)
    served: int = 0


class Matcher:
    """The answers of an exchange file. Safe for several threads.

    Raises TargetError if the file is broken anywhere. `now` is the clock that ages of time stamps count to.
    """

    def __init__(
        self,
        reader: ExchangeReader,
        config: ReplayConfig = USUAL_REPLAY,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.reader = reader
        self.config = config
        self._now = now
        self._lock = Lock()
        vendor = VENDOR_DIALECTS.get(reader.header.dialect or "")
        self._scheme = config.scheme or (None if vendor is None else vendor.scheme)
        names = None if self._scheme is None else self._scheme.names
        self._parts = PartsReader(
            base_path=config.base_path or reader.header.base_path,
            ignored=config.ignored,
            credentials=CredentialNames.of(reader.header.credentials, names),
        )
        self._paths: dict[str, int] = {}
        self._stamps: dict[str, datetime] = {}  # time stamps that callers got here
        self._ahead = timedelta()  # of the clock of the recorded PBX, as its last replayed time shows it
        self._times = array("d")
        self._authentications: dict[Authentication | None, int] = {}
        self._codes = array("H")  # the authentication of each exchange
        is_long = reader.header.dialect == "call-management"
        self._valid_seconds = LONG_VALID_SECONDS if is_long else VALID_SECONDS
        self._keys, self._path_keys = self._index()
        self._by_key, self._by_path = np.argsort(self._keys, kind="stable"), np.argsort(self._path_keys, kind="stable")
        self._uses = _Uses(used=bytearray(len(reader)))

    def answer(self, request: WireMessage, body: bytes) -> WireExchange | Miss:
        """The exchange with the answer to a request, or why there is none."""
        parts = self._parts.parts(request, body)
        with self._lock:
            came = self._authentication(request, body)
            found = self._in_order(parts, came) if self.config.order is Order.RECORDED else self._any(parts, came)
            if isinstance(found, Miss):
                self._uses.misses.append(found)
                return found
            exchange = self.reader.at(found)
            self._uses.used[found] = 1
            self._uses.served += 1
            self._remember_stamp(exchange)
            return exchange

    @property
    def misses(self) -> Sequence[Miss]:
        """The requests without a recorded answer, oldest first."""
        return tuple(self._uses.misses)

    @property
    def served(self) -> int:
        """How many requests had a recorded answer."""
        return self._uses.served

    def unused(self) -> Iterator[str]:
        """The requests of the file that nobody asked for, in its order, in words and without credentials."""
        for position, used in enumerate(self._uses.used):
            if not used:
                with self._lock:
                    exchange = self.reader.at(position)
                yield _line(self._of(exchange))

    @property
    def unused_count(self) -> int:
        """The number of exchanges that no request asked for."""
        return self._uses.used.count(0)

    @property
    def old_count(self) -> int:
        """The number of exchanges that are older than the configuration allows."""
        oldest = (self._now() - timedelta(days=self.config.old_days)).timestamp()
        return sum(at < oldest for at in self._times)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest exchange was recorded, None for a file without exchanges."""
        return datetime.fromtimestamp(min(self._times), UTC) if self._times else None

    def _index(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
        keys, path_keys = array("Q"), array("Q")
        for exchange in self.reader:
            parts = self._of(exchange)
            keys.append(parts.key)
            path_keys.append(parts.path_key)
            self._times.append(exchange.at.timestamp())
            self._codes.append(self._code(exchange.authentication))
            if len(self._paths) < MOST_PATHS:
                self._paths.setdefault(parts.path, len(self._paths))
        return np.frombuffer(keys, dtype=np.uint64).copy(), np.frombuffer(path_keys, dtype=np.uint64).copy()

    def _of(self, exchange: WireExchange) -> RequestParts:
        return self._parts.parts(exchange.request, self.reader.body(exchange.request.body) or b"")

    def _code(self, authentication: Authentication | None) -> int:
        """The number of an authentication. Authentications that match the same requests have equal numbers."""
        if authentication is not None and authentication.age_seconds is not None:
            age = self._valid_seconds if self._is_fresh(authentication) else float("inf")
            authentication = replace(authentication, age_seconds=age)
        return self._authentications.setdefault(authentication, len(self._authentications))

    def _authentication(self, request: WireMessage, body: bytes) -> Authentication:
        parameters = all_parameters(request, body)
        stamp = dict(parameters).get("timeStamp", "")
        now = self._now()
        if stamp in self._stamps:  # the recorded clock stands still: its age counts from when the caller got it
            now = datetime.fromtimestamp(int(stamp) / 1000, UTC) + (now - self._stamps[stamp])
        else:
            now += self._ahead
        return authentication_of(parameters, request.fields(), scheme=self._scheme, key=self.config.key, now=now)

    def _remember_stamp(self, exchange: WireExchange) -> None:
        stamp = time_stamp_of(exchange)
        if stamp is not None:
            self._stamps[stamp] = self._now()
            self._ahead = datetime.fromtimestamp(int(stamp) / 1000, UTC) - self._now()

    def _any(self, parts: RequestParts, came: Authentication) -> int | Miss:
        positions = self._positions(self._keys, self._by_key, parts.key)
        if not positions:
            return self._miss(parts)
        same = [self._is_same(came, recorded) for recorded in self._authentications]
        wanted = [at for at in positions if same[self._codes[at]]]
        if not wanted:
            recorded = self.reader.at(positions[0]).authentication
            return Miss(_line(parts), f"it was recorded with other authentication: {_compared(came, recorded)}")
        use = (parts.key, came.scheme, came.verdict, self._is_fresh(came))
        number = self._uses.next_answer.get(use, 0)
        self._uses.next_answer[use] = number + 1
        if number >= len(wanted):
            if self.config.repetition is Repetition.NEVER:
                return Miss(_line(parts), f"its recorded answers ({len(wanted)}) are used up")
            number = len(wanted) - 1 if self.config.repetition is Repetition.LAST else number % len(wanted)
        return wanted[number]

    def _in_order(self, parts: RequestParts, came: Authentication) -> int | Miss:
        at = self._uses.position
        if at >= len(self.reader):
            if self.config.repetition is not Repetition.CYCLE or not len(self.reader):
                return Miss(_line(parts), "all recorded exchanges are used up")
            at = self._uses.position = 0
        recorded = self.reader.at(at)
        differences = parts.differences(self._of(recorded))
        if not differences and not self._is_same(came, recorded.authentication):
            differences = [_compared(came, recorded.authentication)]
        if differences:
            return Miss(_line(parts), f"exchange {at + 1} comes next in the recorded order: {'; '.join(differences)}")
        self._uses.position = at + 1
        return at

    def _positions(self, keys: npt.NDArray[np.uint64], order: npt.NDArray[np.intp], key: int) -> list[int]:
        first = np.searchsorted(keys, np.uint64(key), side="left", sorter=order)
        last = np.searchsorted(keys, np.uint64(key), side="right", sorter=order)
        return sorted(int(at) for at in order[first:last])

    def _miss(self, parts: RequestParts) -> Miss:
        """The nearest recorded request, and what differs."""
        positions = self._positions(self._path_keys, self._by_path, parts.path_key)[:MOST_COMPARED]
        best: tuple[int, int, list[str]] | None = None
        for at in positions:
            differences = parts.differences(self._of(self.reader.at(at)))
            if best is None or len(differences) < best[0]:
                best = (len(differences), at, differences)
        if best is not None:
            return Miss(_line(parts), f"the nearest recorded request is exchange {best[1] + 1}: {'; '.join(best[2])}")
        if not self._paths:
            return Miss(_line(parts), "the exchange file holds no exchange")
        near = _nearest(parts.path, list(self._paths))
        return Miss(_line(parts), f"no request to this path was recorded; the nearest is {near}")

    def _is_same(self, came: Authentication, recorded: Authentication | None) -> bool:
        if recorded is None:
            return came.verdict in (RIGHT, UNCHECKED, MISSING)
        if (came.verdict == MISSING) != (recorded.verdict == MISSING):
            return False
        if came.verdict != MISSING and came.scheme != recorded.scheme:
            return False
        if came.verdict == UNCHECKED:
            return recorded.verdict in (RIGHT, UNCHECKED)
        if recorded.verdict == UNCHECKED:
            return came.verdict == RIGHT
        return came.verdict == recorded.verdict and (
            came.scheme != HASH or self._is_fresh(came) == self._is_fresh(recorded)
        )

    def _is_fresh(self, authentication: Authentication) -> bool:
        age = authentication.age_seconds
        return age is not None and -VALID_SECONDS <= age <= self._valid_seconds


def _line(parts: RequestParts) -> str:
    """A request in words, without credentials."""
    query = "&".join(f"{name}={value}" if value else name for name, value in parts.query)
    line = f"{parts.method} {parts.path}{'?' if query else ''}{query}"
    return line.encode("unicode_escape").decode("ascii")[:300]


def _compared(came: Authentication, recorded: Authentication | None) -> str:
    return f"{_meaning(came)}, recorded {'unknown' if recorded is None else _meaning(recorded)}"


def _meaning(authentication: Authentication) -> str:
    if authentication.verdict == MISSING:
        return "no credentials"
    words = {RIGHT: "a right", UNCHECKED: "an unchecked"}.get(authentication.verdict, "a wrong")
    age = "" if authentication.age_seconds is None else f", {authentication.age_seconds:.0f} s old"
    return f"{words} {'hash' if authentication.scheme == HASH else 'key'}{age}"


def _nearest(path: str, paths: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(path, paths, n=1, cutoff=0.0)
    return near[0] if near else paths[0]
