"""How a request is authenticated: the meaning of its hash or key, for recordings that must not hold either. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from noojee_contract.dialects.schemes import API_KEY, HASH, KeyInBasic, KeyInHeader, Scheme, vendor_hash
from noojee_contract.model.wire import Authentication, WireExchange
from noojee_contract.traffic.parameters import all_parameters

RIGHT, WRONG, MISSING, UNCHECKED = "right", "wrong", "missing", "unknown"
NO_SCHEME = "none"
MOST_DIGITS = 13
"""The digits of a time stamp in milliseconds, up to the year 2286."""
Pairs = Iterable[tuple[str, str]]


class Authenticator:
    """Says how requests of a recording are authenticated.

    The age of a time stamp counts by the clock of the PBX, as its last answer of the Time method showed it, else by
    that of this machine.
    """

    def __init__(self, scheme: Scheme | None, key: str | None) -> None:
        self._scheme = scheme
        self._key = key
        self._ahead = timedelta()

    def authenticated(self, exchange: WireExchange) -> WireExchange:
        """The exchange with the meaning of its credentials."""
        request = exchange.request
        meaning = authentication_of(
            all_parameters(request, request.body.content or b""),
            request.fields(),
            scheme=self._scheme,
            key=self._key,
            now=exchange.at + self._ahead,
        )
        stamp = time_stamp_of(exchange)
        if stamp is not None:
            self._ahead = datetime.fromtimestamp(int(stamp) / 1000, UTC) - exchange.at
        return replace(exchange, authentication=meaning)


def time_stamp_of(exchange: WireExchange) -> str | None:
    """The time stamp of an answer of the Time method, None for other answers. Source: W-HA (DOC): digits only."""
    if not exchange.url.partition("?")[0].endswith("/Time") or exchange.response is None:
        return None
    digits = (exchange.response.body.content or b"").strip()
    return digits.decode("ascii") if digits.isdigit() and len(digits) <= MOST_DIGITS else None


def authentication_of(
    parameters: Pairs, headers: Pairs, *, scheme: Scheme | None, key: str | None, now: datetime
) -> Authentication:
    """The authentication of a request by its parameters (of query and form) and headers.

    `scheme` adds the name of a custom dialect's parameter or header; without it, the Authorization header counts.
    Without a key the verdict of a hash or key is `unknown`. `now` is what the age of a time stamp counts to.
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
    if scheme is not None and not isinstance(scheme, KeyInHeader | KeyInBasic):
        return Authentication(scheme=NO_SCHEME, verdict=MISSING)
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
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= MOST_DIGITS):
        return None
    return round(now.timestamp() - int(stamp) / 1000, 3)
