"""Searches texts for people for reprs of containers, times, patterns and objects."""

from __future__ import annotations

import re

_REPR = re.compile(
    r"\b(datetime\.(datetime|date|timedelta)|ZoneInfo|bytearray|frozenset|re\.compile|mappingproxy|OrderedDict|Counter)\("
    r"|<[\w.]+ object at 0x"
    r"|\('[^']*',\)"
    r"|\[(\('|datetime|b'|\['|\{')"
    r"|\b[A-Z][A-Za-z]+\(\w+=['\"(\[\d]"
)


def repr_in(text: str | None) -> str | None:
    """The beginning of the first repr in a text, None if there is none."""
    found = _REPR.search(text or "")
    return None if found is None else found[0]
