"""Whether a listing says that there is more of it. The vendor documents no pages, and nothing follows them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from noojee_contract.model.exchange import Exchange

_NEXT_LINK = re.compile(r";\s*rel\s*=\s*(?:\"[^\"]*\bnext\b[^\"]*\"|next\b)", re.IGNORECASE)
_RANGE = re.compile(r"\s*\w+\s+\d+-(\d+)/(\d+)\s*")
TOTAL_HEADERS = ("x-total-count", "x-total", "total-count", "x-total-results", "x-wp-total")
"""Response headers with the number of entries of all pages."""
NEXT = frozenset(
    {
        "next", "nextpage", "nexturl", "nexturi", "nextlink", "nexttoken", "nextpagetoken", "nextcursor", "nextoffset",
        "continuationtoken", "nextpageurl",
    }
)  # fmt: skip
"""Keys whose value, if it is not empty, leads to more."""
MORE = frozenset(
    {"hasmore", "hasnext", "hasnextpage", "more", "moreavailable", "moreresults", "truncated", "istruncated"}
)
"""Keys whose value says whether there is more. If it is false, a key of `NEXT` is for later, not for this listing."""
TOTALS = frozenset(
    {"total", "totalcount", "totalelements", "totalitems", "totalresults", "totalrecords", "totalhits", "totalrows"}
)
"""Keys with the number of entries of all pages."""
PAGES = frozenset({"totalpages", "pagecount", "pages"})
AROUND = frozenset({"links", "paging", "pagination", "page", "pageinfo", "meta", "metadata", "responsemetadata"})
"""Keys of objects next to an array that say things about its pages."""


def says_more(exchange: Exchange, around: Iterator[Mapping[str, Any]], entries: int) -> str | None:
    """What in an answer says that it is not the whole listing; None if nothing does.

    `around` are the objects that hold the array, outermost first; `entries` is the length of the array.
    """
    for name, value in () if exchange.response is None else exchange.response.headers:
        if name == "link" and _NEXT_LINK.search(value):
            return 'the header Link has rel="next"'
        if name in TOTAL_HEADERS and _number(value) > entries:
            return f"the header {name} says {_number(value)}, and {entries} came"
        if name == "content-range" and (found := _RANGE.fullmatch(value)) and int(found[2]) > int(found[1]) + 1:
            return f"the header content-range says {int(found[2])}, and {entries} came"
    for document in around:
        members = list(_members(document))
        is_last = any(key in MORE and value is False for _, key, value in members)
        for path, key, value in members:
            said = None if is_last and key in NEXT else _of_member(key, value, entries)
            if said is not None:
                return f"{path} {said}"
    return None


def _members(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """The members of an object and of the objects in it that are about pages: path, plain key, value."""
    for name, value in document.items():
        key = _plain(name)
        yield name, key, value
        if key in AROUND and isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", _plain(inner), said) for inner, said in value.items())


def _of_member(key: str, value: Any, entries: int) -> str | None:
    if key in NEXT | MORE and value not in (None, False, "", 0, "false", [], {}):
        return "says that there is more"
    if key in TOTALS and _number(value) > entries:
        return f"says {_number(value)}, and {entries} came"
    if key in PAGES and _number(value) > 1:
        return f"says {_number(value)} pages"
    return None


def _number(value: Any) -> int:
    """A whole number, also as text; 0 for another value."""
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"[0-9]{1,15}", value.strip()) else 0
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _plain(key: str) -> str:
    """A key without its prefix and separators, in lower case: "@odata.nextLink" is "nextlink"."""
    return re.sub(r"[^a-z0-9]", "", key.rpartition(".")[2].lower())
