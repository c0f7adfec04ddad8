"""How a request is authenticated: the meaning of its hash or key, for recordings that must not hold either. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime

from noojee_contract.dialects.schemes import API_KEY, HASH, KeyInBasic, KeyInHeader, Scheme, vendor_hash
from noojee_contract.model.wire import Authentication

RIGHT, WRONG, MISSING, UNCHECKED = "right", "wrong", "missing", "unknown"
NO_SCHEME = "none"
Pairs = Iterable[tuple[str, str]]


def authentication_of(
    parameters: Pairs, headers: Pairs, *, scheme: Scheme | None, key: str | None, now: datetime
) -> Authentication:
    """The authentication of a request by its parameters (of query and form) and headers.

    `scheme` adds the name of a custom dialect's parameter or header. Without a key the verdict of a hash or key is
    `unknown`. `now` is what the age of a time stamp counts to.
    """
    came = dict(reversed(list(parameters)))  # the first of a repeated parameter counts, as in a servlet
    if "hash" in came or "timeStamp" in came:
        stamp = came.get("timeStamp", "")
        if "hash" not in came or not stamp:
            return Authentication(scheme=HASH, verdict=MISSING, age_seconds=_age(stamp, now))
        verdict = UNCHECKED if key is None else _verdict(came["hash"], vendor_hash(key, stamp))
        return Authentication(scheme=HASH, verdict=verdict, age_seconds=_age(stamp, now))
    for name in ("apiKey", *(scheme.names if scheme is not None else ())):
        if name in came:
            return Authentication(scheme=API_KEY, verdict=UNCHECKED if key is None else _verdict(came[name], key))
    return _of_headers(headers, scheme=scheme, key=key)


def _of_headers(headers: Pairs, *, scheme: Scheme | None, key: str | None) -> Authentication:
    expected = "authorization"
    value: str | None = None
    if isinstance(scheme, KeyInHeader | KeyInBasic):
        expected = scheme.names[0].lower()
        if key is not None:
            value = scheme.credentials(key).headers[0][1]
    for name, came in headers:
        if name.lower() == expected:
            return Authentication(scheme=API_KEY, verdict=UNCHECKED if value is None else _verdict(came, value))
    return Authentication(scheme=NO_SCHEME, verdict=MISSING)


def _verdict(came: str, expected: str) -> str:
    return RIGHT if hmac.compare_digest(came.encode(), expected.encode()) else WRONG


def _age(stamp: str, now: datetime) -> float | None:
    """How old a time stamp in milliseconds is, None if it is none."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 15):
        return None
    return round(now.timestamp() - int(stamp) / 1000, 3)
