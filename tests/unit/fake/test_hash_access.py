"""The legacy API: a time stamp and a hash, for ten seconds. Nothing else opens it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import Any

import pytest

from noojee_fake.pbx.credentials import UsedHashes
from noojee_fake.pbx.memory_budget import MemoryBudget

PATH = "/rest/RecordingAPI/retrieveMetaData"
EXPIRED = b'{"Message":"Expired TimeStamp","Code":-1}'


@pytest.fixture(scope="session")
def tagged(pbx: Callable[..., Any], call: Any, leg: Any) -> Callable[..., Any]:
    return lambda **options: pbx(call("1763589600.1", leg(tag="T")), **options)


def sign(stamp: str, key: str) -> str:
    return hashlib.sha256(f"{key}:{stamp}".encode()).hexdigest()


def opened(caller: Any, query: str, **how: Any) -> bool:
    return bool(caller.ask(PATH, query, **how).body.startswith(b'[{"Source"'))


@pytest.mark.parametrize(
    ("age", "valid"), [(0, True), (10, True), (10.001, False), (-2, True), (-2.001, False), (86400, False)]
)
def test_a_time_stamp_lives_ten_seconds(tagged: Any, age: float, valid: bool) -> None:
    """Valid to the last millisecond of ten seconds (DOC W-A1), and two ahead (UNKNOWN, option clock_ahead_seconds)."""
    caller = tagged()
    answer = caller.ask(PATH, f"tag=T&{caller.signature(age=age)}")
    assert (answer.body[:1] == b"[") is valid
    assert valid or answer.body == EXPIRED


def test_the_clock_decides_when_a_hash_is_stale(tagged: Any) -> None:
    """A hash that was fresh is refused once the PBX's clock has passed its window."""
    caller = tagged()
    query = f"tag=T&{caller.signature()}"
    assert opened(caller, query)
    caller.sandboxes.default.clock.step(10_000_000)
    assert opened(caller, query)
    caller.sandboxes.default.clock.step(1_000)
    assert caller.ask(PATH, query).body == EXPIRED


def test_invalid_hashes_are_refused_without_a_list(tagged: Any) -> None:
    """Every way of making or sending the hash wrong gives a failure object."""
    caller = tagged()
    stamp, key = str(caller.millis), caller.key
    right = sign(stamp, key)
    wrong = {
        "other key": f"timeStamp={stamp}&hash={sign(stamp, 'other')}",
        "user key": f"timeStamp={stamp}&hash={sign(stamp, caller.sandboxes.default.user_key)}",
        "upper case": f"timeStamp={stamp}&hash={right.upper()}",
        "cut off": f"timeStamp={stamp}&hash={right[:-1]}",
        "longer": f"timeStamp={stamp}&hash={right}0",
        "spaced": f"timeStamp={stamp}&hash=+{right}",
        "swapped": f"timeStamp={stamp}&hash={hashlib.sha256(f'{stamp}:{key}'.encode()).hexdigest()}",
        "no colon": f"timeStamp={stamp}&hash={hashlib.sha256(f'{key}{stamp}'.encode()).hexdigest()}",
        "md5": f"timeStamp={stamp}&hash={hashlib.md5(f'{key}:{stamp}'.encode()).hexdigest()}",
        "of another time": f"timeStamp={stamp}&hash={sign(str(int(stamp) - 1), key)}",
        "no hash": f"timeStamp={stamp}",
        "empty hash": f"timeStamp={stamp}&hash=",
        "no time": f"hash={right}",
        "empty time": f"timeStamp=&hash={sign('', key)}",
        "signed time": f"timeStamp=%2B{stamp}&hash={sign('+' + stamp, key)}",
        "decimal time": f"timeStamp={stamp}.0&hash={sign(stamp + '.0', key)}",
        "arabic digits": f"timeStamp=%D9%A1%D9%A2%D9%A3&hash={sign('١٢٣', key)}",
        "endless time": f"timeStamp={'9' * 6000}&hash={sign('9' * 6000, key)}",
        "nothing": "",
        "names in other case": f"timestamp={stamp}&Hash={right}",
        "api key": f"apiKey={key}",
        "not ascii": f"timeStamp={stamp}&hash=%C3%A9",
        "not utf-8": f"timeStamp={stamp}&hash=%FF%FE",
        "half an escape": f"timeStamp={stamp}&hash={right}%4",
        "wrong one first": f"timeStamp={stamp}&hash=0&hash={right}",
    }
    for name, credentials in wrong.items():
        answer = caller.ask(PATH, f"tag=T&{credentials}")
        assert answer.body.startswith(b'{"Message":'), name
        assert answer.body.endswith(b',"Code":-1}'), name
        for secret in (key, right, stamp):
            assert secret.encode() not in answer.body, name
    assert opened(caller, f"tag=T&timeStamp={stamp}&hash={right}")


def test_the_first_of_two_hashes_counts(tagged: Any) -> None:
    """A parameter given twice has its first value, as from a servlet's getParameter."""
    caller = tagged()
    assert opened(caller, f"tag=T&{caller.signature()}&hash=0&timeStamp=1")


def test_a_hash_in_a_header_or_a_cookie_opens_nothing(tagged: Any) -> None:
    """Credentials count only as parameters. Source: option parameters_in."""
    caller = tagged()
    stamp = str(caller.millis)
    digest = sign(stamp, caller.key)
    for headers in (
        (("timestamp", stamp), ("hash", digest)),
        (("cookie", f"timeStamp={stamp}; hash={digest}"),),
        (("authorization", f"Bearer {digest}"), ("x-timestamp", stamp)),
    ):
        assert not opened(caller, "tag=T", headers=headers)


def test_a_used_hash_is_refused_on_every_thread(tagged: Any) -> None:
    """With hash_reuse `once`, of many simultaneous requests one is answered."""
    caller = tagged(hash_reuse="once")
    query = f"tag=T&{caller.signature()}"
    served: list[bool] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        served.append(opened(caller, query))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert served.count(True) == 1


def test_a_refused_hash_is_not_used(tagged: Any) -> None:
    """With `once`, a wrong hash does not take the right one of the same time stamp along."""
    caller = tagged(hash_reuse="once")
    stamp = str(caller.millis)
    assert not opened(caller, f"tag=T&timeStamp={stamp}&hash={'0' * 64}")
    assert opened(caller, f"tag=T&timeStamp={stamp}&hash={sign(stamp, caller.key)}")


def test_used_hashes_take_bounded_memory() -> None:
    """What can no longer be fresh is forgotten, so memory does not grow with the requests."""
    spent = UsedHashes()
    for second in range(1000):
        now = second * 1000
        assert spent.use_once(f"hash {second}", now_millis=now, until_millis=now + 10_500)
        assert not spent.use_once(f"hash {second}", now_millis=now, until_millis=now + 10_500)
    assert len(spent) <= 12


def test_used_hashes_count_in_the_memory_budget() -> None:
    """They give way: without room, the oldest are forgotten."""
    budget = MemoryBudget(2_000_000)
    spent = UsedHashes(budget)
    for number in range(10_000):
        assert spent.use_once(f"hash {number}", now_millis=0, until_millis=10_000)
    assert budget.used_bytes <= 1_000_000
    assert 2000 < len(spent) < 4000
    assert not spent.use_once("hash 9999", now_millis=0, until_millis=10_000)


def test_each_used_hash_is_kept_for_its_ten_seconds() -> None:
    """A fast client uses more than a hundred thousand in that time, and none of them twice."""
    spent = UsedHashes()
    for number in range(150_000):
        spent.use_once(f"hash {number}", now_millis=0, until_millis=10_000)
    assert not spent.use_once("hash 0", now_millis=0, until_millis=10_000)


def test_hashes_of_an_hour_are_limited() -> None:
    """The oldest are forgotten: memory does not grow through a run of an hour."""
    used = UsedHashes()
    for number in range(100_010):
        used.renew(f"hash {number}", "1", now_millis=0, until_millis=3_600_000, again=False)
    assert len(used) == 100_000
    assert used.time_stamp("hash 9", 0) is None
    assert used.time_stamp("hash 10", 0) == "1"


def test_time_needs_no_credentials_and_is_the_pbx_clock(tagged: Any) -> None:
    """Time gives milliseconds as plain text, under both prefixes. Source: W-HA (DOC), option bare_rest."""
    caller = tagged()
    for path in ("/servicemanager/rest/Time", "/rest/Time"):
        answer = caller.ask(path)
        assert (answer.status, answer.body) == (200, b"1795478400000")
        assert dict(answer.headers)["Content-Type"] == "text/plain"
    caller.sandboxes.default.clock.step(1_234_567)
    assert caller.ask("/rest/Time").body == b"1795478401234"


def test_only_ten_digits_are_seconds(pbx: Any, call: Any, leg: Any) -> None:
    """With time_stamp_seconds `accepted`; nine digits were seconds until 2001, and are refused.

    Source: option time_stamp_seconds.
    """
    for now, stamp, valid in (
        ("2001-01-01T00:00:00Z", "978307200", False),
        ("2026-11-24T00:00:00Z", "1795478400", True),
        ("2026-11-24T00:00:00Z", "01795478400", False),
    ):
        caller = pbx(
            call("1.1", leg("2000-01-01T00:00:00Z", tag="T")), head={"now": now}, time_stamp_seconds="accepted"
        )
        assert opened(caller, f"tag=T&timeStamp={stamp}&hash={sign(stamp, caller.key)}") is valid
