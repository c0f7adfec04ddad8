"""The by-hour limit on a read-only target, in slots: one answered request a minute.

A request that must be refused leaves its slot open, so that a listing can follow it in the same slot.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from noojee_contract.clients.retry_after import TOO_MANY_REQUESTS, is_unavailable
from noojee_contract.errors import TooSoon
from noojee_contract.model.exchange import Exchange

FIRST_ERROR_STATUS = 400
AT_ONCE_SECONDS = 30.0
"""A request that follows a listing within so many seconds is in its minute."""
NEXT_MINUTE_SECONDS = (60.0, 90.0)
"""When a request shows that the limit ends: so many seconds after the last answered request."""


def leave_slot(used: bool) -> None:
    """Do nothing after a by-hour request."""


class ByHourSlots:
    """Sends by-hour requests, each in a slot of the limit.

    `before` waits for a free slot and takes it; it may raise TooSoon and other reasons to stop. `after` gets whether
    the request used up the slot. `is_error` says whether an answer has an error body.
    """

    def __init__(
        self,
        *,
        before: Callable[[], None],
        after: Callable[[bool], None] = leave_slot,
        is_error: Callable[[Exchange], bool] = lambda exchange: False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.next_minute: Exchange | None = None
        """An answered request that came a minute after another answered request; None if there was none."""
        self.repeats = 0
        """How many requests were sent again, because their slot was used up."""
        self._before = before
        self._after = after
        self._is_error = is_error
        self._now = now
        self._answered_at: float | None = None
        self._left_open = False
        self._limit_refusal: Exchange | None = None

    @property
    def just_listed(self) -> bool:
        """Whether a by-hour request was answered in the last seconds."""
        return self._answered_at is not None and self._now() - self._answered_at < AT_ONCE_SECONDS

    def send(self, send: Callable[[], Exchange], *, refused: bool = False) -> Exchange:
        """Send a request in a slot; `refused` says that it must be refused.

        Sends it again in the next slot if the answer says nothing about it: after 429, 5xx or no answer, and after a
        refusal by the limit. Another client may have used up this slot, or requests that were refused in it. Raises
        TooSoon if the target allows no wait for the next slot and the answer may be a refusal by the limit.
        """
        exchange = self._sent(send, refused)
        used_up = self._left_open and not refused and self._is_refusal(exchange)
        of_limit = used_up or self._is_of_limit(exchange) or exchange.status == TOO_MANY_REQUESTS
        if not is_unavailable(exchange) and not of_limit:
            return exchange
        self.use_up()
        self.repeats += 1
        try:
            return self._sent(send, refused)
        except TooSoon as soon:
            if of_limit:
                raise TooSoon(soon.seconds, answered=str(exchange.status)) from soon
            return exchange

    def take_second(self, exchange: Exchange) -> None:
        """Take the answer to a second request of a minute, which shows how the limit refuses requests."""
        self._limit_refusal = exchange if self._is_refusal(exchange) else None
        self.use_up()

    def use_up(self) -> None:
        """Use up the slot: the next request is sent a minute from now."""
        self._left_open = False
        self._after(True)

    def _sent(self, send: Callable[[], Exchange], refused: bool) -> Exchange:
        self._before()
        at = self._now()
        exchange = send()
        if not self._is_refusal(exchange):
            self._note_answered(exchange, at)
            self.use_up()
        elif refused and not is_unavailable(exchange) and not self._is_of_limit(exchange):
            self._left_open = True
            self._after(False)
        return exchange

    def _note_answered(self, exchange: Exchange, at: float) -> None:
        shortest, longest = NEXT_MINUTE_SECONDS
        if self._answered_at is not None and shortest <= at - self._answered_at <= longest:
            self.next_minute = exchange
        self._answered_at = self._now()

    def _is_of_limit(self, exchange: Exchange) -> bool:
        limit = self._limit_refusal
        return limit is not None and (exchange.status, exchange.body) == (limit.status, limit.body)

    def _is_refusal(self, exchange: Exchange) -> bool:
        status = exchange.status
        return status is None or status >= FIRST_ERROR_STATUS or self._is_error(exchange)
