"""A hash of call-management: ten seconds, and once used an hour (DOC W-HA).

From when the hour counts is option hash_hour_from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MANAGED = "/servicemanager/rest/CallManagementAPI"
EXPIRED = b'{"Message":"Expired TimeStamp","Code":-1}'
SUBSCRIBE = "exten=410&lastSequenceNumber=0&timeOut=0"
HOUR = 3600.0


@pytest.fixture
def asking(live_pbx: Any) -> Callable[..., Callable[[float], bool]]:
    """Asks with one hash, so many seconds after its time stamp; whether it was accepted."""

    def make(*, ahead: float = 0, **options: str) -> Callable[[float], bool]:
        caller = live_pbx(**options).caller
        clock, begin = caller.sandboxes.default.clock, caller.sandboxes.default.clock.micros()
        signature = caller.signature(age=-ahead)

        def ask(after: float) -> bool:
            clock.set(begin + round((after + ahead) * 1_000_000))
            body = caller.ask(f"{MANAGED}/subscribe", f"{SUBSCRIBE}&{signature}").body
            assert body.startswith(b'{"Data":') or body == EXPIRED
            return bool(body != EXPIRED)

        return ask

    return make


def test_unused_it_lives_ten_seconds(asking: Any) -> None:
    """To the millisecond, for each start of the hour."""
    for value in ("first-use", "last-use", "time-stamp"):
        assert not asking(hash_hour_from=value)(10.001)
        assert asking(hash_hour_from=value)(10)


def test_the_hour_counts_from_the_first_use(asking: Any) -> None:
    """However often it is used meanwhile; the default."""
    ask = asking()
    assert [ask(7.25), ask(10.001), ask(1800), ask(HOUR + 7.25), ask(HOUR + 7.251)] == [True] * 4 + [False]
    assert not ask(2 * HOUR)


def test_the_hour_counts_from_the_last_use(asking: Any) -> None:
    """So one that is used now and then lives as long as that."""
    ask = asking(hash_hour_from="last-use")
    moments = [9.5 + HOUR * uses for uses in range(30)]
    assert all(ask(moment) for moment in moments)
    assert not ask(moments[-1] + HOUR + 0.001)


def test_the_hour_counts_from_the_time_stamp(asking: Any) -> None:
    """The first use must be within ten seconds."""
    ask = asking(hash_hour_from="time-stamp")
    assert [ask(10), ask(HOUR), ask(HOUR + 0.001)] == [True, True, False]


def test_the_samples_of_the_subscribe_page_fit_the_hour(asking: Any) -> None:
    """Its time stamp is 19 minutes older than the call in its answer (DERIVED W-SU)."""
    ask = asking()
    assert [ask(1), ask(1149)] == [True, True]


def test_a_stamp_from_the_future_waits_for_its_time(asking: Any) -> None:
    """Two seconds ahead it counts (option clock_ahead_seconds), and its hour begins with that use."""
    ask = asking(ahead=2)
    assert [ask(-2), ask(HOUR - 2), ask(HOUR - 1.999)] == [True, True, False]
    assert not asking(ahead=2.001)(-2.001)


def test_a_refused_use_begins_no_hour(live_pbx: Any) -> None:
    """Neither a wrong hash, nor a right one for a wrong time stamp, nor one that came too late."""
    caller = live_pbx().caller
    signature = caller.signature()
    stamp, digest = signature.split("&")

    def ask(query: str) -> bytes:
        body: bytes = caller.ask(f"{MANAGED}/subscribe", f"{SUBSCRIBE}&{query}").body
        return body

    assert b"Invalid hash" in ask(f"{stamp}&hash={'0' * 64}")
    assert b"Invalid hash" in ask(f"timeStamp={caller.millis - 1}&{digest}")
    assert b"Invalid hash" in ask(caller.signature(key="other"))
    caller.sandboxes.default.clock.step(11_000_000)
    assert ask(signature) == EXPIRED
    assert ask(signature) == EXPIRED


def test_the_hash_of_an_hour_opens_no_other_time_stamp(live_pbx: Any) -> None:
    """What was used is a time stamp with its hash, not the hash alone."""
    caller = live_pbx().caller
    signature = caller.signature()
    digest = signature.split("&")[1]
    assert caller.ask(f"{MANAGED}/subscribe", f"{SUBSCRIBE}&{signature}").body[:1] == b"{"
    caller.sandboxes.default.clock.step(60_000_000)
    for stamp in ("", "1", "0", str(caller.millis), "x", signature.split("&")[0][10:-1]):
        assert b'"Code":-1' in caller.ask(f"{MANAGED}/subscribe", f"{SUBSCRIBE}&timeStamp={stamp}&{digest}").body
    assert caller.ask(f"{MANAGED}/subscribe", f"{SUBSCRIBE}&{signature}").body.startswith(b'{"Data":')


def test_the_legacy_api_has_no_hour(live_pbx: Any) -> None:
    """One that serves both dialects keeps their rules apart (DOC W-A1, W-HA)."""
    caller = live_pbx().caller
    signature = caller.signature()
    legacy = "/servicemanager/rest/RecordingAPI/retrieveMetaData"
    assert caller.ask(legacy, f"tag=T&{signature}").body == b"[]"
    assert caller.ask(f"{MANAGED}/retrieveMetaData", f"tag=T&{signature}").body == b"[]"
    caller.sandboxes.default.clock.step(10_001_000)
    assert caller.ask(legacy, f"tag=T&{signature}").body == EXPIRED
    assert caller.ask(f"{MANAGED}/retrieveMetaData", f"tag=T&{signature}").body == b"[]"
