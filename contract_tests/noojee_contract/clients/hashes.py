"""Makes the vendor's hashes: a time stamp that the PBX gives, and the hash of the key with it."""

from __future__ import annotations

import time

from noojee_contract.clients.sender import Sender
from noojee_contract.dialects.dialect import Dialect
from noojee_contract.dialects.schemes import hash_parameters
from noojee_contract.model.exchange import Exchange

REUSE_SECONDS = 4.0
HashParameters = tuple[tuple[str, str], tuple[str, str]]
"""The parameters of a request: its time stamp and its hash."""


class TimeUnavailable(Exception):
    """The Time method did not answer with digits, so no hash can be made; `exchange` shows its answer."""

    def __init__(self, exchange: Exchange) -> None:
        came = exchange.transport_error or exchange.status
        super().__init__(f"Time did not answer with digits ({came}), so no hash could be made")
        self.exchange = exchange


class Hashes:
    """The hashes of one client. Methods that ask for the time raise `TimeUnavailable` if it does not come as digits."""

    def __init__(self, sender: Sender, *, root: str, dialect: Dialect) -> None:
        self._sender = sender
        self._root = root
        self._dialect = dialect
        self._kept: tuple[float, HashParameters] | None = None
        self._last_stamp = ("", 0)  # the last time stamp of the PBX, and how many more hashes were made of it

    def in_dialect(self, dialect: Dialect) -> Hashes:
        """The hashes of another client for the same PBX.

        It counts on from the last time stamp: a PBX that takes a hash only once remembers it in all dialects.
        """
        hashes = Hashes(self._sender, root=self._root, dialect=dialect)
        hashes._last_stamp = self._last_stamp
        return hashes

    def time(self) -> Exchange:
        """Ask for the PBX's time."""
        return self._sender.send(self._dialect.time_request(self._root))

    def clock_millis(self) -> int:
        """The PBX's time, for a caller that makes no hash of it."""
        stamp = self._time_stamp()
        self._use_up(stamp)
        return int(stamp)

    def new(self, key: str) -> HashParameters:
        """A new time stamp and its hash.

        Two time stamps of one millisecond (a fast network, a frozen clock) would give the same hash. If a hash may be
        used only once, the second is made of the millisecond before.
        """
        stamp = self._time_stamp()
        last, more = self._last_stamp
        more = more + 1 if stamp == last and not self._dialect.reuses_hash else 0
        self._last_stamp = (stamp, more)
        if more == 0:
            return hash_parameters(key, stamp)
        self._use_up(stamp)
        return hash_parameters(key, str(int(stamp) - more))

    def usual(self, key: str) -> HashParameters:
        """A new hash, or the one of the last seconds if the dialect reuses hashes."""
        now = time.monotonic()
        if self._kept is None or not self._dialect.reuses_hash or now - self._kept[0] > REUSE_SECONDS:
            self._kept = (now, self.new(key))
        return self._kept[1]

    def forget(self) -> None:
        """Drop the kept hash: after a step of the PBX's clock it is stale."""
        self._kept = None

    def _time_stamp(self) -> str:
        exchange = self.time()
        stamp = exchange.body.decode("latin-1").strip()
        if exchange.status != 200 or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 20):
            raise TimeUnavailable(exchange)
        return stamp

    def _use_up(self, time_stamp: str) -> None:
        """Use up a time stamp on a PBX that allows only five unfinished authentications (an option)."""
        request = self._dialect.cancel_request(self._root, time_stamp)
        if request is not None:
            self._sender.send(request)
