"""Parses large JSON documents piece by piece, so that other threads run in between.

`json.loads` holds the interpreter for the whole document: seconds for a million legs. The standard library has a parser
in Python too, whose functions for objects and arrays take the parser of their members.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from json.decoder import JSONArray, JSONObject  # type: ignore[attr-defined]  # typeshed lacks them
from typing import Any

SMALL_CHARACTERS = 64 * 1024
PIECE_BYTES = 1024 * 1024
FREED_AT_ONCE = 1000
OUTER_LEVELS = 3
"""The levels whose members are parsed one by one: `archive`, `calls`, and each call."""

Scan = Callable[[str, int], tuple[Any, int]]
"""Parses the value at a place. Returns the value, and the place after it. Raises StopIteration if there is no value."""


def decoded(body: bytes) -> str:
    """The text of a body in UTF-8; the pieces of a large body are decoded one by one. Raises ValueError."""
    if len(body) <= SMALL_CHARACTERS:
        return body.decode()
    decoder = codecs.getincrementaldecoder("utf-8")()
    pieces = [decoder.decode(body[at : at + PIECE_BYTES]) for at in range(0, len(body), PIECE_BYTES)]
    return "".join((*pieces, decoder.decode(b"", final=True)))


def parse_json(text: str, parse_constant: Callable[[str], Any]) -> Any:
    """The value of a JSON text, as json.loads returns it. `parse_constant` gets NaN and the infinities.

    Raises ValueError for a text that is no JSON, RecursionError for a value that is nested too deeply.
    """
    decoder = json.JSONDecoder(parse_constant=parse_constant)
    if len(text) > SMALL_CHARACTERS:
        scan: Scan = decoder.scan_once  # type: ignore[attr-defined]  # typeshed lacks it
        for _ in range(OUTER_LEVELS):
            scan = _by_member(scan)
        decoder.scan_once = scan  # type: ignore[attr-defined]  # as above
    return decoder.decode(text)


def let_go(values: list[Any]) -> None:
    """Empty a list that nobody else uses, piece by piece: a million values that are freed at once stop all threads."""
    while values:
        del values[-FREED_AT_ONCE:]


def _by_member(scan_member: Scan) -> Scan:
    """A parser in Python for one level, with `scan_member` for the members of objects and arrays."""
    names: dict[str, str] = {}

    def scan(text: str, at: int) -> tuple[Any, int]:
        opening = text[at : at + 1]
        if opening == "{":
            parsed: tuple[Any, int] = JSONObject((text, at + 1), True, scan_member, None, None, names)
        elif opening == "[":
            parsed = JSONArray((text, at + 1), scan_member)
        else:
            parsed = scan_member(text, at)
        return parsed

    return scan
