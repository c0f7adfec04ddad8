"""The byte ranges of a Range header (RFC 9110, section 14)."""

from __future__ import annotations

import re

Span = tuple[int, int]
"""The index of the first byte, and of the byte after the last."""

MOST_RANGES = 100
NEAR_BYTES = 80
"""Ranges with a gap up to this size are merged, because the header of a part is longer (RFC 9110, 15.3.7.2)."""

_SPEC = re.compile(r"(\d{1,300})-(\d{0,300})|-(\d{1,300})", re.ASCII)


def spans(header: str, size_bytes: int) -> list[Span] | None:
    """The ranges of a Range header, in its order. Ranges that overlap or nearly touch are merged.

    Empty: no range is within the file (416). None: the header is malformed or has more than 100 ranges, and is ignored.
    """
    unit, _, listed = header.strip().partition("=")
    specs = [spec for spec in (piece.strip(" \t") for piece in listed.split(",")) if spec]
    if unit.lower() != "bytes" or not specs or len(specs) > MOST_RANGES:
        return None
    found: list[Span] = []
    for spec in specs:
        span = _span(spec, size_bytes)
        if span is None:
            return None
        if span[0] < span[1]:
            found.append(span)
    return _merged(found)


def _span(spec: str, size: int) -> Span | None:
    match = _SPEC.fullmatch(spec)
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        return max(0, size - int(suffix)), size
    if not last:
        return int(first), size
    return (int(first), min(size, int(last) + 1)) if int(first) <= int(last) else None


def _merged(found: list[Span]) -> list[Span]:
    """Merge ranges; a merged range takes the position of its first part in the header."""
    joined: list[tuple[int, Span]] = []
    for place, (first, after) in sorted(enumerate(found), key=lambda entry: entry[1]):
        if joined and first <= joined[-1][1][1] + NEAR_BYTES:
            earlier, (begin, end) = joined.pop()
            joined.append((min(earlier, place), (begin, max(end, after))))
        else:
            joined.append((place, (first, after)))
    return [span for _, span in sorted(joined)]
