"""The codings in which a server or a program may repeat a secret.

Add a row for a new coding; the scanner must find it.
"""

from __future__ import annotations

import base64
import html
import json
import random
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus

Coding = Callable[[str], str]
AROUND = "user:"


def some_letters(secret: str, escape: Callable[[str], str]) -> str:
    """A secret with two of each three letters escaped."""
    return "".join(escape(letter) if at % 3 else letter for at, letter in enumerate(secret))


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02x}" for byte in letter.encode())


def _json_escape(letter: str) -> str:
    return f"\\u{ord(letter):04x}"


def _base64(shift: int) -> Coding:
    return lambda secret: base64.b64encode(b"x" * shift + secret.encode() + b":more").decode()


def _base32(shift: int) -> Coding:
    return lambda secret: base64.b32encode(b"x" * shift + secret.encode() + b":more").decode()


def _wrapped(secret: str) -> str:
    return base64.encodebytes(f"{AROUND * 10}{secret}{':' * 40}".encode()).decode()


CODINGS: Mapping[str, Coding] = {
    "raw": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "reversed": lambda secret: secret[::-1],
    "without dashes": lambda secret: secret.replace("-", ""),
    "percent-encoded": lambda secret: quote(secret, safe=""),
    "percent-encoded with plus": quote_plus,
    "percent of every letter": lambda secret: "".join(map(_percent, secret)),
    "percent of some letters": lambda secret: some_letters(secret, _percent),
    "percent twice": lambda secret: quote("".join(map(_percent, secret)), safe=""),
    "as a JSON text": lambda secret: json.dumps(secret)[1:-1],
    "JSON escape of every letter": lambda secret: "".join(map(_json_escape, secret)),
    "JSON escape of some letters": lambda secret: some_letters(secret, _json_escape),
    "JSON in JSON": lambda secret: json.dumps("".join(map(_json_escape, secret)))[1:-1],
    "HTML entities": lambda secret: html.escape(secret),
    "HTML decimal references": lambda secret: "".join(f"&#{ord(letter)};" for letter in secret),
    "HTML hex references": lambda secret: some_letters(secret, lambda letter: f"&#x{ord(letter):X};"),
    "base64": _base64(0),
    "base64, shifted by one": _base64(1),
    "base64, shifted by two": _base64(2),
    "base64, safe in URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "base64 of MIME": _wrapped,
    "base64 of MIME in JSON": lambda secret: json.dumps(_wrapped(secret))[1:-1],
    "base64 of Basic": lambda secret: f"Basic {base64.b64encode((AROUND + secret).encode()).decode()}",
    "base64, percent-encoded": lambda secret: quote(_base64(1)(secret), safe=""),
    "base64 of UTF-16": lambda secret: base64.b64encode(secret.encode("utf-16-le")).decode(),
    "base64 of a percent-encoded one": lambda secret: _base64(2)(quote(secret, safe="")),
    **{f"base32, shifted by {shift}": _base32(shift) for shift in range(5)},
    "base32 in lower case": lambda secret: _base32(3)(secret).lower(),
    "hex": lambda secret: secret.encode().hex(),
    "hex in upper case": lambda secret: secret.encode().hex().upper(),
    "hex with colons": lambda secret: secret.encode().hex(":"),
    "hex with spaces": lambda secret: secret.encode().hex(" ").upper(),
    "hex in pairs": lambda secret: secret.encode().hex("-", 2),
    "hex with 0x": lambda secret: ", ".join(f"0x{byte:02x}" for byte in secret.encode()),
    "bytes of Python": lambda secret: "".join(f"\\x{byte:02x}" for byte in secret.encode()),
    "next to NUL": lambda secret: f"\0{secret}\0",
    "with NUL within": lambda secret: f"{secret[:5]}\0{secret[5:]}",
    "UTF-16, little-endian": lambda secret: "".join(f"{letter}\0" for letter in secret),
    "UTF-16, big-endian": lambda secret: "".join(f"\0{letter}" for letter in secret),
    "UTF-16 in JSON": lambda secret: json.dumps("\0".join(secret))[1:-1],
    "with control characters": lambda secret: f"{secret[:7]}\x1b{secret[7:]}",
    "as on the wire": lambda secret: f"GET /rest?apiKey={quote(secret)}&tag=1 HTTP/1.1",
}
"""A function that codes a secret, by the name of the coding."""

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789-_/+=&.~"


def secret_of(number: int) -> str:
    """A new secret for each number: 24 letters, with some that codings change.

    The same number gives the same secret.
    """
    draw = random.Random(number)
    return f"Pl{''.join(draw.choice(ALPHABET) for _ in range(20))}q7"
