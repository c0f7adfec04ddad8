"""The search for known credentials, and for hashes of this API, in a text in any usual coding. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from urllib.parse import quote, quote_plus

from ahocorasick_rs import AhoCorasick

from noojee_contract.redaction.views import BETWEEN, Span, View, decodings, readings, whole, without_separators

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
"""Words that are hidden by name only.

Replacing them everywhere hides tags and user names, and gives away which word is a key.
"""
SHORTEST_REDUCED = 8
"""Letters that a credential must have without its punctuation to be hidden without it."""
_NO_TOKEN = re.compile(r"[^A-Za-z0-9!#$%&'*+.^_`|~-]")  # no part of the name of a header (RFC 9110, 5.6.2)
_HALF_AN_ESCAPE = re.compile(r"(?:\\+(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?|%[0-9a-f]?|&#?x?[0-9a-f]*)\Z", re.IGNORECASE)
_NO_WORD = re.compile(r"[^A-Za-z0-9]")
_HALVES = re.compile("[\ud800-\udfff]")
FEW_FORMS = 40
"""So many forms are searched one by one; for more, an automaton is made once."""
WIDEST_CODING = 12  # characters for one of a credential: JSON escapes of UTF-16
LEAST_OF_A_PART = 6
"""Letters of a credential at the end of a text that was cut off."""
HASH = re.compile(r"[0-9A-Fa-f][0-9A-Fa-f]{63}")  # a hash of this API, made of any key
HASH_LETTERS = 64


class Finder:
    """Searches texts for the given credentials. Credentials that are short or common words are left out."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secret for secret in dict.fromkeys(secrets) if can_be_found(secret))

    def spans(self, text: str) -> list[Span]:
        """Where credentials are in a text, sorted and without overlaps: also in another case, escaped, or encoded."""
        return list(
            joined(
                sorted(
                    {view.origin(span) for view in self._views(text, self._shortest) for span in self._hits(view.text)}
                )
            )
        )

    def unfinished(self, text: str) -> Span | None:
        """Where the first part of a credential is at the end of a text that was cut off."""
        before = max(len(text) - WIDEST_CODING * self._longest, 0)
        end = _HALF_AN_ESCAPE.sub("", text[before:])
        spans = (self._beginning_at_end(view) for view in self._views(end, LEAST_OF_A_PART))
        starts = [before + span[0] for span in spans if span is not None]
        return (min(starts), len(text)) if starts else None

    def _beginning_at_end(self, view: View) -> Span | None:
        whole_text = _folded(view.text.rstrip(BETWEEN))
        for at in range(max(len(whole_text) - self._longest, 0), len(whole_text) - LEAST_OF_A_PART + 1):
            rest = whole_text[at:]
            if any(form.startswith(rest) for form in self._by_beginning.get(rest[:LEAST_OF_A_PART], ())):
                return view.origin((at, len(whole_text)))
        return None

    @cached_property
    def _by_beginning(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for form in self._forms:
            found.setdefault(form[:LEAST_OF_A_PART], []).append(form)
        return found

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._forms), default=0)

    def _views(self, text: str, shortest: int) -> Iterator[View]:
        plain = readings(whole(text))
        plain += [pairs for view in plain if (pairs := without_separators(view)) is not None]
        yield from plain
        for view in plain:
            for decoded in decodings(view, shortest):
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
            valid = _HALVES.sub("?", folded)  # the automaton takes UTF-8, which half a surrogate pair has none of
            for _, start, end in self._automaton.find_matches_as_indexes(valid, overlapping=True):
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


@lru_cache(maxsize=16_384)
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
    for reduced in (_NO_TOKEN.sub("", secret), _NO_WORD.sub("", secret)):
        if len(reduced) >= SHORTEST_REDUCED:
            yield reduced
    if not secret.isascii():
        yield secret.encode().decode("latin-1")  # what decodings give
    for gap in re.finditer(r"\s", secret):
        if gap.start() >= SHORTEST:
            yield f"{secret[: gap.start()]}..."  # a text that was cut at a word boundary
