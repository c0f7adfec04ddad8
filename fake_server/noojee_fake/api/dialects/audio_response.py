"""Sends a leg's sound. Preconditions, ranges, ETag and HEAD exist only for GET; a POST always gets the whole.

Source: RFC 9110, sections 13 to 15; that GET has them: UNKNOWN, chosen, row 1 of the reference. No Last-Modified is
sent, so no date in If-Range matches: an ETag follows the bytes, a date would not.
"""

from __future__ import annotations

import re

from noojee_fake.api.dialects.ranges import Span, spans
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.audio import Recording

Headers = tuple[tuple[str, str], ...]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_TAG = re.compile(r'(?:W/)?"[^"]*"')
_NAME_LENGTH = 120


def file_name(name: str) -> str:
    """A file name that is safe in a header and on a disk: letters, digits, `.`, `_`, `-`, no leading dot."""
    return _UNSAFE.sub("_", name[-_NAME_LENGTH:]).lstrip(".") or "_"


def send_sound(request: Request, sound: Recording, name: str) -> Response:
    """The sound as a file, or what of it is asked for. Content-Type and name: UNKNOWN, chosen, row 3."""
    kind, ending = sound.media_type
    described: Headers = (
        ("Content-Type", kind),
        ("Content-Disposition", f'attachment; filename="{file_name(name)}.{ending}"'),
    )
    length = ("Content-Length", str(sound.size_bytes))
    if request.method == "POST":
        return Response(200, (*described, length), sound.whole())
    tag = f'"{sound.tag}"'
    known: Headers = (("Accept-Ranges", "bytes"), ("ETag", tag))
    refused = _precondition(request, tag)
    if refused is not None:
        return Response(refused, known if refused == 304 else (*known, ("Content-Length", "0")))
    if request.method == "HEAD":
        return Response(200, (*described, *known, length))
    wanted = _wanted(request, tag, sound.size_bytes)
    if wanted is None:
        return Response(200, (*described, *known, length), sound.whole())
    if not wanted:
        missed = ("Content-Range", f"bytes */{sound.size_bytes}")
        return Response(416, (*known, missed, ("Content-Length", "0")))
    if len(wanted) > 1:
        return _several(sound, wanted, described, known)
    body = sound.part(*wanted[0])
    place = ("Content-Range", _content_range(wanted[0], sound))
    return Response(206, (*described, *known, place, ("Content-Length", str(len(body)))), body)


def _precondition(request: Request, tag: str) -> int | None:
    """412 or 304 where the caller's own copy forbids an answer. If-Match compares strongly, If-None-Match weakly."""
    match, none_match = _field(request, "if-match"), _field(request, "if-none-match")
    if match is not None and match.strip() != "*" and tag not in _TAG.findall(match):
        return 412
    if none_match is not None and (
        none_match.strip() == "*" or tag in (each.removeprefix("W/") for each in _TAG.findall(none_match))
    ):
        return 304
    return None


def _wanted(request: Request, tag: str, size: int) -> list[Span] | None:
    """The stretches asked for; None: the whole, for want of a Range that holds for these very bytes."""
    header = _field(request, "range")
    if header is None or _field(request, "if-range") not in (None, tag):
        return None
    return spans(header, size)


def _several(sound: Recording, wanted: list[Span], described: Headers, known: Headers) -> Response:
    """Several stretches as the parts of one body. Source: RFC 9110, 15.3.7.2."""
    kind, parts = described[0][1], [sound.part(*span) for span in wanted]
    boundary = sound.tag
    while any(f"--{boundary}".encode() in part for part in parts):
        boundary += "-"
    pieces: list[bytes] = []
    for span, part in zip(wanted, parts, strict=True):
        head = f"\r\n--{boundary}\r\nContent-Type: {kind}\r\nContent-Range: {_content_range(span, sound)}\r\n\r\n"
        pieces += [head.encode(), part]
    body = b"".join((*pieces, f"\r\n--{boundary}--\r\n".encode()))
    multipart = ("Content-Type", f"multipart/byteranges; boundary={boundary}")
    return Response(206, (multipart, *described[1:], *known, ("Content-Length", str(len(body)))), body)


def _content_range(span: Span, sound: Recording) -> str:
    return f"bytes {span[0]}-{span[1] - 1}/{sound.size_bytes}"


def _field(request: Request, name: str) -> str | None:
    """All values of a header as one, as HTTP reads a header that comes twice."""
    values = [value for key, value in request.headers if key == name]
    return ", ".join(values) if values else None
