"""Behaviour that no option covers, found in all exchanges of a probe: envelopes, JSON types, keys, headers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from noojee_contract.dialects.legs import kind_of_value
from noojee_contract.dialects.vendor import BY_HOUR, FIELDS, METADATA
from noojee_contract.model.audio import kind_of
from noojee_contract.model.exchange import Exchange, NotJson
from noojee_contract.probing.observation import Uncovered
from noojee_contract.probing.pbx import FIRST_ERROR_STATUS, says_nothing
from noojee_contract.redaction.redact import names_a_credential_header

USUAL_HEADERS = frozenset(
    [
        "content-type",
        "content-length",
        "content-disposition",
        "date",
        "connection",
        "keep-alive",
        "transfer-encoding",
        "accept-ranges",
        "etag",
    ]
)
WEB_SERVER_STATUSES = (404, 405, 415)
"""Statuses that a web server answers with a page of its own, before the API sees the request."""
ENVELOPES = (frozenset(["Code", "Message"]), frozenset(["code", "message"]))
METHOD_NOT_ALLOWED = 405
MOST_SHOWN = 60


def other_behaviour(exchanges: Sequence[Exchange], *, has_json: bool) -> list[Uncovered]:
    """What the answers show that no option has a value for, each once with the first exchange that shows it.

    `has_json`: the dialect answers with JSON; the 2.7.14 service answers with plain text.
    """
    answered = [exchange for exchange in exchanges if not says_nothing(exchange)]
    found = {each.saw: each for each in _headers(answered)}
    for exchange in answered if has_json else ():
        for saw in _body(exchange):
            found.setdefault(saw, Uncovered(saw=saw, asked="", exchange=exchange))
    return list(found.values())


def _headers(exchanges: Sequence[Exchange]) -> Iterator[Uncovered]:
    """The unusual headers, each once; with its value if that is short, no credential, and the same in all answers."""
    first: dict[str, Exchange] = {}
    values: dict[str, set[str]] = {}
    for exchange in exchanges:
        assert exchange.response is not None
        for name, value in exchange.response.headers:
            if name in USUAL_HEADERS or (name == "allow" and exchange.status == METHOD_NOT_ALLOWED):
                continue
            first.setdefault(name, exchange)
            values.setdefault(name, set()).add(value)
    for name, exchange in first.items():
        value = min(values[name])
        is_shown = len(values[name]) == 1 and len(value) <= MOST_SHOWN and not names_a_credential_header(name)
        yield Uncovered(saw=f"the header {name}{f': {value}' if is_shown else ''}", asked="", exchange=exchange)


def _body(exchange: Exchange) -> Iterator[str]:
    if kind_of(exchange.body) is not None or exchange.body.strip().isdigit():
        return
    try:
        document = exchange.json()
    except NotJson:
        if (exchange.status or 0) not in WEB_SERVER_STATUSES and exchange.body.strip():
            yield f"an answer with {exchange.status} that is no JSON"
        return
    if isinstance(document, list):
        yield from _legs(exchange, document)
    else:
        yield from _envelope(exchange, document)


def _legs(exchange: Exchange, document: list[Any]) -> Iterator[str]:
    by_hour = "ByHour" in exchange.request.url.partition("?")[0]
    fields, where = FIELDS[BY_HOUR if by_hour else METADATA], " by hour" if by_hour else ""
    for entry in document:
        if not isinstance(entry, dict):
            yield f"an entry of a list{where} is {kind_of_value(entry)}"
            continue
        for name, value in entry.items():
            if name not in fields:
                yield f"a leg{where} has a key that no page names: {name[:MOST_SHOWN]}"
            elif not isinstance(value, str):
                yield f"{name} of a leg{where} is {kind_of_value(value)}, and not a string"
        for name in fields:
            if name not in entry:
                yield f"a leg{where} has no {name}"


def _envelope(exchange: Exchange, document: Any) -> Iterator[str]:
    if not isinstance(document, dict):
        yield f"an answer is {kind_of_value(document)}, and neither a list nor an object"
        return
    keys = frozenset(document)
    if keys not in ENVELOPES:
        shown = ", ".join(sorted(keys))[:MOST_SHOWN]
        is_error = (exchange.status or 0) >= FIRST_ERROR_STATUS
        yield f"an {'error ' if is_error else ''}object with the keys {shown or 'of nothing'}"
    code = next((document[key] for key in ("Code", "code") if key in document), 0)
    if not isinstance(code, int) or isinstance(code, bool):
        yield f"the code of an error is {kind_of_value(code)}, and not a number"
