"""A change that the store cannot write changes no live call, neither its own nor others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from noojee_fake.errors import StateError
from noojee_fake.pbx.calls import Call, Leg
from noojee_fake.pbx.clock import SECOND
from noojee_fake.pbx.directory import Directory, Queue, Record, Route, User
from noojee_fake.pbx.live.call import LiveCall
from noojee_fake.pbx.live.recording import RecordingStart, RecordingStop
from noojee_fake.pbx.live.switchboard import Switchboard
from noojee_fake.pbx.store.memory import MemoryStore

NOW = 1_764_115_200 * SECOND
PEOPLE = Directory(
    users=tuple(User(name=f"agent {number}", extension=number) for number in ("400", "410", "420", "430")),
    queues=(Queue(number="600", members=("410", "420")), Queue(number="700", members=("420",))),
    routes=(Route(did="1", to="600", record=Record.QUEUE), Route(did="2", to="700", record=Record.GREETING)),
)


class FullDisk(MemoryStore):
    """A store that can be full."""

    can_fail = True
    is_full = False

    def save(self, call: Call, changed: Sequence[Leg] | None = None) -> None:
        """Write the legs, unless the disk is full."""
        if self.is_full:
            raise StateError("the disk is full")
        super().save(call, changed)


class Office:
    """Live calls in several states: two wait in queues, one is connected, one hears a greeting."""

    def __init__(self) -> None:
        self.store = FullDisk()
        self.board = Switchboard(store=self.store, lock=threading.RLock(), directory=PEOPLE)
        self.first = self.board.inbound("1", "0400000001", NOW).unique_id
        self.second = self.board.inbound("1", "0400000002", NOW).unique_id
        self.greeted = self.board.inbound("2", "0400000003", NOW).unique_id
        self.talking = self.board.place("400", "430", NOW).unique_id
        self.board.answer(self.call(self.talking), "430", NOW)
        self.board.start_recording(self.call(self.talking), RecordingStart(tag="A"), NOW)

    def call(self, unique_id: str) -> LiveCall:
        """A live call as it is now."""
        return self.board.find(unique_id)

    def shown(self) -> Any:
        """Everything that clients can see of the calls."""
        extensions = ("400", "410", "420", "430")
        calls = [call.copy() for call in self.board.calls()]
        of_extensions = [
            [call.unique_id for call in self.board._progress.registry.of_extension(extension)]
            for extension in extensions
        ]
        waiting = [
            [call.unique_id for call in self.board._progress.registry.waiting(queue)] for queue in ("600", "700")
        ]
        busy = [self.board._progress.registry.busy(extension) for extension in extensions]
        return calls, of_extensions, waiting, busy, self.board.seen(extensions, 0), self.store.calls()


CHANGES: dict[str, Callable[[Office], object]] = {
    "answer in a queue": lambda office: office.board.answer(office.call(office.first), "420", NOW),
    "hang up": lambda office: office.board.hang_up(office.call(office.talking), NOW),
    "hang up a call that waits": lambda office: office.board.hang_up(office.call(office.first), NOW),
    "transfer into a queue": lambda office: office.board.transfer(office.call(office.talking), "600", NOW),
    "proceed": lambda office: office.board.proceed(office.call(office.greeted), NOW),
    "new call": lambda office: office.board.inbound("1", "0400000004", NOW),
    "start": lambda office: office.board.start_recording(office.call(office.talking), RecordingStart(tag="B"), NOW),
    "stop": lambda office: office.board.stop_recording(office.call(office.talking), RecordingStop(anyone=True), NOW),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_failed_change_leaves_all_calls(change: Callable[[Office], object]) -> None:
    """It may be tried again, and then does the same as without the failure."""
    office, other = Office(), Office()
    before = office.shown()
    for _ in range(2):
        office.store.is_full = True
        with pytest.raises(StateError):
            change(office)
        assert office.shown() == before
    office.store.is_full = False
    change(office)
    change(other)
    assert office.shown() == other.shown()


def test_change_copies_no_other_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a state file, the cost of a change does not grow with the number of calls."""
    office = Office()
    copied: list[str] = []
    copy = LiveCall.copy

    def counted(call: LiveCall) -> LiveCall:
        copied.append(call.unique_id)
        return copy(call)

    monkeypatch.setattr(LiveCall, "copy", counted)
    office.board.start_recording(office.call(office.talking), RecordingStart(tag="B"), NOW)
    assert copied == [office.talking]
