"""Exchanges as bytes: what a client and a server sent on a connection, unchanged. Values.

`model/exchange.py` holds what an exchange says; this module holds how it was written: the case and order of headers,
the size of chunks, a wrong length, a cut-off. Both the recorder and the replayer work on these bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

MISS_HEADER = "x-noojee-replay"
"""The header of the answer of a replay that has no recorded answer; no PBX sends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireBody:
    """The bytes that followed a head, with the framing of chunks and with trailers, as they were sent.

    Of a long body, `content` is None: `file` then names the file that holds it, or is None too if the body was longer
    than the recording allows. `size` and `sha256` (lower-case hex) are those of all bytes of the body.
    """

    content: bytes | None = b""
    file: Path | None = None
    size: int = 0
    sha256: str | None = None

    @classmethod
    def of(cls, content: bytes) -> WireBody:
        """A body that is held in memory."""
        return cls(content=content, size=len(content))

    @property
    def is_kept(self) -> bool:
        """Whether the bytes of the body are known."""
        return self.content is not None or self.file is not None

    def read(self) -> bytes:
        """The bytes, read from the file of a long body; empty if they were not kept. Raises OSError."""
        if self.content is not None:
            return self.content
        return b"" if self.file is None else self.file.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class WireMessage:
    """A request or an answer. `head` is the first line and headers, with the empty line at their end if sent.

    A server that sends garbage has an answer whose head is the garbage.
    """

    head: bytes
    body: WireBody = WireBody()

    @property
    def first_line(self) -> str:
        """The request line or the status line, without its line end; Latin-1."""
        return self.head.split(b"\n", 1)[0].rstrip(b"\r").decode("latin-1")

    def fields(self) -> list[tuple[str, str]]:
        """The headers in order, in the case of the sender; Latin-1. A line without a colon has an empty name."""
        found = []
        for line in self.head.decode("latin-1").split("\n")[1:]:
            text = line.rstrip("\r")
            if text:
                name, colon, value = text.partition(":")
                found.append((name, value.strip(" \t")) if colon else ("", text))
        return found

    def field(self, name: str) -> str | None:
        """The first value of a header, None if it is absent. The case of the name does not matter."""
        return next((value for key, value in self.fields() if key.lower() == name.lower()), None)

    @property
    def is_chunked(self) -> bool:
        """Whether the body has the framing of chunks."""
        return "chunked" in (self.field("transfer-encoding") or "").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """How a request was authenticated: the meaning instead of the hash or key, which are not kept.

    `scheme` is hash, api-key, none or another name of a scheme. `verdict` is `right`, `wrong`, `missing`, or `unknown`
    where the recorder had no key to check it with. `age_seconds` is how old a time stamp was by the recorder's clock.
    """

    scheme: str
    verdict: str
    age_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WireExchange:
    """A request with its answer as bytes.

    `response` is None if no byte of an answer came. `transport_error` says in words why there is no whole answer.
    `first_byte_seconds` and `seconds` count from the sending of the request to the first and the last byte of the
    answer; None if unknown. `at` is an aware time.
    """

    at: datetime
    request: WireMessage
    response: WireMessage | None = None
    authentication: Authentication | None = None
    transport_error: str | None = None
    first_byte_seconds: float | None = None
    seconds: float | None = None

    @property
    def method(self) -> str:
        """The verb of the request, empty if its first line has none."""
        return self.request.first_line.partition(" ")[0]

    @property
    def url(self) -> str:
        """The target of the request line as it was sent, mostly a path with a query."""
        parts = self.request.first_line.split(" ")
        return parts[1] if len(parts) > 1 else ""

    @property
    def status(self) -> int | None:
        """The status of the answer, None without an answer or if its first line has none."""
        words = ("" if self.response is None else self.response.first_line).split(" ")
        return int(words[1]) if len(words) > 1 and re.fullmatch(r"[0-9]{3}", words[1]) else None


def dechunked(body: bytes) -> bytes | None:
    """The content of a body with the framing of chunks; None if the framing is broken or cut off."""
    content, at = bytearray(), 0
    while True:
        end = body.find(b"\n", at)
        size = re.fullmatch(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;.*)?\r?", body[at:end], re.DOTALL) if end >= 0 else None
        if size is None:
            return None
        length, at = int(size[1], 16), end + 1
        if length == 0:
            return bytes(content)
        if at + length > len(body):
            return None
        content += body[at : at + length]
        at += length
        line_end = re.match(rb"\r?\n", body[at : at + 2])
        if line_end is None:
            return None
        at += line_end.end()
