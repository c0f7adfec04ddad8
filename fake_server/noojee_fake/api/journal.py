"""The last exchanges of a PBX, kept as received. Readers redact them, so recording a request costs little."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace

from noojee_fake.errors import MemoryBudgetError
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.memory_budget import GIVING_WAY_SHARE, MemoryBudget

KEPT = 1000
KEPT_BODY_BYTES = 16 * 1024
ENTRY_BYTES = 1000
HEADER_BYTES = 120
"""About what an entry and a header take in memory, next to their text."""
STEP_BYTES = 64 * 1024
"""The least that a journal may keep; it takes more of the memory budget in such steps."""

_Entry = tuple[int, int, Request, Response, bool, int, int, str | None, int]
"""The fields of a `JournaledExchange`, then its size in bytes."""


@dataclass(frozen=True, slots=True)
class JournaledExchange:
    """One request with its response. `number` counts all exchanges from 1; `matched`: the path belongs to the API.

    Long bodies are cut to 16 KiB; `request_bytes` and `response_bytes` are the full lengths. `malformed` is the reason
    why a request is no valid HTTP.
    """

    number: int
    at_micros: int
    request: Request
    response: Response
    matched: bool
    request_bytes: int
    response_bytes: int
    malformed: str | None = None


class Journal:
    """The last 1000 exchanges of one PBX; fewer if the memory budget has no room for more."""

    def __init__(self, budget: MemoryBudget | None = None) -> None:
        """Raises MemoryBudgetError if the budget has no room for a journal."""
        self._held = (budget or MemoryBudget()).reserve(STEP_BYTES)
        self._entries: deque[_Entry] = deque()
        self._size_bytes = 0
        self._lock = threading.Lock()
        self._last = 0

    def record(
        self, at_micros: int, request: Request, response: Response, *, matched: bool, malformed: str | None = None
    ) -> None:
        """Keep a request and its response; long bodies are cut."""
        request_bytes, response_bytes = len(request.body), len(response.body) or response.size_bytes
        if request_bytes > KEPT_BODY_BYTES or response_bytes > KEPT_BODY_BYTES:
            request, response = _cut_request(request), _cut_response(response)
        size = _size_bytes(request, response)
        entries = self._entries
        with self._lock:
            self._last = number = self._last + 1
            entries.append(
                (number, at_micros, request, response, matched, request_bytes, response_bytes, malformed, size)
            )
            if len(entries) > KEPT:
                size -= entries.popleft()[-1]
            self._size_bytes += size
            if self._size_bytes > self._held.size_bytes:
                self._grow()

    def replace_response(self, request: Request, unsent: Response, sent: Response) -> None:
        """Keep another response to the last such request: `unsent` was recorded, but was not sent as it was."""
        cut, sent_bytes = _cut_request(request), sent.size_bytes
        sent = _cut_response(sent)
        size = _size_bytes(cut, sent)
        with self._lock:
            for at in range(len(self._entries) - 1, -1, -1):
                number, at_micros, kept, response, matched, request_bytes, response_bytes, malformed, before = (
                    self._entries[at]
                )
                if response_bytes == unsent.size_bytes and response.status == unsent.status and kept == cut:
                    self._entries[at] = (
                        number, at_micros, kept, sent, matched, request_bytes, sent_bytes, malformed, size
                    )  # fmt: skip
                    self._size_bytes += size - before
                    return

    @property
    def number(self) -> int:
        """The number of the last exchange: how many there were, kept or not."""
        return self._last

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> list[JournaledExchange]:
        """The kept exchanges, oldest first."""
        with self._lock:
            kept = list(self._entries)
        return [JournaledExchange(*entry[:-1]) for entry in kept]

    def clear(self) -> None:
        """Drop all exchanges; the numbers continue."""
        with self._lock:
            self._entries.clear()
            self._size_bytes = 0
            self._held.resize(STEP_BYTES)

    def _grow(self) -> None:
        """Take more of the budget; without room, drop the oldest exchanges."""
        steps = -(-self._size_bytes // STEP_BYTES)
        try:
            self._held.resize(steps * STEP_BYTES, share=GIVING_WAY_SHARE)
        except MemoryBudgetError:
            while self._size_bytes > self._held.size_bytes:
                self._size_bytes -= self._entries.popleft()[-1]


def _cut_request(request: Request) -> Request:
    """The request with at most the kept part of its body."""
    if len(request.body) <= KEPT_BODY_BYTES:
        return request
    return replace(request, body=request.body[:KEPT_BODY_BYTES])


def _cut_response(response: Response) -> Response:
    """The response with at most the kept part of its body, and without the body of a streamed one."""
    if response.size_bytes <= KEPT_BODY_BYTES:
        return response
    return Response(response.status, response.headers, response.body[:KEPT_BODY_BYTES])


def _size_bytes(request: Request, response: Response) -> int:
    """About what an exchange takes in memory."""
    bodies = len(request.body) + len(response.body)
    return request.head_bytes + bodies + ENTRY_BYTES + HEADER_BYTES * len(request.headers)
