"""A call while it lives: its parties, what is recorded of it, and the legs so far. Values and small rules, no clock.

Which transitions split a recording: entering a queue, being answered, each transfer (SEED W-A4), an explicit start
while recording (DOC W-RS). That the answer after a transfer makes no leg is chosen: the transfer made one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from noojee_fake.calls import OPEN, Call, Direction, Leg
from noojee_fake.directory import Record


class Status(Enum):
    """What an extension sees of a call. Source: 05.0 Subscribe (DOC W-SU, CLIENT C-J)."""

    RINGING = "Ringing"
    CONNECTED = "Connected"
    HUNGUP = "Hungup"
    DIALING = "Dialing Out"


@dataclass(slots=True, kw_only=True)
class LiveCall:
    """A call that has not ended. `number` is what was dialled last; `owner` None: the default account.

    `parties` are the extensions that take part with what each sees, `channels` the id of each party's channel.
    `connected` is who talks with the caller: an extension, an outside number, or nobody.
    """

    unique_id: str
    call_id: int
    direction: Direction
    source: str
    did: str | None
    number: str
    created_micros: int
    default_account: str | None
    record: Record
    channels: dict[str, str] = field(default_factory=dict)
    parties: dict[str, Status] = field(default_factory=dict)
    queue: str | None = None
    connected: str | None = None
    answered_micros: int | None = None
    transferred: bool = False
    click_to_dial: bool = False
    dialed: bool = True
    tag: str = ""
    owner: str | None = None
    destination: str = ""
    recording: bool = False
    legs: tuple[Leg, ...] = ()

    @property
    def caller(self) -> str | None:
        """The extension that made the call; None on inbound calls."""
        return None if self.direction is Direction.INBOUND else self.source

    def archived(self) -> Call:
        """The call as the archive keeps it. Only once it has a leg."""
        return Call(
            unique_id=self.unique_id,
            direction=self.direction,
            source=self.source,
            did=self.did,
            created_micros=self.created_micros,
            legs=self.legs,
        )

    def open_leg(self, now_micros: int, call_record_id: int) -> None:
        """Begin a leg that belongs to whoever owns the call now."""
        leg = Leg(
            number=max((leg.number for leg in self.legs), default=0) + 1,
            start_micros=now_micros,
            end_micros=OPEN,
            tag=self.tag,
            username=self.default_account if self.owner is None else self.owner,
            destination=self.destination,
            call_record_id=call_record_id,
        )
        self.legs = (*self.legs, leg)
        self.recording = True

    def close_leg(self, now_micros: int) -> None:
        """End the leg that is being recorded; nothing where none is. A clock that was set back ends it at its start."""
        self.recording = False
        if not self.legs or self.legs[-1].end_micros != OPEN:
            return
        last = self.legs[-1]
        ended = Leg(
            number=last.number,
            start_micros=last.start_micros,
            end_micros=max(now_micros, last.start_micros),
            tag=last.tag,
            username=last.username,
            destination=last.destination,
            call_record_id=last.call_record_id,
        )
        self.legs = (*self.legs[:-1], ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one extension saw of one call at one moment, as subscribe tells it. `sequence` counts all changes."""

    sequence: int
    extension: str
    call_id: int
    unique_id: str
    secondary_id: str
    status: Status
    caller_id: str
    other_party: str
    connected_to: str
    outbound_destination: str
    queue_call: bool
    click_to_dial: bool
    inbound: bool
    answered_micros: int | None
