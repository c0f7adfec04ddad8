"""Parses large JSON documents piece by piece, so that other threads run in between.

`json.loads` holds the interpreter for the whole document: seconds for a million legs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed lacks it
from typing import Any

SMALL_CHARACTERS = 64 * 1024
OUTER_LEVELS = 3
"""The levels whose members are parsed one by one: `archive`, `calls`, and each call."""

_BLANKS = re.compile(r"[ \t\n\r]*")


def parse_json(text: str, parse_constant: Callable[[str], Any]) -> Any:
    """The value of a JSON text, as json.loads returns it. `parse_constant` gets NaN and the infinities.

    Raises ValueError for a text that is no JSON, RecursionError for a value that is nested too deeply.
    """
    decoder = json.JSONDecoder(parse_constant=parse_constant)
    if len(text) <= SMALL_CHARACTERS:
        return decoder.decode(text)
    value, at = _value(decoder, text, _after_blanks(text, 0), OUTER_LEVELS)
    at = _after_blanks(text, at)
    if at != len(text):
        raise json.JSONDecodeError("Extra data", text, at)
    return value


def _after_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    assert match is not None
    return match.end()


def _value(decoder: json.JSONDecoder, text: str, at: int, levels: int) -> tuple[Any, int]:
    """The value that begins at a place, and the place after it."""
    opening = text[at : at + 1]
    if levels and opening == "[":
        return _members(text, at, "]", lambda place: _value(decoder, text, place, levels - 1))
    if levels and opening == "{":
        pairs, after = _members(text, at, "}", lambda place: _pair(decoder, text, place, levels - 1))
        return dict(pairs), after
    return decoder.raw_decode(text, at)


def _members(text: str, at: int, closing: str, read: Callable[[int], tuple[Any, int]]) -> tuple[list[Any], int]:
    """The members of an array or object that begins at a place, and the place after it."""
    found: list[Any] = []
    at = _after_blanks(text, at + 1)
    if text[at : at + 1] == closing:
        return found, at + 1
    while True:
        member, at = read(at)
        found.append(member)
        at = _after_blanks(text, at)
        sign = text[at : at + 1]
        if sign == closing:
            return found, at + 1
        if sign != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _after_blanks(text, at + 1)


def _pair(decoder: json.JSONDecoder, text: str, at: int, levels: int) -> tuple[tuple[str, Any], int]:
    """The name and value of a member of an object, and the place after it."""
    if text[at : at + 1] != '"':
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
    name, at = scanstring(text, at + 1)
    at = _after_blanks(text, at)
    if text[at : at + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
    value, at = _value(decoder, text, _after_blanks(text, at + 1), levels)
    return (name, value), at
