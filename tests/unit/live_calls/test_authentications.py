"""Five authentications at once, where an option says so: under way from Time until the time stamp is used.

Source: option concurrent_authentications.
"""

from __future__ import annotations

import threading
from typing import Any

TIME = "/servicemanager/rest/Time"
MANAGED = "/servicemanager/rest/CallManagementAPI"
LEGACY = "/rest/RecordingAPI"
TOO_MANY = b'{"Message":"Too many concurrent authentication attempts","Code":-1}'


def test_the_sixth_is_refused_while_five_are_under_way(live_pbx: Any) -> None:
    """For ten seconds at most; then unused time stamps are dropped."""
    caller = live_pbx(concurrent_authentications="5").caller
    for _ in range(5):
        assert caller.ask(TIME).body == b"1795478400000"
    for path in (TIME, "/rest/Time"):
        answer = caller.ask(path)
        assert (answer.status, answer.body) == (200, TOO_MANY)
    caller.sandboxes.default.clock.step(10_000_000)
    assert caller.ask(TIME).body == TOO_MANY
    caller.sandboxes.default.clock.step(1_000)
    assert caller.ask(TIME).body == b"1795478410001"


def test_a_time_stamp_that_is_used_makes_room(live_pbx: Any) -> None:
    """Rightly or wrongly, in either dialect; one that was not given out makes none."""
    caller = live_pbx(concurrent_authentications="5").caller
    clock = caller.sandboxes.default.clock
    stamps = []
    for _ in range(5):
        stamps.append(int(caller.ask(TIME).body))
        clock.step(1_000)
    used = [
        (f"{LEGACY}/retrieveMetaData", caller.signature_at(stamps[0])),
        (f"{MANAGED}/retrieveMetaData", caller.signature_at(stamps[1])),
        (f"{MANAGED}/stop", caller.signature_at(stamps[2], key="wrong")),
        (f"{LEGACY}/stop", f"timeStamp={stamps[3]}"),
    ]
    for path, signature in used:
        assert caller.ask(TIME).body == TOO_MANY
        caller.ask(path, f"tag=T&{signature}")
        assert caller.ask(TIME).body.isdigit()
    for other in ("", "x", "9" * 5000, "-1", str(stamps[0] - 1)):
        caller.ask(f"{MANAGED}/stop", f"timeStamp={other}&hash=0")
        assert caller.ask(TIME).body == TOO_MANY


def test_of_many_threads_five_are_let_in(live_pbx: Any) -> None:
    caller = live_pbx(concurrent_authentications="5").caller
    start = threading.Barrier(12)
    bodies: list[bytes] = []

    def ask() -> None:
        start.wait()
        bodies.append(caller.ask(TIME).body)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(body.isdigit() for body in bodies) == 5


def test_an_api_key_authenticates_nobody_under_way(live_pbx: Any) -> None:
    """The rule is of hashes: who has a key asks for no time."""
    caller = live_pbx(concurrent_authentications="5").caller
    for _ in range(5):
        caller.ask(TIME)
    assert caller.managed("retrieveMetaData", tag="T").body == b"[]"
    assert caller.ask(TIME).body == TOO_MANY
