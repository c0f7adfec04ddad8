"""Live calls: ring, queue, answer, transfer, start and stop recording, hang up. Each transition that splits makes a leg.

Every operation takes the time it happens at; what cannot be done raises `Refused` with its reason, and changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from noojee_fake.pbx.calls import Direction
from noojee_fake.pbx.directory import DEFAULT, Directory, Record, Role, User
from noojee_fake.pbx.live.call import LiveCall, Reason, Refused, Status, extension_of
from noojee_fake.pbx.live.events import CallEvent, CallEvents
from noojee_fake.pbx.live.transitions import Transitions
from noojee_fake.pbx.store.base import Store


class Switchboard(Transitions):
    """The live calls of one PBX. `lock` is held while anything changes; the archive is written before it is let go."""

    def __init__(self, *, store: Store, lock: threading.RLock, directory: Directory = DEFAULT) -> None:
        super().__init__(store=store, events=CallEvents(lock), directory=directory)
        self._lock = lock

    # What there is

    def calls(self) -> list[LiveCall]:
        """The calls that have not ended, oldest first."""
        with self._lock:
            return list(self._lines)

    def find(self, name: str, *, several: str = "newest", by_lookup: bool = False) -> LiveCall:
        """The call of a unique id (it has a dot), a channel or an extension. UNKNOWN: chosen, rows 22 and 23."""
        with self._lock:
            if by_lookup or "." in name:
                call = self._lines.of_id(name)
                if call is not None:
                    return call
                if not by_lookup:
                    raise Refused(Reason.NO_CALL)
            found = self._lines.of_extension(extension_of(name))
            if not found:
                raise Refused(Reason.NO_CALL)
            if len(found) > 1 and several == "refused":
                raise Refused(Reason.SEVERAL_CALLS)
            return found[0] if several == "oldest" else found[-1]

    def seen(self, extensions: Iterable[str], after: int) -> tuple[int, dict[str, list[CallEvent]]]:
        """The number of the last change, and what extensions saw after a number; see `CallEvents.since`."""
        return self._events.since(extensions, after)

    @property
    def listeners(self) -> int:
        """How many wait for a change."""
        return self._events.listeners

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called after each change, from any thread; what is given back ends it."""
        return self._events.listen(wake)

    def wake(self) -> None:
        """Wake whoever listens: the clock was moved, or calls were dropped."""
        self._events.wake()

    # How calls begin

    def inbound(
        self, did: str, source: str, now_micros: int, *, record: Record | None = None, tag: str = ""
    ) -> LiveCall:
        """A call from outside, on its way along the route of the number. An anonymous caller's `source` is "".

        A route that records from the greeting leaves the call there until `proceed`.
        """
        with self._changing():
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
            else:
                self._go_on(call, now_micros)
            return call

    def proceed(self, call: LiveCall, now_micros: int) -> None:
        """The greeting is over: the call goes where its route leads."""
        with self._changing(call):
            if call.parties or call.channels or call.queue is not None:
                raise Refused(Reason.NOT_CONNECTED)
            self._go_on(call, now_micros)

    def place(
        self, extension: str, number: str, now_micros: int, *, record: Record = Record.ANSWER, tag: str = ""
    ) -> LiveCall:
        """A call that a user makes from the phone: internal where the number is an extension or a queue, else outbound."""
        with self._changing():
            call = self._from_extension(extension, number, now_micros, record=record, tag=tag)
            self._set(call, extension, Status.DIALING)
            self._dial_out(call, now_micros)
            return call

    def dial(self, extension: str, number: str, now_micros: int, *, record: bool, tag: str, at_once: bool) -> LiveCall:
        """A call made by the API: the extension rings first, and dials once it is answered (`at_once`: by itself).

        Source: 02.0 Dial (DOC W-DI): recording starts when the call is answered, where `record` asks for it.
        """
        with self._changing():
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
        with self._changing(call):
            self._answer(call, by, now_micros)

    def transfer(self, call: LiveCall, to: str, now_micros: int) -> None:
        """The connected party hands the caller on: to an extension, a queue or an outside number. Each makes a leg.

        Where an outside party is connected, the caller hands it on. On the leg of a transfer to an outside number the
        owner stays. UNKNOWN: chosen, as in the recorded calls.
        """
        with self._changing(call):
            if call.connected is None:
                raise Refused(Reason.NOT_CONNECTED)
            if to == call.connected or to in call.parties or (call.caller is not None and to == call.held):
                raise Refused(Reason.ITSELF)
            leaves = call.connected
            if leaves not in call.parties and call.caller in call.parties:
                leaves, call.held = call.held, call.connected
            self._leave(call, leaves, now_micros)
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
            self._ring(call, to, now_micros)

    def hang_up(self, call: LiveCall, now_micros: int) -> None:
        """The call ends for everybody, and its last leg with it."""
        with self._changing(call):
            if call.recording:
                call.close_leg(now_micros)
                self._unsaved.append(call)
            for extension in list(call.parties):
                self._leave(call, extension, now_micros)
            self._lines.remove(call)

    def snapshot(self) -> object:
        """The calls that live now, with all numbers, for `restore`."""
        with self._lock:
            return self._lines.copy(), self._events.state(), self._channel, self._call_id

    def restore(self, snapshot: Any) -> None:
        """The calls of a snapshot live on, and no others. It can be restored many times."""
        with self._lock:
            lines, seen, self._channel, self._call_id = snapshot
            self._lines = lines.copy()
            self._events.put_back(seen)
        self.wake()

    # Recording by order

    def start_recording(
        self, call: LiveCall, now_micros: int, *, tag: str | None, owner: str | None, extension: str | None, again: str
    ) -> None:
        """Record from here on. While recording, a new leg begins (DOC W-RS of the route step; row 20 for the API).

        `tag` None leaves the call's tag. Without an owner: the user attached to the extension (DOC W-ST), else the
        connected one, else the default account. `again`: splits, ignored or refused.
        """
        with self._changing(call):
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

    def stop_recording(
        self, call: LiveCall, now_micros: int, *, agent: str | None, anyone: bool = False, agent_needed: bool = False
    ) -> None:
        """End the leg and record no more, until a start. UNKNOWN: who may is chosen, row 24."""
        with self._changing(call):
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
            self._unsaved.append(call)

    @contextmanager
    def _changing(self, call: LiveCall | None = None) -> Iterator[None]:
        """Hold the lock while an operation changes calls, `call` if it still lives; archive it, then wake who waits."""
        with self._lock:
            if call is not None and call not in self._lines:
                raise Refused(Reason.NO_CALL)
            before = self._events.sequence
            yield
            while self._unsaved:
                saved = self._unsaved.pop()
                self._store.save(saved.archived(), tuple(saved.unsaved.values()))
                saved.unsaved.clear()
            changed = before != self._events.sequence
        if changed:
            self.wake()

    def _may_stop(self, user: User, call: LiveCall) -> bool:
        """The owner, a supervisor of the owner's team, a recording manager, an administrator (W-RC)."""
        if user.role in (Role.RECORDING_MANAGER, Role.ADMINISTRATOR) or user.name == call.leg_owner:
            return True
        owner = self.directory.user(call.leg_owner or "")
        return user.role is Role.SUPERVISOR and owner is not None and bool(user.team) and owner.team == user.team
