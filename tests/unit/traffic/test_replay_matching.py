"""Which recorded answer a request gets, and the reason that a request without an answer gets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from noojee_contract.dialects.schemes import vendor_hash
from noojee_contract.model.wire import WireExchange, WireMessage
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_contract.traffic.replay.matcher import Matcher, Miss, ReplayConfig
from noojee_contract.traffic.replay.modes import Order, Repetition
from support.recorded import AT, BASE, exchange, exchange_file, request

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
TAG = f"{BASE}/retrieveMetaData?tag="
OPENED: list[ExchangeReader] = []
HASHED = "/rest/RecordingAPI/retrieveMetaData?tag=1"


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now


def matcher(
    tmp_path: Path,
    *exchanges: WireExchange,
    clock: Clock | None = None,
    header: dict[str, Any] | None = None,
    **modes: Any,
) -> Matcher:
    path = exchange_file(tmp_path / "day.jsonl", exchanges, **(header or {}))
    OPENED.append(ExchangeReader(path))
    return Matcher(OPENED[-1], ReplayConfig(**modes), now=clock or Clock())


@pytest.fixture(autouse=True)
def closed_files() -> Iterator[None]:
    """Closes the files of a test."""
    yield
    while OPENED:
        OPENED.pop().close()


def body(found: WireExchange | Miss) -> bytes | None:
    return found.response.body.content if isinstance(found, WireExchange) and found.response else None


def asked(replay: Matcher, target: str, **more: Any) -> WireExchange | Miss:
    message: WireMessage = request(target, **more)
    return replay.answer(message, message.body.content or b"")


def reason(found: WireExchange | Miss) -> str:
    assert isinstance(found, Miss)
    return found.reason


def test_parameters_match_in_any_order_and_coding(tmp_path: Path) -> None:
    """A query is a set of names and values: the order, and what is percent-encoded, carry no meaning."""
    replay = matcher(tmp_path, exchange(f"{BASE}/retrieveMetaDataByHour?date=2021/09/14&hour=15", b"[1]"))
    assert body(asked(replay, f"{BASE}/retrieveMetaDataByHour?hour=15&date=2021%2F09%2F14")) == b"[1]"


def test_base_path_of_the_recording_does_not_count(tmp_path: Path) -> None:
    """A PBX below a path was recorded; the replay answers at its root, and below the path."""
    replay = matcher(tmp_path, exchange(f"/pbx1{TAG}1", b"[1]"), header={"base_path": "/pbx1"})
    assert body(asked(replay, f"{TAG}1")) == b"[1]"
    assert body(asked(replay, f"/pbx1{TAG}1")) == b"[1]"


@pytest.mark.parametrize(
    ("repetition", "expected"),
    [
        (Repetition.LAST, [b"1", b"2", b"2", b"2"]),
        (Repetition.CYCLE, [b"1", b"2", b"1", b"2"]),
        (Repetition.NEVER, [b"1", b"2", None, None]),
    ],
)
def test_repeated_request_gets_its_answers_in_turn(
    tmp_path: Path, repetition: Repetition, expected: list[bytes | None]
) -> None:
    """After the last recorded answer, the mode decides."""
    replay = matcher(tmp_path, exchange(f"{TAG}1", b"1"), exchange(f"{TAG}1", b"2"), repetition=repetition)
    assert [body(asked(replay, f"{TAG}1")) for _ in range(4)] == expected


def test_used_up_answers_are_named(tmp_path: Path) -> None:
    """The reason differs from that of a request that was never recorded."""
    replay = matcher(tmp_path, exchange(f"{TAG}1"), repetition=Repetition.NEVER)
    asked(replay, f"{TAG}1")
    assert reason(asked(replay, f"{TAG}1")) == "its recorded answers (1) are used up"


def test_recorded_order_refuses_a_request_that_comes_early(tmp_path: Path) -> None:
    """The exchange that comes next is named; after it the other one is answered."""
    replay = matcher(tmp_path, exchange(f"{TAG}1", b"1"), exchange(f"{TAG}2", b"2"), order=Order.RECORDED)
    assert reason(asked(replay, f"{TAG}2")).startswith("exchange 1 comes next in the recorded order: ")
    assert body(asked(replay, f"{TAG}1")) == b"1"
    assert body(asked(replay, f"{TAG}2")) == b"2"
    assert reason(asked(replay, f"{TAG}1")) == "all recorded exchanges are used up"


def test_recorded_order_can_start_again(tmp_path: Path) -> None:
    """With the repetition `cycle` the first exchange follows the last one."""
    replay = matcher(tmp_path, exchange(f"{TAG}1", b"1"), order=Order.RECORDED, repetition=Repetition.CYCLE)
    assert [body(asked(replay, f"{TAG}1")) for _ in range(2)] == [b"1", b"1"]


def test_nearest_request_and_its_difference_are_named(tmp_path: Path) -> None:
    """Of the recorded requests to the same path, the one with the fewest differences."""
    replay = matcher(
        tmp_path,
        exchange(f"{TAG}1&leg=1"),
        exchange(f"{TAG}2&leg=2"),
        exchange(f"{BASE}/retrieveMetaDataByUniqueId?uniqueId=1.2"),
    )
    assert reason(asked(replay, f"{TAG}2&leg=3")) == (
        "the nearest recorded request is exchange 2: parameter leg is 3, recorded 2"
    )
    assert "no request to this path was recorded; the nearest is " in reason(asked(replay, f"{BASE}/retrieveMetaDat"))


def test_another_method_or_body_is_another_request(tmp_path: Path) -> None:
    """GET on a method that takes POST has its own answer, and so has another document."""
    replay = matcher(tmp_path, exchange(f"{TAG}1", request=request(f"{TAG}1", body=b'{"a":1}')))
    assert "method GET, recorded POST" in reason(asked(replay, f"{TAG}1", method="GET", body=b'{"a":1}'))
    assert reason(asked(replay, f"{TAG}1", body=b'{"a":2}')).endswith(": another body")
    assert body(asked(replay, f"{TAG}1", body=b'{"a":1}')) == b"[]"


def test_form_parameters_match_like_a_query(tmp_path: Path) -> None:
    """A form that is written in another order is the same request."""
    form = "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
    replay = matcher(tmp_path, exchange("", request=request(BASE, body=b"tag=1&apiKey=y&leg=2", headers=form)))
    assert body(asked(replay, BASE, body=b"leg=2&apiKey=x&tag=1", headers=form)) == b"[]"
    assert "form parameter leg is 3, recorded 2" in reason(
        asked(replay, BASE, body=b"leg=3&tag=1&apiKey=x", headers=form)
    )


def test_ignored_parameter_does_not_count(tmp_path: Path) -> None:
    """A client that sends a random number is answered all the same."""
    replay = matcher(tmp_path, exchange(f"{TAG}1&random=1", b"[1]"), ignored=frozenset({"random"}))
    assert body(asked(replay, f"{TAG}1&random=77")) == b"[1]"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(f"&apiKey={KEY}", b"right"), ("&apiKey=another-key", b"wrong"), ("", b"missing"), ("&apiKey=", b"wrong")],
)
def test_key_matches_by_its_verdict(tmp_path: Path, sent: str, expected: bytes) -> None:
    """The file holds no key: the replay checks the caller's key with its own."""
    recorded = [
        exchange(f"{TAG}1&apiKey=x", b"right", key=("api-key", "right")),
        exchange(f"{TAG}1&apiKey=x", b"wrong", key=("api-key", "wrong")),
        exchange(f"{TAG}1", b"missing", key=("none", "missing")),
    ]
    replay = matcher(tmp_path, *recorded, key=KEY)
    assert body(asked(replay, f"{TAG}1{sent}")) == expected


def test_key_in_another_place_is_another_request(tmp_path: Path) -> None:
    """A key that is no parameter of the query must not get the answer to one that is."""
    replay = matcher(
        tmp_path, exchange(f"{TAG}1&apiKey=x", key=("api-key", "right")), header={"dialect": "njadmin"}, key=KEY
    )
    form = f"Authorization: Bearer {KEY}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    assert "parameter apiKey is missing" in reason(asked(replay, f"{TAG}1", headers=form))
    found = reason(asked(replay, f"{TAG}1", headers=form, body=f"apiKey={KEY}".encode()))
    assert "form parameter apiKey was not recorded" in found


def test_request_with_other_authentication_is_no_match(tmp_path: Path) -> None:
    """A wrong key must not get the answer to the right one."""
    replay = matcher(tmp_path, exchange(f"{TAG}1&apiKey=x", key=("api-key", "right")), key=KEY)
    assert reason(asked(replay, f"{TAG}1&apiKey=other")) == (
        "it was recorded with other authentication: a wrong key, recorded a right key"
    )


def test_any_key_is_right_without_a_key_to_check(tmp_path: Path) -> None:
    """Without a key of its own, the replay sees only whether a request has credentials."""
    replay = matcher(tmp_path, exchange(f"{TAG}1&apiKey=x", b"[1]", key=("api-key", "right")))
    assert body(asked(replay, f"{TAG}1&apiKey=whatever")) == b"[1]"
    assert "parameter apiKey is missing" in reason(asked(replay, f"{TAG}1"))


def stamp(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def hashed(at: datetime, *, key: str = KEY) -> str:
    return f"{HASHED}&timeStamp={stamp(at)}&hash={vendor_hash(key, stamp(at))}"


def test_hash_matches_by_verdict_and_age(tmp_path: Path) -> None:
    """A hash that is too old gets the answer that an expired one got. Source: W-A1 (DOC): valid for 10 seconds."""
    replay = matcher(
        tmp_path,
        exchange(f"{HASHED}&timeStamp=1&hash=x", b"fresh", key=("hash", "right"), age=0.4),
        exchange(f"{HASHED}&timeStamp=1&hash=x", b"expired", key=("hash", "right"), age=65.0),
        exchange(f"{HASHED}&timeStamp=1&hash=x", b"wrong", key=("hash", "wrong"), age=0.2),
        key=KEY,
    )
    assert body(asked(replay, hashed(AT))) == b"fresh"
    assert body(asked(replay, hashed(AT - timedelta(seconds=30)))) == b"expired"
    assert body(asked(replay, hashed(AT, key="other"))) == b"wrong"


def test_age_counts_from_when_the_caller_got_the_time(tmp_path: Path) -> None:
    """The recorded Time is old: a caller that hashes it at once has a new hash, and an old one a minute later."""
    recorded, clock = datetime(2026, 3, 2, tzinfo=UTC), Clock()
    clock.now = recorded + timedelta(days=200)
    time_path = "/servicemanager/rest/Time"
    replay = matcher(
        tmp_path,
        exchange(time_path, stamp(recorded).encode()),
        exchange(f"{HASHED}&timeStamp=1&hash=x", b"fresh", key=("hash", "right"), age=0.4),
        clock=clock,
        key=KEY,
    )
    assert "days" not in reason(asked(replay, hashed(recorded)))
    asked(replay, time_path)
    assert body(asked(replay, hashed(recorded))) == b"fresh"
    assert body(asked(replay, hashed(recorded - timedelta(milliseconds=1)))) == b"fresh"
    assert "recorded a right hash" in reason(asked(replay, hashed(recorded + timedelta(minutes=1))))
    clock.now += timedelta(minutes=1)
    assert "a right hash, 60 s old, recorded a right hash" in reason(asked(replay, hashed(recorded)))


def test_unused_and_old_exchanges_are_known(tmp_path: Path) -> None:
    """A report of them shows fixtures that nobody needs, and those to be recorded again."""
    old = exchange(f"{TAG}2", at=AT - timedelta(days=91))
    replay = matcher(tmp_path, exchange(f"{TAG}1"), old)
    asked(replay, f"{TAG}1")
    assert list(replay.unused()) == [f"POST {TAG}2"]
    assert (replay.unused_count, replay.old_count, replay.oldest) == (1, 1, AT - timedelta(days=91))


def test_credentials_are_in_no_reason(tmp_path: Path) -> None:
    """A miss is printed: it shows no key and no hash."""
    replay = matcher(tmp_path, exchange(f"{TAG}1", key=("api-key", "right")), key=KEY)
    for target in (f"{TAG}2&apiKey={KEY}", f"{TAG}1&apiKey=zz{KEY}", hashed(AT)):
        found = asked(replay, target)
        assert isinstance(found, Miss)
        assert KEY not in found.request + found.reason
        assert vendor_hash(KEY, stamp(AT)) not in found.request + found.reason


@pytest.mark.parametrize(
    ("header", "name"),
    [({"credentials": ["pass_phrase"]}, "pass_phrase"), ({}, "access_token")],
    ids=["named", "usual"],
)
def test_key_of_a_custom_dialect_does_not_count(tmp_path: Path, header: dict[str, Any], name: str) -> None:
    """A caller has another key than the recording; neither is printed."""
    recorded = [exchange(f"/calls?tag={tag}&{name}=recorded-{KEY}", tag.encode()) for tag in ("1", "2")]
    replay = matcher(tmp_path, *recorded, header=header)
    assert body(asked(replay, f"/calls?tag=1&{name}=another")) == b"1"
    missed = asked(replay, f"/calls?tag=3&{name}=own-{KEY}")
    assert isinstance(missed, Miss)
    for shown in (missed.request, missed.reason, *replay.unused()):
        assert KEY not in shown
