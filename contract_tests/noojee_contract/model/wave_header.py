"""Sizes in the header of a WAV file against the bytes that came.

A server that writes a header before it knows the length (a stream) gives 0, 0xFFFFFFFF or another huge size. Other
writers count a few bytes too many or too few. Such sound is whole. A header that promises much more than came is a
cut-off file.
"""

from __future__ import annotations

import struct

STREAM_BYTES = 0x7FFF0000  # sizes from here on stand for "unknown": 0x7FFFF000 (SoX), 0x7FFFFFFF, 0xFFFFFFFF (FFmpeg)
SLACK_BYTES = 256  # what a writer may count wrongly: its own header, a LIST chunk, padding
_UNKNOWN = (0, 0xFFFFFFFF)


class CutOff(ValueError):
    """A WAV file that is shorter than its header says; the text says by how much."""


def repair_header(content: bytes) -> tuple[bytes, str | None]:
    """The file with the size of the sound that came, and what was wrong with its header; None if nothing was.

    Files that are no WAV file are returned unchanged. Raises CutOff if much less came than the header promises.
    """
    if not content.startswith((b"RIFF", b"RF64")):
        return content, None
    if len(content) < 12:
        raise CutOff("the file is cut off in its first bytes")
    at = _data_chunk(content)
    promised = _promised_bytes(content, at)
    came = len(content) - at
    if promised is None or promised >= STREAM_BYTES or (promised == 0 and came > 0):
        size = struct.unpack_from("<I", content, at - 4)[0]
        return _with_size(content, at), f"its header gives {size:#x} bytes of sound, as of a stream; {came} came"
    if promised > came + SLACK_BYTES:
        raise CutOff(f"the file is cut off: its header promises {promised} bytes of sound, {came} came")
    if promised > came:
        return _with_size(content, at), f"its header promises {promised} bytes of sound, {came} came"
    if not _is_followed_by_chunks(content, at + promised):
        return _with_size(content, at), f"its header gives {promised} bytes of sound, {came} came"
    return content, None


def format_tag(content: bytes) -> int | None:
    """The number of the coding in a WAV file, None if there is none. Source: the registry of RFC 2361."""
    at = 12
    while content.startswith((b"RIFF", b"RF64")) and at + 10 <= len(content):
        name, size, tag = struct.unpack_from("<4sIH", content, at)
        if name == b"fmt ":
            return int(tag)
        at += 8 + size + size % 2
    return None


def _data_chunk(content: bytes) -> int:
    """Where the sound begins. Raises CutOff if no data chunk came."""
    at = 12
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        at += 8
        if name == b"data":
            return at
        at += size + size % 2
    raise CutOff("the file is cut off: it has no data chunk")


def _promised_bytes(content: bytes, data: int) -> int | None:
    """The bytes of sound that the header promises; for RF64 the size is in the chunk ds64. None: it is unknown."""
    size: int = struct.unpack_from("<I", content, data - 4)[0]
    if content.startswith(b"RIFF") or size not in _UNKNOWN:
        return size
    if content[12:16] != b"ds64" or len(content) < 36:
        return None
    long_size: int = struct.unpack_from("<Q", content, 28)[0]
    return long_size


def _is_followed_by_chunks(content: bytes, at: int) -> bool:
    """Whether the sound ends with the file, or known kinds of chunks follow (LIST, id3, bext), padded or not."""
    if len(content) - at < 8:
        return True
    names = (content[at : at + 4], content[at + 1 : at + 5])
    return any(name.isascii() and name.strip().isalnum() for name in names)


def _with_size(content: bytes, data: int) -> bytes:
    """The file with the size of the sound that came, as RIFF."""
    came = min(len(content) - data, 0xFFFFFFFF - data)
    head = b"RIFF" + struct.pack("<I", came + data - 8) + content[8 : data - 4] + struct.pack("<I", came)
    return head + content[data:]
