"""Exchanges: a request with its answer. Values.

An exchange is kept unchanged. Before it is shown or written, `redaction` makes a copy without credentials.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Headers = tuple[tuple[str, str], ...]
MOST_CONTAINERS = 150_000
MOST_VALUES = 2_000_000
MOST_DEPTH = 64
"""The most objects and arrays, the most values, and the deepest nesting of a JSON document that is read."""
MOST_OF_A_KEY = 80
FREE_VALUES = 100_000
MOST_VALUES_EACH = 64
"""A document with more than `FREE_VALUES` values has at most this many for each object or array: a leg has eleven."""


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


def ending(text: str, most: int) -> str:
    """The end of a text, cut at a word boundary: redaction would not recognise half a credential."""
    if len(text) <= most:
        return text
    kept = re.search(r"(?s)\s(.*)", text[-most - 1 :])
    return f"...{kept[1] if kept else ''}"


class NotJson(ValueError):
    """The body of an answer is not a JSON document; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request. `url` is absolute and percent-encoded, credentials included.

    `repeatable`: a second request has the same meaning. That is not so for a command (start, stop, dial, hangup), and
    for a request by hour, of which only one a minute is allowed. `audio`: the answer may be as long as audio.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    repeatable: bool = True
    audio: bool = False


class StoredBody(Protocol):
    """The body of an answer that is stored in a file."""

    @property
    def size_bytes(self) -> int:
        """Its length."""

    def read(self) -> bytes:
        """The whole body. Each call reads the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer. `headers` have lower-case names, in order of arrival; `body` is after transfer decoding.

    `stored` has the whole of a long body; `body` is then its beginning.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    seconds: float = 0.0
    stored: StoredBody | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request with its answer, or with a transport error in words (timed out, cut off, too large).

    `malformed`: bytes came that are no valid HTTP. `undecided`: no answer came, and nothing says that the server
    refuses the request: the time ran out, or a proxy failed.
    """

    request: Request
    response: Response | None = None
    transport_error: str | None = None
    malformed: bool = False
    undecided: bool = False
    at: datetime

    @property
    def status(self) -> int | None:
        """The HTTP status, None without an answer."""
        return None if self.response is None else self.response.status

    @property
    def body(self) -> bytes:
        """The body of the answer, empty without an answer. A long body is read from its file each time."""
        if self.response is None:
            return b""
        return self.response.body if self.response.stored is None else self.response.stored.read()

    @property
    def body_start(self) -> bytes:
        """The beginning of the body; the whole, unless it is long."""
        return b"" if self.response is None else self.response.body

    @property
    def body_bytes(self) -> int:
        """The length of the body."""
        if self.response is None or self.response.stored is None:
            return len(self.body_start)
        return self.response.stored.size_bytes

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
        if self.request.audio and self.response.stored is not None:
            raise NotJson(f"the body has {self.body_bytes} bytes, as audio may have")
        return json_of(self.body)


def json_of(body: bytes) -> Any:
    """A body as JSON, read as UTF-8; a byte order mark is skipped. Raises `NotJson` as `Exchange.json` does.

    A document with more than `MOST_VALUES` values is refused: a few bytes of JSON become many in memory. So is a long
    one that has very many values in few objects.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    if not body.strip():
        raise NotJson("the body is empty")
    containers, values = body.count(b"{") + body.count(b"["), body.count(b",")
    if containers > MOST_CONTAINERS or values > MOST_VALUES:
        raise NotJson(f"the document has more than {MOST_CONTAINERS} objects and arrays, or {MOST_VALUES} values")
    if values > FREE_VALUES + MOST_VALUES_EACH * containers:
        raise NotJson(
            f"the document has about {values} values in at most {containers} objects and arrays, which is no listing"
        )
    try:
        document = json.loads(body.decode("utf-8"), object_pairs_hook=unique_members, parse_constant=no_constant)
        if b"\\u" in body:
            json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise NotJson("the document holds half of a surrogate pair, which is no valid text") from error
    except UnicodeDecodeError as error:
        raise NotJson(f"the body is not UTF-8 (byte {error.start})") from error
    except RecursionError as error:
        raise NotJson("the document is nested too deeply") from error
    except ValueError as error:
        raise NotJson(f"the body is not JSON: {error}") from error
    _check_depth(document)
    return document


def _check_depth(document: Any) -> None:
    """Raise NotJson for a document that is nested more deeply than our own readers follow."""
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(MOST_DEPTH):
        inner = (part for each in level for part in (each.values() if isinstance(each, dict) else each))
        level = [part for part in inner if isinstance(part, dict | list)]
        if not level:
            return
    raise NotJson("the document is nested too deeply")


def unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object of its members, for `json.loads`. Raises ValueError for a repeated key."""
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError(f"the key {beginning(_repeated(pairs), MOST_OF_A_KEY)!r} occurs twice in one object")
    return document


def _repeated(pairs: list[tuple[str, Any]]) -> str:
    """The first key that occurs a second time."""
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            return key
        seen.add(key)
    raise ValueError("no key occurs twice")


def no_constant(name: str) -> Any:
    """Refuse NaN and Infinity, for `json.loads`. Raises ValueError."""
    raise ValueError(f"{name} is not a JSON number")
