"""What every answer has in common: bodies, their types and lengths.

No answer repeats what was asked, so none leaks a key.
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
}


def html(status: int, *, allow: Sequence[str] = ()) -> Response:
    """An error page of the web server itself. Source: 404 returns HTML (CLIENT C-J); 405 likewise (row 14)."""
    title = f"{status} {_REASONS[status]}"
    page = (f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>").encode()
    headers = [("Content-Type", "text/html;charset=UTF-8"), ("Content-Length", str(len(page)))]
    if allow:
        headers.append(("Allow", ", ".join(allow)))
    return Response(status, tuple(headers), page)


def plain_text(text: str, *, status: int = 200) -> Response:
    """A plain text answer, as of Time."""
    body = text.encode()
    return Response(status, (("Content-Type", "text/plain"), ("Content-Length", str(len(body)))), body)


def empty(status: int) -> Response:
    """A status alone."""
    return Response(status, (("Content-Length", "0"),))


class Json:
    """Writes JSON answers with the Content-Type that the profile says."""

    __slots__ = ("_type",)

    def __init__(self, content_type: str) -> None:
        self._type = () if content_type == "none" else (("Content-Type", content_type),)

    def answer(self, status: int, body: bytes) -> Response:
        return Response(status, (*self._type, ("Content-Length", str(len(body)))), body)


class Failures(Protocol):
    """Refusals of one dialect."""

    def answer(self, status: int, message: str) -> Response:
        """The refusal, with a status where the dialect has more than one."""
        ...

    def bad_request(self, message: str) -> Response:
        """A parameter is missing or malformed; `message` names it and never shows its value."""
        ...


class TextFailures:
    """Refusals in plain text, all with one status. Source: "otherwise an error message is returned" (DOC W-27)."""

    __slots__ = ("_status",)

    def __init__(self, status: int) -> None:
        self._status = status

    def answer(self, status: int, message: str) -> Response:
        return plain_text(message, status=self._status)

    def bad_request(self, message: str) -> Response:
        return plain_text(message, status=self._status)


class JsonFailures:
    """Refusals as the Code/Message object, with the status that the profile gives each kind."""

    __slots__ = ("_bad_request", "_json", "_lower_case")

    def __init__(self, answers: Json, *, bad_request: int, lower_case: bool = False) -> None:
        self._json = answers
        self._bad_request = bad_request
        self._lower_case = lower_case

    def answer(self, status: int, message: str) -> Response:
        """`{"Message":...,"Code":-1}`. Source: W-HUd (DOC)."""
        fields: dict[str, str | int]
        fields = {"code": -1, "message": message} if self._lower_case else {"Message": message, "Code": -1}
        return self._json.answer(status, json.dumps(fields, separators=(",", ":")).encode())

    def bad_request(self, message: str) -> Response:
        return self.answer(self._bad_request, message)
