"""What happened to a request without a whole answer, in words that name the fault of the answer."""

from __future__ import annotations

import re

import httpx

_HEADER = re.compile(r"(?<!chunk )header|content-length|transfer-encoding|illegal whitespace", re.IGNORECASE)
_NO_BYTE = "without sending a response"
"""A part of the message of httpcore for a connection that closes before a byte of the answer arrives."""


def in_words(error: Exception, received_bytes: int = 0) -> str:
    """An error of httpx, in words. `received_bytes`: how much of an answer came."""
    if _NO_BYTE in str(error) and received_bytes:
        return f"the answer is not valid HTTP: its head was cut off after {received_bytes} bytes"
    if not is_malformed(error):
        return f"{type(error).__name__}: {error}"
    text = str(error)
    if "buffer too long" in text:
        return "the head of the answer, or of a part of it, is longer than 100 KiB"
    if _HEADER.search(text):
        return f"the answer has a malformed header: {text}"
    return f"the answer is not valid HTTP: {text}"


def is_malformed(error: Exception | None, received_bytes: int = 0) -> bool:
    """Whether bytes came that are no valid HTTP: the server was reached."""
    if not isinstance(error, httpx.RemoteProtocolError):
        return False
    return bool(received_bytes) if _NO_BYTE in str(error) else "closed connection" not in str(error)


def closed_without_a_byte(error: Exception | None, received_bytes: int = 0) -> bool:
    """Whether a connection closed before a byte of the answer arrived."""
    if received_bytes:
        return False
    if isinstance(error, httpx.RemoteProtocolError):
        return _NO_BYTE in str(error)
    return isinstance(error, (httpx.ReadError, httpx.WriteError))
