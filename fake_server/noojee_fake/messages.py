"""Requests and responses between an adapter and the PBX, as plain values.

Nobody changes a `Request` or a `Response`. They are not frozen, because that doubles the time to create them.

An adapter builds a `Request` from the bytes that it received. Nothing below it sees a socket, a framework or an event
loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Request:
    """One HTTP request as received; only the HTTP framing is decoded.

    `path` and `query` are the percent-encoded text of the request target (latin-1 for bytes above 127). `headers` are
    pairs of a lower-case name and a value, in order of arrival. `client` is the IP address of the peer; None: the
    adapter does not know it. `in_process`: the request did not come over a socket, so no browser can have sent it.
    `head_bytes` is the length of target and headers; 0: the adapter did not count it.
    """

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    client: str | None = None
    secure: bool = False
    in_process: bool = False
    head_bytes: int = field(default=0, compare=False)

    def header(self, name: str) -> str | None:
        """The first value of a header, or None. `name` is in lower case."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


@dataclass(slots=True)
class Response:
    """One HTTP response. `headers` lack only Date, Server and Connection, which the adapter adds.

    `written` is for the adapter: it keeps there what it wrote of status and headers, since many responses are sent
    again.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    written: bytes = field(default=b"", init=False, repr=False, compare=False)

    @property
    def size_bytes(self) -> int:
        """The length of the body."""
        return len(self.body)


@dataclass(slots=True)
class Streamed(Response):
    """A response with a body too large to keep in memory.

    `pieces` yields the body, `length` bytes in all. `body` is empty.
    """

    pieces: Callable[[], Iterator[bytes]] = lambda: iter(())
    length: int = 0

    @property
    def size_bytes(self) -> int:
        """The length of the body."""
        return self.length


@dataclass(slots=True)
class Closed(Response):
    """No response: the adapter closes the connection. An adapter that cannot do so sends this response, then closes."""


CLOSED = Closed(403, (("Connection", "close"), ("Content-Length", "0")))


@dataclass(slots=True)
class Pending(Response):
    """A long poll without a response yet. The adapter waits until it is woken or `seconds` have passed.

    `listen` takes a function that wakes the adapter, from any thread, and returns a function that removes it.
    `finish` returns the response, or None while the wait continues. `finish(True)`, after the time has passed, returns
    a response.
    """

    seconds: float = 0.0
    listen: Callable[[Callable[[], None]], Callable[[], None]] = lambda _: lambda: None
    finish: Callable[[bool], Response | None] = lambda _: None
