"""The last exchanges of a PBX, kept as received. Readers redact them, so recording a request costs little."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import count

from noojee_fake.messages import Request, Response, Streamed

KEPT = 1000
KEPT_BODY_BYTES = 16 * 1024


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
    """The last 1000 exchanges of one PBX."""

    def __init__(self) -> None:
        self._entries: deque[tuple[int, int, Request, Response, bool, int, int, str | None]] = deque(maxlen=KEPT)
        self._numbers = count(1)
        self._last = 0

    def record(
        self, at_micros: int, request: Request, response: Response, *, matched: bool, malformed: str | None = None
    ) -> None:
        """Keep a request and its response; long bodies are cut."""
        request_bytes, response_bytes = len(request.body), len(response.body)
        if request_bytes > KEPT_BODY_BYTES:
            request = replace(request, body=request.body[:KEPT_BODY_BYTES])
        if isinstance(response, Streamed):
            response_bytes = response.length
            response = Response(response.status, response.headers)
        elif response_bytes > KEPT_BODY_BYTES:
            response = Response(response.status, response.headers, response.body[:KEPT_BODY_BYTES])
        self._last = number = next(self._numbers)
        self._entries.append((number, at_micros, request, response, matched, request_bytes, response_bytes, malformed))

    @property
    def number(self) -> int:
        """The number of the last exchange: how many there were, kept or not."""
        return self._last

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> list[JournaledExchange]:
        """The kept exchanges, oldest first."""
        return [JournaledExchange(*entry) for entry in list(self._entries)]

    def clear(self) -> None:
        """Drop all exchanges; the numbers continue."""
        self._entries.clear()
