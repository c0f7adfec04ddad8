"""Live calls: ring, queue, answer, transfer, start and stop recording, hang up. Each transition that splits makes a leg.

Every operation takes the time it happens at; what cannot be done raises `Refused` with its reason, and changes nothing.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum

from noojee_fake.calls import Direction
from noojee_fake.clock import SECOND
from noojee_fake.directory import DEFAULT, Directory, Record, Role, User
from noojee_fake.live import LiveCall, Sighting, Status
from noojee_fake.store import Store

MOST_LIVE_CALLS = 10_000
KEPT_SIGHTINGS = 10_000


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
    TOO_MANY = "All lines are busy"


class Refused(Exception):
    """An operation that cannot be done; nothing was changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Switchboard:
    """The live calls of one PBX. `lock` is held while anything changes; the archive is written before it is let go.

    `tags_inherited`: a leg carries the tag of the one before it; else only the leg that was started with it. UNKNOWN:
    chosen, row 25.
    """

    def __init__(self, *, store: Store, lock: threading.RLock, directory: Directory = DEFAULT) -> None:
        self.directory = directory
        self.tags_inherited = True
        self._store = store
        self._lock = lock
        self._calls: dict[str, LiveCall] = {}
        self._channel = 0
        self._call_id = 0
        self._sequence = 1
        self._sightings: deque[Sighting] = deque(maxlen=KEPT_SIGHTINGS)
        self._listeners: set[Callable[[], None]] = set()

    # What there is

    @property
    def sequence(self) -> int:
        """The number of the last change; 1 where nothing ever happened, so that 0 is before everything."""
        return self._sequence

    def calls(self) -> list[LiveCall]:
        """The calls that have not ended, oldest first."""
        with self._lock:
            return list(self._calls.values())

    def find(self, name: str, *, several: str = "newest", by_lookup: bool = False) -> LiveCall:
        """The call of a unique id (it has a dot), a channel or an extension. UNKNOWN: chosen, rows 22 and 23."""
        with self._lock:
            if by_lookup or "." in name:
                for call in self._calls.values():
                    if name == call.unique_id or name in call.channels.values():
                        return call
                if not by_lookup:
                    raise Refused(Reason.NO_CALL)
            extension = extension_of(name)
            found = [c for c in self._calls.values() if c.parties.get(extension, Status.HUNGUP) is not Status.HUNGUP]
            if not found:
                raise Refused(Reason.NO_CALL)
            if len(found) > 1 and several == "refused":
                raise Refused(Reason.SEVERAL_CALLS)
            return found[0] if several == "oldest" else found[-1]

    def seen(self, extensions: Iterable[str], after: int) -> dict[str, list[Sighting]]:
        """The last sighting of each call by each extension, of those after a sequence number; oldest first.

        0, or a number that is still to come: the calls that live now.
        """
        wanted = set(extensions)
        with self._lock:
            current = after <= 0 or after > self._sequence
            last: dict[tuple[str, int], Sighting] = {}
            for sighting in self._sightings:
                if sighting.extension in wanted and (current or sighting.sequence > after):
                    key = (sighting.extension, sighting.call_id)
                    last.pop(key, None)
                    last[key] = sighting
            found: dict[str, list[Sighting]] = {}
            for sighting in last.values():
                if not current or sighting.status is not Status.HUNGUP:
                    found.setdefault(sighting.extension, []).append(sighting)
            return found

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called after each change; what is given back ends it."""
        with self._lock:
            self._listeners.add(wake)
        return lambda: self._listeners.discard(wake)

    def wake(self) -> None:
        """Wake whoever listens: the clock was moved, or calls were dropped."""
        for listener in list(self._listeners):
            listener()

    # How calls begin

    def inbound(
        self, did: str, source: str, now_micros: int, *, record: Record | None = None, tag: str = ""
    ) -> LiveCall:
        """A call from outside, on its way along the route of the number. An anonymous caller's `source` is "".

        A route that records from the greeting leaves the call there until `proceed`.
        """
        with self._lock:
            route = self.directory.route(did)
            if route is None:
                raise Refused(Reason.NO_ROUTE)
            call = self._begin(
                direction=Direction.INBOUND,
                source=source,
                did=did,
                number=route.to,
                now_micros=now_micros,
                default_account=route.default_account,
                record=route.record if record is None else record,
                tag=tag,
            )
            if call.record is Record.GREETING:
                self._split(call, now_micros)
                self._store_legs(call)
            else:
                self._go_on(call, now_micros)
            return call

    def proceed(self, call: LiveCall, now_micros: int) -> None:
        """The greeting is over: the call goes where its route leads."""
        with self._lock:
            self._alive(call)
            if call.parties or call.queue is not None:
                raise Refused(Reason.NOT_CONNECTED)
            self._go_on(call, now_micros)

    def place(
        self, extension: str, number: str, now_micros: int, *, record: Record = Record.ANSWER, tag: str = ""
    ) -> LiveCall:
        """A call that a user makes from the phone: internal where the number is an extension or a queue, else outbound."""
        with self._lock:
            call = self._from_extension(extension, number, now_micros, record=record, tag=tag)
            self._set(call, extension, Status.DIALING)
            self._dial_out(call, now_micros)
            return call

    def dial(self, extension: str, number: str, now_micros: int, *, record: bool, tag: str, at_once: bool) -> LiveCall:
        """A call made by the API: the extension rings first, and dials once it is answered (`at_once`: by itself).

        Source: 02.0 Dial (DOC W-DI): recording starts when the call is answered, where `record` asks for it.
        """
        with self._lock:
            call = self._from_extension(
                extension, number, now_micros, record=Record.ANSWER if record else Record.NEVER, tag=tag
            )
            call.click_to_dial = True
            call.dialed = False
            self._set(call, extension, Status.RINGING)
            if at_once:
                self._answer(call, extension, now_micros)
            return call

    # How they go on

    def answer(self, call: LiveCall, by: str, now_micros: int) -> None:
        """Somebody picks up: an extension that rings, or the outside party that was dialled."""
        with self._lock:
            self._alive(call)
            self._answer(call, by, now_micros)

    def transfer(self, call: LiveCall, to: str, now_micros: int) -> None:
        """The connected party hands the caller on: to an extension, a queue or an outside number. Each makes a leg.

        On the leg of a transfer to an outside number the owner stays. UNKNOWN: chosen, as in the recorded calls.
        """
        with self._lock:
            self._alive(call)
            if call.connected is None:
                raise Refused(Reason.NOT_CONNECTED)
            self._leave(call, call.connected if call.connected in call.parties else call.caller or "")
            call.connected, call.number, call.queue = None, to, None
            if self.directory.queue(to) is not None:
                self._enter_queue(call, to, now_micros)
                return
            call.transferred = True
            call.destination = to
            user = self.directory.user_at(to)
            call.owner = call.owner if user is None else user.name
            if call.recording:
                self._split(call, now_micros)
            self._ring(call, [to], now_micros)
            self._store_legs(call)

    def hang_up(self, call: LiveCall, now_micros: int) -> None:
        """The call ends for everybody, and its last leg with it."""
        with self._lock:
            self._alive(call)
            call.close_leg(now_micros)
            self._store_legs(call)
            for extension in list(call.parties):
                self._leave(call, extension)
            del self._calls[call.unique_id]
            self.wake()

    def drop_all(self) -> None:
        """Forget all live calls, as a restart of the PBX does; what was recorded of them is left to the archive."""
        with self._lock:
            self._calls.clear()
            self._sightings.clear()
            self.wake()

    # Recording by order

    def start_recording(
        self, call: LiveCall, now_micros: int, *, tag: str | None, owner: str | None, extension: str | None, again: str
    ) -> None:
        """Record from here on. While recording, a new leg begins (DOC W-RS of the route step; row 20 for the API).

        `tag` None leaves the call's tag. Without an owner: the user attached to the extension (DOC W-ST), else the
        connected one, else the default account. `again`: splits, ignored or refused.
        """
        with self._lock:
            self._alive(call)
            if owner is not None and self.directory.user(owner) is None:
                raise Refused(Reason.NO_USER)
            if call.recording and again == "refused":
                raise Refused(Reason.RECORDING)
            if call.recording and again == "ignored":
                return
            if tag is not None:
                call.tag = tag
            user = self.directory.user_at(extension or call.connected or "")
            call.owner = owner if owner is not None else None if user is None else user.name
            self._split(call, now_micros)
            self._store_legs(call)

    def stop_recording(
        self, call: LiveCall, now_micros: int, *, agent: str | None, anyone: bool = False, agent_needed: bool = False
    ) -> None:
        """End the leg and record no more, until a start. UNKNOWN: who may is chosen, row 24."""
        with self._lock:
            self._alive(call)
            if agent is None and agent_needed:
                raise Refused(Reason.NO_AGENT)
            if agent is not None and not anyone:
                user = self.directory.user(agent)
                if user is None:
                    raise Refused(Reason.NO_USER)
                if not self._may_stop(user, call):
                    raise Refused(Reason.NO_PERMISSION)
            if not call.recording:
                raise Refused(Reason.NOT_RECORDING)
            call.close_leg(now_micros)
            call.record = Record.NEVER
            self._store_legs(call)

    # What these are made of

    def _may_stop(self, user: User, call: LiveCall) -> bool:
        if user.role in (Role.RECORDING_MANAGER, Role.ADMINISTRATOR) or user.name == call.owner:
            return True
        owner = self.directory.user(call.owner or "")
        return user.role is Role.SUPERVISOR and owner is not None and bool(user.team) and owner.team == user.team

    def _alive(self, call: LiveCall) -> None:
        if self._calls.get(call.unique_id) is not call:
            raise Refused(Reason.NO_CALL)

    def _begin(
        self,
        *,
        direction: Direction,
        source: str,
        did: str | None,
        number: str,
        now_micros: int,
        default_account: str | None,
        record: Record,
        tag: str,
    ) -> LiveCall:
        if len(self._calls) >= MOST_LIVE_CALLS:
            raise Refused(Reason.TOO_MANY)
        unique_id = self._next_channel(now_micros)
        self._call_id += 1
        call = LiveCall(
            unique_id=unique_id,
            call_id=self._call_id,
            direction=direction,
            source=source,
            did=did,
            number=number,
            created_micros=now_micros,
            default_account=default_account,
            record=record,
            tag=tag,
        )
        call.channels[source] = unique_id
        self._calls[unique_id] = call
        return call

    def _next_channel(self, now_micros: int) -> str:
        """The id of a new channel: epoch seconds, a dot, a counter. Source: Asterisk (A-U)."""
        while True:
            unique_id = f"{now_micros // SECOND}.{self._channel}"
            self._channel += 1
            if self._store.call(unique_id) is None and unique_id not in self._calls:
                return unique_id

    def _from_extension(self, extension: str, number: str, now_micros: int, *, record: Record, tag: str) -> LiveCall:
        user = self.directory.user_at(extension)
        if user is None:
            raise Refused(Reason.NO_EXTENSION)
        inside = self.directory.user_at(number) is not None or self.directory.queue(number) is not None
        call = self._begin(
            direction=Direction.INTERNAL if inside else Direction.OUTBOUND,
            source=extension,
            did=None,
            number=number,
            now_micros=now_micros,
            default_account=None,
            record=record,
            tag=tag,
        )
        call.owner = user.name
        return call

    def _go_on(self, call: LiveCall, now_micros: int) -> None:
        if self.directory.queue(call.number) is not None:
            self._enter_queue(call, call.number, now_micros)
        else:
            self._ring(call, [call.number], now_micros)
            self._store_legs(call)

    def _dial_out(self, call: LiveCall, now_micros: int) -> None:
        call.dialed = True
        call.destination = call.number
        if call.direction is Direction.INTERNAL:
            self._go_on(call, now_micros)
        else:
            call.channels[call.number] = self._next_channel(now_micros)
            self.wake()

    def _enter_queue(self, call: LiveCall, number: str, now_micros: int) -> None:
        call.queue, call.destination, call.owner, call.transferred = number, number, None, False
        if call.recording or call.record in (Record.GREETING, Record.QUEUE):
            self._split(call, now_micros)
        queue = self.directory.queue(number)
        free = [] if queue is None else [member for member in queue.members if not self._busy(member)]
        self._ring(call, free, now_micros)
        self._store_legs(call)

    def _busy(self, extension: str) -> bool:
        return any(call.parties.get(extension) in (Status.CONNECTED, Status.DIALING) for call in self._calls.values())

    def _ring(self, call: LiveCall, extensions: Iterable[str], now_micros: int) -> None:
        for extension in extensions:
            call.channels[extension] = self._next_channel(now_micros)
            if self.directory.user_at(extension) is not None:
                self._set(call, extension, Status.RINGING)
        self.wake()

    def _answer(self, call: LiveCall, by: str, now_micros: int) -> None:
        if call.click_to_dial and not call.dialed:
            if by != call.source:
                raise Refused(Reason.NOT_RINGING)
            self._set(call, by, Status.DIALING)
            self._dial_out(call, now_micros)
            return
        outside = self.directory.user_at(by) is None
        if call.connected is not None or (by != call.number if outside else call.parties.get(by) is not Status.RINGING):
            raise Refused(Reason.NOT_RINGING)
        if outside and self.directory.queue(by) is not None:
            raise Refused(Reason.NOT_RINGING)
        for extension, status in list(call.parties.items()):
            if extension != by and status is Status.RINGING:
                self._leave(call, extension)
        call.connected = by
        call.answered_micros = call.answered_micros or now_micros
        if not call.transferred:
            user = self.directory.user_at(by)
            call.destination = by
            if user is not None:
                call.owner = user.name
            if call.recording or call.record is not Record.NEVER:
                self._split(call, now_micros)
        call.transferred = False
        if not outside:
            self._set(call, by, Status.CONNECTED)
        if call.caller is not None and call.caller in call.parties and call.caller != by:
            self._set(call, call.caller, Status.CONNECTED)
        self._store_legs(call)
        self.wake()

    def _leave(self, call: LiveCall, extension: str) -> None:
        if extension in call.parties:
            self._set(call, extension, Status.HUNGUP)
            del call.parties[extension]

    def _split(self, call: LiveCall, now_micros: int) -> None:
        """End the leg that is being recorded, if any, and begin the next one at the same instant."""
        call.close_leg(now_micros)
        call.open_leg(now_micros, self._store.last_record_id + 1)
        if not self.tags_inherited:
            call.tag = ""
        self._store.save(call.archived())

    def _store_legs(self, call: LiveCall) -> None:
        if call.legs:
            self._store.save(call.archived())

    def _set(self, call: LiveCall, extension: str, status: Status) -> None:
        """Note what an extension sees of a call, for those who subscribed to it."""
        call.parties[extension] = status
        others = [channel for name, channel in call.channels.items() if name != extension]
        far = call.source if extension != call.source else call.number
        self._sequence += 1
        self._sightings.append(
            Sighting(
                sequence=self._sequence,
                extension=extension,
                call_id=call.call_id,
                unique_id=call.unique_id,
                secondary_id=others[-1] if others and status is not Status.DIALING else "",
                status=status,
                caller_id=far,
                other_party=far,
                connected_to=far if status is Status.CONNECTED else "",
                outbound_destination=call.number if extension == call.source else "",
                queue_call=call.queue is not None,
                click_to_dial=call.click_to_dial,
                inbound=extension != call.source,
                answered_micros=call.answered_micros if status is Status.CONNECTED else None,
            )
        )
        self.wake()


def extension_of(name: str) -> str:
    """`410` of `410`, `SIP/410` and `SIP/410-12FA7B`. Source: Recording API version 2.7.14.x (DOC W-27)."""
    _, slash, rest = name.partition("/")
    return rest.rpartition("-")[0] or rest if slash else name
