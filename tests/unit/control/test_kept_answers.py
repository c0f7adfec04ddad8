"""An answer is kept while it stays right.

A changed call, a leg that ends and a clock that is set back give a new answer.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from noojee_fake.api.dialects import kept_answers
from noojee_fake.api.dialects.encode import WrittenLegs
from noojee_fake.api.dialects.kept_answers import KeptAnswers
from noojee_fake.messages import Response
from noojee_fake.pbx.memory_budget import MemoryBudget

DEFAULT = "/sandboxes/default"


@pytest.fixture
def caller(pbx: Any, call: Any, leg: Any) -> Any:
    """A caller of a PBX with one call, tagged X, that ended; the answer for it was given twice."""
    made = pbx(call("1.1", leg("2026-11-20T09:00:00+11:00", tag="X")))
    assert listed(made) == listed(made) == ["1.1"]
    return made


def listed(caller: Any) -> list[str]:
    """The unique ids of the legs with the tag X."""
    return [row["UniqueId"] for row in json.loads(caller.njadmin("retrieveMetaData", tag="X").body)]


def test_added_call_is_listed_after_a_kept_answer(caller: Any, call: Any, leg: Any) -> None:
    """Also where it has the tag of that answer."""
    caller.control("POST", f"{DEFAULT}/calls", {"calls": [call("2.1", leg("2026-11-21T09:00:00+11:00", tag="X"))]})
    assert listed(caller) == listed(caller) == ["1.1", "2.1"]


def test_deleted_call_is_not_listed_from_a_kept_answer(caller: Any) -> None:
    """Nor does a reset bring back another state."""
    caller.control("DELETE", f"{DEFAULT}/calls?unique_id=1.1")
    assert listed(caller) == []
    caller.control("POST", f"{DEFAULT}/reset")
    assert listed(caller) == ["1.1"]


def test_clock_that_is_set_back_hides_a_leg(caller: Any) -> None:
    """A leg that ends later is not listed, although its answer was kept."""
    caller.control("POST", f"{DEFAULT}/clock", {"now": "2026-11-20T08:00:00+11:00"})
    assert listed(caller) == []
    caller.control("POST", f"{DEFAULT}/clock", {"now": "2026-11-21T08:00:00+11:00"})
    assert listed(caller) == ["1.1"]


def test_leg_that_ends_is_listed_without_a_change(caller: Any, call: Any, leg: Any) -> None:
    """The clock alone changes the answer of a call whose legs have not all ended."""
    later = call("2.1", leg("2026-11-21T09:00:00+11:00", tag="X"))
    caller.control("POST", f"{DEFAULT}/clock", {"now": "2026-11-21T08:00:00+11:00"})
    caller.control("POST", f"{DEFAULT}/calls", {"calls": [later]})
    assert listed(caller) == listed(caller) == ["1.1"]
    caller.control("POST", f"{DEFAULT}/clock", {"now": "2026-11-21T10:00:00+11:00"})
    assert listed(caller) == ["1.1", "2.1"]


def test_restored_snapshot_replaces_kept_answers(caller: Any, call: Any, leg: Any) -> None:
    """Both ways."""
    name = json.loads(caller.control("POST", f"{DEFAULT}/snapshots").body)["id"]
    caller.control("POST", f"{DEFAULT}/calls", {"calls": [call("2.1", leg("2026-11-21T09:00:00+11:00", tag="X"))]})
    assert listed(caller) == ["1.1", "2.1"]
    caller.control("POST", f"{DEFAULT}/snapshots/{name}/restore")
    assert listed(caller) == ["1.1"]


def test_kept_answer_is_in_the_journal_each_time(caller: Any) -> None:
    """A kept answer is an answer like any other."""
    before = json.loads(caller.control("GET", f"{DEFAULT}/journal").body)["last"]
    listed(caller)
    listed(caller)
    assert json.loads(caller.control("GET", f"{DEFAULT}/journal").body)["last"] == before + 2


def test_kept_answers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In bytes, and by the memory budget."""
    budget = MemoryBudget(10_000)
    kept = KeptAnswers(budget)
    monkeypatch.setattr(kept_answers, "MOST_BYTES", 3000)
    for number in range(100):
        kept.keep(str(number), 1, 0, Response(200, (), bytes(600)))
        assert budget.used_bytes <= 3000
    assert kept.find("99", 1, 0) is not None
    monkeypatch.undo()
    for number in range(100):
        kept.keep(str(number), 1, 0, Response(200, (), bytes(600)))
        assert budget.used_bytes <= 5000


def test_written_legs_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In bytes, and by the memory budget; a leg without room is written all the same."""
    budget = MemoryBudget(10_000)
    written = WrittenLegs(budget)
    monkeypatch.setattr(kept_answers, "MOST_BYTES", 3000)
    for number in range(99):
        assert written.keep(number, bytes(600)) == bytes(600)
        assert budget.used_bytes <= 3000
    assert written.find(98) is not None
    assert written.find(0) is None
    monkeypatch.undo()
    for number in range(99):
        written.keep(number, bytes(600))
        assert budget.used_bytes <= 5000


def test_written_legs_count_in_the_memory_budget(pbx: Any, call: Any, leg: Any) -> None:
    """Those of a listing by hour too. They count until a leg changes."""
    caller = pbx(call("1.1", leg("2026-11-20T09:00:00+11:00", tag="X")))
    budget = caller.sandboxes.budget
    before = budget.used_bytes
    assert b"1.1" in caller.njadmin("retrieveMetaDataByHour", date="2026/11/20", hour="9").body
    assert budget.used_bytes > before + 200
    caller.control("DELETE", f"{DEFAULT}/calls?unique_id=1.1&leg=1")
    assert budget.used_bytes <= before
