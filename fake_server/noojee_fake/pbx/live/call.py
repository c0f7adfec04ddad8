"""A call while it lives: its parties, what is recorded of it, and the legs so far. Values and small rules, no clock.

Which transitions split a recording: entering a queue, being answered, each transfer (SPEC W-A4), an explicit start
while recording (DOC W-RS). That the answer after a transfer makes no leg is chosen: the transfer made one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from noojee_fake.pbx.calls import OPEN, Call, Direction, Leg
from noojee_fake.pbx.directory import Record


class Status(Enum):
    """What an extension sees of a call. Source: 05.0 Subscribe (DOC W-SU, CLIENT C-J)."""

    RINGING = "Ringing"
    CONNECTED = "Connected"
    HUNGUP = "Hungup"
    DIALING = "Dialing Out"


class Reason(Enum):
    """Why an operation was refused."""

    NO_CALL = "No such call"
    SEVERAL_CALLS = "The extension has several calls"
    NO_EXTENSION = "No such extension"
    NO_ROUTE = "No route for this number"
    NO_USER = "No such user"
    NO_PERMISSION = "No permission to stop this recording"
    NO_AGENT = "Missing parameter agentLoginName"
    NOT_RECORDING = "The call is not being recorded"
    RECORDING = "The call is being recorded already"
    NOT_RINGING = "The extension does not ring"
    NOT_CONNECTED = "Nobody is connected"
    ITSELF = "A party cannot be connected to itself"
    TOO_MANY = "All lines are busy"


class Refused(Exception):
    """An operation that cannot be done; nothing was changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class LiveCall:
    """A call that has not ended. `number` is what was dialled last; `owner` None: the default account.

    `parties` are the extensions that take part with what each sees, `channels` the channel of each party that was
    called; the caller's is `unique_id`. `connected` is an extension, an outside number, or nobody; `held` is who is at the
    other end: the caller, or the outside party that the caller handed on.
    """

    unique_id: str
    call_id: int
    direction: Direction
    source: str
    held: str
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
    unsaved: dict[int, Leg] = field(default_factory=dict)
    """The legs that the archive has to be told of, by number."""

    @property
    def caller(self) -> str | None:
        """The extension that made the call; None on inbound calls."""
        return None if self.direction is Direction.INBOUND else self.source

    @property
    def waits(self) -> bool:
        """Whether it stands in a queue."""
        return self.queue is not None and self.connected is None

    @property
    def leg_owner(self) -> str | None:
        """Who owns what is recorded now; None: the default account of the PBX."""
        return self.default_account if self.owner is None else self.owner

    def copy(self) -> LiveCall:
        """The same call, to go on by itself."""
        return replace(self, channels=self.channels.copy(), parties=self.parties.copy(), unsaved=self.unsaved.copy())

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
        """Begin a leg that belongs to whoever owns the call now; not before the call, nor before the last leg's end.

        The clock may have been set back.
        """
        last = self.legs[-1] if self.legs else None
        leg = Leg(
            number=1 if last is None else last.number + 1,
            start_micros=max(now_micros, self.created_micros if last is None else last.end_micros),
            end_micros=OPEN,
            tag=self.tag,
            username=self.leg_owner,
            destination=self.destination,
            call_record_id=call_record_id,
        )
        self.legs = (*self.legs, leg)
        self.unsaved[leg.number] = leg
        self.recording = True

    def close_leg(self, now_micros: int) -> None:
        """End the leg that is being recorded; nothing where none is. A clock that was set back ends it at its start."""
        self.recording = False
        if self.legs and self.legs[-1].end_micros == OPEN:
            last = self.legs[-1]
            ended = replace(last, end_micros=max(now_micros, last.start_micros))
            self.legs = (*self.legs[:-1], ended)
            self.unsaved[ended.number] = ended


def extension_of(name: str) -> str:
    """`410` of `410`, `SIP/410` and `SIP/410-12FA7B`. Source: Recording API version 2.7.14.x (DOC W-27)."""
    _, slash, rest = name.partition("/")
    return rest.rpartition("-")[0] or rest if slash else name
