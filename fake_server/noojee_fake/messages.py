"""What travels between a door and the PBX: one request in, one answer out, as plain values.

A door fills `Request` once, from the bytes it has; nothing below a door sees a socket, a framework or an event loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request, as it came: nothing decoded but what HTTP itself frames.

    `path` and `query` are the raw, still percent-encoded text of the request target (latin-1 for bytes above 127).
    `headers` are (name in lower case, value) in order of arrival. `client` is the peer's IP address, None where the
    door has none.
    """

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    client: str | None = None
    secure: bool = False

    def header(self, name: str) -> str | None:
        """The first value of a header, or None. `name` in lower case."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer. `headers` are complete but for Date, Server and Connection, which belong to the door."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Closed(Response):
    """No answer: the door is to cut the connection. One that cannot sends the answer in here, and then closes."""


CLOSED = Closed(403, (("Connection", "close"), ("Content-Length", "0")))


@dataclass(frozen=True, slots=True)
class Pending(Response):
    """A long poll that has nothing to tell yet. The door waits until it is woken, or `seconds` are over, and asks again.

    `listen` takes a function that wakes the door, from any thread, and gives one that takes it back. `finish` gives the
    answer, or None where the wait goes on; `finish(True)` after the time is over always gives one.
    """

    seconds: float = 0.0
    listen: Callable[[Callable[[], None]], Callable[[], None]] = lambda _: lambda: None
    finish: Callable[[bool], Response | None] = lambda _: None
