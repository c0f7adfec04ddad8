"""What passes through one connection of the proxy, divided into exchanges. Pure: bytes and times are arguments."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from noojee_contract.model.wire import WireExchange
from noojee_contract.traffic.proxy.message_copy import AnswerCopy, Ending, RequestCopy

_HOST = re.compile(rb"(?im)^(host[ \t]*:[ \t]*)([^\r\n]*)")
_TARGET = re.compile(rb"^((?:\r?\n)*\S+ )(?:https?://[^/? ]*)?/?")


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where requests go. `path` precedes each request target; `authority` replaces the client's Host if not None."""

    authority: str | None
    path: str = ""

    def head(self, head: bytes) -> bytes:
        """A request's head as the upstream gets it: only its target and Host differ from the client's."""
        path = self.path.encode("latin-1")
        head = _TARGET.sub(lambda found: found[1] + path + b"/", head, count=1)
        if self.authority is None:
            return head
        authority = self.authority.encode("latin-1")
        return _HOST.sub(lambda found: found[1] + authority, head, count=1)


class ProxyBounds:
    """What a proxy keeps in memory: `largest_bytes` of each body, and `total_bytes` of all exchanges under way.

    What is longer is relayed, and recorded with its size and hash.
    """

    def __init__(self, largest_bytes: int, total_bytes: int) -> None:
        self.largest_bytes = largest_bytes
        self._total_bytes = total_bytes
        self._kept_bytes = 0

    def change(self, added_bytes: int) -> bool:
        """Count bytes that are kept, or given up if negative. Returns whether all of them fit."""
        self._kept_bytes += added_bytes
        return self._kept_bytes <= self._total_bytes


class _Open:
    """An exchange under way."""

    def __init__(self, largest_bytes: int, at: datetime) -> None:
        self.at = at
        self.request = RequestCopy(largest_bytes)
        self.answer: AnswerCopy | None = None
        self.first_byte_at: datetime | None = None
        self.last_byte_at: datetime | None = None

    @property
    def kept_bytes(self) -> int:
        return self.request.kept_bytes + (0 if self.answer is None else self.answer.kept_bytes)

    @property
    def is_asked(self) -> bool:
        """Whether the whole request came."""
        return self.request.ending is not Ending.OPEN

    @property
    def is_answered(self) -> bool:
        return self.answer is not None and self.answer.ending is Ending.COMPLETE

    @property
    def is_unreadable(self) -> bool:
        return self.answer is not None and self.answer.ending is Ending.UNREADABLE

    def exchange(self, error: str) -> WireExchange:
        """The exchange as far as it came; `error` says how its connection ended."""
        return WireExchange(
            at=self.at,
            request=self.request.message(),
            response=None if self.answer is None else self.answer.message(),
            transport_error=self._error(error),
            first_byte_seconds=self._seconds(self.first_byte_at),
            seconds=self._seconds(self.last_byte_at),
        )

    def _error(self, error: str) -> str | None:
        if self.is_answered:
            return None
        if self.answer is None:
            return f"no answer: {error}"
        if self.is_unreadable:
            return f"the answer is no HTTP that can be read; {error}"
        return f"the answer was cut off: {error}"

    def _seconds(self, at: datetime | None) -> float | None:
        return None if at is None else (at - self.at).total_seconds()


class Conversation:
    """One connection. `finished` is called with each exchange as it ends, in order of the requests."""

    def __init__(self, upstream: Upstream, finished: Callable[[WireExchange], None], bounds: ProxyBounds) -> None:
        self._upstream = upstream
        self._finished = finished
        self._bounds = bounds
        self._asked: deque[_Open] = deque()  # requests with a head, oldest first; the last may still lack its body
        self._coming: _Open | None = None  # the request whose head is not whole
        self._start = b""  # its bytes so far
        self._kept_bytes = 0

    @property
    def is_waiting(self) -> bool:
        """Whether a whole request has no whole answer."""
        return any(open_.is_asked for open_ in self._asked)

    @property
    def _is_tunnel(self) -> bool:
        """Whether the upstream has switched to another protocol."""
        return bool(self._asked) and self._asked[0].answer is not None and self._asked[0].answer.is_tunnel

    def client_sent(self, data: bytes, now: datetime) -> bytes:
        """Take bytes of the client. Returns the bytes for the upstream."""
        if self._is_tunnel:
            return data
        forwarded = b""
        while data:
            last = self._asked[-1].request if self._asked else None
            if last is not None and last.ending in (Ending.OPEN, Ending.UNREADABLE):
                rest = last.feed(data)
                forwarded += data[: len(data) - len(rest)]
                self._give_away()
            else:
                own, rest = self._begin(data, now)
                forwarded += own
            data = rest
        self._free()
        return forwarded

    def _begin(self, data: bytes, now: datetime) -> tuple[bytes, bytes]:
        """Take bytes of a new request. Returns its own bytes, as the upstream gets them, and the rest."""
        if self._coming is None:
            self._coming, self._start = _Open(self._bounds.largest_bytes, now), b""
        coming = self._coming
        self._start += data
        rest = coming.request.feed(data)
        head = coming.request.head
        if head is None:
            return b"", b""
        body = self._start[len(head) : len(self._start) - len(rest)]
        self._coming, self._start = None, b""
        self._end_unreadable()
        self._asked.append(coming)
        return self._upstream.head(head) + body, rest

    def upstream_sent(self, data: bytes, now: datetime) -> None:
        """Take bytes of the upstream; the client gets them as they are."""
        while data and self._asked:
            oldest = self._asked[0]
            if oldest.answer is None:
                asked = oldest.request
                oldest.answer = AnswerCopy(asked.method, self._bounds.largest_bytes, upgrades=asked.upgrades)
                oldest.first_byte_at = now
            oldest.last_byte_at = now
            if oldest.is_answered:
                oldest.answer.add(data)
                break
            data = oldest.answer.feed(data)
            if oldest.answer.ending is Ending.COMPLETE and len(self._asked) == 1:
                oldest.answer.add(data)  # bytes that no request asked for
                data = b""
            self._give_away()
        self._free()

    def client_closed(self) -> None:
        """The client sends nothing more."""
        if self._coming is not None:
            self._asked.append(self._coming)
            self._coming = None
        for open_ in self._asked:
            open_.request.end()

    def closed(self, error: str) -> None:
        """The connection is over. `error` says how, for exchanges that are not whole."""
        self.client_closed()
        for open_ in self._asked:
            if open_.answer is not None:
                open_.answer.end()
            self._finished(open_.exchange(error))
        self._asked.clear()
        self._count()

    def _give_away(self) -> None:
        """Give away the exchanges that are whole on both sides."""
        while self._asked and self._asked[0].is_answered and self._asked[0].is_asked:
            self._finished(self._asked.popleft().exchange(""))

    def _end_unreadable(self) -> None:
        """A new request shows that an answer that cannot be read is over: clients ask again after an answer."""
        while self._asked and self._asked[-1].is_unreadable:
            self._finished(self._asked.pop().exchange("the client sent its next request"))

    def _free(self) -> None:
        """Count what is kept. Drop the bodies of what is under way if all connections keep too much."""
        if not self._count():
            for open_ in self._asked:
                open_.request.drop()
                if open_.answer is not None:
                    open_.answer.drop()
            self._count()

    def _count(self) -> bool:
        before, self._kept_bytes = self._kept_bytes, sum(open_.kept_bytes for open_ in self._asked)
        return self._bounds.change(self._kept_bytes - before)
