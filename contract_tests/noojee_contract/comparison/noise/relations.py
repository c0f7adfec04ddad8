"""Relations between two values of one place: how noise moves. A relation is learnt, and never a field. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

CLOCK_TOLERANCE_SECONDS = 5.0
LEAST_SECONDS = 60.0
"""Whole numbers count seconds only over a longer time: over a shorter one, any small change looks like it."""
COUNT_TOLERANCE = 2
SHORTEST_TOKEN = 8
Passed = Sequence[float]
"""The seconds between two answers: by the clock of the machine that asked, and by the PBX's clock if that is known."""
_RUN = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9]+")
_CLASSES = (
    ("hex", re.compile(r"[0-9a-f]+")),
    ("upper hex", re.compile(r"[0-9A-F]+")),
    ("letters and digits", re.compile(r"[A-Za-z0-9]+")),
)
_EPOCH = re.compile(r"(1[0-9]{9}|2[01][0-9]{8})([0-9]{3})?")
_LOCAL = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_JAVA = re.compile(r"(\w{3} \w{3} [0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}) \S{1,5} ([0-9]{4})")


class Relation(Enum):
    """How two values of one place belong together although they differ."""

    CLOCK = "moves with the clock"
    OPAQUE = "is an opaque token of one shape"
    ORDER = "changes its order only"
    GREW = "grew by calls that began since"


def relation_of(old: str, new: str, *, passed: Passed) -> Relation | None:
    """The relation of two different values; None if there is none."""
    if moves_with_the_clock(old, new, passed=passed):
        return Relation.CLOCK
    return Relation.OPAQUE if have_one_shape(old, new) else None


def holds(relation: Relation, old: str, new: str, *, passed: Passed) -> bool:
    """Whether a relation that was learnt for a place holds for two of its values."""
    if relation is Relation.CLOCK:
        return moves_with_the_clock(old, new, passed=passed)
    return relation is Relation.OPAQUE and have_one_shape(old, new)


def moves_with_the_clock(old: str, new: str, *, passed: Passed) -> bool:
    """Whether two times or counts of seconds lie as far apart as the moments when they came, by one of the clocks."""
    return any(_moves(old, new, seconds) for seconds in passed)


def _moves(old: str, new: str, passed_seconds: float) -> bool:
    before, after = instant(old), instant(new)
    if before is not None and after is not None:
        return abs((after - before) - passed_seconds) <= CLOCK_TOLERANCE_SECONDS
    if not (old.isascii() and new.isascii() and old.isdigit() and new.isdigit()) or max(len(old), len(new)) > 9:
        return False
    return passed_seconds >= LEAST_SECONDS and abs(int(new) - int(old) - passed_seconds) <= COUNT_TOLERANCE


def have_one_shape(old: str, new: str) -> bool:
    """Whether two texts are opaque tokens: runs of the same characters and lengths, too mixed for words or numbers."""
    runs, others = _RUN.findall(old), _RUN.findall(new)
    if len(runs) != len(others) or len(old) != len(new) or len(old) < SHORTEST_TOKEN:
        return False
    differing = [(one, other) for one, other in zip(runs, others, strict=True) if one != other]
    if not _is_mixed("".join(one + other for one, other in differing)):
        return False
    return all(_is_of_one_class(one, other) for one, other in differing)


def shape_of(text: str) -> str | None:
    """The shape of an opaque token, with x for each letter and digit; None for a short text or one without a digit."""
    if len(text) < SHORTEST_TOKEN or not any(character.isdigit() for character in text):
        return None
    return re.sub("[A-Za-z0-9]", "x", text)


def _is_of_one_class(one: str, other: str) -> bool:
    return len(one) == len(other) and any(
        pattern.fullmatch(one) and pattern.fullmatch(other) for _, pattern in _CLASSES
    )


def _is_mixed(text: str) -> bool:
    """Whether a text has digits and letters: a number that changes is no token, and neither is a word."""
    return any(character.isdigit() for character in text) and any(character.isalpha() for character in text)


def instant(text: str) -> float | None:
    """The seconds since 1970 of a time as HTTP, Java, ISO 8601 or an epoch write it; None for another text.

    A local time counts as UTC: only differences of two times are used.
    """
    epoch = _EPOCH.fullmatch(text)
    if epoch is not None:
        return int(epoch[1]) + int(epoch[2] or 0) / 1000
    try:
        if _LOCAL.fullmatch(text):
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        java = _JAVA.fullmatch(text)
        if java is not None:
            read = datetime.strptime(f"{java[1]} {java[2]}", "%a %b %d %H:%M:%S %Y")  # noqa: DTZ007  only compared
            return read.replace(tzinfo=UTC).timestamp()
        return parsedate_to_datetime(text).timestamp() if "," in text else None
    except (ValueError, OverflowError):
        return None


def began(unique_id: str) -> int | None:
    """When a call began, in seconds since 1970, from its unique id; None if that does not begin with a time."""
    text = unique_id.partition(".")[0].rpartition("-")[2]
    return int(text) if text.isascii() and text.isdigit() and len(text) == 10 else None
