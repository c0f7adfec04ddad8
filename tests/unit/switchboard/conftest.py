"""A switchboard with its archive and a clock in seconds, for tests of one transition after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from noojee_fake.pbx.calls import OPEN, Leg
from noojee_fake.pbx.clock import SECOND
from noojee_fake.pbx.directory import Directory, Queue, Record, Role, Route, User
from noojee_fake.pbx.live.call import CallRefused, LiveCall, Reason
from noojee_fake.pbx.live.recording import RecordingStart
from noojee_fake.pbx.live.switchboard import Switchboard
from noojee_fake.pbx.store.memory import MemoryStore

START = 1_795_478_400
PEOPLE = Directory(
    users=(
        User(name="Administrator", role=Role.ADMINISTRATOR),
        User(name="Betty", role=Role.RECORDING_MANAGER),
        User(name="Barney", extension="400", team="sales"),
        User(name="Fred", extension="410", team="sales"),
        User(name="Wilma", extension="420", role=Role.SUPERVISOR, team="sales"),
        User(name="Dino", extension="430", role=Role.SUPERVISOR, team="support"),
    ),
    queues=(Queue(number="600", members=("400", "410", "420")), Queue(number="610", members=("420", "430"))),
    routes=(
        Route(did="7600", to="600"),
        Route(did="7601", to="600", record=Record.GREETING, default_account="Slate"),
        Route(did="7602", to="600", record=Record.NEVER),
        Route(did="7410", to="410", record=Record.ANSWER),
        Route(did="7411", to="410", record=Record.GREETING),
        Route(did="7610", to="610", default_account="Fred"),
    ),
)


class Board:
    """A switchboard whose clock goes on by a second with each operation."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.board = Switchboard(store=self.store, lock=threading.RLock(), directory=PEOPLE)
        self.second = 0

    @property
    def now(self) -> int:
        return (START + self.second) * SECOND

    def do(self, name: str, *given: Any, **named: Any) -> Any:
        """Carry out an operation of the switchboard, a second later than the one before."""
        self.second += 1
        return getattr(self.board, name)(*given, self.now, **named)

    def start(self, call: LiveCall, *, tag: str | None = None, owner: str | None = None, **more: Any) -> None:
        self.do("start_recording", call, RecordingStart(tag=tag, owner=owner, **more))

    def refused(self, reason: Reason, name: str, *given: Any, **named: Any) -> None:
        """An operation is refused for this reason, and changes neither the calls nor the archive."""
        before = self.picture()
        with pytest.raises(CallRefused) as refused:
            self.do(name, *given, **named)
        assert refused.value.reason is reason
        assert self.picture() == before

    def picture(self) -> str:
        return repr((self.board.calls(), self.store.calls(), self.board.seen(("400", "410", "420", "430"), 0)))

    def legs(self, call: LiveCall) -> list[tuple[int, str | None, str, int, int | None]]:
        """Number, owner, destination, and the seconds of start and end of each leg in the archive.

        The end is None for a leg in progress.
        """
        found = self.store.call(call.unique_id)
        return [] if found is None else [self.outline(leg) for leg in found.legs]

    @staticmethod
    def outline(leg: Leg) -> tuple[int, str | None, str, int, int | None]:
        end = None if leg.end_micros == OPEN else leg.end_micros // SECOND - START
        return leg.number, leg.username, leg.destination, leg.start_micros // SECOND - START, end

    def tags(self, call: LiveCall) -> list[str]:
        found = self.store.call(call.unique_id)
        return [] if found is None else [leg.tag for leg in found.legs]

    def sees(self, extension: str) -> list[str]:
        """The status of each call that an extension takes part in, oldest change first."""
        return [event.status.value for event in self.board.seen((extension,), 0)[1].get(extension, [])]


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def talking() -> Callable[..., LiveCall]:
    """An inbound call that an extension of queue 600 took."""

    def make(board: Board, by: str = "410", did: str = "7600", **named: Any) -> LiveCall:
        call: LiveCall = board.do("inbound", did, "0491570156", **named)
        board.do("answer", call, by)
        return call

    return make
