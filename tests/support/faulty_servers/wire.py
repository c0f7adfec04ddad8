"""Faulty servers whose mistake is on the wire, below HTTP's meaning: they are asked over a real socket.

A mistake is a function of (head, body) to the bytes that are sent before the connection is closed; None: as it should
be.
"""

from __future__ import annotations

from collections.abc import Callable

from support.faulty_servers import WIRE, FaultyServer

Wire = Callable[[bytes, bytes], bytes | None]


def faulty_on_the_wire(name: str, description: str) -> Callable[[Wire], Wire]:
    """Enter a mistake on the wire into the catalogue."""

    def enter(mistake: Wire) -> Wire:
        WIRE[name] = (FaultyServer(name, description, lambda request, send, memory: send(request)), mistake)
        return mistake

    return enter


def _with_header(head: bytes, name: bytes, value: bytes) -> bytes:
    """A head with one header replaced, or added."""
    kept = [line for line in head.split(b"\r\n") if line and not line.lower().startswith(name.lower() + b":")]
    return b"\r\n".join([*kept, name + b": " + value]) + b"\r\n\r\n"


@faulty_on_the_wire("closes-before-the-end", "The proxy gives up on its own server after so many bytes and closes.")
def closes_before_the_end(head: bytes, body: bytes) -> bytes | None:
    return head + body[: len(body) // 2] if len(body) > 200 else None


@faulty_on_the_wire("promises-more-than-it-sends", "The length is that of the text before a filter took something out.")
def promises_more_than_it_sends(head: bytes, body: bytes) -> bytes | None:
    return _with_header(head, b"Content-Length", str(len(body) + 7).encode()) + body if body[:1] == b"[" else None


@faulty_on_the_wire("sends-more-than-it-promised", "The length is that of the text in letters, and names have accents.")
def sends_more_than_it_promised(head: bytes, body: bytes) -> bytes | None:
    return _with_header(head, b"Content-Length", str(len(body) - 3).encode()) + body if body[:1] == b"[" else None


@faulty_on_the_wire("chunks-without-a-size", "A home-made proxy writes the header of chunked coding, and no chunks.")
def chunks_without_a_size(head: bytes, body: bytes) -> bytes | None:
    if body[:1] != b"[":
        return None
    kept = b"\r\n".join(line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"content-length"))
    return kept + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + body


@faulty_on_the_wire("last-chunk-missing", "A proxy forgets the empty chunk that ends an answer, and closes.")
def last_chunk_missing(head: bytes, body: bytes) -> bytes | None:
    if body[:1] != b"[":
        return None
    kept = b"\r\n".join(line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"content-length"))
    return kept + b"\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(body), body)


@faulty_on_the_wire(
    "two-lengths", "Two proxies in a row each write a length, and the second counts before it compresses."
)
def two_lengths(head: bytes, body: bytes) -> bytes | None:
    if body[:1] != b"[":
        return None
    return head[:-2] + b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body


@faulty_on_the_wire("speaks-no-http", "A port of another service was put behind the name of the PBX.")
def speaks_no_http(head: bytes, body: bytes) -> bytes | None:
    return b"SSH-2.0-OpenSSH_9.6\r\n" if body[:1] == b"[" else None


@faulty_on_the_wire("hangs-up", "The worker dies on every list of legs, and its server closes the connection.")
def hangs_up(head: bytes, body: bytes) -> bytes | None:
    return b"" if body[:1] == b"[" else None
