"""The places of an answer in which a server can show a secret.

Add a row for a new place; the tests visit all of them.
"""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

Answer = Callable[[str], bytes]
"""The bytes of an answer that shows a coded secret."""

TIME = b"1795460634123"


def answer(
    body: bytes = b"[]",
    *,
    status: str = "200 OK",
    content_type: str = "application/json",
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """An answer on the wire. Header values may hold anything but NUL and ends of lines."""
    lines = [f"Content-Type: {content_type}", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    head = "\r\n".join([f"HTTP/1.1 {_line(status)}", *map(_line, lines), "", ""])
    return head.encode("latin-1", "replace") + body


def _line(text: str) -> str:
    return re.sub(r"[\r\n\0]", "", text)


def _token(text: str) -> str:
    return quote(_line(text), safe="")


def _raw(head: str, body: str = "[]") -> bytes:
    return (head + "\r\n\r\n" + body).encode("utf-8", "replace")


def _header(name: str, status: str = "200 OK", before: str = "") -> Answer:
    return lambda coded: answer(status=status, headers=[(name, before + coded)])


def _json(document: Callable[[str], object], status: str = "200 OK") -> Answer:
    return lambda coded: answer(json.dumps(document(coded)).encode(), status=status)


def _leg(**fields: object) -> dict[str, object]:
    return {
        "Source": "400", "Destination": "410", "UniqueId": "1.2", "Tag": "1234", "Username": "x", "Direction": "0",
        "Leg": 1, "StartDate": "2021-09-14 15:00:00", "EndDate": "2021-09-14 15:00:09", "Duration": 9, **fields,
    }  # fmt: skip


def _field(name: str) -> Answer:
    return _json(lambda coded: [_leg(**{name: coded})])


def _text(content_type: str, before: str = "", after: str = "", status: str = "200 OK") -> Answer:
    return lambda coded: answer(f"{before}{coded}{after}".encode(), content_type=content_type, status=status)


PLACES: Mapping[str, Answer] = {
    "reason phrase": lambda coded: answer(status=f"200 {coded}"),
    "header value": _header("X-Echo"),
    "header name": lambda coded: answer(headers=[(_token(coded), "1")]),
    "content type": lambda coded: answer(content_type=f"application/{coded}"),
    "parameter of the content type": lambda coded: answer(content_type=f"application/json; charset={coded}"),
    "content encoding": _header("Content-Encoding"),
    "content language": _header("Content-Language"),
    "redirect location": _header("Location", "302 Found", "http://pbx.invalid/"),
    "user of a redirect location": _header("Location", "302 Found", "http://user:"),
    "query of a redirect location": _header("Location", "307 Temporary Redirect", "/x?next="),
    "value of a cookie": _header("Set-Cookie", before="sid="),
    "name of a cookie": lambda coded: answer(headers=[("Set-Cookie", f"{_token(coded)}=1; Path=/")]),
    "realm": _header("WWW-Authenticate", "401 Unauthorized", "Basic realm="),
    "server": _header("Server"),
    "via": _header("Via", before="1.1 "),
    "retry after": _header("Retry-After"),
    "date": _header("Date"),
    "last modified": _header("Last-Modified"),
    "entity tag": _header("ETag"),
    "allow": _header("Allow", "405 Method Not Allowed"),
    "link": _header("Link", before="<x>; rel="),
    "cache control": _header("Cache-Control"),
    "content range": _header("Content-Range", "206 Partial Content"),
    "file name of audio": lambda coded: answer(
        b"RIFF", content_type="audio/x-wav", headers=[("Content-Disposition", f'attachment; filename="{coded}"')]
    ),
    "malformed length": lambda coded: _raw(f"HTTP/1.1 200 OK\r\nContent-Length: {_line(coded)}"),
    "malformed header": lambda coded: _raw(f"HTTP/1.1 200 OK\r\n{_line(coded)}"),
    "malformed version": lambda coded: _raw(f"HTTP/9.9 {_line(coded)}"),
    "no status line": lambda coded: _raw(_line(coded)),
    "size of a chunk":
        lambda coded: _raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", f"{_line(coded)}\r\n[]\r\n0\r\n\r\n"),
    "extension of a chunk":
        lambda coded: _raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", f"2;{_line(coded)}\r\n[]\r\n0\r\n\r\n"),
    "trailer":
        lambda coded: _raw(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", f"2\r\n[]\r\n0\r\nX-End: {_line(coded)}\r\n\r\n"
        ),
    "transfer encoding": lambda coded: _raw(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {_line(coded)}"),
    "informational answer": lambda coded: _raw(f"HTTP/1.1 103 Early Hints\r\nLink: {_line(coded)}", "") + answer(),
    "message of an error body": _json(lambda coded: {"Code": -1, "Message": coded}),
    "message of a refusal": _json(lambda coded: {"Code": 1, "Message": f"wrong key {coded}"}, "400 Bad Request"),
    "code of an error body": _json(lambda coded: {"Code": coded, "Message": "x"}),
    "key of an object": _json(lambda coded: {coded: 1}),
    "repeated key": lambda coded: answer(f'{{{json.dumps(coded)}:1,{json.dumps(coded)}:1}}'.encode()),
    "tag": _field("Tag"),
    "unique id": _field("UniqueId"),
    "user name": _field("Username"),
    "duration": _field("Duration"),
    "direction": _field("Direction"),
    "number of a leg": _field("Leg"),
    "date of a leg": _field("StartDate"),
    "further field of a leg": _json(lambda coded: [_leg(**{coded: "x"})]),
    "equal legs": _json(lambda coded: [_leg(Tag=coded)] * 2),
    "colours of a terminal": _json(lambda coded: [_leg(Tag=f"\x1b[31m{coded}\x9b0m\u202e")]),
    "JSON text": _json(str),
    "nested arrays": _json(lambda coded: [[coded]]),
    "broken JSON": _text("application/json", '{"a": "'),
    "text": _text("text/plain"),
    "text after white space": _text("text/plain", "\r\n \t"),
    "title of a page": lambda coded: answer(
        f"<html><title>{html.escape(coded)}</title>".encode(), content_type="text/html"
    ),
    "attribute of a page": _text("text/html", "<html><a href='", "'>"),
    "XML": _text("application/xml", "<legs><leg tag='", "'/></legs>"),
    "stack trace": _text("text/plain", "java.lang.Error: ", "\n\tat org.noojee(X.java)", "500 Internal Server Error"),
    "after NUL": _text("application/json", "\0"),
    "UTF-16": lambda coded: answer(coded.encode("utf-16"), content_type="text/plain; charset=utf-16"),
    "after bytes that are no text": lambda coded: answer(b"\xff\xfe\xff" + coded.encode()),
    "where the report cuts a body":
        lambda coded: answer(b"x" * (16 * 1024 - len(coded) // 2) + coded.encode() + b"y" * 500),
    "compressed": lambda coded: answer(gzip.compress(coded.encode()), headers=[("Content-Encoding", "gzip")]),
    "comment of audio": lambda coded: answer(b"RIFF\0\0\0\0WAVELIST" + coded.encode(), content_type="audio/x-wav"),
    "in place of audio": _text("audio/x-wav"),
    "cut off": lambda coded: _raw("HTTP/1.1 200 OK\r\nContent-Length: 90000", f'[{{"Tag": "{coded}'),
    "half of it": lambda coded: _raw("HTTP/1.1 200 OK\r\nContent-Length: 30", coded),
}  # fmt: skip
"""The bytes of an answer, by the name of the place of the secret in it."""
