"""Reads the body of an answer within bounds of size and time, and undoes its content coding.

httpx decodes without a bound: 30 KB of gzip in gzip become gigabytes, and empty gzip members never reach the caller.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import httpx

from noojee_contract.clients.transport import Deadline
from noojee_contract.clients.transport_errors import TIMEOUT_KEY, in_words

KEPT_BYTES = 16 * 1024
"""How much of a body is kept that is too long or cannot be decoded."""
PIECE_BYTES = 64 * 1024
CODINGS = "gzip, deflate"
"""The content codings that requests accept."""
_WINDOW = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class BodyFault(Exception):
    """A body that is too long, too slow, cut off or falsely labelled; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyBounds:
    """The bounds of a body: its largest size, coded and decoded.

    `bytes_a_second` is the lowest rate: each decoded byte moves the deadline, by `most_seconds` at most. None: the
    deadline covers the whole body.
    """

    largest_bytes: int
    bytes_a_second: int | None = None
    most_seconds: float = math.inf

    def too_slow(self, deadline: Deadline) -> BodyFault:
        """The fault of a body that is not whole at the deadline."""
        if self.bytes_a_second is None:
            return BodyFault(f"the answer was not whole after {deadline.seconds:g} s")
        longer = "longer" if self.most_seconds == math.inf else f"{deadline.seconds + self.most_seconds:g} s"
        return BodyFault(
            f"the answer did not end within {deadline.seconds:g} s {TIMEOUT_KEY}, "
            f"or {longer} while it comes with {self.bytes_a_second} bytes a second"
        )


def read_body(answer: httpx.Response, deadline: Deadline, bounds: BodyBounds, into: IO[bytes]) -> str | None:
    """Write the decoded body of an answer to a file. Returns what is wrong with it in words, None if it is whole.

    Of a body with a fault, `into` has the part that arrived and could be decoded.
    """
    try:
        for piece in _decoded(answer, deadline, bounds):
            into.write(piece)
            if bounds.bytes_a_second is not None:
                deadline.extend(len(piece) / bounds.bytes_a_second, at_most=bounds.most_seconds)
    except BodyFault as fault:
        return str(fault)
    return None


def _decoded(answer: httpx.Response, deadline: Deadline, bounds: BodyBounds) -> Iterator[bytes]:
    if answer.is_stream_consumed:  # a transport in this process gives it whole, and httpx has decoded it
        yield from _within(iter([answer.content]), bounds.largest_bytes)
        return
    coding = answer.headers.get("content-encoding", "").strip().lower()
    pieces = _within(_raw(answer, deadline, bounds), bounds.largest_bytes)
    if coding in ("", "identity"):
        yield from pieces
    elif coding in _WINDOW:
        yield from _within(_inflated(pieces, coding, deadline, bounds), bounds.largest_bytes)
    else:
        yield from _one_piece(pieces)
        several = "," in coding
        raise BodyFault(
            f"the answer has the content coding {coding!r}, "
            f"{'more than one' if several else f'which the request does not accept ({CODINGS})'}; it was not decoded"
        )


def _raw(answer: httpx.Response, deadline: Deadline, bounds: BodyBounds) -> Iterator[bytes]:
    """The body as it came. Raises BodyFault if it is cut off, or not whole at the deadline."""
    try:
        for chunk in answer.iter_raw():
            if deadline.left <= 0:
                raise bounds.too_slow(deadline)
            yield chunk
    except httpx.TimeoutException as error:
        raise bounds.too_slow(deadline) from error
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise BodyFault(f"the answer was cut off: {in_words(error)}") from error


def _within(pieces: Iterator[bytes], largest_bytes: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > largest_bytes:
            yield piece[: len(piece) - (size - largest_bytes)]
            raise BodyFault(f"the body is longer than {largest_bytes} bytes")
        yield piece


def _one_piece(pieces: Iterator[bytes]) -> Iterator[bytes]:
    kept = 0
    for piece in pieces:
        yield piece[: KEPT_BYTES - kept]
        kept += len(piece)
        if kept >= KEPT_BYTES:
            return


def _inflated(pieces: Iterator[bytes], coding: str, deadline: Deadline, bounds: BodyBounds) -> Iterator[bytes]:
    """The decoded body, in pieces. Raises BodyFault for content that does not have the coding, or is cut off."""
    window = _WINDOW[coding]
    decoder = zlib.decompressobj(window)
    first, started = True, False
    for piece in pieces:
        rest = piece
        while rest:
            if deadline.left <= 0:
                raise bounds.too_slow(deadline)
            if decoder.eof:
                if not rest.strip(b"\0"):  # padding after the last member
                    break
                decoder = zlib.decompressobj(window)
            try:
                decoded = decoder.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                if first and coding == "deflate" and window > 0:  # some servers send it without the header of zlib
                    window = -zlib.MAX_WBITS
                    decoder = zlib.decompressobj(window)
                    continue
                if first:
                    yield rest[:KEPT_BYTES]
                raise _false_label(coding, error, first=first) from error
            first, started = False, True
            yield decoded
            rest = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    if started and not decoder.eof:
        raise BodyFault(f"the answer was cut off: its {coding} ends early")


def _false_label(coding: str, error: zlib.error, *, first: bool) -> BodyFault:
    if first:
        return BodyFault(f"the header Content-Encoding says {coding}, but the body is not {coding}")
    return BodyFault(f"the body is broken {coding}: {error}")
