"""Redacts free texts: error messages, reason phrases, pages. Pure.

Known personal values are replaced first, then every word that is not in the vocabulary and every number, but for those
that a text of HTTP explains: a status, a time, a leg, a number with a unit.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from noojee_contract.redaction.rules import TIME_PATTERN
from noojee_contract.redaction.stand_ins import StandIns
from noojee_contract.redaction.vocabulary import vocabulary

MOST_WORDS = 5
"""The most words of a known value that is found in a text."""
MOST_KNOWN = 500_000
LONGEST_COUNT = 3

_KEPT = re.compile(
    rf"(?<![0-9A-Za-z])(?:{TIME_PATTERN})(?![0-9A-Za-z])"
    r"|\bHTTP(?:/[0-9](?:\.[0-9])?)?(?:[ -](?:status|error|response|code))*[ :=#-]{0,3}[1-5][0-9]{2}\b"
    r"|\b(?:leg|line|column|char|byte|position|item|level)[ :=#]{1,2}[0-9]{1,4}\b"
    r"|\btime ?stamp[ :=]{1,3}[12][0-9]{12}\b"
    r"|(?<=[0-9])[-_](?:leg[-_]?)?[0-9]{1,3}(?=\.(?:wav|mp3|gsm|ogg|flac)\b)"
    r"|\b(?:HTTP|TLS|SSL)/?v?[0-9](?:\.[0-9])?\b|\bUTF-(?:8|16)\b|\bISO-8859-1\b"
    r"|\b(?:Tomcat|Coyote|nginx|Apache|Jetty|python|httpx|curl|Java|okhttp|Python|aiohttp|Wget|Mozilla|gunicorn|Werkzeug|openresty)"
    r"(?:-(?:Coyote|requests|httpx))?/[0-9]{1,3}(?:\.[0-9]{1,4}){0,4}(?:_[0-9]{1,4})?(?![0-9A-Za-z])",
    re.IGNORECASE,
)
"""What stays for its form."""
_LIKELY = re.compile(
    r"\b(?:[Ss]tatus|[Ee]rror|[Cc]ode|errno)(?: code)?[ :=#]{1,3}-?[1-9][0-9]{0,2}\b(?! [0-9])"
    r"|(?<!extension )(?<!exten )(?<!number )(?<!tag )\b[1-5][0-9]{2} "
    r"(?=Bad|Unauthori[sz]ed|Forbidden|Not |Method|Conflict|Gone|Internal|Service|Gateway|Too|OK|Found)"
    r"|\b[0-9]{1,5}(?:\.[0-9]{1,3})? ?(?:ms|s|sec|seconds?|minutes?|hours?|days?|bytes|characters|[KMG]i?B|%)"
    r"(?![A-Za-z0-9])"
)
"""What stays for its form, unless its number is a known value."""
_WORD = re.compile(
    r"(?P<id>[0-9]{10}\.[0-9]{1,15}(?![0-9.]))"
    r"|(?P<channel>\b(?:SIP|PJSIP|IAX2|DAHDI|Zap|Local|SCCP)/[^\s/\"'<>,;]+)"
    r"|(?P<email>[^\s@<>\"',;:()]{1,64}@[^\s@<>\"',;:()]{1,255})"
    r"|(?P<number>(?:\+|\()?[0-9](?:[0-9 ()./-]{0,30}[0-9])?(?![^\W_]))"
    r"|(?P<word>[^\W_]+(?:['\u2019_][^\W_]+)*)|(?P<symbol>[^\w\s\x00-\x7f])"
)
_LETTERS = re.compile(r"[^\W_]+")


class TextRedactor:
    """Redacts texts with the stand-ins of one key. `remember` adds personal values that were seen in fields."""

    def __init__(self, stand_ins: StandIns, *, words: Iterable[str] = ()) -> None:
        self._stand_ins = stand_ins
        self._vocabulary = vocabulary() | {word.lower() for word in words}
        self._known: set[str] = set()
        self.keep_small_numbers = False
        """Whether unknown numbers of up to three digits outside quotes stay, such as counts of the report."""

    def remember(self, value: str) -> None:
        """Replace a value in all texts that follow, although its words may be in the vocabulary."""
        if 1 < len(value) <= 200 and len(self._known) < MOST_KNOWN:
            self._known.add(value.casefold())

    def text(self, text: str) -> str:
        """The text with personal values replaced, character by character."""
        shown, at = [], 0
        for start, end, kept in self._spans(text):
            shown.append(self._words(text[at:start]))
            shown.append(text[start:end] if kept else self._stand_ins.of(text[start:end]))
            at = end
        return "".join([*shown, self._words(text[at:])])

    def _spans(self, text: str) -> Iterator[tuple[int, int, bool]]:
        """Known values, and what stays for its form, in order and apart. A known value wins, then what comes first."""
        certain = [match.span() for match in _KEPT.finditer(text)]
        found = [(*span, False) for span in self._known_in(text, certain)]
        found += [(*span, True) for span in (*certain, *(match.span() for match in _LIKELY.finditer(text)))]
        apart: list[tuple[int, int, bool]] = []
        for span in sorted(found):
            while apart and span[0] < apart[-1][1] and apart[-1][2] and not span[2]:
                apart.pop()
            if not apart or span[0] >= apart[-1][1]:
                apart.append(span)
        yield from apart

    def _known_in(self, text: str, kept: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Where known values are as whole words, the longest first. A number in what stays is no known value."""
        if not self._known:
            return
        words = [match.span() for match in _LETTERS.finditer(text)]
        place = 0
        while place < len(words):
            start = words[place][0]
            for last in range(min(place + MOST_WORDS, len(words)) - 1, place - 1, -1):
                end = words[last][1]
                if text[start:end].casefold() in self._known and not _is_kept(text, start, end, kept):
                    yield start, end
                    place = last
                    break
            place += 1

    def _words(self, text: str) -> str:
        return _WORD.sub(self._word, text) if text else ""

    def _word(self, match: re.Match[str]) -> str:
        word = match[0]
        if match.lastgroup == "word" and word.lower() in self._vocabulary:
            return word
        if self.keep_small_numbers and match.lastgroup == "number" and _is_count(match):
            return word
        return self._stand_ins.of(word)


def _is_count(match: re.Match[str]) -> bool:
    """Whether a number is short, and not in quotes."""
    before = match.string[match.start() - 1 : match.start()]
    return len(match[0]) <= LONGEST_COUNT and match[0].isdigit() and before not in ("'", '"')


def _is_kept(text: str, start: int, end: int, kept: Sequence[tuple[int, int]]) -> bool:
    """Whether a number is in a part that stays; `kept` is sorted."""
    if not text[start:end].isdigit():
        return False
    place = bisect_right(kept, (start, len(text) + 1)) - 1
    return place >= 0 and end <= kept[place][1]
