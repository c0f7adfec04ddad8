"""Other readings of a text, in which a coded credential is plain: unescaped, without separators, decoded. Pure.

A view knows where each of its parts comes from, so that what is found in it can be hidden in the text itself.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from urllib.parse import unquote_to_bytes

Span = tuple[int, int]
Piece = tuple[str, int, int]
"""A part of a view: its text, and the span of the text before that gave it, by start and end."""

MOST_LEVELS = 4
"""How often a text is unescaped: percent-encoded JSON within JSON has three levels."""
BETWEEN = "\uffff"
"""Between the decoded runs of a view; it is part of no credential."""
_ESCAPED = re.compile(
    r"(?:%[0-9a-f]{2})+|(?:(?:\\u|%u)[0-9a-f]{4})+|(?:\\x[0-9a-f]{2})+|\\[0-7]{3}|\\[\"'\\/bfnrt]"
    r"|&\#x?[0-9a-f]{1,7};?|&[a-z][a-z0-9]{1,30};|&(?:amp|lt|gt|quot)",
    re.IGNORECASE,
)
_INVISIBLE = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd"
_IGNORED = re.compile(  # invisible characters, or ends of lines with their spaces; it begins with one set, for speed
    rf"[{_INVISIBLE}\r\n \t]"
    rf"(?:(?<=[{_INVISIBLE}])[{_INVISIBLE}]*|(?<=[\r\n])[\r\n]*[ \t]*|(?<=[ \t])[ \t]*[\r\n]+[ \t]*)"
)
_RUN = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_BASE32_RUN = re.compile(r"[A-Za-z2-7]{7,}")
_HEX_RUN = re.compile(r"[0-9A-Fa-f]{8,}")
_HEX_PAIRS = re.compile(
    r"(?:0x)?(?:[0-9a-f]{2}){1,64}(?:[\s:;,.|_/\"'-]{1,4}(?:0x)?(?:[0-9a-f]{2}){1,64}){3,}", re.IGNORECASE
)
_NO_HEX = re.compile(r"0x|[^0-9a-f]+", re.IGNORECASE)
_URL_SAFE = str.maketrans("-_", "+/")
_BASE32_DIGITS = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567",
    "0123456789abcdefghijklmnop0123456789abcdefghijklmnopqrstuv",
)
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class View:
    """A reading of a text. `origin` gives the span of the first text for a span of this one."""

    text: str
    origin: Callable[[Span], Span]


def whole(text: str) -> View:
    """A text as a view of itself."""
    return View(text, lambda span: span)


def readings(view: View) -> list[View]:
    """A view, what it is unescaped, and each of them without characters that only separate."""
    found = levels(view)
    return found + [compact for each in found if (compact := _compacted(each)) is not None]


def levels(view: View) -> list[View]:
    """A view, and what it is unescaped once, twice, and so on."""
    found = [view]
    while len(found) <= MOST_LEVELS and (further := _unescaped(found[-1])) is not None:
        found.append(further)
    return found


def decodings(view: View, shortest: int) -> Iterator[View]:
    """What runs of a view are as base64, base32 and hex, if `shortest` characters or more come of them."""
    runs = [match for match in _RUN.finditer(view.text) if len(match[0]) >= shortest * 4 // 3]
    for offset in range(4) if runs else ():
        yield _decoded(view, runs, offset, _base64)
    bases = [match for match in _BASE32_RUN.finditer(view.text) if len(match[0]) >= shortest * 8 // 5] if runs else []
    for offset in range(8) if bases else ():
        yield _decoded(view, bases, offset, _base32)
    codes = [match for match in _HEX_RUN.finditer(view.text) if len(match[0]) >= shortest * 2] if runs else []
    for offset in range(2) if codes else ():
        yield _decoded(view, codes, offset, _hex)


def without_separators(view: View) -> View | None:
    """A view with pairs of hex digits joined: "61:62" or "0x61, 0x62" becomes "6162"; None if it has none."""
    pairs = list(_HEX_PAIRS.finditer(view.text))
    if not pairs:
        return None
    pieces: list[Piece] = []
    for match in pairs:
        at = match.start()
        for gap in _NO_HEX.finditer(view.text, match.start(), match.end()):
            pieces.append((view.text[at : gap.start()], at, gap.start()))
            at = gap.end()
        pieces += [(view.text[at : match.end()], at, match.end()), (BETWEEN, match.end(), match.end())]
    return _assembled(pieces, view)


def _unescaped(view: View) -> View | None:
    if not any(sign in view.text for sign in "%\\&"):  # the pattern takes longer
        return None
    matches = list(_ESCAPED.finditer(view.text))
    if not matches:
        return None
    pieces: list[Piece] = []
    at = 0
    for match in matches:
        pieces.append((view.text[at : match.start()], at, match.start()))
        pieces += _plain(match)
        at = match.end()
    pieces.append((view.text[at:], at, len(view.text)))
    return _assembled(pieces, view)


def _plain(match: re.Match[str]) -> Iterator[Piece]:
    """What an escape stands for, one piece a character."""
    coded, at = match[0], match.start()
    if coded[1] in "uU":
        units = bytes.fromhex("".join(re.findall(r"[uU]([0-9a-fA-F]{4})", coded)))
        yield from _characters(
            units.decode("utf-16-be", "surrogatepass"), at, lambda sign: 12 if sign > "\uffff" else 6
        )
    elif coded[0] == "%":
        yield from _of_bytes(unquote_to_bytes(coded), at, 3)
    elif coded[1] in "xX":
        yield from _of_bytes(bytes.fromhex(re.sub(r"\\[xX]", "", coded)), at, 4)
    elif coded[0] == "&":
        yield unescape(coded), at, match.end()
    elif coded[1].isdigit():
        yield chr(int(coded[1:], 8)), at, match.end()
    else:
        yield _SIMPLE.get(coded[1], coded[1]), at, match.end()


def _of_bytes(coded: bytes, at: int, width: int) -> Iterator[Piece]:
    """The characters of bytes that were written with `width` characters each: UTF-8, else Latin-1."""
    try:
        yield from _characters(coded.decode(), at, lambda sign: width * len(sign.encode()))
    except UnicodeDecodeError:
        yield from _characters(coded.decode("latin-1"), at, lambda _: width)


def _characters(text: str, at: int, width: Callable[[str], int]) -> Iterator[Piece]:
    for sign in text:
        yield sign, at, at + width(sign)
        at += width(sign)


def _compacted(view: View) -> View | None:
    if view.text.isprintable() and "\ufffd" not in view.text:
        return None
    text = _IGNORED.sub("", view.text)
    if len(text) == len(view.text):
        return None
    pieces = cache(lambda: _assembled(_between_gaps(view.text), view))  # slow, so only where something is found
    return View(text, lambda span: pieces().origin(span))


def _between_gaps(text: str) -> Iterator[Piece]:
    at = 0
    for gap in _IGNORED.finditer(text):
        yield text[at : gap.start()], at, gap.start()
        at = gap.end()
    yield text[at:], at, len(text)


def _decoded(view: View, runs: Iterable[re.Match[str]], offset: int, decode: Callable[[str], str]) -> View:
    pieces: list[Piece] = []
    for match in runs:
        start = match.start() + offset
        if start >= match.end():
            continue
        pieces += [(decode(match[0][offset:]), start, match.end()), (BETWEEN, match.end(), match.end())]
    return _assembled(pieces, view)


def _base64(run: str) -> str:
    usable = run.translate(_URL_SAFE) if "-" in run or "_" in run else run
    if len(usable) % 4 == 1:
        usable = usable[:-1]
    return binascii.a2b_base64(usable + "=" * (-len(usable) % 4)).decode("latin-1")


def _base32(run: str) -> str:
    bits = 5 * len(run)
    return (int(run.translate(_BASE32_DIGITS), 32) >> bits % 8).to_bytes(bits // 8, "big").decode("latin-1")


def _hex(run: str) -> str:
    return bytes.fromhex(run[: len(run) // 2 * 2]).decode("latin-1")


def _assembled(pieces: Iterable[Piece], before: View) -> View:
    """A view of pieces of another view."""
    kept = [piece for piece in pieces if piece[0]]
    starts = [0]
    for text, _, _ in kept:
        starts.append(starts[-1] + len(text))

    def origin(span: Span) -> Span:
        first, last = bisect_right(starts, span[0]) - 1, bisect_left(starts, span[1]) - 1
        return before.origin(
            (_place(kept[first], span[0] - starts[first])[0], _place(kept[last], span[1] - starts[last] - 1)[1])
        )

    return View("".join(text for text, _, _ in kept), origin)


def _place(piece: Piece, at: int) -> Span:
    """The span that gave the character at a place of a piece; of coded bytes, every sign that holds a bit of it."""
    text, start, end = piece
    width = end - start
    if width % len(text) == 0:
        each = width // len(text)
        return start + at * each, start + (at + 1) * each
    return start + max(at * width // len(text) - 1, 0), min(start + -(-(at + 1) * width // len(text)) + 1, end)
