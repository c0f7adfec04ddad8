"""What a PBX remembers, asked of each store: calls, legs and sounds, and how they change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from noojee_fake.pbx.calls import Call, Direction, Leg
from noojee_fake.pbx.clock import LATEST, SECOND
from noojee_fake.pbx.store import memory
from noojee_fake.pbx.store.base import Absent, Store
from noojee_fake.pbx.store.memory import MemoryStore
from noojee_fake.pbx.store.sqlite import SqliteStore

NOON = 1_773_190_800 * SECOND


def leg(record_id: int, *, number: int = 1, end: int = NOON, **fields: Any) -> Leg:
    """A leg of ten seconds that ended at noon."""
    start = NOON - 10 * SECOND if end == LATEST else end - 10 * SECOND
    given = {"start_micros": start, "tag": "", "username": None, "destination": "410", **fields}
    return Leg(number=number, end_micros=end, call_record_id=record_id, **given)


def call(unique_id: str, *legs: Leg, **fields: Any) -> Call:
    given = {"direction": Direction.INBOUND, "source": "400", "did": None, "created_micros": None, **fields}
    return Call(unique_id=unique_id, legs=legs, **given)


def found(calls: Any) -> list[str]:
    """The unique ids of calls whose order is free."""
    return sorted(each.unique_id for each in calls)


def ended(store: Store, first: int = 0, last: int = 2**33) -> list[tuple[int, int, str]]:
    """Second, record id and unique id of the ended legs; each is a leg of its call as it is now."""
    rows = store.ended_between(first, last)
    for second, record_id, its_call, its_leg in rows:
        assert its_call == store.call(its_call.unique_id)
        assert its_leg in its_call.legs
        assert (second, record_id) == (its_leg.end_micros // SECOND, its_leg.call_record_id)
    return [(second, record_id, its_call.unique_id) for second, record_id, its_call, _ in rows]


@pytest.fixture(params=["memory", "memory in parts", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store of each kind; in one of them each addition becomes a part of its own."""
    if request.param == "memory in parts":
        monkeypatch.setattr(memory, "LARGE_LEGS", 0)
    made = SqliteStore(tmp_path / "state", now=lambda: NOON) if request.param == "disk" else MemoryStore()
    yield made
    made.close()


def test_calls_come_back_as_they_were_put_in(store: Store) -> None:
    """In the order in which they came, every field kept, by unique id and together."""
    calls = [
        call("2.1", leg(9, number=3, tag="ü\0'"), leg(2, number=7, username="", tag="🎧"), did="", created_micros=5),
        call("1.1", leg(1, username="Fred", destination=""), did="7601", direction=Direction.OUTBOUND, source=""),
    ]
    store.add(calls)
    assert store.calls() == calls
    assert [store.call("1.1"), store.call("2.1"), store.call("3.1")] == [calls[1], calls[0], None]
    assert store.count() == (2, 3)
    assert store.last_record_id == 9
    assert [record_id for record_id in range(11) if store.has_record_id(record_id)] == [1, 2, 9]


def test_an_empty_store_knows_nothing(store: Store) -> None:
    """Every question has an answer."""
    assert (store.calls(), store.count(), store.last_record_id) == ([], (0, 0), 0)
    assert (list(store.tagged("A")), list(store.tagged_ignoring_case("A")), ended(store)) == ([], [], [])
    assert store.sound(leg(1)) is None
    assert store.remove_leg(leg(1)) is False


def test_a_tag_finds_the_calls_that_have_a_leg_with_it(store: Store) -> None:
    """Each once; exactly, or in any case; the empty tag is none."""
    store.add(
        [
            call("1.1", leg(1, tag="Ärger"), leg(2, number=2, tag="Ärger")),
            call("2.1", leg(3), leg(4, number=2, tag="x")),
        ]
    )
    assert found(store.tagged_ignoring_case("ÄRGER")) == ["1.1"]
    store.add([call("3.1", leg(5, tag="äRGER"), leg(6, number=2, tag="Ärger")), call("4.1", leg(7, tag="äRGER"))])
    assert found(store.tagged("Ärger")) == ["1.1", "3.1"]
    assert found(store.tagged("ärger")) == []
    assert found(store.tagged_ignoring_case("ärger")) == ["1.1", "3.1", "4.1"]
    assert found(store.tagged("")) == found(store.tagged_ignoring_case("")) == []


def test_saving_replaces_a_call_in_its_place(store: Store) -> None:
    """It has only the tags, legs and hours of the new call."""
    store.add([call("1.1", leg(1, tag="A"), leg(2, tag="A", number=2)), call("2.1", leg(3, tag="A"))])
    assert found(store.tagged_ignoring_case("a")) == ["1.1", "2.1"]
    changed = call("1.1", leg(1, tag="B", end=NOON + SECOND), leg(4, number=3, tag="b"), source="401")
    store.save(changed)
    assert [each.unique_id for each in store.calls()] == ["1.1", "2.1"]
    assert store.call("1.1") == changed
    assert (found(store.tagged("A")), found(store.tagged("B"))) == (["2.1"], ["1.1"])
    assert (found(store.tagged_ignoring_case("a")), found(store.tagged_ignoring_case("B"))) == (["2.1"], ["1.1"])
    at = NOON // SECOND
    assert ended(store) == [(at, 3, "2.1"), (at, 4, "1.1"), (at + 1, 1, "1.1")]
    assert (store.count(), store.last_record_id, store.has_record_id(2)) == ((2, 3), 4, False)


def test_saving_puts_a_call_that_is_new(store: Store) -> None:
    """After the existing numbers."""
    store.add([call("2.1", leg(1))])
    store.save(call("1.1", leg(2, tag="A")))
    assert [each.unique_id for each in store.calls()] == ["2.1", "1.1"]
    assert found(store.tagged("A")) == ["1.1"]
    assert store.last_record_id == 2


def test_a_leg_in_progress_is_in_no_hour_until_it_ends(store: Store) -> None:
    """Also not in the last hour there is; its call shows it all the while."""
    running = call("1.1", leg(1), leg(2, number=2, end=LATEST, tag="A"))
    store.add([call("2.1", leg(3, end=LATEST))])
    store.save(running)
    assert ended(store, 0, 2**62) == [(NOON // SECOND, 1, "1.1")]
    assert (store.call("1.1"), found(store.tagged("A"))) == (running, ["1.1"])
    store.save(replace(running, legs=(running.legs[0], replace(running.legs[1], end_micros=NOON + 1))))
    assert ended(store) == [(NOON // SECOND, 1, "1.1"), (NOON // SECOND, 2, "1.1")]


@pytest.mark.parametrize("many", [1, 40, 500])
def test_legs_are_listed_by_end_second_then_record_id(store: Store, many: int) -> None:
    """From the first second on, up to the last one; whether they came one by one or many at a time."""
    at = NOON // SECOND
    for first in range(1, 1001, many):
        store.add(
            call(f"{record_id}.1", leg(record_id, end=NOON + record_id * 7919 % 10 * SECOND + record_id % 3))
            for record_id in range(first, first + many)
        )
    expected = sorted((at + record_id * 7919 % 10, record_id, f"{record_id}.1") for record_id in range(1, 1001))
    assert ended(store) == expected
    assert ended(store, at + 2, at + 4) == [row for row in expected if at + 2 <= row[0] < at + 4]
    assert ended(store, at + 4, at + 4) == ended(store, 0, at) == ended(store, at + 10) == []


def test_sound_is_kept_or_marked_as_deleted(store: Store) -> None:
    """With the calls or later; it stays when its leg changes, and goes when its leg does."""
    legs = [leg(1), leg(2, number=2), leg(3, number=3)]
    store.add([call("1.1", *legs)], [(legs[0], b"RIFF\0"), (legs[1], Absent.GONE)])
    assert [store.sound(each) for each in legs] == [b"RIFF\0", Absent.GONE, None]
    store.put_sound(legs[1], b"")
    store.put_sound(legs[2], Absent.GONE)
    store.save(call("1.1", replace(legs[1], tag="A"), legs[2]))
    assert [store.sound(each) for each in legs] == [None, b"", Absent.GONE]
    store.put_sound(legs[0], b"of a removed leg")
    store.save(call("1.1", *legs))
    assert [store.sound(each) for each in legs] == [None, b"", Absent.GONE]


def test_a_removed_leg_leaves_a_gap(store: Store) -> None:
    """Numbers stay, its record id is not given again, and with the last leg the call goes."""
    legs = [leg(1, tag="A"), leg(2, number=2, tag="B"), leg(3, number=3, end=LATEST)]
    store.add([call("1.1", *legs)], [(legs[1], b"RIFF")])
    assert found(store.tagged_ignoring_case("b")) == ["1.1"]
    assert store.remove_leg(legs[1])
    assert not store.remove_leg(legs[1])
    assert store.call("1.1") == call("1.1", legs[0], legs[2])
    assert (found(store.tagged("B")), store.sound(legs[1]), len(ended(store))) == ([], None, 1)
    assert found(store.tagged_ignoring_case("b")) == []
    assert store.remove_leg(legs[2])
    assert store.remove_leg(legs[0])
    assert (store.calls(), store.count(), ended(store), found(store.tagged("A"))) == ([], (0, 0), [], [])
    assert store.last_record_id == 3


def test_a_removed_call_takes_its_legs_with_it(store: Store) -> None:
    """Their tags, hours and sound too; other calls stay, and their order."""
    kept = [call("1.1", leg(1, tag="A")), call("3.1", leg(4, tag="B"))]
    store.add([kept[0], call("2.1", leg(2, tag="A"), leg(3, number=2, tag="C")), kept[1]], [(leg(2), b"RIFF")])
    assert store.remove("2.1")
    assert not store.remove("2.1")
    assert (store.calls(), store.count(), store.last_record_id) == (kept, (2, 2), 4)
    assert (found(store.tagged("A")), found(store.tagged("C")), store.sound(leg(2))) == (["1.1"], [], None)
    assert [row[1] for row in ended(store)] == [1, 4]


def test_a_cleared_store_is_as_new(store: Store) -> None:
    """Record ids begin again."""
    store.add([call("1.1", leg(5, tag="A"))], [(leg(5), b"RIFF")])
    store.clear()
    assert (store.calls(), store.count(), store.last_record_id) == ([], (0, 0), 0)
    assert (found(store.tagged("A")), ended(store), store.sound(leg(5))) == ([], [], None)
    store.add([call("1.1", leg(5))])
    assert store.count() == (1, 1)


def test_a_snapshot_brings_back_what_was_there(store: Store) -> None:
    """Calls, tags, hours, sounds and the last record id; any number of times, after any changes."""
    before = [call("1.1", leg(1, tag="A"), leg(2, number=2, end=LATEST)), call("2.1", leg(3, tag="a"))]
    store.add(before, [(leg(1), b"RIFF"), (leg(3), Absent.GONE)])
    snapshot = store.snapshot()
    for _ in range(2):
        store.save(call("1.1", leg(1, tag="B"), leg(2, number=2, tag="A")))
        store.add([call("0.1", leg(9, tag="A"))])
        store.remove_leg(leg(3))
        store.put_sound(leg(1), Absent.GONE)
        store.restore(snapshot)
        assert store.calls() == before
        assert (found(store.tagged("A")), found(store.tagged("B"))) == (["1.1"], [])
        assert found(store.tagged_ignoring_case("a")) == ["1.1", "2.1"]
        assert [row[1] for row in ended(store)] == [1, 3]
        assert (store.count(), store.last_record_id, store.has_record_id(9)) == ((2, 3), 3, False)
        assert (store.sound(leg(1)), store.sound(leg(3))) == (b"RIFF", Absent.GONE)
        store.clear()
    with pytest.raises(TypeError):
        store.restore(None)


def test_allotted_record_ids_are_used_by_nobody_else(store: Store) -> None:
    """They come after all other ids, and after the ids that the caller names."""
    store.add([call("1.1", leg(5))])
    assert store.allot_record_ids(3, 0) == 6
    assert store.last_record_id == 8
    assert store.allot_record_ids(1, 20) == 21
    store.add([call("2.1", leg(6))])
    assert (store.last_record_id, store.has_record_id(7)) == (21, False)


def test_record_ids_that_are_given_back_are_used_again(store: Store) -> None:
    """Unless a higher one was used in the meantime."""
    store.add([call("1.1", leg(5))])
    store.give_back_record_ids(store.allot_record_ids(3, 0), 3)
    assert store.last_record_id == 5
    first = store.allot_record_ids(3, 0)
    store.add([call("2.1", leg(9))])
    store.give_back_record_ids(first, 3)
    assert store.last_record_id == 9


def test_calls_of_another_kind_of_store_are_not_added(store: Store) -> None:
    """Each kind prepares them in its own form."""
    with pytest.raises(TypeError):
        store.add_indexed(None)


def test_large_addition_is_sorted_in_pieces(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order is that of a list which was sorted at once."""
    monkeypatch.setattr(memory, "_SORTED_AT_ONCE", 7)
    ends = [(NOON // SECOND + record_id * 7919 % 100, record_id) for record_id in range(1, 501)]
    store.add(call(f"{record_id}.1", leg(record_id, end=second * SECOND)) for second, record_id in ends)
    assert [row[:2] for row in ended(store)] == sorted(ends)
