"""Rules of texts that differ: empty, constant, truncated, another spelling, of another field or leg. Pure."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable
from urllib.parse import quote, unquote_plus

from noojee_contract.comparison.difference import Difference
from noojee_contract.comparison.patterns.evidence import Evidence, quoted
from noojee_contract.comparison.patterns.other_legs import other_leg
from noojee_contract.dialects.legs import Leg

SHORTEST_COMMON = 3
"""The fewest characters that stay the same where a prefix or suffix changes."""
LEAST_CONSTANT = 3
MOST_WORDS = 4
"""The most different values that are listed as old and new."""
CUTS = " ,;:@/&+#?.-_'\""
FIELDS: dict[str, Callable[[Leg], str]] = {
    "Source": lambda leg: leg.source,
    "Destination": lambda leg: leg.destination,
    "Tag": lambda leg: leg.tag,
    "Username": lambda leg: leg.username,
    "DID": lambda leg: leg.did,
    "CallRecordId": lambda leg: leg.call_record_id,
    "UniqueId": lambda leg: leg.unique_id,
}
"""The text fields, as the vendor spells them."""


def _misread(coding: str) -> Callable[[str], str]:
    def spoil(text: str) -> str:
        return text.encode("utf-8").decode(coding, "replace")

    return spoil


def _without_accents(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


REWRITTEN: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("upper case", str.upper),
    ("lower case", str.lower),
    ("UTF-8 is read as Latin-1", _misread("latin-1")),
    ("UTF-8 is read as Windows-1252", _misread("cp1252")),
    ("characters outside ASCII became '?'", lambda text: text.encode("ascii", "replace").decode("ascii")),
    ("characters outside ASCII are lost", lambda text: text.encode("ascii", "ignore").decode("ascii")),
    ("accents are lost", _without_accents),
    ("written as NFC", lambda text: unicodedata.normalize("NFC", text)),
    ("written as NFD", lambda text: unicodedata.normalize("NFD", text)),
    ("blanks at the ends are lost", str.strip),
    ("several blanks became one", lambda text: " ".join(text.split())),
    ("leading zeros are lost", lambda text: text.lstrip("0")),
    ("zeros at the end are lost", lambda text: text.rstrip("0")),
    ("'+' became a blank", lambda text: text.replace("+", " ")),
    ("escaped for HTML", html.escape),
    ("escaped for a URL", lambda text: quote(text, safe="")),
    ("read as a URL", unquote_plus),
)
"""What may happen to a text: the rule in words, and what it makes of a text."""


def empty(evidence: Evidence) -> str | None:
    """The new side has no value."""
    count = sum(each.new == "" and bool(each.old) for each in evidence.differences)
    if not evidence.is_strong(count):
        return None
    everywhere = all(_new_text(evidence, pair.new) == "" for pair in evidence.pairs.values())
    return evidence.stated("empty in every leg" if everywhere else "empty", count)


def constant(evidence: Evidence) -> str | None:
    """The new side has the same value where the old side has several."""
    shared = evidence.most_common(lambda each: each.new or None)
    if shared is None or shared[1] < LEAST_CONSTANT:
        return None
    value, count = shared
    if len({each.old for each in evidence.differences if each.new == value}) == 1:
        return None
    others = [_new_text(evidence, pair.new) for pair in evidence.unaffected()]
    everywhere = all(other == value for other in others)
    words = f"{quoted(value)} in every leg" if everywhere else f"became {quoted(value)}"
    return evidence.stated(words, count)


def rewritten(evidence: Evidence) -> str | None:
    """Each value is rewritten in the same way."""
    for words, rewrite in REWRITTEN:
        count = sum(each.old is not None and rewrite(each.old) == each.new for each in evidence.differences)
        if evidence.is_strong(count):
            return evidence.stated(words, count)
    count = sum(
        each.old is not None and each.old.casefold() == (each.new or "").casefold() for each in evidence.differences
    )
    return evidence.stated("another letter case", count) if evidence.is_strong(count) else None


def truncated(evidence: Evidence) -> str | None:
    """Each value is cut at the same length, or at the same character."""
    shared = evidence.most_common(
        lambda each: len(each.new) if each.new and (each.old or "").startswith(each.new) else None
    )
    if shared is not None:
        return evidence.stated(f"truncated at {shared[0]} characters", shared[1])
    for sign in CUTS:
        count = sum(
            sign in (each.old or "") and each.new == (each.old or "").partition(sign)[0]
            for each in evidence.differences
        )
        if evidence.is_strong(count):
            return evidence.stated(f"cut at the first {sign!r}", count)
    return None


def other_affix(evidence: Evidence) -> str | None:
    """The same prefix or suffix is lost, added or replaced."""
    for place, split in (("prefix", _prefixes), ("suffix", _suffixes)):
        shared = evidence.most_common(split)
        if shared is None:
            continue
        old, new = shared[0]
        if old and new:
            words = f"the {place} {quoted(old)} became {quoted(new)}"
        else:
            words = f"the {place} {quoted(old)} is lost" if old else f"the {place} {quoted(new)} is added"
        return evidence.stated(words, shared[1])
    return None


def other_field(evidence: Evidence) -> str | None:
    """The new side has the value of another field of the same leg."""
    for name, read in FIELDS.items():
        if name == evidence.about:
            continue
        count = sum(
            each.pair.old is not None and bool(each.new) and read(each.pair.old) == each.new
            for each in evidence.differences
        )
        if evidence.is_strong(count):
            if _is_swapped(evidence, name, count):
                return evidence.stated(
                    " and ".join(sorted((name, evidence.about), reverse=True)) + " are swapped", count
                )
            return evidence.stated(f"has the value of {name}", count)
    return None


def substituted(evidence: Evidence) -> str | None:
    """A few values of the old side each became one value of the new side."""
    became: dict[str, set[str]] = {}
    for each in evidence.differences:
        if each.old is None or each.new is None:
            return None
        became.setdefault(each.old, set()).add(each.new)
    certain = all(len(values) == 1 for values in became.values())
    if not certain or len(became) > MOST_WORDS or len(evidence.differences) < 2 * len(became):
        return None
    words = ", ".join(f"{quoted(old)} became {quoted(next(iter(new)))}" for old, new in sorted(became.items()))
    return evidence.stated(words, len(evidence.differences))


def _new_text(evidence: Evidence, leg: Leg | None) -> str | None:
    read = FIELDS.get(evidence.about)
    return None if leg is None or read is None else read(leg)


def _is_swapped(evidence: Evidence, name: str, count: int) -> bool:
    """Whether the other field has the value of this one in as many legs."""
    here, there = FIELDS.get(evidence.about), FIELDS[name]
    if here is None:
        return False
    pairs = [(each.pair.old, each.pair.new) for each in evidence.differences]
    return sum(old is not None and new is not None and there(new) == here(old) for old, new in pairs) >= count


def _prefixes(difference: Difference) -> tuple[str, str] | None:
    """What is left of both values in front of the longest common end."""
    old, new = difference.old or "", difference.new or ""
    common = 0
    while common < min(len(old), len(new)) and old[-1 - common] == new[-1 - common]:
        common += 1
    return (old[: len(old) - common], new[: len(new) - common]) if common >= SHORTEST_COMMON else None


def _suffixes(difference: Difference) -> tuple[str, str] | None:
    """What is left of both values behind the longest common beginning."""
    old, new = difference.old or "", difference.new or ""
    common = 0
    while common < min(len(old), len(new)) and old[common] == new[common]:
        common += 1
    return (old[common:], new[common:]) if common >= SHORTEST_COMMON else None


FINDERS = (empty, other_field, other_leg, rewritten, constant, truncated, other_affix, substituted)
