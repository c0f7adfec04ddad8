"""Finds known credentials, and hashes of this API, in a text in any usual coding. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from urllib.parse import quote, quote_plus

from ahocorasick_rs import AhoCorasick

from noojee_contract.redaction.views import Span, View, decodings, readings, whole, without_separators

SHORTEST = 4  # shorter values are hidden by name only: to replace "a" everywhere would destroy the text
COMMON = frozenset(
    [
        "admin",
        "administrator",
        "default",
        "demo",
        "empty",
        "guest",
        "nobody",
        "none",
        "null",
        "password",
        "root",
        "secret",
        "system",
        "test",
        "true",
        "false",
        "undefined",
        "user",
        "unknown",
    ]
)
"""Words that are hidden by name only: to replace them everywhere hides tags and user names, and gives away which word is a key."""
FEW_FORMS = 40
"""So many forms are searched one by one; for more, an automaton is made once."""
HASH = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)  # a hash of this API, made of any key
HASH_LETTERS = 64


class Finder:
    """Finds the given credentials in texts. Credentials that are short or common words are left out."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secret for secret in dict.fromkeys(secrets) if can_be_found(secret))

    def spans(self, text: str) -> list[Span]:
        """Where credentials are in a text, sorted and without overlaps: also in another case, escaped, or encoded."""
        return list(joined(sorted({view.origin(span) for view in self._views(text) for span in self._hits(view.text)})))

    def _views(self, text: str) -> Iterator[View]:
        plain = readings(whole(text))
        plain += [pairs for view in plain if (pairs := without_separators(view)) is not None]
        yield from plain
        for view in plain:
            for decoded in decodings(view, self._shortest):
                yield from readings(decoded)

    def _hits(self, text: str) -> Iterator[Span]:
        if len(text) >= HASH_LETTERS:
            yield from (match.span() for match in HASH.finditer(text))
        folded = _folded(text)
        if len(self._forms) <= FEW_FORMS:
            for form in self._forms:
                if form in folded:
                    yield from _occurrences(form, folded)
        else:
            for _, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
                yield start, end

    @cached_property
    def _forms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(form for secret in self._secrets for form in _forms(secret)))

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick(self._forms)

    @cached_property
    def _shortest(self) -> int:
        return min((len(secret) for secret in self._secrets), default=HASH_LETTERS)


def can_be_found(secret: str) -> bool:
    """Whether a secret can be hidden everywhere without the loss of other text; hashes are found by their form."""
    return len(secret) >= SHORTEST and secret.lower() not in COMMON and not HASH.fullmatch(secret)


def joined(spans: Sequence[Span]) -> Iterator[Span]:
    """Sorted spans, with overlapping spans joined."""
    if not spans:
        return
    start, end = spans[0]
    for next_start, next_end in spans[1:]:
        if next_start >= end:
            yield start, end
            start = next_start
        end = max(end, next_end)
    yield start, end


def _folded(text: str) -> str:
    """A text in lower case with the same length.

    `str.lower` makes two characters of one (U+0130), and lowers a capital sigma by the letters around it.
    """
    if text.isascii():
        return text.lower()
    return text.replace("\u0130", "i").replace("\u03a3", "\u03c3").lower()


def _occurrences(form: str, text: str) -> Iterator[Span]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)


@lru_cache(maxsize=16_384)
def _forms(secret: str) -> tuple[str, ...]:
    """A credential as a server may write it, in lower case. Codings are undone by `views`."""
    return tuple(dict.fromkeys(_folded(form) for form in _written(secret)))


def _written(secret: str) -> Iterator[str]:
    yield secret
    yield secret[::-1]
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield secret.replace(" ", "+")
    without_dashes = secret.replace("-", "")
    if len(without_dashes) >= SHORTEST:
        yield without_dashes
    if not secret.isascii():
        yield secret.encode().decode("latin-1")  # what decodings give
    for gap in re.finditer(r"\s", secret):
        if gap.start() >= SHORTEST:
            yield f"{secret[: gap.start()]}..."  # a text that was cut at a word boundary
