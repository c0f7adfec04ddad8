"""How live calls go from one state to the next: begin, ring, queue, answer, leave, split. Nothing here takes a lock.

`Switchboard` makes its operations of these.
"""

from __future__ import annotations

from noojee_fake.pbx.calls import Direction
from noojee_fake.pbx.clock import SECOND
from noojee_fake.pbx.directory import Directory, Record
from noojee_fake.pbx.live.call import LiveCall, Reason, Refused, Status
from noojee_fake.pbx.live.events import CallEvents
from noojee_fake.pbx.live.registry import CallRegistry
from noojee_fake.pbx.store.base import Store


class Transitions:
    """Calls in progress. `unsaved` are those whose legs the archive has to be told of.

    `tags_inherited`: a leg carries the tag of the one before it; else only the leg that was started with it. UNKNOWN:
    chosen, row 25.
    """

    def __init__(self, *, store: Store, events: CallEvents, directory: Directory) -> None:
        self.directory = directory
        self.tags_inherited = True
        self._store = store
        self._events = events
        self._lines = CallRegistry()
        self._unsaved: list[LiveCall] = []
        self._channel = 0
        self._call_id = 0

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
        call = LiveCall(
            unique_id=self._next_channel(now_micros),
            call_id=self._call_id + 1,
            direction=direction,
            source=source,
            did=did,
            held=source,
            number=number,
            created_micros=now_micros,
            default_account=default_account,
            record=record,
            tag=tag,
        )
        self._lines.add(call)
        self._call_id = call.call_id
        return call

    def _next_channel(self, now_micros: int) -> str:
        """The id of a new channel: epoch seconds, a dot, a counter. Source: Asterisk (A-U)."""
        while True:
            channel = f"{now_micros // SECOND}.{self._channel}"
            self._channel += 1
            if self._store.call(channel) is None and not self._lines.taken(channel):
                return channel

    def _from_extension(self, extension: str, number: str, now_micros: int, *, record: Record, tag: str) -> LiveCall:
        user = self.directory.user_at(extension)
        if user is None:
            raise Refused(Reason.NO_EXTENSION)
        if number == extension:
            raise Refused(Reason.ITSELF)
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
            self._ring(call, call.number, now_micros)

    def _dial_out(self, call: LiveCall, now_micros: int) -> None:
        call.dialed = True
        call.destination = call.number
        self._go_on(call, now_micros)

    def _enter_queue(self, call: LiveCall, number: str, now_micros: int) -> None:
        call.queue, call.destination, call.owner, call.transferred = number, number, None, False
        self._lines.enqueue(call)
        if call.recording or call.record in (Record.GREETING, Record.QUEUE):
            self._split(call, now_micros)
        queue = self.directory.queue(number)
        for member in () if queue is None else queue.members:
            if member not in call.parties and not self._lines.busy(member):
                self._ring(call, member, now_micros)

    def _ring(self, call: LiveCall, number: str, now_micros: int) -> None:
        """Call a party: an extension that rings, or an outside number."""
        self._lines.ring(call, number, self._next_channel(now_micros))
        if self.directory.user_at(number) is not None:
            self._set(call, number, Status.RINGING)

    def _answer(self, call: LiveCall, by: str, now_micros: int) -> None:
        if not call.dialed:
            if by != call.source:
                raise Refused(Reason.NOT_RINGING)
            self._set(call, by, Status.DIALING)
            self._dial_out(call, now_micros)
            return
        inside = by in call.parties
        if call.connected is not None or by not in call.channels or not (inside or by == call.number):
            raise Refused(Reason.NOT_RINGING)
        for extension in [each for each in call.channels if each != by]:
            if extension in call.parties:
                self._leave(call, extension, now_micros)
        self._lines.unqueue(call)
        call.connected = by
        if call.answered_micros is None:
            call.answered_micros = now_micros
        if not call.transferred:
            user = self.directory.user_at(by)
            call.destination = by
            if user is not None:
                call.owner = user.name
            if call.recording or call.record is not Record.NEVER:
                self._split(call, now_micros)
        call.transferred = False
        if inside:
            self._set(call, by, Status.CONNECTED)
        if call.caller is not None and call.caller in call.parties:
            self._set(call, call.caller, Status.CONNECTED)

    def _leave(self, call: LiveCall, party: str, now_micros: int) -> None:
        """A party is on the call no longer. An extension that becomes free by that rings for the queues that it serves."""
        inside, was_busy = party in call.parties, self._lines.busy(party)
        self._lines.leave(call, party)
        if not inside:
            return
        self._events.note(call, party, Status.HUNGUP)
        if was_busy and not self._lines.busy(party):
            for queue in self.directory.queues_of(party):
                for waiting in self._lines.waiting(queue):
                    if waiting is not call and party not in waiting.parties:
                        self._ring(waiting, party, now_micros)

    def _set(self, call: LiveCall, extension: str, status: Status) -> None:
        """What an extension sees of a call from here on. Who talks or dials does not ring for a queue."""
        self._lines.put(call, extension, status)
        self._events.note(call, extension, status)
        if status is not Status.RINGING:
            for other in self._lines.of_extension(extension):
                if other is not call and other.waits and other.parties[extension] is Status.RINGING:
                    self._lines.leave(other, extension)
                    self._events.note(other, extension, Status.HUNGUP)

    def _split(self, call: LiveCall, now_micros: int) -> None:
        """End the leg that is being recorded, if any, and begin the next one at the same instant."""
        call.close_leg(now_micros)
        call.open_leg(now_micros, self._store.last_record_id + 1)
        if not self.tags_inherited:
            call.tag = ""
        self._unsaved.append(call)
