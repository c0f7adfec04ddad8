"""Reads HAR files of browsers, proxies and this project, an entry at a time. A file may be broken or hostile.

HAR holds bodies without transfer and content coding: the exchanges of other tools have the headers that fit such a
body. What this project kept under `_noojee` is restored byte for byte.
Source of the format: http://www.softwareishard.com/blog/har-12-spec/.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlencode, urlsplit

import ijson

from noojee_contract.errors import TargetError
from noojee_contract.model.wire import Authentication, WireBody, WireExchange, WireMessage
from noojee_contract.traffic.authentication import authentication_of
from noojee_contract.traffic.parameters import all_parameters

LARGEST_ENTRY_BYTES = 64 * 1024 * 1024
DEEPEST = 64
UNKNOWN_HASH = "0" * 64
"""The hash of a body that a HAR file does not hold."""
_CODINGS = frozenset({"content-length", "transfer-encoding", "content-encoding"})
_CHARSET = re.compile(r"charset=\"?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)


class Malformed(ValueError):
    """An entry that is none; the text says why."""


def har_exchanges(path: Path) -> Iterator[WireExchange]:
    """The exchanges of a HAR file in its order. Raises TargetError of one line that names the file and the entry."""
    number = 0
    try:
        with path.open("rb") as file:
            for number, entry in enumerate(_entries(file), 1):  # noqa: B007 - named in the error
                yield _exchange(entry)
    except OSError as error:
        raise TargetError(f"{path}: the HAR file cannot be read: {error.strerror}") from error
    except ijson.JSONError as error:
        raise TargetError(f"{path}: the HAR file is no JSON after entry {number}, or ends there") from error
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        says = str(error) if isinstance(error, Malformed) else "a value has the wrong type"
        raise TargetError(f"{path}: the HAR file is broken at entry {number}: {says}") from error


class _Bounded:
    """Reads a file, but not more between two entries than an entry may have."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = LARGEST_ENTRY_BYTES

    def read(self, size: int) -> bytes:
        """Bytes of the file. Raises Malformed where an entry is too long."""
        if size and self._left <= 0:
            raise Malformed(f"it is longer than {LARGEST_ENTRY_BYTES // 1024**2} MiB; leave that entry out")
        content = self._file.read(size)
        self._left -= len(content)
        return content

    def next_entry(self) -> None:
        """Count from here."""
        self._left = LARGEST_ENTRY_BYTES


class _Builder:
    """Builds one JSON object of parse events."""

    def __init__(self) -> None:
        self._open: list[dict[str, Any] | list[Any]] = [{}]
        self._keys: list[str] = []

    def take(self, event: str, value: Any) -> dict[str, Any] | None:
        """Take an event. Returns the object after its end. Raises Malformed for a key that occurs twice."""
        if event == "map_key":
            if value in self._open[-1]:
                raise Malformed(f"the key {value[:40]!r} occurs twice in one object")
            self._keys.append(value)
        elif event.startswith("start_"):
            self._open.append({} if event == "start_map" else [])
        elif event.startswith("end_"):
            done = self._open.pop()
            if not self._open:
                return done if isinstance(done, dict) else None
            self._add(done)
        else:
            self._add(value)
        return None

    def _add(self, value: Any) -> None:
        inner = self._open[-1]
        if isinstance(inner, dict):
            inner[self._keys.pop()] = value
        else:
            inner.append(value)


def _entries(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """The objects of `log.entries`. Events come without paths: a path of each event would take memory by the square."""
    bounded = _Bounded(file)
    place: list[str] = []  # the key, or "[]", of each open container
    builder: _Builder | None = None
    depth, has_entries = 0, False
    for event, value in ijson.basic_parse(bounded, use_float=True):
        depth += event.startswith("start_") - event.startswith("end_")
        if depth > DEEPEST:
            raise Malformed(f"it is nested deeper than {DEEPEST}")
        if builder is not None:
            entry = builder.take(event, value)
            if entry is not None:
                builder = None
                bounded.next_entry()
                yield entry
        elif event == "map_key":
            place[-1] = value
        elif event == "start_map":
            if place == ["log", "entries", "[]"]:
                builder = _Builder()
            else:
                place.append("")
        elif event == "start_array":
            place.append("[]")
            has_entries = has_entries or place == ["log", "entries", "[]"]
        elif event.startswith("end_"):
            place.pop()
    if not has_entries:
        raise Malformed("it has no log.entries; this is no HAR file")


def _exchange(entry: Mapping[str, Any]) -> WireExchange:
    request, response = _object(entry["request"]), _object(entry["response"])
    ours = _object(request.get("_noojee"))
    authentication = ours.get("authentication")
    seconds = entry.get("time")
    wait = _object(entry.get("timings")).get("wait")
    answer, error = _answer(response)
    at, asked = _time(entry["startedDateTime"]), _request(request)
    meaning = None if authentication is None else Authentication(**authentication)
    if meaning is None:
        parameters = all_parameters(asked, asked.body.content or b"")
        meaning = authentication_of(parameters, asked.fields(), scheme=None, key=None, now=at)
    return WireExchange(
        at=at,
        request=asked,
        response=answer,
        authentication=meaning,
        transport_error=error,
        first_byte_seconds=_seconds(wait),
        seconds=_seconds(seconds),
    )


def _request(request: Mapping[str, Any]) -> WireMessage:
    ours = _object(request.get("_noojee"))
    body = _posted(_object(request.get("postData")))
    if "head" in ours:
        return WireMessage(head=ours["head"].encode("latin-1"), body=WireBody.of(body))
    url = urlsplit(request["url"])
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [f"{request['method']} {target} HTTP/1.1"]
    headers = _headers(request, body)
    if not any(name.lower() == "host" for name, _ in headers):
        headers.insert(0, ("Host", url.netloc.rpartition("@")[2]))
    return WireMessage(head=_head(lines[0], headers), body=WireBody.of(body))


def _posted(posted: Mapping[str, Any]) -> bytes:
    text = posted.get("text")
    if text is None and posted.get("params"):
        return urlencode([(each["name"], each.get("value", "")) for each in posted["params"]]).encode()
    return _bytes(text or "", posted.get("mimeType") or "")


def _answer(response: Mapping[str, Any]) -> tuple[WireMessage | None, str | None]:
    """The answer, and why it is not whole."""
    ours = _object(response.get("_noojee"))
    error = ours.get("transport_error")
    content = _object(response.get("content"))
    if "head" in ours:
        return WireMessage(head=ours["head"].encode("latin-1"), body=_own_body(ours, content)), error
    status = response.get("status")
    if not isinstance(status, int) or not 100 <= status <= 599:
        return None, error or f"no answer: {response.get('_error') or 'the HAR file has no status'}"
    body = _content(content)
    headers = _headers(response, body.content if body.content is not None else None)
    line = f"HTTP/1.1 {status} {response.get('statusText') or ''}"
    return WireMessage(head=_head(line, headers), body=body), error


def _own_body(ours: Mapping[str, Any], content: Mapping[str, Any]) -> WireBody:
    if "sha256" in ours:
        return WireBody(content=None, size=ours["size"], sha256=ours["sha256"])
    if "body" in ours:
        return WireBody.of(base64.b64decode(ours["body"], validate=True))
    return _content(content)


def _content(content: Mapping[str, Any]) -> WireBody:
    """The body of an answer. Browsers leave out long bodies, and bodies of requests that were cleared."""
    size, text = content.get("size") or 0, content.get("text")
    if text is None:
        return WireBody.of(b"") if size <= 0 else WireBody(content=None, size=size, sha256=UNKNOWN_HASH)
    if content.get("encoding") == "base64":
        return WireBody.of(base64.b64decode(text, validate=True))
    return WireBody.of(_bytes(text, content.get("mimeType") or ""))


def _bytes(text: str, media_type: str) -> bytes:
    charset = _CHARSET.search(media_type)
    try:
        return text.encode(charset[1] if charset else "utf-8", "surrogateescape")
    except (LookupError, UnicodeEncodeError):
        return text.encode("utf-8", "surrogatepass")


def _headers(message: Mapping[str, Any], body: bytes | None) -> list[tuple[str, str]]:
    """The headers in order, without those of HTTP/2 and those of a coding that the body has no more."""
    named = [(str(each["name"]), str(each["value"])) for each in message.get("headers") or ()]
    kept = [(name, value) for name, value in named if name[:1] != ":" and name.lower() not in _CODINGS]
    lines = [(name, line) for name, value in kept for line in value.split("\n")]  # Chromium joins repeated headers
    return [*lines, *([] if body is None else [("Content-Length", str(len(body)))])]


def _head(line: str, headers: list[tuple[str, str]]) -> bytes:
    text = "\r\n".join([line, *(f"{name}: {value}" for name, value in headers), "", ""])
    return text.encode("utf-8", "surrogateescape")


def _object(value: Any) -> Mapping[str, Any]:
    """A JSON object, empty for null. Raises Malformed for another value."""
    if value is None or isinstance(value, dict):
        return value or {}
    raise Malformed("a value has the wrong type")


def _seconds(milliseconds: Any) -> float | None:
    is_number = isinstance(milliseconds, int | float) and milliseconds >= 0
    return milliseconds / 1000 if is_number else None


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
