"""Byte ranges: what a Range header asks for of a file (RFC 9110, section 14). Pure; too much at once is not understood."""

from __future__ import annotations

import re

Span = tuple[int, int]
"""The first byte, and the one after the last."""

MOST_RANGES = 100
NEAR_BYTES = 80
"""A gap up to this is sent along: the head of another part would be longer (RFC 9110, 15.3.7.2)."""

_SPEC = re.compile(r"(\d{1,300})-(\d{0,300})|-(\d{1,300})", re.ASCII)


def spans(header: str, size_bytes: int) -> list[Span] | None:
    """The stretches that a Range header asks for, in its order; those that overlap or nearly touch are one.

    Empty: none of them is in the file (416). None: not understood, or more than 100, so the header counts for nothing.
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
    """Each joined stretch stands where the first of its parts was asked for."""
    joined: list[tuple[int, Span]] = []
    for place, (first, after) in sorted(enumerate(found), key=lambda entry: entry[1]):
        if joined and first <= joined[-1][1][1] + NEAR_BYTES:
            earlier, (begin, end) = joined.pop()
            joined.append((min(earlier, place), (begin, max(end, after))))
        else:
            joined.append((place, (first, after)))
    return [span for _, span in sorted(joined)]
