"""The response formats that the dialects share: bodies, their Content-Type and length.

No response repeats a part of its request, so no response contains a key.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

from noojee_fake.messages import Response

_REASONS = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    415: "Unsupported Media Type",
    500: "Internal Server Error",
    503: "Service Unavailable",
    507: "Insufficient Storage",
}


def html(status: int, *, allow: Sequence[str] = ()) -> Response:
    """An error page of the web server. Source: 404 is HTML (CLIENT C-J); the others are alike (UNKNOWN: chosen)."""
    title = f"{status} {_REASONS[status]}"
    page = (f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>").encode()
    headers = [("Content-Type", "text/html;charset=UTF-8"), ("Content-Length", str(len(page)))]
    if allow:
        headers.append(("Allow", ", ".join(allow)))
    return Response(status, tuple(headers), page)


def plain_text(text: str, *, status: int = 200) -> Response:
    """A plain text response, as Time sends it."""
    body = text.encode()
    return Response(status, (("Content-Type", "text/plain"), ("Content-Length", str(len(body)))), body)


def empty(status: int) -> Response:
    """A response without a body."""
    return Response(status, (("Content-Length", "0"),))


class JsonWriter:
    """Writes JSON responses with the Content-Type of the profile; `none` sends no Content-Type."""

    __slots__ = ("_type",)

    def __init__(self, content_type: str) -> None:
        self._type = () if content_type == "none" else (("Content-Type", content_type),)

    def response(self, status: int, body: bytes) -> Response:
        """A response with a JSON body."""
        return Response(status, (*self._type, ("Content-Length", str(len(body)))), body)


class ErrorWriter(Protocol):
    """Writes the error responses of one dialect."""

    def response(self, status: int, message: str) -> Response:
        """An error with a message. A dialect with one status for all errors ignores `status`."""
        ...

    def bad_request(self, message: str) -> Response:
        """A missing or malformed parameter. `message` names the parameter and never shows its value."""
        ...


class TextErrors:
    """Plain text errors, all with one status. Source: "otherwise an error message is returned" (DOC W-27)."""

    __slots__ = ("_status",)

    def __init__(self, status: int) -> None:
        self._status = status

    def response(self, status: int, message: str) -> Response:
        """A plain text error; `status` is ignored."""
        return plain_text(message, status=self._status)

    def bad_request(self, message: str) -> Response:
        """A plain text error."""
        return plain_text(message, status=self._status)


class JsonErrors:
    """Errors as the Code/Message object. `bad_request` is the status of a missing or malformed parameter."""

    __slots__ = ("_bad_request", "_json", "_lower_case")

    def __init__(self, json_writer: JsonWriter, *, bad_request: int, lower_case: bool = False) -> None:
        self._json = json_writer
        self._bad_request = bad_request
        self._lower_case = lower_case

    def response(self, status: int, message: str) -> Response:
        """`{"Message":...,"Code":-1}`. Source: W-HUd (DOC)."""
        fields: dict[str, str | int]
        fields = {"code": -1, "message": message} if self._lower_case else {"Message": message, "Code": -1}
        return self._json.response(status, json.dumps(fields, separators=(",", ":")).encode())

    def bad_request(self, message: str) -> Response:
        """The Code/Message object, with the status of the profile."""
        return self.response(self._bad_request, message)
