"""Faulty servers: what passes for a hash and a time stamp."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import httpx

from support.faulty_servers import Send, faulty, with_body
from support.faulty_servers.rewriting import (
    WINDOW_MILLIS,
    age_millis,
    failure,
    given,
    hash_is_right,
    hash_of,
    is_legacy,
    is_method,
    is_refusal,
    keys,
    let_in,
    now_millis,
    place_of,
    turn_away,
    with_status,
)

Memory = dict[str, Any]
HOUR_MILLIS = 3_600_000


def signs(request: httpx.Request) -> bool:
    """Whether a legacy method is asked with a time stamp and a hash."""
    return (
        is_method(request) and is_legacy(request) and None not in (given(request, "timeStamp"), given(request, "hash"))
    )


def is_fresh(request: httpx.Request, send: Send) -> bool:
    """Whether the time stamp lies within its ten seconds."""
    age = age_millis(request, send)
    return age is not None and 0 <= age <= WINDOW_MILLIS


def _also(request: httpx.Request, send: Send, *texts: str) -> httpx.Response:
    """Accepts some texts as the hash of a fresh time stamp, next to the right one."""
    if (
        signs(request)
        and not hash_is_right(request, send)
        and given(request, "hash") in texts
        and is_fresh(request, send)
    ):
        return let_in(request, send)
    return send(request)


@faulty(
    "takes-hash-of-key-alone",
    "An old client cannot hash the time stamp, so the hash of the key alone was allowed for it.",
)
def takes_hash_of_key_alone(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    key = keys(request, send)[0]
    return _also(request, send, hashlib.sha256(key.encode()).hexdigest())


@faulty(
    "takes-hash-without-colon",
    "The hash was reimplemented from memory, and both forms were allowed to settle the quarrel.",
)
def takes_hash_without_colon(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    text = f"{keys(request, send)[0]}{given(request, 'timeStamp')}"
    return _also(request, send, hashlib.sha256(text.encode()).hexdigest())


@faulty("takes-md5", "Clients of the years before sha256 are still let in.")
def takes_md5(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    text = f"{keys(request, send)[0]}:{given(request, 'timeStamp')}"
    return _also(request, send, hashlib.md5(text.encode()).hexdigest())


@faulty("takes-hmac", "The rewrite does it properly, by HMAC, and still knows the old way.")
def takes_hmac(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    key, time_stamp = keys(request, send)[0], given(request, "timeStamp") or ""
    return _also(request, send, hmac.new(key.encode(), time_stamp.encode(), "sha256").hexdigest())


@faulty(
    "hash-of-the-same-second", "Any hash of the second in which the time stamp lies is taken, for clients that round."
)
def hash_of_the_same_second(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    key, stamp = keys(request, send)[0], given(request, "timeStamp") or "0"
    near = range(int(stamp) - 500, int(stamp) + 500) if stamp.isdigit() else ()
    return _also(request, send, *(hash_of(key, str(each)) for each in near))


@faulty("remembers-good-hashes", "Good hashes are cached by themselves, without the time stamp they belong to.")
def remembers_good_hashes(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if not signs(request):
        return send(request)
    good = memory.setdefault(place_of(request).sandbox, set())
    answer = _also(request, send, *good)
    if not is_refusal(answer):
        good.add(given(request, "hash"))
    return answer


@faulty("hash-of-any-case", "Hashes are compared by equalsIgnoreCase.")
def hash_of_any_case(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    digest = given(request, "hash") or ""
    right = hash_of(keys(request, send)[0], given(request, "timeStamp") or "")
    return _also(request, send, digest if digest.lower() == right else right)


@faulty("hash-serves-once", "The words one time hash were taken at their word.")
def hash_serves_once(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    used = memory.setdefault(place_of(request).sandbox, set())
    if signs(request) and given(request, "hash") in used:
        return turn_away(request, send)
    answer = send(request)
    if signs(request) and not is_refusal(answer):
        used.add(given(request, "hash"))
    return answer


@faulty("hash-lives-five-seconds", "The window was shortened by a security review.")
def hash_lives_five_seconds(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    age = age_millis(request, send) if signs(request) else None
    return failure("Expired TimeStamp") if age is not None and age > 5000 else send(request)


def _lives(request: httpx.Request, send: Send, *, from_millis: float, to_millis: float) -> httpx.Response:
    """Accepts a right hash of a wrong age, next to fresh ones."""
    if signs(request) and hash_is_right(request, send):
        age = age_millis(request, send)
        if age is not None and from_millis <= age <= to_millis:
            return let_in(request, send)
    return send(request)


@faulty("hash-lives-an-hour", "The hour of the next API was given to this one too.")
def hash_lives_an_hour(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _lives(request, send, from_millis=0, to_millis=HOUR_MILLIS)


@faulty("hash-lives-an-hour-once-used", "The next API's code answers the old path: used in time, a hash lives an hour.")
def hash_lives_an_hour_once_used(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    used = memory.setdefault(place_of(request).sandbox, set())
    if signs(request) and given(request, "hash") in used:
        return _lives(request, send, from_millis=0, to_millis=HOUR_MILLIS)
    answer = send(request)
    if signs(request) and not is_refusal(answer):
        used.add(given(request, "hash"))
    return answer


def _uses(request: httpx.Request, memory: Memory) -> dict[str | None, int]:
    """The hashes that a PBX saw used, with the time of the last use."""
    seen: dict[str | None, int] = memory.setdefault(place_of(request).sandbox, {})
    return seen


def _kept_by_use(request: httpx.Request, send: Send, memory: Memory, *, within_millis: float) -> httpx.Response:
    """Lets in who sends a hash that was used so many milliseconds ago at most; each use that is accepted is noted."""
    if not signs(request) or not hash_is_right(request, send):
        return send(request)
    uses, now = _uses(request, memory), now_millis(request, send)
    known = given(request, "hash") in uses and now - uses[given(request, "hash")] <= within_millis
    answer = let_in(request, send) if known else send(request)
    if known or not is_refusal(answer):
        uses[given(request, "hash")] = now
    return answer


@faulty("used-hash-dies-young", "The rule of the API before this one was kept: ten seconds, used or not.")
def used_hash_dies_young(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return failure("Expired TimeStamp") if signs(request) and not is_fresh(request, send) else send(request)


@faulty("used-hash-lives-for-ever", "Used hashes are kept in a table that nobody empties.")
def used_hash_lives_for_ever(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _kept_by_use(request, send, memory, within_millis=float("inf"))


@faulty("each-use-renews-the-hash", "The cache that keeps used hashes has an hour since the last access.")
def each_use_renews_the_hash(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _kept_by_use(request, send, memory, within_millis=HOUR_MILLIS)


@faulty("key-alone-since-the-upgrade", "The upgrade brought the key, and somebody thought that the hash could go.")
def key_alone_since_the_upgrade(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return turn_away(request, send) if signs(request) else send(request)


@faulty(
    "one-authentication-at-a-time", "A lock is held from Time until the hash comes, so a second client waits in vain."
)
def one_authentication_at_a_time(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    sandbox = place_of(request).sandbox
    if request.url.path.endswith("/Time"):
        if memory.get(sandbox):
            return failure("Too many concurrent authentication attempts")
        memory[sandbox] = True
    elif given(request, "timeStamp") is not None:
        memory[sandbox] = False
    return send(request)


@faulty("hash-lives-for-ever", "The rewrite checks the hash and forgot the time.")
def hash_lives_for_ever(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _lives(request, send, from_millis=0, to_millis=float("inf"))


@faulty("future-is-never-stale", "The age is compared with ten seconds, and a negative age is less.")
def future_is_never_stale(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _lives(request, send, from_millis=float("-inf"), to_millis=WINDOW_MILLIS)


@faulty("ten-seconds-either-way", "The rewrite takes the absolute difference of the clocks.")
def ten_seconds_either_way(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _lives(request, send, from_millis=-WINDOW_MILLIS, to_millis=WINDOW_MILLIS)


@faulty("unreadable-stamp-means-now", "A time stamp that cannot be parsed falls back on the present, in a catch block.")
def unreadable_stamp_means_now(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if signs(request) and age_millis(request, send) is None and hash_is_right(request, send):
        return let_in(request, send)
    return send(request)


@faulty("takes-seconds", "A PHP client has seconds only, so they are taken where there are ten digits.")
def takes_seconds(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if signs(request) and len(given(request, "timeStamp") or "") == 10 and hash_is_right(request, send):
        return let_in(request, send)
    return send(request)


def _on_expired(request: httpx.Request, send: Send, body: bytes, status: int) -> httpx.Response:
    answer = send(request)
    if signs(request) and b"Expired TimeStamp" in answer.content:
        return with_status(with_body(answer, body), status)
    return answer


@faulty("expired-like-any-other", "Every refusal has one text, on the advice of a security review.")
def expired_like_any_other(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _on_expired(request, send, b'{"Message":"Authentication failed","Code":-1}', 200)


@faulty("expired-is-a-server-error", "The expiry is thrown as an exception that nobody catches.")
def expired_is_a_server_error(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _on_expired(request, send, b"<h1>500</h1>", 500)
