"""Sends the sound of a leg. Only GET and HEAD have preconditions, ranges and ETag; a POST returns the whole file.

Source: RFC 9110, sections 13 to 15. That GET supports them is UNKNOWN: chosen, option `audio_methods`. No Last-Modified
is sent, so no date in If-Range matches: an ETag follows the bytes, a date would not.
"""

from __future__ import annotations

import re

from noojee_fake.api.dialects.ranges import Span, spans
from noojee_fake.messages import Request, Response, Streamed
from noojee_fake.pbx.audio import Recording

Headers = tuple[tuple[str, str], ...]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_TAG = re.compile(r'(?:W/)?"[^"]*"')
_NAME_LENGTH = 120
LARGEST_WHOLE_BYTES = 4 * 1024 * 1024
"""A longer body is streamed. Longer parts of a file count for nothing: the whole file is sent (RFC 9110, 14.2)."""


def file_name(name: str) -> str:
    """A file name that is safe in a header and on a disk: letters, digits, `.`, `_`, `-`, no leading dot."""
    return _UNSAFE.sub("_", name[-_NAME_LENGTH:]).lstrip(".") or "_"


def send_sound(request: Request, sound: Recording, name: str) -> Response:
    """The response with a sound file, or with the requested ranges. Content-Type and file name are UNKNOWN: chosen."""
    kind, ending = sound.media_type
    entity: Headers = (
        ("Content-Type", kind),
        ("Content-Disposition", f'attachment; filename="{file_name(name)}.{ending}"'),
    )
    length = ("Content-Length", str(sound.size_bytes))
    if request.method == "POST":
        return _body(200, (*entity, length), sound, (0, sound.size_bytes))
    tag = f'"{sound.tag}"'
    validators: Headers = (("Accept-Ranges", "bytes"), ("ETag", tag))
    refused = _precondition(request, tag)
    if refused is not None:
        return Response(refused, validators if refused == 304 else (*validators, ("Content-Length", "0")))
    if request.method == "HEAD":
        return Response(200, (*entity, *validators, length))
    wanted = _wanted(request, tag, sound.size_bytes)
    if wanted is None or (len(wanted) > 1 and sum(after - first for first, after in wanted) > LARGEST_WHOLE_BYTES):
        return _body(200, (*entity, *validators, length), sound, (0, sound.size_bytes))
    if not wanted:
        size = ("Content-Range", f"bytes */{sound.size_bytes}")
        return Response(416, (*validators, size, ("Content-Length", "0")))
    if len(wanted) > 1:
        return _several(sound, wanted, entity, validators)
    span = wanted[0]
    headers = (("Content-Range", _content_range(span, sound)), ("Content-Length", str(span[1] - span[0])))
    return _body(206, (*entity, *validators, *headers), sound, span)


def _body(status: int, headers: Headers, sound: Recording, span: Span) -> Response:
    """A response with a part of a sound. A large part is streamed: a leg of twelve hours has 660 MiB."""
    if span[1] - span[0] <= LARGEST_WHOLE_BYTES:
        return Response(status, headers, sound.part(*span))
    return Streamed(status, headers, pieces=lambda: sound.pieces(*span), length=span[1] - span[0])


def _precondition(request: Request, tag: str) -> int | None:
    """The status 412 or 304 of a failed precondition, else None. If-Match compares strongly, If-None-Match weakly."""
    match, none_match = _field(request, "if-match"), _field(request, "if-none-match")
    if match is not None and match.strip() != "*" and tag not in _TAG.findall(match):
        return 412
    if none_match is not None and (
        none_match.strip() == "*" or tag in (each.removeprefix("W/") for each in _TAG.findall(none_match))
    ):
        return 304
    return None


def _wanted(request: Request, tag: str, size: int) -> list[Span] | None:
    """The requested ranges; None: the whole file, because no valid Range applies to these bytes."""
    header = _field(request, "range")
    if header is None or _field(request, "if-range") not in (None, tag):
        return None
    return spans(header, size)


def _several(sound: Recording, wanted: list[Span], entity: Headers, validators: Headers) -> Response:
    """A response with several ranges as the parts of one body. Source: RFC 9110, 15.3.7.2."""
    kind, parts = entity[0][1], [sound.part(*span) for span in wanted]
    boundary = sound.tag
    while any(f"--{boundary}".encode() in part for part in parts):
        boundary += "-"
    pieces: list[bytes] = []
    for span, part in zip(wanted, parts, strict=True):
        head = f"\r\n--{boundary}\r\nContent-Type: {kind}\r\nContent-Range: {_content_range(span, sound)}\r\n\r\n"
        pieces += [head.encode(), part]
    body = b"".join((*pieces, f"\r\n--{boundary}--\r\n".encode()))
    multipart = ("Content-Type", f"multipart/byteranges; boundary={boundary}")
    return Response(206, (multipart, *entity[1:], *validators, ("Content-Length", str(len(body)))), body)


def _content_range(span: Span, sound: Recording) -> str:
    return f"bytes {span[0]}-{span[1] - 1}/{sound.size_bytes}"


def _field(request: Request, name: str) -> str | None:
    """All values of a header, joined as HTTP joins a repeated header; None where there is none."""
    values = [value for key, value in request.headers if key == name]
    return ", ".join(values) if values else None
