"""Calls and their legs by the rules of the pages: which transition splits, who owns, who rings, who may stop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PEOPLE = {"400": "Barney", "410": "Fred", "420": "Wilma", "430": "Dino"}
QUEUES = {"600": ("400", "410", "420"), "610": ("420", "430")}
ROUTES = {
    "7600": ("600", "queue", None),
    "7601": ("600", "greeting", "Slate"),
    "7602": ("600", "never", None),
    "7410": ("410", "answer", None),
    "7610": ("610", "queue", "Fred"),
}
"""Number: where it leads, from when it records, the default account."""
LEADS = {"Barney": "Wilma", "Fred": "Wilma", "Wilma": "Wilma", "Dino": "Dino"}
"""Who supervises whom."""
DIRECTORY: dict[str, Any] = {
    "users": [
        {"name": "Administrator", "role": "administrator"},
        {"name": "Barney", "extension": "400", "team": "sales"},
        {"name": "Fred", "extension": "410", "team": "sales"},
        {"name": "Wilma", "extension": "420", "team": "sales", "role": "supervisor"},
        {"name": "Dino", "extension": "430", "team": "support", "role": "supervisor"},
    ],
    "queues": [{"number": number, "members": list(members)} for number, members in QUEUES.items()],
    "routes": [
        {"did": did, "to": to, "record": record} | ({"default_account": account} if account else {})
        for did, (to, record, account) in ROUTES.items()
    ],
}


@dataclass
class Leg:
    """`end` None: in progress."""

    number: int
    start: int
    end: int | None
    tag: str
    owner: str
    destination: str


@dataclass
class Call:
    """`place` is where it stands: greeting, queue, rings, talks, or dials (the caller's own phone rings first).

    `caller` is the extension that made it, as long as that takes part; `held` who is at the other end of `talks`.
    """

    unique_id: str
    direction: str
    source: str
    did: str
    place: str
    number: str
    record: str
    held: str
    account: str | None = None
    caller: str | None = None
    tag: str = ""
    owner: str | None = None
    destination: str = ""
    recording: bool = False
    talks: str = ""
    answered: bool = False
    handed_on: bool = False
    legs: list[Leg] = field(default_factory=list)
    over: bool = False

    def who(self) -> str:
        """The owner of what is recorded now."""
        return self.owner or self.account or "Administrator"


class Calls:
    """All calls that ever were, oldest first. `inherited`: tags go on from leg to leg."""

    def __init__(self, *, inherited: bool) -> None:
        self.inherited = inherited
        self.all: list[Call] = []

    def live(self) -> list[Call]:
        return [call for call in self.all if not call.over]

    # Who sees what

    def seen(self, extension: str) -> dict[str, str]:
        """The status of each live call that an extension takes part in, by unique id."""
        found = {call.unique_id: self.status(call, extension) for call in self.live()}
        return {unique_id: status for unique_id, status in found.items() if status}

    def status(self, call: Call, extension: str) -> str:
        return self._apart_from_queues(call, extension) or ("Ringing" if self._queue_rings(call, extension) else "")

    def _apart_from_queues(self, call: Call, extension: str) -> str:
        if extension not in PEOPLE:
            return ""
        if call.place == "talks" and extension == call.talks:
            return "Connected"
        if extension == call.caller:
            return "Ringing" if call.place == "dials" else "Connected" if call.answered else "Dialing Out"
        return "Ringing" if call.place == "rings" and extension == call.number else ""

    def _queue_rings(self, call: Call, extension: str) -> bool:
        """Members who neither talk nor dial."""
        busy = any(self._apart_from_queues(other, extension) in ("Connected", "Dialing Out") for other in self.live())
        return call.place == "queue" and extension in QUEUES[call.number] and not busy

    def of(self, name: str) -> Call | None:
        """The live call of a unique id, or the newest that an extension takes part in."""
        found = [call for call in self.live() if name == call.unique_id or self.status(call, name)]
        return found[-1] if found else None

    def may_answer(self, call: Call, by: str) -> bool:
        if call.place == "dials":
            return by == call.caller
        return self.status(call, by) == "Ringing" or (call.place == "rings" and by == call.number and by not in PEOPLE)

    def may_hand_on(self, call: Call, to: str) -> bool:
        ends = (call.talks, call.held) if call.direction != "inbound" else (call.talks,)
        return call.place == "talks" and to not in ends and not self.status(call, to)

    def may_stop(self, call: Call, agent: str) -> bool:
        return agent in (call.who(), LEADS.get(call.who()), "Administrator")

    # What happens

    def begin(self, call: Call, now: int) -> None:
        self.all.append(call)
        if call.place == "greeting":
            self.split(call, now)
        elif call.place != "dials":
            self.lead(call, now)

    def lead(self, call: Call, now: int) -> None:
        """The call goes to its number: into a queue, or it rings there."""
        call.place = "queue" if call.number in QUEUES else "rings"
        if call.caller is not None and not call.answered:
            call.destination = call.number
        if call.place == "queue":
            call.destination, call.owner, call.handed_on = call.number, None, False
            if call.recording or call.record in ("queue", "greeting"):
                self.split(call, now)

    def answer(self, call: Call, by: str, now: int) -> None:
        if call.place == "dials":
            self.lead(call, now)
            return
        if not call.handed_on:
            call.destination, call.owner = by, PEOPLE.get(by, call.owner)
            if call.recording or call.record != "never":
                self.split(call, now)
        call.place, call.talks, call.answered, call.handed_on = "talks", by, True, False

    def hand_on(self, call: Call, to: str, now: int) -> None:
        """Who talks hands on who is held; where an outside number was reached, the caller hands that on."""
        if call.talks not in PEOPLE and call.caller is not None:
            call.held, call.caller = call.talks, None
        call.number, call.talks = to, ""
        if to not in QUEUES:
            call.handed_on, call.destination, call.owner = True, to, PEOPLE.get(to, call.owner)
            if call.recording:
                self.split(call, now)
        self.lead(call, now)

    def start(self, call: Call, tag: str | None, owner: str | None, now: int) -> None:
        call.tag = call.tag if tag is None else tag
        call.owner = owner
        self.split(call, now)

    def stop(self, call: Call, now: int) -> None:
        self.close(call, now)
        call.record = "never"

    def hang_up(self, call: Call, now: int) -> None:
        self.close(call, now)
        call.over = True

    def split(self, call: Call, now: int) -> None:
        self.close(call, now)
        call.legs.append(Leg(len(call.legs) + 1, now, None, call.tag, call.who(), call.destination))
        call.recording = True
        if not self.inherited:
            call.tag = ""

    def close(self, call: Call, now: int) -> None:
        if call.recording:
            call.legs[-1].end = now
        call.recording = False
