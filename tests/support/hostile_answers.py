"""Answers of hostile and broken servers, as bytes on a connection. Each takes a client's time or memory, or ends it.

An endless answer is sent until the client closes the connection.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

DRIP_SECONDS = 0.05
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP_CHUNKED = OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
MIB = 1024 * 1024


def with_length(body: bytes, *headers: bytes) -> bytes:
    """An answer with a body of a given length."""
    return OK + b"".join(header + b"\r\n" for header in headers) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    """A chunk of a body."""
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


@dataclass(frozen=True, slots=True)
class Hostile:
    """An answer: its start, what is sent repeatedly after it until the client closes, and the pause before each."""

    start: Callable[[], bytes]
    again: bytes = b""
    pause_seconds: float = 0.0


def once(answer: Callable[[], bytes]) -> Hostile:
    """Sends one answer."""
    return Hostile(answer)


def endless(start: bytes, again: bytes, *, pause_seconds: float = 0.0) -> Hostile:
    """Sends a beginning, and then the same bytes again and again."""
    return Hostile(lambda: start, again, pause_seconds)


def legs(count: int, *, of: str = "1234") -> bytes:
    """A listing with this many legs of one call."""
    return json.dumps([leg(number, of) for number in range(1, count + 1)], separators=(",", ":")).encode()


def leg(number: int, tag: str) -> dict[str, str]:
    """One leg of a listing, five seconds after the leg before it."""
    at = 1392271611 + 5 * number
    start = time.strftime("%Y-%m-%d %H:%M:%S.0", time.gmtime(at))
    return {
        "Source": "400", "Leg": str(number), "Start": start, "Tag": tag, "Duration": "4", "Username": "Fred",
        "CallRecordId": str(198348 + number), "UniqueId": "1392271611.238", "DID": "internal", "Direction": "2",
        "Destination": "410",
    }  # fmt: skip


def _zeros(coded: int) -> bytes:
    """A gibibyte of zeros, compressed this many times."""
    made = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    body = b"".join(made.compress(bytes(16 * MIB)) for _ in range(64)) + made.flush()
    for _ in range(coded - 1):
        body = gzip.compress(body)
    return body


HOSTILE: dict[str, Hostile] = {
    "head dripped": endless(OK + b"X-Slow: ", b"a", pause_seconds=DRIP_SECONDS),
    "status line dripped": endless(b"HTTP/1.1 200 ", b"O", pause_seconds=DRIP_SECONDS),
    "endless 1xx": endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100),
    "1xx dripped": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause_seconds=DRIP_SECONDS),
    "endless header lines": endless(OK, b"X-More: 1\r\n" * 1000),
    "one endless header": endless(OK + b"X-More: ", b"a" * 65536),
    "body dripped": endless(OK + b"Content-Length: 1000000\r\n\r\n[", b" ", pause_seconds=DRIP_SECONDS),
    "chunks dripped": endless(CHUNKED, chunk(b" "), pause_seconds=DRIP_SECONDS),
    "endless chunk extensions": endless(CHUNKED, chunk(b" ", b";" + b"a" * 10_000)),
    "one endless chunk extension": endless(CHUNKED + b"1;", b"a" * 65536),
    "chunk extension dripped": endless(CHUNKED + b"1;", b"a", pause_seconds=DRIP_SECONDS),
    "endless trailers": endless(CHUNKED + chunk(b"[]") + b"0\r\n", b"X-More: 1\r\n" * 1000),
    "trailer dripped": endless(CHUNKED + chunk(b"[]") + b"0\r\nX-Slow: ", b"a", pause_seconds=DRIP_SECONDS),
    "endless empty gzip members": endless(GZIP_CHUNKED, chunk(gzip.compress(b"") * 1000)),
    "empty gzip members dripped": endless(GZIP_CHUNKED, chunk(gzip.compress(b"")), pause_seconds=DRIP_SECONDS),
    "endless empty deflate blocks": endless(
        GZIP_CHUNKED + chunk(gzip.compress(b"")[:10]), chunk(b"\0\0\0\xff\xff" * 10_000)
    ),
    "endless body": endless(OK + b"\r\n[", b" " * 65536),
    "endless body at a good rate": endless(OK + b"\r\n[", b" " * 8192, pause_seconds=DRIP_SECONDS),
    "gzip of a gibibyte": once(lambda: with_length(_zeros(1), b"Content-Encoding: gzip")),
    "gzip in gzip of a gibibyte": once(lambda: with_length(_zeros(2), b"Content-Encoding: gzip, gzip")),
    "gzip in gzip, labelled once": once(lambda: with_length(_zeros(2), b"Content-Encoding: gzip")),
    "deflate of a gibibyte": once(
        lambda: with_length(zlib.compress(bytes(256 * MIB), 9), b"Content-Encoding: deflate")
    ),
    "false gzip label": once(lambda: with_length(legs(1), b"Content-Encoding: gzip")),
    "unknown content coding": once(lambda: with_length(legs(1), b"Content-Encoding: br")),
    "100,000 headers": once(lambda: OK + b"X: 1\r\n" * 100_000 + b"\r\n[]"),
    "8,000 headers": once(lambda: with_length(legs(1), *[b"X-%d: 1" % number for number in range(6000)])),
    "malformed header": once(lambda: OK + b"X Y: 1\r\n\r\n[]"),
    "header with NUL": once(lambda: OK + b"X-Y: \0\r\n\r\n[]"),
    "huge content length": endless(OK + b"Content-Length: 99999999999999999999\r\n\r\n", b" " * 65536),
    "negative content length": once(lambda: OK + b"Content-Length: -1\r\n\r\n[]"),
    "status 099": once(lambda: b"HTTP/1.1 099 What\r\nContent-Length: 2\r\n\r\n[]"),
    "status 999": once(lambda: b"HTTP/1.1 999 What\r\nContent-Length: 2\r\n\r\n[]"),
    "switching protocols": once(lambda: b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"),
    "location without a host": once(lambda: b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n"),
    "location with a port": once(lambda: b"HTTP/1.1 302 F\r\nLocation: //h:999999/\r\nContent-Length: 0\r\n\r\n"),
    "retry after for ever": once(lambda: b"HTTP/1.1 503 B\r\nRetry-After: 1e999\r\nContent-Length: 0\r\n\r\n"),
    "5,000,000 empty objects": once(lambda: with_length(b"[" + b"{}," * 5_000_000 + b"{}]")),
    "5,000,000 short texts": once(lambda: with_length(b"[" + b'"a",' * 3_900_000 + b'"a"]')),
    "wide text": once(lambda: with_length('["\U0001f4de{}"]'.format("a" * 15 * MIB).encode())),
    "repeated key": once(
        lambda: with_length(("[{" + ",".join(f'"{n}":1' for n in range(900_000)) + ',"899999":1}]').encode())
    ),
    "nested deeply": once(lambda: with_length(b"[" * 1_000_000)),
    "a number of 4,000,000 digits": once(lambda: with_length(b'[{"Leg":' + b"9" * 4_000_000 + b"}]")),
    "a float of 4,000,000 digits": once(lambda: with_length(b'[{"Leg":0.' + b"9" * 4_000_000 + b"}]")),
    "a Duration of 4,000,000 digits": once(
        lambda: with_length(legs(1).replace(b'"4"', b'"' + b"9" * 4_000_000 + b'"'))
    ),
    "a Username of 15 MiB": once(lambda: with_length(legs(1).replace(b"Fred", b"F" * 15 * MIB))),
    "a Username of 15 MiB of spaces": once(lambda: with_length(legs(1).replace(b"Fred", b" " * 15 * MIB))),
    "an HTML page of 15 MiB": once(lambda: with_length(b"<html><title>" + b"<b" * 7 * MIB)),
    "an error body of 15 MiB": once(lambda: with_length(b'{"Code":-1,"Message":"' + b"key=" * 3 * MIB + b'"}')),
    "set-cookie that is broken": once(lambda: with_length(legs(1), b"Set-Cookie: ;;;=\xff; Expires=x; Max-Age=9e9")),
    "16,000 legs": once(lambda: with_length(legs(16_000))),
}  # fmt: skip
"""What each kind of hostile answer writes."""


class HostileServer:
    """Answers every request with one hostile answer, and closes the connection."""

    def __init__(self, hostile: Hostile) -> None:
        self._hostile = hostile
        self._start = hostile.start()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> HostileServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _connections(self) -> Iterator[socket.socket]:
        while True:
            try:
                yield self._socket.accept()[0]
            except OSError:
                return

    def _serve(self) -> None:
        for connection in self._connections():
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.recv(65536)
                connection.sendall(self._start)
                while self._hostile.again:
                    connection.sendall(self._hostile.again)
                    time.sleep(self._hostile.pause_seconds)
        except OSError:
            return
