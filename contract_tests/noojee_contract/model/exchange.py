"""Exchanges: a request with its answer. Values.

An exchange is kept unchanged. Before it is shown or written, `redaction` makes a copy without credentials.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Headers = tuple[tuple[str, str], ...]


def beginning(text: str, most: int) -> str:
    """The beginning of a text, cut at a word boundary: redaction would not recognise half a credential.

    A word longer than `most` is replaced by its length.
    """
    if len(text) <= most:
        return text
    shortened = re.sub(rf"\S{{{most},}}", lambda word: f"({len(word[0])} characters)", text)
    if len(shortened) <= most:
        return shortened
    kept = re.match(r"(?s)(.*)\s", shortened[: most + 1])
    return f"{kept[1] if kept else ''}..."


class NotJson(ValueError):
    """The body of an answer is not a JSON document; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request. `url` is absolute and percent-encoded, credentials included.

    `repeatable`: a second request has the same meaning. That is not so for a command (start, stop, dial, hangup), and for
    a request by hour, of which only one a minute is allowed.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    repeatable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer. `headers` have lower-case names, in order of arrival; `body` is after transfer decoding."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request with its answer, or with a transport error in words (timed out, cut off, too large)."""

    request: Request
    response: Response | None = None
    transport_error: str | None = None
    at: datetime

    @property
    def status(self) -> int | None:
        """The HTTP status, None without an answer."""
        return None if self.response is None else self.response.status

    @property
    def body(self) -> bytes:
        """The body of the answer, empty without an answer."""
        return b"" if self.response is None else self.response.body

    def header(self, name: str) -> str | None:
        """The first value of a header of the answer, None if it is absent. `name` is in lower case."""
        if self.response is not None:
            for key, value in self.response.headers:
                if key == name:
                    return value
        return None

    def json(self) -> Any:
        """The body as JSON, read as UTF-8 whatever the header says (Source: the vendor's client, CLIENT C-J).

        Raises `NotJson` for an empty body, a broken or wrong charset, a cut-off document, a repeated key, NaN, or depth
        beyond the parser's bound.
        """
        if self.response is None:
            raise NotJson(self.transport_error or "no answer")
        if not self.body.strip():
            raise NotJson("the body is empty")
        try:
            document = json.loads(
                self.body.decode("utf-8"), object_pairs_hook=unique_members, parse_constant=no_constant
            )
            if b"\\u" in self.body:
                json.dumps(document, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise NotJson("the document holds half of a surrogate pair, which is no valid text") from error
        except UnicodeDecodeError as error:
            raise NotJson(f"the body is not UTF-8 (byte {error.start})") from error
        except RecursionError as error:
            raise NotJson("the document is nested too deeply") from error
        except ValueError as error:
            raise NotJson(f"the body is not JSON: {error}") from error
        return document


def unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object of its members, for `json.loads`. Raises ValueError for a repeated key."""
    document = dict(pairs)
    if len(document) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {repeated!r} occurs twice in one object")
    return document


def no_constant(name: str) -> Any:
    """Refuse NaN and Infinity, for `json.loads`. Raises ValueError."""
    raise ValueError(f"{name} is not a JSON number")
