"""Control requests that take long hold the lock of a PBX only for moments: other clients do not wait for them."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from noojee_fake.control import live_calls, snapshots
from noojee_fake.pbx import archive_files

ARCHIVE_NAMES = ("mistake", "_read", "_leg", "_call", "parse_instant")
"""The steps of reading an archive."""


def is_free(lock: Any) -> bool:
    """Whether another thread could take a lock now."""
    found: list[bool] = []

    def attempt() -> None:
        found.append(lock.acquire(blocking=False))
        if found[0]:
            lock.release()

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join(10)
    return found[0]


@pytest.fixture
def during(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Does something each time a step of reading an archive begins."""

    def arrange(act: Any, *names: str) -> None:
        for name in names:
            step = vars(archive_files)[name]

            def acting(*given: Any, step: Any = step, **named: Any) -> Any:
                act()
                return step(*given, **named)

            monkeypatch.setattr(archive_files, name, acting)

    return arrange


def test_lock_is_free_while_calls_are_read(pbx: Any, call: Any, leg: Any, during: Any) -> None:
    """Dialling, answering and long polls take this lock, in the thread that serves all clients."""
    caller = pbx()
    free: list[bool] = []
    during(lambda: free.append(is_free(caller.sandboxes.default.change)), *ARCHIVE_NAMES)
    caller.control_json("POST", "/calls", {"calls": [call("1.1", leg(), leg())]}, status=201)
    assert set(free) == {True}


def test_leg_that_is_recorded_meanwhile_gets_another_id(pbx: Any, call: Any, leg: Any, during: Any) -> None:
    """The ids of the legs that are read are taken before."""
    caller = pbx(call("1.1", leg()))
    store = caller.sandboxes.default.store
    meanwhile: list[int] = []
    during(lambda: meanwhile.append(store.last_record_id + 1), "_read")
    caller.control_json("POST", "/calls", {"calls": [call("2.1", leg(), leg())]}, status=201)
    given = [each.call_record_id for each in store.call("2.1").legs]
    assert not set(meanwhile) & set(given)
    assert store.last_record_id == given[-1]


def test_unique_id_that_is_taken_meanwhile_is_refused(pbx: Any, call: Any, leg: Any, during: Any) -> None:
    """Nothing of the request is added, and its record ids are given back."""
    caller = pbx()
    store = caller.sandboxes.default.store
    other = {"calls": [call("2.1", leg())]}
    first = iter([lambda: caller.control_json("POST", "/calls", other, status=201)])
    during(lambda: next(first, lambda: None)(), "_read")
    written = {"calls": [call("1.1", leg()), call("2.1", leg())]}
    assert caller.control_json("POST", "/calls", written, status=400)["path"] == "$.calls[1].unique_id"
    assert [each.unique_id for each in store.calls()] == ["2.1"]


def test_refused_calls_leave_no_gap_in_the_record_ids(pbx: Any, call: Any, leg: Any) -> None:
    """The next leg gets the id after the last one in the archive."""
    caller = pbx(call("1.1", leg()))
    store = caller.sandboxes.default.store
    before = store.last_record_id
    backwards = leg(start="2026-03-11T12:00:00+11:00", end="2026-03-11T11:00:00+11:00")
    caller.control_json("POST", "/calls", {"calls": [call("2.1", leg(), backwards)]}, status=400)
    assert store.last_record_id == before


@pytest.mark.parametrize("path", ["/live", "/state"])
def test_lock_is_free_while_live_calls_are_written(pbx: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be 10,000 of them."""
    caller = pbx()
    caller.control_json("POST", "/flow", {"steps": [{"do": "inbound", "did": "7601"}]})
    free: list[bool] = []
    written = live_calls.live_call

    def writing(its_pbx: Any, live: Any) -> Any:
        free.append(is_free(its_pbx.change))
        return written(its_pbx, live)

    monkeypatch.setattr(live_calls, "live_call", writing)
    monkeypatch.setattr(snapshots, "live_call", writing)
    caller.control_json("GET", path)
    assert free == [True]
