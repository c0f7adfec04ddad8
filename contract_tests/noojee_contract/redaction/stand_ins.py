"""Stand-ins for numbers, names and ids: keyed, one to one, of the same shape, and never the value itself. Pure.

A stand-in has a character of the same kind for each character: a digit for a digit, a small letter for a small letter.
Blanks and punctuation stay. Equal values have equal stand-ins, and different values different ones. Nobody without the
key can find the value.

The values of one shape are numbered. A Feistel network over HMAC-SHA256 mixes these numbers, and is applied again until
the result is one of them (cycle walking, as in NIST SP 800-38G). Between mixing and its inverse the number is shifted,
so that no value is its own stand-in.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from math import isqrt, prod

from noojee_contract.errors import TargetError

ROUNDS = 10
BLOCK_CHARACTERS = 32
LINE_DIGITS = 8
"""The digits of a phone number that change: its end, which is the same with and without a country or area prefix."""
LONGEST_NUMBER = 15
"""The most digits of a phone number. Source: ITU-T E.164."""
SHORTEST_KEY = 16
HASH_BLOCK_BYTES = 64
CACHED_VALUES = 100_000
EARLIEST_EPOCH, LATEST_EPOCH = 10**9, 2_200_000_000
"""The epochs of unique ids: from 2001 to 2039."""

_UNIQUE_ID = re.compile(r"(?:(?P<system>.+)-)?(?P<epoch>[0-9]{10})\.(?P<sequence>[0-9]{1,15})")
_CHANNEL = re.compile(r"(?P<technology>SIP|PJSIP|IAX2|DAHDI|Zap|Local|SCCP)(?P<slash>/)(?P<rest>.+)", re.DOTALL)
_NUMBER = re.compile(r"[+(]?[0-9](?:[0-9 ()./*#+-]*[0-9])?\)?[*#]?")


class StandInKey:
    """The key of stand-ins. `fingerprint` names it in files, so that files with different keys are not compared.

    Raises TargetError if the key is shorter than 16 characters.
    """

    __slots__ = ("_inner", "_outer", "fingerprint")

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SHORTEST_KEY:
            raise TargetError(
                f"the redaction key has {len(secret)} characters; give {SHORTEST_KEY} or more, such as the output of "
                "openssl rand -hex 32"
            )
        key = hashlib.sha256(b"noojee-contract stand-ins\0" + secret).digest().ljust(HASH_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))
        self.fingerprint = self.digest(b"fingerprint").hex()[:16]

    @classmethod
    def random(cls) -> StandInKey:
        """A key that nobody knows: files that are made with it can be compared with no other file."""
        return cls(secrets.token_bytes(32))

    def digest(self, message: bytes) -> bytes:
        """The keyed hash of a message, 32 bytes: HMAC-SHA256 as in RFC 2104, in a third of the time of `hmac`."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    def __repr__(self) -> str:
        return f"StandInKey({self.fingerprint})"


class StandIns:
    """The stand-ins of one key."""

    def __init__(self, key: StandInKey) -> None:
        self._digest = key.digest
        self._digits = lru_cache(maxsize=CACHED_VALUES)(self._digits_of)
        self.of = lru_cache(maxsize=CACHED_VALUES)(self._of)
        """The stand-in of a value, chosen by its form: a unique id, a channel, a number or a text."""

    def credential(self, value: str) -> str:
        """A mark in place of a credential; equal credentials have equal marks."""
        return f"redacted-{self._digest(b'credential:' + _bytes(value)).hex()[:8]}"

    def text(self, value: str) -> str:
        """The stand-in of a text. A text without a letter, a digit or a symbol beyond ASCII stays."""
        blocks, before = [], hashlib.sha256(b"text")
        for start in range(0, len(value), BLOCK_CHARACTERS):
            block = value[start : start + BLOCK_CHARACTERS]
            blocks.append(self._block(block, [_alphabet(character) for character in block], before.digest()))
            before.update(_bytes(block))
        return "".join(blocks)

    def number(self, value: str) -> str:
        """The stand-in of a number with its punctuation: the last eight digits change, all digits of a longer value.

        So +61 3 9876 5432 and 0398765432 stay one number.
        """
        places = [place for place, character in enumerate(value) if character in "0123456789"]
        changed = places if len(places) > LONGEST_NUMBER else places[-LINE_DIGITS:]
        characters = list(value)
        digits = "".join(value[place] for place in changed)
        for place, digit in zip(
            changed, self._digits(digits[:LONGEST_NUMBER]) + self.text(digits[LONGEST_NUMBER:]), strict=True
        ):
            characters[place] = digit
        return "".join(characters)

    def address(self, value: str) -> str | None:
        """The stand-in of an IPv4 address, another one; None for what is none."""
        parts = value.split(".")
        if len(parts) != 4 or not all(part.isascii() and part.isdigit() and int(part[:4]) < 256 for part in parts):
            return None
        number = int.from_bytes(bytes(int(part[:4]) for part in parts))
        return ".".join(map(str, self._changed(number, 2**32, b"address").to_bytes(4)))

    def _of(self, value: str) -> str:
        unique_id = _UNIQUE_ID.fullmatch(value)
        if unique_id is not None and EARLIEST_EPOCH <= int(unique_id["epoch"]) < LATEST_EPOCH:
            system = "" if unique_id["system"] is None else self.of(unique_id["system"]) + "-"
            return f"{system}{unique_id['epoch']}.{self._digits(unique_id['sequence'])}"
        channel = _CHANNEL.fullmatch(value)
        if channel is not None:
            number, dash, suffix = channel["rest"].rpartition("-")
            shown = f"{self.of(number)}{dash}{self.text(suffix)}" if dash else self.of(suffix)
            return f"{channel['technology']}/{shown}"
        return self.number(value) if _NUMBER.fullmatch(value) else self.text(value)

    def _digits_of(self, digits: str) -> str:
        """The stand-in of digits. It begins with a zero only if they do: a number in JSON has no zero in front."""
        if not digits:
            return ""
        first = "0123456789" if len(digits) == 1 else "0" if digits[0] == "0" else "123456789"
        return self._block(digits, [first, *["0123456789"] * (len(digits) - 1)], b"digits")

    def _block(self, block: str, alphabets: Sequence[str], tweak: bytes) -> str:
        """The stand-in of a text among all texts with a character of each alphabet."""
        size = prod(map(len, alphabets))
        if size == 1:
            return block
        number = 0
        for character, alphabet in zip(block, alphabets, strict=True):
            number = number * len(alphabet) + alphabet.index(character)
        number = self._changed(number, size, tweak)
        characters = []
        for alphabet in reversed(alphabets):
            number, place = divmod(number, len(alphabet))
            characters.append(alphabet[place])
        return "".join(reversed(characters))

    def _changed(self, number: int, size: int, tweak: bytes) -> int:
        """Another number below `size`, one to one: mix, shift, and undo the mixing."""
        shift = 1 + int.from_bytes(self._digest(b"shift" + tweak + _number_bytes(size))) % (size - 1)
        mixed = self._walked(number, size, tweak, range(ROUNDS))
        return self._walked((mixed + shift) % size, size, tweak, range(ROUNDS - 1, -1, -1))

    def _walked(self, number: int, size: int, tweak: bytes, rounds: range) -> int:
        """Mix a number until the result is below `size`. The network is hardly larger, so once is mostly enough."""
        left_size = isqrt(size - 1) + 1
        right_size = -(-size // left_size)
        tweak += _number_bytes(size)
        while True:
            number = self._mixed(number, (left_size, right_size), tweak, rounds)
            if number < size:
                return number

    def _mixed(self, number: int, sizes: tuple[int, int], tweak: bytes, rounds: range) -> int:
        """A Feistel network over two numbers below these sizes; with the rounds in reverse it is undone.

        A round adds the keyed hash of one number to the other one, as in FE1 of Black and Rogaway (2002).
        """
        halves = list(divmod(number, sizes[1]))
        for each in rounds:
            changed = each % 2
            message = tweak + each.to_bytes() + _number_bytes(halves[1 - changed])
            mixed = int.from_bytes(self._digest(message))
            halves[changed] = (halves[changed] + (mixed if rounds.step > 0 else -mixed)) % sizes[changed]
        return halves[0] * sizes[1] + halves[1]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _number_bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8) + b":"


@lru_cache(maxsize=4096)
def _alphabet(character: str) -> str:
    """The characters that may replace a character: those of the same kind and, beyond ASCII, of the same block.

    They are as long in UTF-8, and in Latin-1 if the character is.
    """
    code = ord(character)
    kind = unicodedata.category(character)
    if code < 0x80:
        if character.isdigit():
            return "0123456789"
        return _kind_in(0x41, 0x5B, kind) or _kind_in(0x61, 0x7B, kind) if character.isalpha() else character
    if kind[0] not in "LNS":
        return character
    length = 0x80 if code < 0x800 else 0x800
    start = code - code % length
    return _kind_in(start, start + length, kind)


@lru_cache(maxsize=1024)
def _kind_in(start: int, end: int, kind: str) -> str:
    return "".join(chr(code) for code in range(start, end) if unicodedata.category(chr(code)) == kind)
