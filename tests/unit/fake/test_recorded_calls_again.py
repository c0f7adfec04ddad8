"""The recorded calls, played transition by transition through a switchboard, give the legs that were recorded."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from noojee_fake.pbx.calls import Call, Direction
from noojee_fake.pbx.clock import SECOND, parse_instant
from noojee_fake.pbx.directory import Record, read_directory
from noojee_fake.pbx.live.call import LiveCall
from noojee_fake.pbx.live.recording import RecordingStart
from noojee_fake.pbx.live.switchboard import Switchboard
from noojee_fake.pbx.store.memory import MemoryStore

RECORDED = Path(__file__).parents[3] / "fixtures" / "archives" / "recorded"
CALLS = sorted(path.parent.relative_to(RECORDED).as_posix() for path in RECORDED.rglob("call.json"))
DIRECTORY = read_directory(
    {
        "users": [
            {"name": "Administrator", "role": "administrator"},
            {"name": "Barney", "extension": "400"},
            {"name": "Fred", "extension": "410"},
            {"name": "Wilma", "extension": "420"},
        ],
        "queues": [{"number": "600", "members": ["400", "410", "420"]}],
        "routes": [
            {"did": "0390000001", "to": "410", "record": "answer"},
            {"did": "0390000002", "to": "600", "record": "queue"},
            {"did": "0390000003", "to": "600", "record": "greeting"},
        ],
    }
)
RECORDER_DELAY_MICROS = 15_000
"""The longest delay between a stop and the end of the recording; the next leg starts within it."""

Event = tuple[int, str, dict[str, Any], str]
"""When, what, the transition as it was recorded, and of which call."""


def recorded(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((RECORDED / name / "call.json").read_text("utf-8"))
    return document


def events(name: str) -> list[Event]:
    """The transitions of a call. One that starts a leg happens when the recorder began: its delay is not the PBX's."""
    document = recorded(name)
    starts = {leg["Leg"]: parse_instant(leg["Start"]) for leg in document["legs"]}
    happened = [
        (starts.get(each["starts_leg"], parse_instant(each["at"])), each["cause"], each, name)
        for each in document["transitions"]
    ]
    # Only an inbound call that waits or is greeted at once begins with its first transition.
    if not re.match("entered queue|answered by the PBX", happened[0][1]):
        happened.insert(0, (parse_instant(document["call_created"]), "began", {}, name))
    return happened


class Replay:
    """A switchboard that the transitions of recorded calls are played to."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.board = Switchboard(store=self.store, lock=threading.RLock(), directory=DIRECTORY)
        self.live: dict[str, LiveCall] = {}

    def play(self, names: list[str]) -> None:
        happened = [event for name in names for event in events(name)]
        for at, cause, transition, of in sorted(happened, key=lambda event: event[0]):
            self.happen(at, cause, transition, of)

    def happen(self, at: int, cause: str, transition: dict[str, Any], name: str) -> None:
        if name not in self.live:
            self.live[name] = self.begin(recorded(name), at)
            return
        call = self.live[name]
        if cause.startswith("entered queue"):
            self.board.proceed(call, at)
        elif (answered := re.match(r"answered by (\d+)", cause)) is not None:
            self.board.answer(call, answered[1], at)
        elif (handed := re.match(r"blind transfer to (\d+)", cause)) is not None:
            self.board.transfer(call, handed[1], at)
        elif cause.startswith("'start recording'"):
            self.board.start_recording(call, RecordingStart(tag=transition["tag"], owner=transition["user"]), at)
        elif cause == "caller's channel hung up":
            self.board.hang_up(call, at)
        else:
            assert cause.startswith("caller gave up in queue"), cause

    def begin(self, document: dict[str, Any], at: int) -> LiveCall:
        caller, *others = (party["number"] for party in document["participants"])
        tag = document["legs"][0]["Tag"] if document["transitions"][0]["starts_leg"] == 1 else ""
        late = "tag" in str(document["transitions"]) and document["transitions"][0]["starts_leg"] is None
        if document["direction"] == 0:
            record = Record.NEVER if late else None
            return self.board.inbound(document["did"], caller, at, record=record, tag=tag)
        return self.board.place(caller, others[0], at, tag=tag)


def outline(leg: dict[str, Any]) -> tuple[Any, ...]:
    """What a recorded leg says, its end aside."""
    return (
        *(leg[name] for name in ("Leg", "Tag", "Destination", "Source", "DID", "Direction")),
        None if leg["Username"] == "Administrator" else leg["Username"],
        parse_instant(leg["Start"]),
    )


def outline_of(call: Call) -> list[tuple[Any, ...]]:
    direction = (Direction.INBOUND, Direction.OUTBOUND, Direction.INTERNAL).index(call.direction)
    did = call.did if call.did is not None else "internal" if direction == 2 else ""
    return [
        (leg.number, leg.tag, leg.destination, call.source, did, direction, leg.username, leg.start_micros)
        for leg in call.legs
    ]


def test_all_thirteen_calls_are_there() -> None:
    """A missing folder would leave nothing to check."""
    assert len(CALLS) == 13


@pytest.mark.parametrize("name", CALLS)
def test_a_recorded_call_makes_the_legs_that_were_recorded(name: str) -> None:
    """Number, owner, destination, tag, DID, direction, source, start; ends up to the recorder's delay."""
    replay = Replay()
    replay.play([name])
    document = recorded(name)
    (call,) = replay.store.calls()
    assert outline_of(call) == [outline(leg) for leg in document["legs"]]
    for leg, expected in zip(call.legs, document["legs"], strict=True):
        assert 0 <= leg.end_micros - parse_instant(expected["End"]) <= RECORDER_DELAY_MICROS
        assert leg.duration_seconds - expected["Duration"] in (0, 1)
    assert call.created_micros is not None
    assert call.unique_id.partition(".")[0] == document["unique_id"].partition(".")[0]
    assert call.created_micros // SECOND == int(call.unique_id.partition(".")[0])


def test_all_recorded_calls_played_at_once_keep_apart() -> None:
    """Each call has its own legs, in the order in which they start."""
    replay = Replay()
    replay.play(CALLS)
    assert [outline_of(call) for call in replay.store.calls()] == [
        [outline(leg) for leg in recorded(name)["legs"]] for name in sorted(CALLS, key=lambda name: events(name)[0][0])
    ]
    ids = [leg.call_record_id for call in replay.store.calls() for leg in call.legs]
    assert sorted(ids) == list(range(1, len(ids) + 1))
    assert replay.board.calls() == []
