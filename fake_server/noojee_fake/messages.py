"""What travels between a door and the PBX: one request in, one answer out, as plain values.

A door fills `Request` once, from the bytes it has; nothing below a door sees a socket, a framework or an event loop.
"""

from __future__ import annotations

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
