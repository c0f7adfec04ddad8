"""The last look at bytes before writing: known credentials in any usual coding, and what looks like one. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from ahocorasick_rs import BytesAhoCorasick

SHORTEST_SECRET = 6
"""Shorter credentials are replaced by name only: as a part of other texts they are everywhere."""
_HEX = re.compile(rb"(?<![0-9A-Za-z])[0-9a-fA-F]{64}(?![0-9A-Za-z])")  # a hash of this API
_SHAPES: Mapping[bytes, re.Pattern[bytes]] = {
    b"eyj": re.compile(rb"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),  # a JSON web token
    b"private key": re.compile(rb"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s]*"),
    b"bearer": re.compile(rb"(?i:\bBearer)[ \t]+(?!redacted-)[A-Za-z0-9._~+/=-]{8,}"),
    b"basic": re.compile(rb"(?i:\bBasic)[ \t]+(?!redacted-|realm)[A-Za-z0-9._~+/=-]{8,}"),
    b"=": re.compile(rb"\b(?i:api_?key|hash|token|access_token|password|secret)=(?!redacted-)[^&\s\"'<>;,]{8,}"),
    b"akia": re.compile(rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    b"gh": re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
}
"""What looks like a credential, by a part that a text must have in lower case."""
FILLER = b"x"


class LeakScan:
    """Searches bytes for the given credentials, and for text in the form of a credential."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST_SECRET for form in _forms(secret)}
        self._automaton = BytesAhoCorasick(sorted(forms)) if forms else None

    def spans(self, content: bytes) -> list[tuple[int, int]]:
        """Where credentials are, in order; they may overlap."""
        lower = content.lower()
        found = [match.span() for match in _HEX.finditer(content)]
        for part, shape in _SHAPES.items():
            if part in lower:
                found += [match.span() for match in shape.finditer(content)]
        if self._automaton is not None:
            found += [match[1:] for match in self._automaton.find_matches_as_indexes(lower, overlapping=True)]
        return sorted(found)

    def without(self, content: bytes) -> tuple[bytes, int]:
        """The bytes with each credential overwritten, and how many there were."""
        spans = self.spans(content)
        if not spans:
            return content, 0
        shown = bytearray(content)
        for start, end in spans:
            shown[start:end] = FILLER * (end - start)
        return bytes(shown), len(spans)


def _forms(secret: str) -> Iterator[bytes]:
    """A credential in the codings of the wire, in lower case."""
    raw = secret.encode()
    for form in (raw, raw[::-1], quote(secret, safe="").encode(), raw.hex().encode(), secret.encode("utf-16-le")):
        yield form.lower()
    for shift in range(3):  # base64 inside a longer text: only the characters that depend on the secret alone
        coded = base64.b64encode(b"\0" * shift + raw)
        inner = coded[(0, 2, 3)[shift] : len(coded) - (0, 3, 2)[(shift + len(raw)) % 3] or None].rstrip(b"=")
        if len(inner) >= 8:
            yield inner.lower()
