"""Writes responses as HTTP/1.1 bytes. Pure, but for the clock of the Date header."""

from __future__ import annotations

import http
import time
from email.utils import formatdate

from noojee_fake.messages import Response

KEEP_ALIVE_SECONDS = 75
"""How long the server keeps an idle connection. It announces this, so that clients do not reuse a closed connection."""

_ANNOUNCED = f"keep-alive: timeout={KEEP_ALIVE_SECONDS}\r\n"
_CONNECTION_LINES = {
    (True, "1.1"): _ANNOUNCED,
    (True, "1.0"): f"connection: keep-alive\r\n{_ANNOUNCED}",
    (False, "1.1"): "connection: close\r\n",
    (False, "1.0"): "connection: close\r\n",
}
"""The header lines that say what becomes of a connection, by whether it is kept and by the version of HTTP."""
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in http.HTTPStatus}


class HeadEnds:
    """The ends of heads: the Date header, what becomes of the connection, and the empty line. Made once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._ends: dict[tuple[bool, str], bytes] = {}

    def end(self, keep_alive: bool, version: str) -> bytes:
        """The end for this second. `version` is the version of HTTP."""
        second = int(time.time())
        if second != self._second:
            line = f"date: {formatdate(second, usegmt=True)}\r\n"
            self._ends = {case: f"{line}{lines}\r\n".encode() for case, lines in _CONNECTION_LINES.items()}
            self._second = second
        return self._ends[keep_alive, version]


def status_line(status: int) -> str:
    """The first line of a response."""
    return _STATUS_LINES.get(status) or f"HTTP/1.1 {status} Unknown\r\n"


def head_start(response: Response) -> bytes:
    """The status line of a response and its own headers. Raises ValueError for a header with a line break."""
    headers = response.headers
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if lines.count("\n") != len(headers) or lines.count("\r") != len(headers):
        raise ValueError("a response header contains a line break")
    return f"{status_line(response.status)}{lines}".encode("latin-1")
