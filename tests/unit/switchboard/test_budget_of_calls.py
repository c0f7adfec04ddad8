"""Live calls, their tags and the ends of calls count in the memory budget."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from noojee_fake.errors import MemoryBudgetError
from noojee_fake.pbx.calls import Call, Direction, Leg
from noojee_fake.pbx.clock import SECOND
from noojee_fake.pbx.live.recording import RecordingStart
from noojee_fake.pbx.live.switchboard import Switchboard
from noojee_fake.pbx.memory_budget import EVENT_BYTES, LIVE_CALL_BYTES, MemoryBudget, archive_bytes
from noojee_fake.pbx.store.base import Store
from noojee_fake.pbx.store.memory import MemoryStore
from noojee_fake.pbx.store.sqlite import SqliteStore

NOW = 1_764_115_200 * SECOND
LONG = "9" * 10_000


def board_of(budget: MemoryBudget) -> Switchboard:
    """A switchboard with the default directory: extensions 400, 410 and 420."""
    return Switchboard(store=MemoryStore(budget), lock=threading.RLock(), budget=budget)


def call_with(*tags: str, unique_id: str = "1.1") -> Call:
    """A call with a leg for each tag."""
    legs = tuple(
        Leg(
            number=number,
            start_micros=NOW,
            end_micros=NOW + SECOND,
            tag=tag,
            username=None,
            destination="410",
            call_record_id=number,
        )
        for number, tag in enumerate(tags, 1)
    )
    return Call(
        unique_id=unique_id, direction=Direction.INTERNAL, source="400", did=None, created_micros=None, legs=legs
    )


def test_live_call_counts_until_it_ends() -> None:
    """With the number that was dialled; its end counts too, until it is forgotten."""
    budget = MemoryBudget()
    board = board_of(budget)
    call = board.dial("410", LONG, NOW, record=False, tag="", at_once=False)
    assert budget.used_bytes == LIVE_CALL_BYTES + len(LONG)
    board.hang_up(call, NOW)
    del call
    assert budget.used_bytes == EVENT_BYTES + len(LONG)


def test_live_call_beyond_the_budget_is_refused() -> None:
    """And changes nothing."""
    budget = MemoryBudget(LIVE_CALL_BYTES + len(LONG) - 1)
    board = board_of(budget)
    with pytest.raises(MemoryBudgetError):
        board.dial("410", LONG, NOW, record=False, tag="", at_once=False)
    assert (board.calls(), budget.used_bytes) == ([], 0)


def test_call_ends_without_room_in_the_budget() -> None:
    """Its end is forgotten at once."""
    budget = MemoryBudget(2 * LIVE_CALL_BYTES)
    board = board_of(budget)
    call = board.dial("410", "0400000000", NOW, record=False, tag="", at_once=False)
    full = budget.reserve(0)
    full.resize(10 * LIVE_CALL_BYTES, force=True)
    board.hang_up(call, NOW)
    assert board.calls() == []
    assert board.seen(["410"], 1)[1] == {}


def test_recording_starts_again_only_within_the_budget() -> None:
    """Each start makes a leg, and keeps its tag."""
    budget = MemoryBudget(20 * len(LONG))
    board = board_of(budget)
    call = board.dial("410", "0400000000", NOW, record=True, tag="", at_once=True)

    def start_twenty_times() -> None:
        for number in range(20):
            board.start_recording(call, RecordingStart(tag=f"{number}{LONG}"), NOW)

    with pytest.raises(MemoryBudgetError):
        start_twenty_times()
    assert 15 < len(call.legs) < 20
    board.hang_up(call, NOW)
    assert board.calls() == []


@pytest.mark.parametrize("text", [LONG, "\N{GRINNING FACE}" * 2_500])
def test_long_tags_count_with_their_calls(text: str) -> None:
    """Until their legs are removed."""
    store = MemoryStore()
    store.add([call_with("", "short", text)])
    assert store.size_bytes == archive_bytes(1, 3) + 10_000
    snapshot = store.snapshot()
    store.save(call_with("", text, "short"))
    assert store.size_bytes == archive_bytes(1, 3) + 10_000
    longer = call_with("", text, "short", text)
    store.save(longer, longer.legs[3:])
    assert store.size_bytes == archive_bytes(1, 4) + 20_000
    store.remove_leg(longer.legs[1])
    assert store.size_bytes == archive_bytes(1, 3) + 10_000
    store.remove("1.1")
    assert store.size_bytes == 0
    store.restore(snapshot)
    assert store.size_bytes == archive_bytes(1, 3) + 10_000


def test_state_file_says_what_its_snapshot_takes(tmp_path: Path) -> None:
    """Long tags too."""
    store: Store = SqliteStore(tmp_path / "calls.sqlite", now=lambda: NOW)
    store.add([call_with("", "short", LONG)])
    assert store.size_bytes == archive_bytes(1, 3) + len(LONG)
    store.close()
