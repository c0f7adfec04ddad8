"""Sends a leg's sound. Ranges, ETag and HEAD exist only for GET; a POST always gets the whole.

UNKNOWN: chosen, row 1 of the reference.
"""

from __future__ import annotations

import re
import zlib

from noojee_fake.audio import media_type
from noojee_fake.messages import Request, Response

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)
_NAME_LENGTH = 120


def file_name(name: str) -> str:
    """A file name that is safe in a header and on a disk: letters, digits, `.`, `_`, `-`, no leading dot."""
    return _UNSAFE.sub("_", name[-_NAME_LENGTH:]).lstrip(".") or "_"


def send_sound(request: Request, sound: bytes, name: str) -> Response:
    """The sound as a file. Content-Type and name: UNKNOWN, chosen, row 3."""
    kind, ending = media_type(sound)
    headers = [
        ("Content-Type", kind),
        ("Content-Disposition", f'attachment; filename="{file_name(name)}.{ending}"'),
    ]
    if request.method == "POST":
        return Response(200, (*headers, ("Content-Length", str(len(sound)))), sound)
    tag = f'"{zlib.crc32(sound):08x}-{len(sound):x}"'
    headers += [("Accept-Ranges", "bytes"), ("ETag", tag)]
    known = request.header("if-none-match")
    if known is not None and (known.strip() == "*" or tag in [_strong(each) for each in known.split(",")]):
        return Response(304, tuple(headers))
    wanted = request.header("range")
    if wanted is not None and request.method == "GET" and request.header("if-range") in (None, tag):
        span = _span(wanted, len(sound))
        if span == (0, 0):
            headers += [("Content-Range", f"bytes */{len(sound)}"), ("Content-Length", "0")]
            return Response(416, tuple(headers))
        if span is not None:
            first, after = span
            headers += [
                ("Content-Range", f"bytes {first}-{after - 1}/{len(sound)}"),
                ("Content-Length", str(after - first)),
            ]
            return Response(206, tuple(headers), sound[first:after])
    return Response(200, (*headers, ("Content-Length", str(len(sound)))), sound)


def _strong(tag: str) -> str:
    """An ETag for the weak comparison that If-None-Match asks for (RFC 9110)."""
    return tag.strip().removeprefix("W/")


def _span(wanted: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; (0, 0): cannot be met; None: not understood, so the whole is sent."""
    match = _RANGE.fullmatch(wanted.strip())
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:
        span = (max(0, size - int(last)), size)
    elif last and int(last) < int(first):
        return None
    else:
        span = (int(first), min(size, int(last) + 1) if last else size)
    return span if span[0] < span[1] else (0, 0)
