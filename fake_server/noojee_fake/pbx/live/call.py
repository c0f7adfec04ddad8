"""A live call: its state, its parties and its legs so far. Values and small rules, without a clock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from noojee_fake.pbx.calls import OPEN, Call, Direction, Leg
from noojee_fake.pbx.directory import Record
from noojee_fake.pbx.memory_budget import Reservation


class Status(Enum):
    """The status of a call at one extension. Source: 05.0 Subscribe (DOC W-SU, CLIENT C-J)."""

    RINGING = "Ringing"
    CONNECTED = "Connected"
    HUNGUP = "Hungup"
    DIALING = "Dialing Out"


class CallState(Enum):
    """The state of a live call. `transitions` says how one state leads to the next.

    ROUTING: on its way to a number. GREETING: hears the greeting of its route. CALLING_BACK: a click-to-dial call whose
    caller still rings. TRANSFERRED: rings after a transfer. ENDED: no live call any more.
    """

    ROUTING = "routing"
    GREETING = "greeting"
    CALLING_BACK = "calling-back"
    RINGING = "ringing"
    QUEUED = "queued"
    CONNECTED = "connected"
    TRANSFERRED = "transferred"
    ENDED = "ended"


class Reason(Enum):
    """Why an operation on a live call is refused. The values are the messages of the API; their text is chosen."""

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


class CallRefused(Exception):
    """An operation on a live call is refused. Nothing was changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class LiveCall:
    """A call that has not ended. `number` is the number that was dialled last; `owner` None: the default account.

    `parties` are the extensions of the call, each with what it sees. `channels` holds the channel of each called party;
    the caller's channel is `unique_id`. `connected` is an extension, an outside number, or None. `held` is the other
    party: the caller, or the outside party that the caller handed on.
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
    state: CallState = CallState.ROUTING
    channels: dict[str, str] = field(default_factory=dict)
    parties: dict[str, Status] = field(default_factory=dict)
    queue: str | None = None
    connected: str | None = None
    answered_micros: int | None = None
    click_to_dial: bool = False
    tag: str = ""
    owner: str | None = None
    destination: str = ""
    recording: bool = False
    legs: tuple[Leg, ...] = ()
    unsaved: dict[int, Leg] = field(default_factory=dict)
    """The legs that the store does not have yet, by number."""
    counted: Reservation | None = field(default=None, compare=False, repr=False)
    """What the call and its copies count in the memory budget."""

    @property
    def caller(self) -> str | None:
        """The extension that made the call; None on inbound calls."""
        return None if self.direction is Direction.INBOUND else self.source

    @property
    def waits(self) -> bool:
        """Whether the call waits in a queue."""
        return self.state is CallState.QUEUED

    @property
    def leg_owner(self) -> str | None:
        """The owner of the leg that is recorded now; None: the default account of the PBX."""
        return self.default_account if self.owner is None else self.owner

    def copy(self) -> LiveCall:
        """An independent copy of the call."""
        return replace(self, channels=self.channels.copy(), parties=self.parties.copy(), unsaved=self.unsaved.copy())

    def archived(self) -> Call:
        """The call as the store keeps it. The call must have a leg."""
        return Call(
            unique_id=self.unique_id,
            direction=self.direction,
            source=self.source,
            did=self.did,
            created_micros=self.created_micros,
            legs=self.legs,
        )

    def open_leg(self, now_micros: int, call_record_id: int) -> None:
        """Begin a leg of the current owner.

        The leg starts no earlier than the call and than the end of the last leg, even if the clock was set back.
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
        """End the leg that is being recorded, if any.

        It ends no earlier than it started, even if the clock was set back.
        """
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
