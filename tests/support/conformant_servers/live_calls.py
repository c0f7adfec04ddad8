"""The live calls of the second PBX: they ring, are answered, transferred and hung up. Each transition starts a new leg.

This module also reports what phones see of a call. Legs are rows of the sandbox's table. "A call is split each time the
call goes through a transition": entering a queue makes a leg, being answered a second, each transfer another (SPEC
W-A4).
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from support.conformant_servers.sandbox import FOREVER, SECOND, Sandbox

RINGING, CONNECTED, HUNGUP, DIALING = "Ringing", "Connected", "Hungup", "Dialing Out"
MAY_STOP_ALL = ("recording-manager", "administrator")


class CallStateError(Exception):
    """The state of the calls does not allow the operation."""


@dataclass(frozen=True, slots=True)
class Variations:
    """Points that neither the reference nor an option settles: every value conforms.

    `named_user_owns`: a start that names no agent makes the extension's user the owner; else the default account.
    `dial_from_pick_up`: a dialled call is recorded once the caller picks up; else once the other side answers.
    `lists_ended_calls`: the current state in answers of subscribe includes ended calls.
    `rings_again`: a queue rings members that ring or talk already.
    `records_ringing`: a call can be recorded before it is answered by a start; else that is an error.
    `transfers_split_at_once`: a transfer cuts a leg when it is made; else when the third party answers.
    `lists_quiet_phones`: subscribe lists each requested extension, also without calls.
    `services_in_xml`: the oldest service wraps its texts as Axis does.
    `system_name`: the prefix of unique ids, as asterisk.conf may set it.
    """

    named_user_owns: bool = True
    dial_from_pick_up: bool = False
    lists_ended_calls: bool = False
    rings_again: bool = True
    records_ringing: bool = True
    transfers_split_at_once: bool = True
    lists_quiet_phones: bool = False
    services_in_xml: bool = False
    system_name: str = ""


@dataclass(slots=True)
class Call:
    """A call.

    `begins`: at which transition its recording begins by itself. `then`: whom to ring after the next answer.
    """

    unique_id: str
    number: int
    direction: str
    source: str
    did: str
    dialled: str
    account: str
    born: int
    begins: str
    tag: str = ""
    then: str = ""
    talking: str = ""
    splits_on_answer: bool = True
    in_queue: bool = False
    by_dial: bool = False
    phones: dict[str, tuple[str, int]] = field(default_factory=dict)


class CallRegistry:
    """All calls of one sandbox. Each operation raises CallStateError where it cannot be done."""

    def __init__(self, sandbox: Sandbox, variations: Variations) -> None:
        self.sandbox, self.variations = sandbox, variations
        self.calls: list[Call] = []
        self.ended: set[str] = set()
        self.sequence = 0

    # How calls begin

    def arrive(self, did: str, source: str = "", *, record: str | None = None, tag: str = "") -> Call:
        """A call from outside, on its way along the route of the number."""
        routes = {route["did"]: route for route in self.sandbox.directory.get("routes", [])}
        route = routes.get(did) or routes.get("*")
        if route is None:
            raise CallStateError(f"no route leads from {did}")
        account = route.get("default_account") or self.sandbox.account
        begins = record or route.get("record") or "queue"
        call = self._call("inbound", source, did, route["to"], account, begins, tag)
        if begins == "greeting":
            self._cut(call, did, account)
        else:
            self._ring(call, route["to"])
        return call

    def proceed(self, call: Call) -> None:
        """The greeting is over."""
        if call.begins != "greeting" or call.phones:
            raise CallStateError("nobody is greeted")
        call.begins = ""
        self._ring(call, call.dialled)

    def place(self, phone: str, number: str, *, record: str = "answer", tag: str = "") -> Call:
        """A call that somebody makes from the phone."""
        call = self._outgoing(phone, number, record, tag)
        self._see(call, phone, DIALING)
        self._ring(call, number)
        return call

    def dial(self, phone: str, number: str, *, record: bool = False, tag: str = "", at_once: bool = False) -> Call:
        """A call that is made for somebody: the phone rings first."""
        if self._user_at(phone) is None:
            raise CallStateError(f"there is no extension {phone}")
        call = self._outgoing(phone, number, "answer" if record else "never", tag)
        call.then, call.by_dial = number, True
        self._see(call, phone, RINGING)
        if at_once:
            self.answer(call, phone)
        return call

    # How they go on

    def answer(self, call: Call, by: str) -> None:
        """Somebody picks up who is rung."""
        if call.phones.get(by, ("", 0))[0] != RINGING:
            raise CallStateError(f"{by} does not ring")
        if call.then:
            self._see(call, by, DIALING)
            number, call.then = call.then, ""
            self._ring(call, number)
            if call.begins == "answer" and self.variations.dial_from_pick_up:
                self._cut(call, number, call.account)
                call.begins = ""
            return
        for phone, (status, _) in list(call.phones.items()):
            if phone == by or status == DIALING:
                self._see(call, phone, CONNECTED)
            elif status == RINGING:
                self._see(call, phone, HUNGUP)
        call.talking = by
        taker = self._user_at(by) or self._user_at(call.source) or call.account
        leg = self._open(call)
        if leg is not None and not call.splits_on_answer:
            self._change("owner = ?, destination = ? WHERE record = ?", taker, by, leg["record"])
        elif leg is not None or call.begins in ("answer", "queue"):
            self._cut(call, by, taker)
        call.begins, call.splits_on_answer = "", False

    def transfer(self, call: Call, to: str) -> None:
        """The connected party hands the caller on."""
        if not call.talking:
            raise CallStateError("nobody is connected")
        self._see(call, call.talking, HUNGUP)
        call.talking, call.splits_on_answer = "", not self.variations.transfers_split_at_once
        self._ring(call, to, splits=self.variations.transfers_split_at_once)

    def hang_up(self, call: Call) -> None:
        """Everybody hangs up, and the last leg ends."""
        for phone, (status, _) in list(call.phones.items()):
            if status != HUNGUP:
                self._see(call, phone, HUNGUP)
        self._close(call)
        self.ended.add(call.unique_id)

    # Recordings

    def start(self, call: Call, *, tag: str | None = None, agent: str | None = None) -> None:
        """Record from here on."""
        if agent is not None and agent not in self._users():
            raise CallStateError("no such user")
        if not call.talking and not self.variations.records_ringing:
            raise CallStateError("nobody is connected")
        leg = self._open(call)
        if leg is not None and self.sandbox.profile["start_while_recording"] != "splits":
            if self.sandbox.profile["start_while_recording"] == "refused":
                raise CallStateError("it is being recorded")
            return
        call.tag = tag if tag is not None else call.tag
        named = self._user_at(call.talking or call.source) if self.variations.named_user_owns else None
        self._cut(call, call.talking or call.dialled, agent or named or call.account)
        call.begins = ""

    def stop(self, call: Call, *, agent: str | None = None) -> bool:
        """End the leg and record no more. False: nothing was recorded, and that is no error here."""
        profile, leg = self.sandbox.profile, self._open(call)
        if agent is None and profile["stop_without_agent"] == "refused":
            raise CallStateError("who asks?")
        if agent is not None and agent not in self._users():
            raise CallStateError("no such user")
        if leg is None:
            if profile["stop_not_recording"] == "warning":
                return False
            raise CallStateError("nothing is recorded")
        if agent is not None and profile["stop_permission"] == "roles" and not self._may_stop(agent, leg["owner"]):
            raise CallStateError("not allowed")
        self._close(call)
        return True

    def _may_stop(self, agent: str, owner: str) -> bool:
        user, owned = self._users()[agent], self._users().get(owner, {})
        of_team = user.get("role") == "supervisor" and user.get("team") and user["team"] == owned.get("team")
        return agent == owner or user.get("role") in MAY_STOP_ALL or bool(of_team)

    # Who is meant, and what is seen

    def named(self, name: str) -> Call:
        """The call of a unique id, an extension, or a channel (SIP/410-12FA7B)."""
        by_id = next((call for call in self._living() if call.unique_id == name), None)
        by_dot = self.sandbox.profile["extension_or_unique_id"] == "by-dot" and "." in name
        if by_id is not None and (by_dot or self.sandbox.profile["extension_or_unique_id"] == "by-lookup"):
            return by_id
        there = [] if by_dot else self._calls_at(extension(name))
        several = self.sandbox.profile["several_calls"]
        if not there or (len(there) > 1 and several == "refused"):
            raise CallStateError("several calls" if there else "no such call")
        return there[0 if several == "oldest" else -1]

    def seen_at(self, phone: str, after: int) -> list[dict[str, Any]]:
        """What a phone sees: what changed after a sequence number; from 0 on, how things stand."""
        dead = after or self.variations.lists_ended_calls
        return [
            _seen(call, phone, status)
            for call in self.calls
            for status, at in [call.phones.get(phone, (HUNGUP, -1))]
            if at > after and (status != HUNGUP or dead)
        ]

    # Steps

    def _living(self) -> list[Call]:
        return [call for call in self.calls if call.unique_id not in self.ended]

    def _calls_at(self, phone: str) -> list[Call]:
        return [call for call in self._living() if call.phones.get(phone, (HUNGUP, 0))[0] != HUNGUP]

    def _call(self, direction: str, source: str, did: str, dialled: str, account: str, begins: str, tag: str) -> Call:
        number, born = len(self.calls) + 1, self.sandbox.now()
        unique_id = f"{self.variations.system_name}{born // SECOND}.{2 * number}"
        call = Call(unique_id, number, direction, source, did, dialled, account, born, begins, tag)
        self.calls.append(call)
        return call

    def _outgoing(self, phone: str, number: str, begins: str, tag: str) -> Call:
        inside = self._user_at(number) is not None or self._members(number) is not None
        direction = "internal" if inside else "outbound"
        account = self._user_at(phone) or self.sandbox.account
        return self._call(direction, phone, self.sandbox.did_of(direction), number, account, begins, tag)

    def _ring(self, call: Call, number: str, *, splits: bool = False) -> None:
        """The call goes to a queue, an extension or an outside number; a queue splits it in any case."""
        members = self._members(number)
        call.dialled, call.in_queue = number, members is not None
        call.splits_on_answer = call.splits_on_answer or call.in_queue
        for phone in members or (number,):
            if members is None or self.variations.rings_again or not self._calls_at(phone):
                self._see(call, phone, RINGING)
        if (splits or call.in_queue) and self._open(call) is not None:
            self._cut(call, number, call.account)
        elif call.begins == "queue" and call.in_queue:
            self._cut(call, number, call.account)
            call.begins = ""

    def _see(self, call: Call, phone: str, status: str) -> None:
        self.sequence += 1
        call.phones[phone] = status, self.sequence

    def _open(self, call: Call) -> sqlite3.Row | None:
        rows = self.sandbox.rows("call = ? AND ended = ?", call.unique_id, FOREVER)
        return rows[0] if rows else None

    def _close(self, call: Call) -> None:
        self._change("ended = ? WHERE call = ? AND ended = ?", self.sandbox.now(), call.unique_id, FOREVER)

    def _cut(self, call: Call, destination: str, owner: str) -> None:
        """End the leg, if one is recorded, and begin the next."""
        self._close(call)
        number = max((row["number"] for row in self.sandbox.rows("call = ?", call.unique_id)), default=0) + 1
        self.sandbox.table.execute(
            "INSERT INTO leg VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0)",
            (
                call.unique_id, number, self.sandbox.now(), FOREVER, call.tag, owner, destination, call.direction,
                call.source, call.did, call.born,
            ),
        )  # fmt: skip
        if self.sandbox.profile["tag_inherited"] == "start-only":
            call.tag = ""

    def _change(self, what: str, *values: Any) -> None:
        self.sandbox.table.execute(f"UPDATE leg SET {what}", values)

    def _users(self) -> dict[str, dict[str, Any]]:
        return {user["name"]: user for user in self.sandbox.directory.get("users", [])}

    def _user_at(self, phone: str) -> str | None:
        return next((name for name, user in self._users().items() if user.get("extension") == phone), None)

    def _members(self, number: str) -> list[str] | None:
        queues = self.sandbox.directory.get("queues", [])
        return next((queue["members"] for queue in queues if queue["number"] == number), None)


def extension(name: str) -> str:
    """The extension in the name of a channel. Source: Recording API version 2.7.14.x (DOC W-27)."""
    return re.sub(r"^[A-Za-z0-9]+/([^-]+)(-.*)?$", r"\1", name)


def _seen(call: Call, phone: str, status: str) -> dict[str, Any]:
    calls_out = phone == call.source
    data = {
        "uniqueCallId": call.unique_id, "status": status, "callerId": call.dialled if calls_out else call.source,
        "inbound": not calls_out, "isQueueCall": call.in_queue, "isClickToDialCall": call.by_dial,
        "canAnswer": status == RINGING, "callStartTime": "",
    }  # fmt: skip
    return {"CallData": data, "CallID": call.number, "Code": 0}
