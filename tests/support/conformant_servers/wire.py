"""What the second PBX receives and sends: a parsed request, its parameters, an answer, a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

Answer = tuple[int, list[tuple[str, str]], bytes]
CLOSED: Answer = (0, [], b"")
"""No answer: the host closes the connection."""
Given = Mapping[str, str | None]
"""Parameters, the first value of each; None where it cannot be decoded."""


class Refusal(Exception):
    """A refused request: status and message."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed request. Header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_form(self) -> bool:
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind == "application/x-www-form-urlencoded"


def pairs(query: str, charset: str) -> dict[str, str | None]:
    """The parameters of a query."""
    found: dict[str, str | None] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if pair:
            found.setdefault(_text(name, charset) or "", _text(value, charset))
    return found


def _text(raw: str, charset: str) -> str | None:
    pieces = raw.replace("+", " ").split("%")
    if any(len(piece) < 2 or not all(c in "0123456789abcdefABCDEF" for c in piece[:2]) for piece in pieces[1:]):
        return None
    try:
        return unquote_to_bytes("%".join(pieces).encode("latin-1")).decode(charset)
    except UnicodeDecodeError:
        return None
