"""Writes responses as HTTP/1.1 bytes. Pure, but for the clock of the Date header."""

from __future__ import annotations

import http
import time
from email.utils import formatdate

from noojee_fake.messages import Response

KEEP_ALIVE_SECONDS = 75
"""How long the server keeps an idle connection. It announces this, so that clients do not reuse a closed connection."""

_ANNOUNCED = f"keep-alive: timeout={KEEP_ALIVE_SECONDS}\r\n"
CONNECTION_LINES = {
    (True, "1.1"): _ANNOUNCED,
    (True, "1.0"): f"connection: keep-alive\r\n{_ANNOUNCED}",
    (False, "1.1"): "connection: close\r\n",
    (False, "1.0"): "connection: close\r\n",
}
"""The header lines that say what becomes of a connection, by whether it is kept and by the version of HTTP."""
_LINES: dict[tuple[tuple[str, str], ...], str] = {}
"""Written headers: most responses have one of a few lengths and types."""
_MOST_LINES = 1024
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in http.HTTPStatus}


class Dates:
    """The Date header, made once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._line = ""

    def line(self) -> str:
        """The header line of the present second."""
        second = int(time.time())
        if second != self._second:
            self._second, self._line = second, f"date: {formatdate(second, usegmt=True)}\r\n"
        return self._line


def status_line(status: int) -> str:
    """The first line of a response."""
    return _STATUS_LINES.get(status) or f"HTTP/1.1 {status} Unknown\r\n"


def head_bytes(response: Response, date: str, connection: str) -> bytes:
    """The head of a response with its empty line. `date` and `connection` are header lines.

    Raises ValueError for a header with a line break.
    """
    headers = response.headers
    lines = _LINES.get(headers)
    if lines is None:
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
        if lines.count("\n") != len(headers) or lines.count("\r") != len(headers):
            raise ValueError("a response header contains a line break")
        if len(_LINES) >= _MOST_LINES:
            _LINES.clear()
        _LINES[headers] = lines
    return f"{status_line(response.status)}{lines}{date}{connection}\r\n".encode("latin-1")
