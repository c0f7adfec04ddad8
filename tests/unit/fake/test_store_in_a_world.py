"""A world whose calls are kept in a file: what a seed does to it, what a restart brings back, and what it forgets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from noojee_fake.errors import FakeError, SeedError
from noojee_fake.pbx.clock import SECOND, Clock
from noojee_fake.pbx.store.base import Absent
from noojee_fake.server.sandboxes import Worlds, build


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Worlds]]:
    """Starts worlds on one state file, each after the one before has ended."""
    running: list[Worlds] = []

    def start(**arguments: Any) -> Worlds:
        for worlds in running:
            worlds.close()
        running.append(build(state=tmp_path / "state", **arguments))
        return running[-1]

    yield start
    for worlds in running:
        worlds.close()


def unique_ids(worlds: Worlds) -> list[str]:
    return [call.unique_id for call in worlds.default.store.calls()]


def test_a_seed_fills_a_file_that_never_held_a_call(
    started: Callable[..., Worlds], seed: Any, call: Any, leg: Any
) -> None:
    """With absent sound too; from then on the file has its own, and what else the seed says holds all the same."""
    first = seed(call("1.1", leg(sound={"absent": True}), leg()), time_zone="Australia/Perth")
    worlds = started(seed=first)
    assert (unique_ids(worlds), worlds.notes) == (["1.1"], ())
    worlds = started(seed=seed(call("2.1"), time_zone="Australia/Perth", default_account="Anna"))
    assert unique_ids(worlds) == ["1.1"]
    assert worlds.notes == ("the calls of the seed are left out: the file has its own",)
    assert (worlds.default.zone.key, worlds.default.default_account) == ("Australia/Perth", "Anna")
    legs = worlds.default.store.calls()[0].legs
    assert [worlds.default.store.sound(each) for each in legs] == [Absent.GONE, None]
    for each in legs:
        worlds.default.store.remove_leg(each)
    assert unique_ids(started(seed=first)) == []
    worlds = started()
    worlds.default.store.clear()
    assert unique_ids(started(seed=first)) == ["1.1"]


def test_a_seed_is_judged_though_its_calls_are_left_out(started: Callable[..., Worlds], seed: Any, call: Any) -> None:
    """A mistake in it is told at each start, not at the first alone."""
    started(seed=seed(call("1.1")))
    with pytest.raises(SeedError):
        started(seed=seed(call("2.1"), call("2.1")))
    assert unique_ids(started()) == ["1.1"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": "7"},
        {"dialects": ["z"]},
        {"time_zone": "X/Y"},
        {"api_key": ""},
        {"directory": {"users": 5}},
        {"seed": {}},
    ],
)
def test_whatever_else_is_wrong_makes_no_file(
    wrong: dict[str, Any], started: Callable[..., Worlds], tmp_path: Path
) -> None:
    """The file is opened last."""
    with pytest.raises(FakeError):
        started(**wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_call_in_progress_is_cut_by_a_restart(started: Callable[..., Worlds]) -> None:
    """The call is gone, its leg ends at the last moment that the file knows, and the numbers go on."""
    clock = Clock(now=1_773_190_800 * SECOND, frozen=True)
    worlds = started(clock=clock)
    board = worlds.default.switchboard
    call = board.place("410", "411", clock.micros())
    board.answer(call, "411", clock.micros())
    clock.step(20 * SECOND)
    worlds.default.store.put_sound(worlds.default.store.calls()[0].legs[0], b"RIFF")
    worlds.default.store._file.close()  # as a kill does: nothing is noted at the end
    clock.step(3600 * SECOND)
    worlds = started(clock=clock)
    (kept,) = worlds.default.store.calls()
    assert worlds.notes == ("1 of its legs had not ended; they end at the last moment that it knows",)
    assert [leg.duration_seconds for leg in kept.legs] == [20]
    assert worlds.default.switchboard.calls() == []
    board = worlds.default.switchboard
    call = board.place("410", "411", clock.micros())
    board.answer(call, "411", clock.micros())
    assert worlds.default.store.last_record_id == kept.legs[0].call_record_id + 1


def test_a_full_disk_is_told_and_changes_nothing(started: Callable[..., Worlds], calling: Any, call: Any) -> None:
    """507 with the reason; the next request that fits is taken."""
    worlds = started()
    caller = calling(worlds)
    pages = worlds.default.store._file.execute("PRAGMA page_count").fetchone()[0]
    worlds.default.store._file.execute(f"PRAGMA max_page_count = {pages + 2}")
    many = [call(f"{number}.1") for number in range(3000)]
    answer = caller.control("POST", "/worlds/default/calls", {"calls": many})
    assert answer.status == 507
    assert "cannot be written: database or disk is full" in json.loads(answer.body)["error"]
    assert unique_ids(worlds) == []
    assert caller.control("POST", "/worlds/default/calls", {"calls": [call("1.1")]}).status == 201


def test_other_worlds_are_not_kept(started: Callable[..., Worlds], calling: Any, seed: Any, call: Any) -> None:
    """The file is the default world's."""
    worlds = started()
    caller = calling(worlds)
    made = caller.control("POST", "/worlds", {"seed": seed(call("1.1"))})
    assert caller.world(made).njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1").body != b"[]"
    worlds = started()
    assert (worlds.names(), unique_ids(worlds)) == (["default"], [])


def test_snapshots_and_reset_reach_the_file(started: Callable[..., Worlds], calling: Any, seed: Any, call: Any) -> None:
    """What they bring back is there after a restart; a reset brings back the seed, though the file had its own calls."""
    worlds = started(seed=seed(call("1.1")))
    caller = calling(worlds)
    caller.control("POST", "/worlds/default/calls", {"calls": [call("2.1")]})
    name = json.loads(caller.control("POST", "/worlds/default/snapshots").body)["id"]
    caller.control("POST", "/worlds/default/calls", {"calls": [call("3.1")]})
    assert caller.control("POST", f"/worlds/default/snapshots/{name}/restore").status == 204
    worlds = started(seed=seed(call("4.1")))
    assert unique_ids(worlds) == ["1.1", "2.1"]
    assert calling(worlds).control("POST", "/worlds/default/reset").status == 204
    assert unique_ids(started()) == ["4.1"]
