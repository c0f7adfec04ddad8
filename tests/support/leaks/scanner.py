"""Searches any output for planted secrets, and parts of them. It shares no code with `noojee_contract.redaction`.

It undoes every coding of `codings` on the whole output: it needs not know how a secret was planted.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from ahocorasick_rs import AhoCorasick

PART = 12
"""So many letters of a secret, one after another, are a leak; of a shorter secret all."""
ROUNDS = 4
_JSON = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\([\"\\/bfnrt'])")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}")
_BASE32 = re.compile(r"[A-Za-z2-7]{20,}")
_DIGITS = string.digits + string.ascii_lowercase[:22]
_BASE32_DIGITS = str.maketrans(
    string.ascii_uppercase + string.ascii_lowercase + "234567", _DIGITS[:26] + _DIGITS[:26] + _DIGITS[26:]
)
"""The digits that `int` reads, for those of RFC 4648. `base64.b32decode` is slow."""
_HEX = re.compile(r"[0-9A-Fa-f]{24,}")


@dataclass(frozen=True, slots=True)
class Leak:
    """A part of a secret that an output shows: how it can be read, and the text around it."""

    part: str
    reading: str
    around: str

    def __str__(self) -> str:
        return f"{self.part!r}, read as {self.reading}, in {self.around!r}"


class Scanner:
    """Looks for secrets in outputs."""

    def __init__(self, secrets: Iterable[str]) -> None:
        found: dict[str, None] = {}
        for secret in secrets:
            for form in (secret.lower(), secret[::-1].lower(), secret.replace("-", "").lower()):
                found |= dict.fromkeys(form[at : at + PART] for at in range(max(len(form) - PART, 0) + 1))
        self._parts = list(found)
        self._automaton = AhoCorasick(self._parts)

    def leaks(self, output: str | bytes) -> list[Leak]:
        """What an output shows of the secrets, one entry a reading; empty if nothing."""
        found = {}
        for how, text in readings(output if isinstance(output, bytes) else output.encode("utf-8", "surrogatepass")):
            folded = text.lower()
            for which, start, end in self._automaton.find_matches_as_indexes(folded):
                found.setdefault(how, Leak(self._parts[which], how, folded[max(start - 80, 0) : end + 40]))
                break
        return list(found.values())


def readings(output: bytes) -> Iterator[tuple[str, str]]:
    """An output in all the ways in which it can be read, each with its name."""
    texts = {"UTF-8": output.decode("utf-8", "replace"), "Latin-1": output.decode("latin-1")}
    if b"\0" in output:
        texts |= {f"UTF-16 from byte {at}": output[at:].decode("utf-16-le", "replace") for at in (0, 1)}
    seen: set[str] = set()
    for how, text in texts.items():
        for number in range(ROUNDS):
            for name, each in _without_separators(text):
                if each not in seen:
                    seen.add(each)
                    yield f"{how}, unescaped {number} times{name}", each
                    yield from _decoded(f"{how}, unescaped {number} times{name}", each)
            text = _unescaped(text)


def _without_separators(text: str) -> Iterator[tuple[str, str]]:
    yield "", text
    yield ", without NUL and controls", re.sub(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\u200b-\u200f]", "", text)
    yield ", without white space", re.sub(r"[\s\x00-\x1f\x7f-\x9f\ufffd]|[\"'>,]\s*[\"'<]?\s*(?=[\r\n])", "", text)


def _unescaped(text: str) -> str:
    text = html.unescape(text)
    text = _JSON.sub(_plain, text)
    return unquote_to_bytes(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace") if "%" in text else text


def _plain(match: re.Match[str]) -> str:
    if match[3]:
        return str(json.loads(f'"\\{match[3]}"')) if match[3] != "'" else "'"
    return chr(int(match[1] or match[2], 16))


def _decoded(how: str, text: str) -> Iterator[tuple[str, str]]:
    """Everything in a text that can be base64, base32 or hex, decoded and unescaped again."""
    for name, decoded in _codings(text):
        yield f"{how}, {name}", decoded
        yield f"{how}, {name} without NUL", decoded.replace("\0", "")
        if "%" in decoded or "\\" in decoded:
            yield f"{how}, {name} unescaped", _unescaped(decoded)


def _codings(text: str) -> Iterator[tuple[str, str]]:
    url_safe = text.replace("-", "+").replace("_", "/")
    for name, coded in (("base64", text), ("base64 of URLs", url_safe)):
        runs = _BASE64.findall(coded)
        for offset in range(4):
            yield name, "\n".join(_of_base64(run[offset:]) for run in runs)
    runs = _BASE32.findall(text)
    for offset in range(8):
        yield "base32", "\n".join(_of_base32(run[offset:]) for run in runs)
    joined = re.sub(r"0x|(?<=[0-9A-Fa-f])[\s:;,._|/'\"\\x-]+(?=(?:0x)?[0-9A-Fa-f])", "", text)
    for coded in (text, joined):
        runs = _HEX.findall(coded)
        for offset in (0, 1):
            yield "hex", "\n".join(_of_hex(run[offset:]) for run in runs)


def _of_base64(run: str) -> str:
    whole = run[: len(run) // 4 * 4]
    rest = run[len(whole) :]
    return (base64.b64decode(whole) + (base64.b64decode(rest.ljust(4, "=")) if len(rest) > 1 else b"")).decode(
        "latin-1"
    )


def _of_base32(run: str) -> str:
    whole = run[: len(run) // 8 * 8]
    return int(whole.translate(_BASE32_DIGITS), 32).to_bytes(len(whole) * 5 // 8, "big").decode("latin-1")


def _of_hex(run: str) -> str:
    return binascii.unhexlify(run[: len(run) // 2 * 2]).decode("latin-1")
