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
    """One request with its answer. `number` counts all that ever came, from 1; `matched`: the path is one of the API."""

    number: int
    at_micros: int
    request: Request
    response: Response
    matched: bool


class Journal:
    """The last requests of one PBX."""

    def __init__(self) -> None:
        self._entries: deque[tuple[int, int, Request, Response, bool]] = deque(maxlen=KEPT)
        self._numbers = count(1)

    def note(self, at_micros: int, request: Request, response: Response, *, matched: bool) -> None:
        """Keep a request and its answer; of long bodies the beginning."""
        if len(request.body) > KEPT_BODY_BYTES:
            request = replace(request, body=request.body[:KEPT_BODY_BYTES])
        if len(response.body) > KEPT_BODY_BYTES:
            response = Response(response.status, response.headers, response.body[:KEPT_BODY_BYTES])
        self._entries.append((next(self._numbers), at_micros, request, response, matched))

    def entries(self) -> list[Entry]:
        """What is kept, oldest first."""
        return [Entry(*entry) for entry in list(self._entries)]

    def clear(self) -> None:
        """Forget what is kept; numbers go on."""
        self._entries.clear()
