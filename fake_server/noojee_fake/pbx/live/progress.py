"""Carries out the actions of live calls: begin, ring, queue, answer, leave, split. The caller holds the lock.

`transitions` says which actions a state allows, where they lead, and which begin a leg.
"""

from __future__ import annotations

from dataclasses import dataclass

from noojee_fake.pbx.calls import Direction
from noojee_fake.pbx.clock import SECOND
from noojee_fake.pbx.directory import Directory, Record
from noojee_fake.pbx.live.call import CallRefused, CallState, LiveCall, Reason, Status
from noojee_fake.pbx.live.events import CallEvents
from noojee_fake.pbx.live.registry import CallRegistry
from noojee_fake.pbx.live.transitions import Action, transition
from noojee_fake.pbx.memory_budget import LIVE_CALL_BYTES, MemoryBudget, long_bytes
from noojee_fake.pbx.store.base import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """What is known of a call when it begins. `did` None: not from outside; `default_account` None: the PBX's own."""

    direction: Direction
    source: str
    number: str
    record: Record
    tag: str
    did: str | None = None
    default_account: str | None = None


class CallProgress:
    """The calls in progress of one PBX.

    `tags_inherited`: a leg carries the tag of the leg before it; otherwise only the leg that a start with a tag began
    (option `tag_inherited`). `unsaved` are the calls whose legs are not in the store yet. The calls count in `budget`.
    """

    def __init__(self, *, store: Store, events: CallEvents, directory: Directory, budget: MemoryBudget) -> None:
        self.directory = directory
        self.tags_inherited = True
        self.registry = CallRegistry()
        self.unsaved: list[LiveCall] = []
        self._budget = budget
        self._store = store
        self._events = events
        self._channel = 0
        self._call_id = 0

    def begin(self, new: NewCall, now_micros: int) -> LiveCall:
        """A new call, on its way to its number. Raises CallRefused where there are too many, or MemoryBudgetError."""
        texts = long_bytes(new.number, new.source, new.tag)
        call = LiveCall(
            unique_id=self._next_channel(now_micros),
            call_id=self._call_id + 1,
            direction=new.direction,
            source=new.source,
            did=new.did,
            held=new.source,
            number=new.number,
            created_micros=now_micros,
            default_account=new.default_account,
            record=new.record,
            tag=new.tag,
            counted=self._budget.reserve(LIVE_CALL_BYTES + texts),
        )
        self.registry.add(call)
        self._call_id = call.call_id
        return call

    def begin_from_extension(
        self, extension: str, number: str, now_micros: int, *, record: Record, tag: str
    ) -> LiveCall:
        """A new call of a user: internal where the number is an extension or a queue, else outbound."""
        user = self.directory.user_at(extension)
        if user is None:
            raise CallRefused(Reason.NO_EXTENSION)
        if number == extension:
            raise CallRefused(Reason.ITSELF)
        inside = self.directory.user_at(number) is not None or self.directory.queue(number) is not None
        direction = Direction.INTERNAL if inside else Direction.OUTBOUND
        new = NewCall(direction=direction, source=extension, number=number, record=record, tag=tag)
        call = self.begin(new, now_micros)
        call.owner = user.name
        return call

    def advance(self, call: LiveCall, action: Action, now_micros: int) -> None:
        """Carry out an action: set the state that follows, and begin a leg where the table says so."""
        found = transition(call.state, action)
        call.state = found.state
        if found.leg.begins_leg(recording=call.recording, record=call.record):
            self.split(call, now_micros)

    def go_on(self, call: LiveCall, now_micros: int) -> None:
        """Lead a call to its number: into a queue, or to a party that rings."""
        if self.directory.queue(call.number) is not None:
            self.enter_queue(call, call.number, now_micros)
        else:
            self.advance(call, Action.RING, now_micros)
            self.ring(call, call.number, now_micros)

    def dial_out(self, call: LiveCall, now_micros: int) -> None:
        """Lead a call of an extension to its number, which is also the destination of its legs."""
        call.destination = call.number
        self.go_on(call, now_micros)

    def enter_queue(self, call: LiveCall, number: str, now_micros: int) -> None:
        """The call waits in a queue, and every free member rings."""
        call.queue, call.destination, call.owner = number, number, None
        self.registry.enqueue(call)
        self.advance(call, Action.ENTER_QUEUE, now_micros)
        queue = self.directory.queue(number)
        for member in () if queue is None else queue.members:
            if member not in call.parties and not self.registry.busy(member):
                self.ring(call, member, now_micros)

    def ring(self, call: LiveCall, number: str, now_micros: int) -> None:
        """Call a party: an extension, or an outside number."""
        self.registry.ring(call, number, self._next_channel(now_micros))
        if self.directory.user_at(number) is not None:
            self.set_status(call, number, Status.RINGING)

    def answer(self, call: LiveCall, by: str, now_micros: int) -> None:
        """A party picks up. Raises CallRefused where it does not ring."""
        transition(call.state, Action.ANSWER)
        if call.state is CallState.CALLING_BACK:
            self._answer_call_back(call, by, now_micros)
            return
        inside = by in call.parties
        if by not in call.channels or not (inside or by == call.number):
            raise CallRefused(Reason.NOT_RINGING)
        for extension in [each for each in call.channels if each != by and each in call.parties]:
            self.leave(call, extension, now_micros)
        self.registry.unqueue(call)
        call.connected = by
        if call.answered_micros is None:
            call.answered_micros = now_micros
        if call.state is not CallState.TRANSFERRED:
            user = self.directory.user_at(by)
            call.destination = by
            call.owner = call.owner if user is None else user.name
        self.advance(call, Action.ANSWER, now_micros)
        if inside:
            self.set_status(call, by, Status.CONNECTED)
        if call.caller is not None and call.caller in call.parties:
            self.set_status(call, call.caller, Status.CONNECTED)

    def transfer(self, call: LiveCall, to: str, now_micros: int) -> None:
        """The connected party hands the caller on, or the caller an outside party."""
        transition(call.state, Action.TRANSFER)
        if to == call.connected or to in call.parties or (call.caller is not None and to == call.held):
            raise CallRefused(Reason.ITSELF)
        leaves = call.connected or ""
        if leaves not in call.parties and call.caller in call.parties:
            leaves, call.held = call.held, leaves
        self.leave(call, leaves, now_micros)
        call.connected, call.number, call.queue = None, to, None
        if self.directory.queue(to) is not None:
            self.enter_queue(call, to, now_micros)
            return
        call.destination = to
        user = self.directory.user_at(to)
        call.owner = call.owner if user is None else user.name
        self.advance(call, Action.TRANSFER, now_micros)
        self.ring(call, to, now_micros)

    def leave(self, call: LiveCall, party: str, now_micros: int) -> None:
        """A party leaves the call. An extension that becomes free rings for the queues that it serves."""
        inside, was_busy = party in call.parties, self.registry.busy(party)
        self.registry.leave(call, party)
        if not inside:
            return
        self._events.record(call, party, Status.HUNGUP)
        if was_busy and not self.registry.busy(party):
            for queue in self.directory.queues_of(party):
                for waiting in self.registry.waiting(queue):
                    if waiting is not call and party not in waiting.parties:
                        self.ring(waiting, party, now_micros)

    def set_status(self, call: LiveCall, extension: str, status: Status) -> None:
        """Set what an extension sees of a call. An extension that talks or dials stops ringing for queues."""
        self.registry.put(call, extension, status)
        self._events.record(call, extension, status)
        if status is not Status.RINGING:
            for other in self.registry.of_extension(extension):
                if other is not call and other.waits and other.parties[extension] is Status.RINGING:
                    self.registry.leave(other, extension)
                    self._events.record(other, extension, Status.HUNGUP)

    def split(self, call: LiveCall, now_micros: int) -> None:
        """End the leg that is being recorded, if any, and begin the next leg at the same instant."""
        call.close_leg(now_micros)
        call.open_leg(now_micros, self._store.last_record_id + 1)
        if not self.tags_inherited:
            call.tag = ""
        self.unsaved.append(call)

    def save(self) -> None:
        """Write the changed legs of all calls to the store. Raises StateError."""
        while self.unsaved:
            saved = self.unsaved.pop()
            self._store.save(saved.archived(), tuple(saved.unsaved.values()))
            saved.unsaved.clear()

    def state(self, *, until_next: bool = False) -> object:
        """The calls and the counters, for `restore`. `until_next`: only until the next such state, which costs less."""
        return self.registry.mark() if until_next else self.registry.copy(), self._channel, self._call_id

    def restore(self, state: object) -> None:
        """Set calls and counters to an earlier state. One state can be restored many times."""
        if not isinstance(state, tuple):
            raise TypeError("this is no state of calls in progress")
        registry, self._channel, self._call_id = state
        self.registry = registry.copy()
        self.unsaved.clear()

    def _answer_call_back(self, call: LiveCall, by: str, now_micros: int) -> None:
        """The extension that wants to dial picks up, and its call goes out."""
        if by != call.source:
            raise CallRefused(Reason.NOT_RINGING)
        self.set_status(call, by, Status.DIALING)
        self.advance(call, Action.ANSWER, now_micros)
        self.dial_out(call, now_micros)

    def _next_channel(self, now_micros: int) -> str:
        """The id of a new channel: epoch seconds, a dot, a counter. Source: Asterisk (A-U)."""
        while True:
            channel = f"{now_micros // SECOND}.{self._channel}"
            self._channel += 1
            if self._store.call(channel) is None and not self.registry.taken(channel):
                return channel
