"""A sandbox whose calls are kept in a file: what an archive changes, what a restart brings back, what it forgets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from noojee_fake.errors import ArchiveError, FakeError
from noojee_fake.pbx.clock import SECOND, Clock
from noojee_fake.pbx.store.base import Absent
from noojee_fake.server.sandboxes import Sandboxes, build


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Sandboxes]]:
    """Starts sandboxes on one state file, each after the one before has ended."""
    running: list[Sandboxes] = []

    def start(**arguments: Any) -> Sandboxes:
        for sandboxes in running:
            sandboxes.close()
        running.append(build(state=tmp_path / "state", **arguments))
        return running[-1]

    yield start
    for sandboxes in running:
        sandboxes.close()


def unique_ids(sandboxes: Sandboxes) -> list[str]:
    return [call.unique_id for call in sandboxes.default.store.calls()]


def test_an_archive_fills_an_empty_state_file(
    started: Callable[..., Sandboxes], archive: Any, call: Any, leg: Any
) -> None:
    """With absent sound too; later starts use the calls of the file, and the other settings of the archive."""
    first = archive(call("1.1", leg(sound={"absent": True}), leg()), time_zone="Australia/Perth")
    sandboxes = started(archive=first)
    assert (unique_ids(sandboxes), sandboxes.notes) == (["1.1"], ())
    sandboxes = started(archive=archive(call("2.1"), time_zone="Australia/Perth", default_account="Anna"))
    assert unique_ids(sandboxes) == ["1.1"]
    assert sandboxes.notes == ("the calls of the archive are left out: the file has its own",)
    assert (sandboxes.default.zone.key, sandboxes.default.default_account) == ("Australia/Perth", "Anna")
    legs = sandboxes.default.store.calls()[0].legs
    assert [sandboxes.default.store.sound(each) for each in legs] == [Absent.GONE, None]
    for each in legs:
        sandboxes.default.store.remove_leg(each)
    assert unique_ids(started(archive=first)) == []
    sandboxes = started()
    sandboxes.default.store.clear()
    assert unique_ids(started(archive=first)) == ["1.1"]


def test_an_archive_is_validated_though_its_calls_are_unused(
    started: Callable[..., Sandboxes], archive: Any, call: Any
) -> None:
    """Each start reports an error in it, not only the first."""
    started(archive=archive(call("1.1")))
    with pytest.raises(ArchiveError):
        started(archive=archive(call("2.1"), call("2.1")))
    assert unique_ids(started()) == ["1.1"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": "7"},
        {"dialects": ["z"]},
        {"time_zone": "X/Y"},
        {"api_key": ""},
        {"directory": {"users": 5}},
        {"archive": {}},
    ],
)
def test_any_other_error_makes_no_file(
    wrong: dict[str, Any], started: Callable[..., Sandboxes], tmp_path: Path
) -> None:
    """The file is opened last."""
    with pytest.raises(FakeError):
        started(**wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_call_in_progress_is_cut_by_a_restart(started: Callable[..., Sandboxes]) -> None:
    """The call ends, its leg ends at the last change of the file, and the numbers continue."""
    clock = Clock(now=1_773_190_800 * SECOND, frozen=True)
    sandboxes = started(clock=clock)
    board = sandboxes.default.switchboard
    call = board.place("410", "411", clock.micros())
    board.answer(call, "411", clock.micros())
    clock.step(20 * SECOND)
    sandboxes.default.store.put_sound(sandboxes.default.store.calls()[0].legs[0], b"RIFF")
    sandboxes.default.store._file.close()  # as a kill does: nothing is noted at the end
    clock.step(3600 * SECOND)
    sandboxes = started(clock=clock)
    (kept,) = sandboxes.default.store.calls()
    assert sandboxes.notes == ("1 of its legs had no end; they end at the last time in the file",)
    assert [leg.duration_seconds for leg in kept.legs] == [20]
    assert sandboxes.default.switchboard.calls() == []
    board = sandboxes.default.switchboard
    call = board.place("410", "411", clock.micros())
    board.answer(call, "411", clock.micros())
    assert sandboxes.default.store.last_record_id == kept.legs[0].call_record_id + 1


def test_a_full_disk_is_reported_and_changes_nothing(
    started: Callable[..., Sandboxes], calling: Any, call: Any
) -> None:
    """507 with the reason; the next request that fits is taken."""
    sandboxes = started()
    caller = calling(sandboxes)
    pages = sandboxes.default.store._file.execute("PRAGMA page_count").fetchone()[0]
    sandboxes.default.store._file.execute(f"PRAGMA max_page_count = {pages + 2}")
    many = [call(f"{number}.1") for number in range(3000)]
    answer = caller.control("POST", "/sandboxes/default/calls", {"calls": many})
    assert answer.status == 507
    assert "cannot be written: the disk is full" in json.loads(answer.body)["error"]
    assert unique_ids(sandboxes) == []
    assert caller.control("POST", "/sandboxes/default/calls", {"calls": [call("1.1")]}).status == 201


def test_other_sandboxes_are_not_kept(started: Callable[..., Sandboxes], calling: Any, archive: Any, call: Any) -> None:
    """The file is the default sandbox's."""
    sandboxes = started()
    caller = calling(sandboxes)
    made = caller.control("POST", "/sandboxes", {"archive": archive(call("1.1"))})
    assert caller.sandbox(made).njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1").body != b"[]"
    sandboxes = started()
    assert (sandboxes.names(), unique_ids(sandboxes)) == (["default"], [])


def test_snapshots_and_reset_reach_the_file(
    started: Callable[..., Sandboxes], calling: Any, archive: Any, call: Any
) -> None:
    """A restart keeps what they brought back; a reset brings back the archive, though the file had its own calls."""
    sandboxes = started(archive=archive(call("1.1")))
    caller = calling(sandboxes)
    caller.control("POST", "/sandboxes/default/calls", {"calls": [call("2.1")]})
    name = json.loads(caller.control("POST", "/sandboxes/default/snapshots").body)["id"]
    caller.control("POST", "/sandboxes/default/calls", {"calls": [call("3.1")]})
    assert caller.control("POST", f"/sandboxes/default/snapshots/{name}/restore").status == 204
    sandboxes = started(archive=archive(call("4.1")))
    assert unique_ids(sandboxes) == ["1.1", "2.1"]
    assert calling(sandboxes).control("POST", "/sandboxes/default/reset").status == 204
    assert unique_ids(started()) == ["4.1"]
