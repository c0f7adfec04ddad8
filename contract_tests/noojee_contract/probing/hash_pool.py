"""Time stamps and hashes for the probe.

Each answer of Time is used up: a PBX may allow only five unfinished authentications.
Seconds are read from a clock that the caller passes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from noojee_contract.clients.client import Client
from noojee_contract.clients.hashes import HashParameters, TimeUnavailable
from noojee_contract.model.exchange import Exchange

FRESH_SECONDS = 7.0
"""A hash is sent within so many seconds of its time stamp; it is valid for ten. Source: W-A1, W-HA (DOC)."""
SAME_MILLISECOND = 0.005
MOST_REPEATS = 3
"""Equal time stamps mean a clock that stands still if they came further apart, or so often; else one millisecond."""


@dataclass(frozen=True, slots=True)
class TimeAnswer:
    """An answer of Time: the time stamp in milliseconds, and when it came, in seconds of the caller's clock."""

    millis: int
    came_at: float


class HashPool:
    """The time stamps that were not used yet, and new ones.

    `reuses`: one hash may serve several requests. `last` is the last answer of Time. A PBX whose clock stands still
    (a fake) gives the same time stamp twice; then earlier milliseconds serve, and Time is not asked again.
    """

    def __init__(self, client: Client, now: Callable[[], float]) -> None:
        self.reuses = client.dialect.reuses_hash
        self.last: TimeAnswer | None = None
        self.is_frozen = False
        self._client = client
        self._now = now
        self._waiting: list[TimeAnswer] = []
        self._kept: tuple[float, HashParameters] | None = None
        self._earlier = 0
        self._repeats = 0
        self._last_used = -1

    def take(self) -> HashParameters:
        """A hash that was not used yet, or one of the last seconds if it may be used again. Raises TimeUnavailable."""
        if self.reuses and not self._waiting and self._kept is not None and self._is_fresh(self._kept[0]):
            return self._kept[1]
        at, pair = self._unused()
        self._kept = (at, pair)
        return pair

    def take_new(self, *, key: str | None = None) -> HashParameters:
        """A hash that was not used yet, made with another key if one is given. Raises TimeUnavailable."""
        _, pair = self._unused()
        return pair if key is None else self._client.signed(pair[0][1], key=key)

    def ask_time(self) -> Exchange:
        """Ask for the time. Its time stamp waits for a request that uses it up."""
        exchange = self._client.time()
        self._note(exchange)
        return exchange

    def ask_times(self, most: int) -> list[Exchange]:
        """Ask for the time until it is refused, at most so many times, without a request between them.

        The time stamps wait for requests that use them up.
        """
        self.close()
        exchanges: list[Exchange] = []
        while len(exchanges) < most and (not exchanges or read_millis(exchanges[-1]) is not None):
            exchanges.append(self._client.time())
            self._note(exchanges[-1])
        return exchanges

    def pbx_millis(self) -> int:
        """The PBX's clock now, from the last answer of Time. Raises TimeUnavailable."""
        if self.last is None or not (self.is_frozen or self._is_fresh(self.last.came_at)):
            self._require(self.ask_time())
        assert self.last is not None
        passed = 0.0 if self.is_frozen else self._now() - self.last.came_at
        return self.last.millis + round(passed * 1000)

    def close(self) -> None:
        """Use up the time stamps that still wait."""
        while self._waiting:
            self._use_up(self._waiting.pop(0).millis)

    def _note(self, exchange: Exchange) -> None:
        millis = read_millis(exchange)
        if millis is None:
            return
        now, last = self._now(), self.last
        if last is not None and last.millis == millis:
            self._repeats += 1
            self.is_frozen = now - last.came_at > SAME_MILLISECOND or self._repeats >= MOST_REPEATS
        else:
            self._repeats = 0
            self.is_frozen = False
        self.last = TimeAnswer(millis, now)
        self._waiting.append(self.last)

    def _unused(self) -> tuple[float, HashParameters]:
        while self._waiting:
            answer = self._waiting.pop(0)
            is_repeated = answer.millis == self._last_used
            self._last_used = answer.millis
            if not is_repeated and (self.is_frozen or self._is_fresh(answer.came_at)):
                return answer.came_at, self._client.signed(str(answer.millis))
            self._use_up(answer.millis)
        if self.is_frozen and self.last is not None:
            self._earlier += 1
            return self._now(), self._client.signed(str(self.last.millis - self._earlier))
        self._require(self.ask_time())
        return self._unused()

    def _is_fresh(self, at: float) -> bool:
        return self._now() - at < FRESH_SECONDS

    def _use_up(self, millis: int) -> None:
        request = self._client.dialect.cancel_request(self._client.root, str(millis))
        if request is not None:
            self._client.send(request.method, request.url, headers=request.headers)

    def _require(self, exchange: Exchange) -> None:
        if read_millis(exchange) is None:
            raise TimeUnavailable(exchange)


def read_millis(exchange: Exchange) -> int | None:
    """The time stamp in an answer of Time, None if it does not come as digits."""
    text = exchange.body.decode("latin-1").strip()
    valid = exchange.status == 200 and text.isascii() and text.isdigit() and len(text) <= 20
    return int(text) if valid else None
