"""Operators on limits and clocks: how long a hash lives, how often by hour may be asked, where an hour ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx

from noojee_contract.model.failure import FailureKind
from support.faulty_servers import FaultyServer, Mistake, Send, with_body
from support.faulty_servers.by_hour import in_hour, listing
from support.faulty_servers.expected import LEGS, ExpectedFailure, expect
from support.faulty_servers.hashes import signs
from support.faulty_servers.operators import BY_HOUR, TIME, is_at
from support.faulty_servers.rewriting import (
    age_millis,
    failure,
    given,
    hash_is_right,
    hash_of,
    is_legacy,
    is_method,
    keys,
    let_in,
    now_millis,
    pairs,
    place_of,
    with_pairs,
)

LEGACY = ("recording-api",)
REPLACEMENT = ("njadmin",)
WINDOWS_SECONDS = (1, 3, 7, 9, 12, 15, 20, 45, 60, 300, 3600, 86_400)
CLOCKS_SECONDS = (-86_400, -3600, -60, -11, 3, 11, 60, 3600, 86_400)
SPACINGS_SECONDS = (1, 10, 30, 50, 65, 90, 120, 600)
EDGES_SECONDS = (-3600, -60, -1, 1, 60, 600)


def _window(seconds: int) -> Mistake:
    """A hash lives as long as this, and no longer."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        age = age_millis(request, send) if signs(request) else None
        if age is None or age < 0 or not hash_is_right(request, send):
            return send(request)
        return let_in(request, send) if age <= seconds * 1000 else failure("Expired TimeStamp")

    return mistake


def _ahead(seconds: int) -> Mistake:
    """A time stamp may be ahead by so much."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        age = age_millis(request, send) if signs(request) else None
        if age is None or age >= 0 or not hash_is_right(request, send):
            return send(request)
        return let_in(request, send) if -age <= seconds * 1000 else failure("Expired TimeStamp")

    return mistake


def _clock(seconds: int) -> Mistake:
    """Time returns a wrong time; time stamps are compared with the right clock."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        answer = send(request)
        is_time = is_at(request, TIME) and request.method == "POST"
        return with_body(answer, str(int(answer.content) + seconds * 1000).encode()) if is_time else answer

    return mistake


def _spaced(seconds: int, allowed: int = 1) -> Mistake:
    """By hour may be asked so many times in so many seconds."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        asks = is_at(request, BY_HOUR) and request.method == "POST"
        if not asks or given(request, "apiKey") != keys(request, send)[0]:
            return send(request)
        sandbox, now = place_of(request).sandbox, now_millis(request, send)
        asked = [moment for moment in memory.get(sandbox, []) if abs(now - moment) < seconds * 1000]
        if len(asked) >= allowed:
            return failure("Too many requests", 429)
        answer = listing(request, _unlimited(send), lambda leg: in_hour(request, leg.end) and leg.end <= _now(now, leg))
        if answer.status_code == 200:
            memory[sandbox] = [*asked, now]
        return answer

    return mistake


def _now(millis: int, leg: Any) -> Any:
    return leg.end.fromtimestamp(millis / 1000, leg.end.tzinfo)


def _unlimited(send: Send) -> Send:
    """The conformant server without its limit: what it refuses as too many is answered as an empty hour."""

    def ask(request: httpx.Request) -> httpx.Response:
        answer = send(request)
        if answer.status_code != 429:
            return answer
        return httpx.Response(200, headers=[("content-type", "application/json;charset=UTF-8")], content=b"[]")

    return ask


def _edge(seconds: int) -> Mistake:
    """An hour begins and ends so many seconds later."""
    by = timedelta(seconds=seconds)

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        if not is_at(request, BY_HOUR):
            return send(request)
        now = now_millis(request, send)
        return listing(request, send, lambda leg: in_hour(request, leg.end - by) and leg.end <= _now(now, leg))

    return mistake


def _also_accepted(text_of: Callable[[str, str], str]) -> Mistake:
    """A fresh hash of another text is accepted next to the right one."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        age = age_millis(request, send) if signs(request) else None
        if age is not None and 0 <= age <= 10_000:
            key, stamp = keys(request, send)[0], given(request, "timeStamp") or ""
            if given(request, "hash") == text_of(key, stamp):
                return let_in(request, send)
        return send(request)

    return mistake


def _key_read(read: Callable[[str], str]) -> Mistake:
    """Keys are compared after both were read in some way."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        key = given(request, "apiKey")
        if is_method(request) and not is_legacy(request) and key and read(key) == read(keys(request, send)[0]):
            others = [pair for pair in pairs(request) if pair[0] != "apiKey"]
            return send(with_pairs(request, [("apiKey", keys(request, send)[0]), *others]))
        return send(request)

    return mistake


HASHES: tuple[tuple[str, str, Callable[[str, str], str]], ...] = (
    ("hash-cut-to-32-taken", "A hash that is cut to 32 characters is taken.",
     lambda key, stamp: hash_of(key, stamp)[:32]),
    ("hash-cut-to-8-taken", "A hash that is cut to 8 characters is taken.", lambda key, stamp: hash_of(key, stamp)[:8]),
    ("hash-in-reverse-taken", "A hash of time stamp, colon, key is taken.", lambda key, stamp: hash_of(stamp, key)),
    ("hash-of-small-key-taken", "A hash of the stamp alone is taken.", lambda key, stamp: hash_of("", stamp)),
)  # fmt: skip
KEYS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("key-without-dashes", "Dashes of a key do not count.", lambda key: key.replace("-", "")),
    ("key-of-eight", "The first eight letters of a key are compared.", lambda key: key[:8]),
    ("key-of-its-end", "The last twelve letters of a key are compared.", lambda key: key[-12:]),
    ("key-but-its-last", "The last letter of a key is not compared.", lambda key: key[:35]),
    ("key-but-its-first", "The first letter of a key is not compared.", lambda key: key[1:]),
    ("key-by-length", "Keys are compared by their length.", lambda key: str(len(key))),
    ("key-trimmed", "Spaces around a key do not count.", lambda key: key.strip()),
)  # fmt: skip
WINDOW = expect(FailureKind.REFUSED, FailureKind.NOT_REFUSED, FailureKind.LIMIT_NOT_HELD)
AHEAD = expect(FailureKind.OPTION_DIFFERS, options=("clock_ahead_seconds",)) + expect(FailureKind.NOT_REFUSED)
CLOCK = expect(FailureKind.WRONG_TIME)
SPACING = (
    expect(FailureKind.LIMIT_NOT_HELD, FailureKind.NOT_REFUSED)
    + expect(FailureKind.REFUSED, statuses=(429,))
    + expect(FailureKind.UNEXPECTED_STATUS, statuses=(429,))
)
EDGE = expect(*LEGS)
COMPARED = expect(FailureKind.NOT_REFUSED)


def mutants() -> Iterator[FaultyServer]:
    """Each limit with each wrong figure; each wrong comparison of credentials."""
    for seconds in WINDOWS_SECONDS:
        yield _mutant(
            f"hash-lives-{seconds}-s",
            f"A hash lives {seconds} s.",
            _window(seconds),
            "window",
            "authentication",
            WINDOW,
            LEGACY,
        )
    for seconds in (0, 1, 4, 8, 30, 61):
        yield _mutant(
            f"stamp-{seconds}-s-ahead",
            f"A time stamp may be {seconds} s ahead.",
            _ahead(seconds),
            "ahead",
            "authentication",
            AHEAD,
            LEGACY,
        )
    for seconds in CLOCKS_SECONDS:
        yield _mutant(
            f"time-off-by-{seconds}-s",
            f"Time is {seconds} s off.",
            _clock(seconds),
            "clock",
            "date-and-zone",
            CLOCK,
            LEGACY,
        )
    for seconds in SPACINGS_SECONDS:
        yield _mutant(
            f"by-hour-spaced-{seconds}-s",
            f"By hour may be asked once in {seconds} s.",
            _spaced(seconds),
            "spacing",
            "rate-limit",
            SPACING,
            REPLACEMENT,
        )
    for allowed in (2, 3, 5):
        yield _mutant(
            f"by-hour-{allowed}-a-minute",
            f"By hour may be asked {allowed} times a minute.",
            _spaced(60, allowed),
            "spacing",
            "rate-limit",
            SPACING,
            REPLACEMENT,
        )
    for seconds in EDGES_SECONDS:
        yield _mutant(
            f"hours-end-{seconds}-s-late",
            f"Hours end {seconds} s after they should.",
            _edge(seconds),
            "edge",
            "by-hour-membership",
            EDGE,
            REPLACEMENT,
        )
    for name, description, text_of in HASHES:
        yield _mutant(
            name,
            description,
            _also_accepted(text_of),
            "compared",
            "authentication",
            COMPARED,
            LEGACY,
        )
    for name, description, read in KEYS:
        yield _mutant(name, description, _key_read(read), "compared", "authentication", COMPARED, REPLACEMENT)


def _mutant(
    name: str,
    description: str,
    mistake: Mistake,
    operator: str,
    kind: str,
    expected: tuple[ExpectedFailure, ...],
    dialects: tuple[str, ...],
) -> FaultyServer:
    return FaultyServer(
        name=name.replace("--", "-minus-"),
        description=description,
        mistake=mistake,
        operator=operator,
        kind=kind,
        expected=expected,
        dialects=dialects,
    )
