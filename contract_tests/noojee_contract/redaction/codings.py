"""Texts in a coding (percent, JSON escapes, HTML entities) with the code of each character. Pure.

A stand-in has as many characters as the value. Each new character is written in the coding of the character in its
place, so that a redacted text has the codings of its server and mostly the same length.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

Change = Callable[[str], str]
"""Gives a new text for a text, mostly of the same length."""
Encode = Callable[[str, str], str]
"""Writes a character, given the code of the character that it replaces."""

_PERCENT = re.compile(r"%([0-9a-fA-F]{2})|(.)", re.DOTALL)
_JSON = re.compile(
    r"\\u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.",
    re.DOTALL,
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});|.", re.DOTALL)
_JSON_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Coded:
    """The characters of a text, and the code of each."""

    text: str
    codes: Sequence[str]

    def changed(self, change: Change, encode: Encode, encode_all: Change) -> str:
        """The coded text after a change. `encode_all` codes a text of another length."""
        new = change(self.text)
        if len(new) != len(self.text):
            return encode_all(new)
        pairs = zip(self.text, new, self.codes, strict=True)
        return "".join(code if old == character else encode(code, character) for old, character, code in pairs)


def percent_changed(raw: str, change: Change) -> str:
    """A percent-encoded text of Latin-1 bytes with its content changed. A plus stays a plus."""
    pieces = list(_bytes_of(raw))
    content = bytes(number for number, _ in pieces)
    charset = "utf-8" if _is_utf8(content) else "latin-1"
    characters = content.decode(charset)
    codes, at = [], 0
    for character in characters:
        length = len(character.encode(charset))
        codes.append("".join(code for _, code in pieces[at : at + length]))
        at += length

    def encode(code: str, character: str) -> str:
        if not code.startswith("%"):
            return character.encode(charset, "replace").decode("latin-1")
        escaped = "".join(f"%{byte:02X}" for byte in character.encode(charset, "replace"))
        return escaped if code.upper() == code else escaped.lower()

    return Coded(characters, codes).changed(change, encode, lambda text: quote(text, safe=""))


def json_changed(raw: str, change: Change) -> str:
    """The content of a JSON string, without its quotes, with the text changed."""
    if "\\" not in raw:
        new = change(raw)
        return new if len(new) == len(raw) else _json_escaped(new)
    codes = _JSON.findall(raw)
    return Coded(json_text(raw), codes).changed(change, _json_code, _json_escaped)


def json_text(raw: str) -> str:
    """The text of a JSON string, which is given without its quotes."""
    return "".join(map(_json_character, _JSON.findall(raw))) if "\\" in raw else raw


def entities_changed(raw: str, change: Change) -> str:
    """A text of HTML with its content changed."""
    if "&" not in raw:
        new = change(raw)
        return new if len(new) == len(raw) else html.escape(new)
    codes, characters = [], []
    for code in _ENTITY.findall(raw):
        text = html.unescape(code) if len(code) > 1 else code
        for place, character in enumerate(text):
            codes.append(code if place == 0 else "")
            characters.append(character)

    def encode(code: str, character: str) -> str:
        return f"&#{ord(character)};" if len(code) > 1 else character

    return Coded("".join(characters), codes).changed(change, encode, html.escape)


def _bytes_of(raw: str) -> Iterator[tuple[int, str]]:
    for match in _PERCENT.finditer(raw):
        if match[1] is not None:
            yield int(match[1], 16), match[0]
        else:
            yield (0x20 if match[2] == "+" else ord(match[2])), match[2]


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _json_character(code: str) -> str:
    if len(code) == 1:
        return code
    if code[1] != "u":
        return _JSON_ESCAPES.get(code[1], code[1])
    if len(code) == 6:
        return chr(int(code[2:], 16))
    high, low = int(code[2:6], 16), int(code[8:], 16)
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _json_code(code: str, character: str) -> str:
    if not code.startswith("\\u"):
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    return escaped.replace("\\u", "\0").upper().replace("\0", "\\u") if code[2:].upper() == code[2:] else escaped


def _json_escaped(text: str) -> str:
    return json.dumps(text)[1:-1]
