"""The two stores give the same answers after any operations, also from several threads."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from noojee_fake.pbx.calls import Call, Direction, Leg
from noojee_fake.pbx.clock import LATEST, SECOND
from noojee_fake.pbx.store import memory
from noojee_fake.pbx.store.base import Absent, Sound, Store
from noojee_fake.pbx.store.memory import MemoryStore
from noojee_fake.pbx.store.sqlite import SqliteStore

NOON = 1_773_190_800 * SECOND
CALLS = 3
LEGS = 4
TAGS = ("", "A", "a", "ß", "SS")
SOUNDS: tuple[Sound, ...] = (b"", b"RIFF", Absent.GONE)
ENDS = (NOON, NOON + 1, NOON + SECOND, LATEST)


def record_id(which: int, number: int) -> int:
    """Each call has record ids of its own, so that what is saved is always what may be saved."""
    return 1 + number * CALLS + which


def leg(which: int, number: int, tag: str = "", end: int = NOON) -> Leg:
    return Leg(
        number=number + 1, start_micros=NOON - number * SECOND, end_micros=end, tag=tag,
        username=None, destination="410", call_record_id=record_id(which, number),
    )  # fmt: skip


def call(which: int, *legs: Leg, source: str = "400") -> Call:
    return Call(
        unique_id=f"{which}.1", direction=Direction.INTERNAL, source=source, did=None, created_micros=None,
        legs=tuple(sorted(legs, key=lambda each: each.number)),
    )  # fmt: skip


LEG = strategies.tuples(strategies.integers(0, LEGS - 1), strategies.sampled_from(TAGS), strategies.sampled_from(ENDS))
A_CALL = strategies.builds(
    lambda which, legs, source: call(which, *(leg(which, *each) for each in legs), source=source),
    strategies.integers(0, CALLS - 1),
    strategies.lists(LEG, min_size=1, max_size=LEGS, unique_by=lambda each: each[0]),
    strategies.sampled_from(("400", "")),
)
A_LEG = strategies.builds(leg, strategies.integers(0, CALLS - 1), strategies.integers(0, LEGS - 1))
A_SOUND = strategies.sampled_from(SOUNDS)


class TwoStores(RuleBasedStateMachine):
    """One in memory, one on disk, which is opened again now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.memory = MemoryStore()
        self.disk = self.opened()
        self.snapshots = (self.memory.snapshot(), self.disk.snapshot())

    def opened(self) -> SqliteStore:
        return SqliteStore(Path(self.folder.name) / "state", now=lambda: NOON + 60 * SECOND)

    def both(self, ask: Callable[[Store], object]) -> None:
        assert ask(self.memory) == ask(self.disk)

    @rule(calls=strategies.lists(A_CALL, max_size=2, unique_by=lambda each: each.unique_id), sound=A_SOUND)
    def add(self, calls: list[Call], sound: Sound) -> None:
        new = [each for each in calls if self.memory.call(each.unique_id) is None]
        self.both(lambda store: store.add(new, [(each.legs[0], sound) for each in new]))

    @rule(saved=A_CALL)
    def save(self, saved: Call) -> None:
        self.both(lambda store: store.save(saved))

    @rule(which=strategies.integers(0, CALLS - 1), tag=strategies.sampled_from(TAGS), end=strategies.sampled_from(ENDS))
    def go_on(self, which: int, tag: str, end: int) -> None:
        """The next leg of a call begins, and the one in progress ends: only these two are saved."""
        before = self.memory.call(f"{which}.1")
        legs = before.legs if before is not None else ()
        ended = tuple(replace(each, end_micros=NOON + 1) for each in legs[-1:] if each.end_micros == LATEST)
        number = legs[-1].number if legs else 0
        if number < LEGS:
            changed = (*ended, leg(which, number, tag, end))
            kept = legs[: len(legs) - len(ended)]
            saved = call(which, *kept, *changed, source="400" if before is None else before.source)
            self.both(lambda store: store.save(saved, changed))

    @rule(which=strategies.integers(0, CALLS - 1))
    def remove_call(self, which: int) -> None:
        self.both(lambda store: store.remove(f"{which}.1"))

    @rule(removed=A_LEG)
    def remove(self, removed: Leg) -> None:
        self.both(lambda store: store.remove_leg(removed))

    @rule(sounded=A_LEG, sound=A_SOUND)
    def put_sound(self, sounded: Leg, sound: Sound) -> None:
        self.both(lambda store: store.put_sound(sounded, sound))

    @rule()
    def take_snapshot(self) -> None:
        self.snapshots = (self.memory.snapshot(), self.disk.snapshot())

    @rule()
    def restore(self) -> None:
        self.memory.restore(self.snapshots[0])
        self.disk.restore(self.snapshots[1])

    @rule()
    def clear(self) -> None:
        self.both(lambda store: store.clear())

    @rule()
    def open_again(self) -> None:
        """What was in progress ends at the last moment that the file knows."""
        self.disk.close()
        self.disk = self.opened()
        for each in self.memory.calls():
            cut = (
                replace(one, end_micros=NOON + 60 * SECOND) if one.end_micros == LATEST else one for one in each.legs
            )
            self.memory.save(replace(each, legs=tuple(cut)))

    @invariant()
    def they_agree(self) -> None:
        self.both(lambda store: (store.calls(), store.count(), store.last_record_id))
        self.both(lambda store: [store.call(f"{which}.1") for which in range(CALLS)])
        self.both(lambda store: [store.has_record_id(number) for number in range(CALLS * LEGS + 2)])
        for tag in TAGS:
            self.both(lambda store, tag=tag: sorted(each.unique_id for each in store.tagged(tag)))
            self.both(lambda store, tag=tag: sorted(each.unique_id for each in store.tagged_ignoring_case(tag)))
        at = NOON // SECOND
        for first, last in ((0, 2**40), (at, at + 1), (at + 1, at + 60)):
            self.both(lambda store, first=first, last=last: store.ended_between(first, last))
        every = [leg(which, number) for which in range(CALLS) for number in range(LEGS)]
        self.both(lambda store: [store.sound(each) for each in every])

    def teardown(self) -> None:
        self.disk.close()
        self.folder.cleanup()


class TwoStoresOfParts(TwoStores):
    """Each addition to the store in memory becomes a part of its own."""

    def __init__(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(memory, "LARGE_LEGS", 0)
        super().__init__()

    def teardown(self) -> None:
        self.patch.undo()
        super().teardown()


TestTwoStores = TwoStores.TestCase
TestTwoStores.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestTwoStoresOfParts = TwoStoresOfParts.TestCase
TestTwoStoresOfParts.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


@pytest.mark.parametrize("kind", ["memory", "memory in parts", "disk"])
def test_no_reader_sees_half_a_change(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call is whole, and tags, hours and counts are of one moment, while others save, add and remove."""
    if kind == "memory in parts":
        monkeypatch.setattr(memory, "LARGE_LEGS", 0)
    store: Store = SqliteStore(tmp_path / "state", now=lambda: NOON) if kind == "disk" else MemoryStore()
    forms = (
        call(0, leg(0, 0, "A"), leg(0, 1, "A")),
        call(0, leg(0, 0, "B", NOON + 1), leg(0, 2, "B"), leg(0, 3, "B")),
    )
    store.save(forms[0])
    done = threading.Event()
    wrong: list[object] = []

    def change() -> None:
        try:
            for at in range(150):
                store.save(forms[at % 2])
                store.add([call(1, leg(1, 0)), call(2, leg(2, 0))])
                store.restore(before)
        except BaseException as error:
            wrong.append(error)
            raise
        finally:
            done.set()

    def ask() -> None:
        while not done.is_set():
            if store.call("0.1") not in forms:
                wrong.append(store.call("0.1"))
            wrong.extend(each for each in store.tagged("A") if each != forms[0])
            rows = store.ended_between(0, 2**33)
            if [row[1] for row in rows if row[2].unique_id == "0.1"] not in ([1, 4], [1, 7, 10]):
                wrong.append(rows)
            if len([row for row in rows if row[2].unique_id != "0.1"]) not in (0, 2) or len(store.calls()) == 2:
                wrong.append(rows)

    before = store.snapshot()
    threads = [threading.Thread(target=run) for run in (change, ask, ask)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    store.close()
    assert done.is_set()
    assert wrong == []
