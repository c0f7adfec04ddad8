"""What the PBX was asked and what it answered, the last so many of it. Kept as it came; redacted whenever it is shown.

So that nothing is worked out for requests that nobody asks about, and no credential leaves.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import count

from noojee_fake.messages import Request, Response

KEPT = 1000
KEPT_BODY_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One request with its answer. `number` counts all that ever came, from 1; `matched`: the path is one of the API.

    Of long bodies the beginning is kept; `request_bytes` and `response_bytes` are as long as they were.
    """

    number: int
    at_micros: int
    request: Request
    response: Response
    matched: bool
    request_bytes: int
    response_bytes: int


class Journal:
    """The last requests of one PBX."""

    def __init__(self) -> None:
        self._entries: deque[tuple[int, int, Request, Response, bool, int, int]] = deque(maxlen=KEPT)
        self._numbers = count(1)
        self._last = 0

    def note(self, at_micros: int, request: Request, response: Response, *, matched: bool) -> None:
        """Keep a request and its answer; of long bodies the beginning."""
        asked, answered = len(request.body), len(response.body)
        if asked > KEPT_BODY_BYTES:
            request = replace(request, body=request.body[:KEPT_BODY_BYTES])
        if answered > KEPT_BODY_BYTES:
            response = Response(response.status, response.headers, response.body[:KEPT_BODY_BYTES])
        self._last = number = next(self._numbers)
        self._entries.append((number, at_micros, request, response, matched, asked, answered))

    @property
    def number(self) -> int:
        """How many requests ever came; the number of the last one."""
        return self._last

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> list[Entry]:
        """What is kept, oldest first."""
        return [Entry(*entry) for entry in list(self._entries)]

    def clear(self) -> None:
        """Forget what is kept; numbers go on."""
        self._entries.clear()
