"""The operations on the live calls of a PBX: ring, answer, transfer, record, hang up. Each runs under one lock.

Every operation takes the time at which it happens. A refused operation raises `CallRefused` and changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from noojee_fake.errors import StateError
from noojee_fake.pbx.calls import Direction
from noojee_fake.pbx.directory import DEFAULT, Directory, Record
from noojee_fake.pbx.live.call import CallRefused, LiveCall, Reason, Status
from noojee_fake.pbx.live.events import CallEvent, CallEvents
from noojee_fake.pbx.live.progress import CallProgress, NewCall
from noojee_fake.pbx.live.recording import RecordingStart, RecordingStop, start_recording, stop_recording
from noojee_fake.pbx.live.transitions import Action
from noojee_fake.pbx.memory_budget import MemoryBudget, archive_bytes, long_bytes
from noojee_fake.pbx.store.base import Store

NEW_LEG_BYTES = archive_bytes(1, 1)


class Switchboard:
    """The live calls of one PBX. Each operation holds `lock` until the legs that it made are in the store.

    Operations that may make a leg raise MemoryBudgetError, before they change anything, if `budget` is used up.
    """

    def __init__(
        self,
        *,
        store: Store,
        lock: threading.RLock,
        directory: Directory = DEFAULT,
        budget: MemoryBudget | None = None,
    ) -> None:
        self._lock = lock
        self._store = store
        self._budget = budget or MemoryBudget()
        self._events = CallEvents(lock, self._budget)
        self._progress = CallProgress(store=store, events=self._events, directory=directory, budget=self._budget)

    @property
    def directory(self) -> Directory:
        """Users, queues and routes. Setting it changes the calls that begin later."""
        return self._progress.directory

    @directory.setter
    def directory(self, directory: Directory) -> None:
        self._progress.directory = directory

    @property
    def tags_inherited(self) -> bool:
        """Whether a leg carries the tag of the leg before it (option `tag_inherited`)."""
        return self._progress.tags_inherited

    @tags_inherited.setter
    def tags_inherited(self, inherited: bool) -> None:
        self._progress.tags_inherited = inherited

    def calls(self) -> list[LiveCall]:
        """The calls that have not ended, oldest first."""
        with self._lock:
            return list(self._progress.registry)

    def find(self, name: str, *, several: str = "newest", by_lookup: bool = False) -> LiveCall:
        """The call of a unique id, a channel or an extension; see `CallRegistry.find`. Raises CallRefused."""
        with self._lock:
            return self._progress.registry.find(name, several=several, by_lookup=by_lookup)

    def seen(self, extensions: Iterable[str], after: int) -> tuple[int, dict[str, list[CallEvent]]]:
        """The number of the last change, and the events of extensions after a number; see `CallEvents.since`."""
        return self._events.since(extensions, after)

    @property
    def listeners(self) -> int:
        """How many listeners wait for a change."""
        return self._events.listeners

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` after each change, from any thread. The returned function removes the listener."""
        return self._events.listen(wake)

    def wake(self) -> None:
        """Wake all listeners, after the clock was moved or calls were dropped."""
        self._events.wake()

    def inbound(
        self, did: str, source: str, now_micros: int, *, record: Record | None = None, tag: str = ""
    ) -> LiveCall:
        """A call from outside, which follows the route of the number. `source` is "" for an anonymous caller.

        A route that records from the greeting on keeps the call there until `proceed`.
        """
        with self._changing():
            route = self.directory.route(did)
            if route is None:
                raise CallRefused(Reason.NO_ROUTE)
            new = NewCall(
                direction=Direction.INBOUND,
                source=source,
                number=route.to,
                record=route.record if record is None else record,
                tag=tag,
                did=did,
                default_account=route.default_account,
            )
            call = self._progress.begin(new, now_micros)
            if call.record is Record.GREETING:
                self._progress.advance(call, Action.GREET, now_micros)
            else:
                self._progress.go_on(call, now_micros)
            return call

    def proceed(self, call: LiveCall, now_micros: int) -> None:
        """The greeting ends, and the call follows its route."""
        with self._changing(call):
            self._progress.advance(call, Action.PROCEED, now_micros)
            self._progress.go_on(call, now_micros)

    def place(
        self, extension: str, number: str, now_micros: int, *, record: Record = Record.ANSWER, tag: str = ""
    ) -> LiveCall:
        """A call that a user makes from the phone: internal if the number is an extension or a queue, else outbound."""
        with self._changing():
            call = self._progress.begin_from_extension(extension, number, now_micros, record=record, tag=tag)
            self._progress.set_status(call, extension, Status.DIALING)
            self._progress.dial_out(call, now_micros)
            return call

    def dial(self, extension: str, number: str, now_micros: int, *, record: bool, tag: str, at_once: bool) -> LiveCall:
        """A call made by the API: the extension rings first, and dials once it is answered (`at_once`: immediately).

        Source: 02.0 Dial (DOC W-DI): with `record`, recording starts when the call is answered.
        """
        with self._changing():
            setting = Record.ANSWER if record else Record.NEVER
            call = self._progress.begin_from_extension(extension, number, now_micros, record=setting, tag=tag)
            call.click_to_dial = True
            self._progress.advance(call, Action.CALL_BACK, now_micros)
            self._progress.set_status(call, extension, Status.RINGING)
            if at_once:
                self._progress.answer(call, extension, now_micros)
            return call

    def answer(self, call: LiveCall, by: str, now_micros: int) -> None:
        """An extension that rings, or the outside party that was dialled, picks up."""
        with self._changing(call):
            self._progress.answer(call, by, now_micros)

    def transfer(self, call: LiveCall, to: str, now_micros: int) -> None:
        """The connected party hands the caller on to an extension, a queue or an outside number. Each makes a leg.

        Where an outside party is connected, the caller hands it on. A transfer to an outside number keeps the owner
        (UNKNOWN: chosen, as in the recorded calls).
        """
        with self._changing(call):
            self._progress.transfer(call, to, now_micros)

    def hang_up(self, call: LiveCall, now_micros: int) -> None:
        """The call ends for all parties, and its last leg with it."""
        with self._changing(call, new_leg_bytes=0):
            if call.recording:
                call.close_leg(now_micros)
                self._progress.unsaved.append(call)
            for extension in list(call.parties):
                self._progress.leave(call, extension, now_micros)
            self._progress.advance(call, Action.HANG_UP, now_micros)
            self._progress.registry.remove(call)

    def start_recording(self, call: LiveCall, start: RecordingStart, now_micros: int) -> None:
        """Record a call from now on. A call that is recorded already gets a new leg, or as `start.again` says."""
        with self._changing(call, new_leg_bytes=NEW_LEG_BYTES + long_bytes(start.tag or "")):
            start_recording(self._progress, call, start, now_micros)

    def stop_recording(self, call: LiveCall, stop: RecordingStop, now_micros: int) -> None:
        """End the leg of a call, and record nothing until the next start."""
        with self._changing(call, new_leg_bytes=0):
            stop_recording(self._progress, call, stop, now_micros)

    def snapshot(self) -> object:
        """The live calls with all counters, for `restore`."""
        with self._lock:
            return self._progress.state(), self._events.state()

    def restore(self, snapshot: Any) -> None:
        """Replace the live calls by those of a snapshot. One snapshot can be restored many times."""
        with self._lock:
            calls, events = snapshot
            self._progress.restore(calls)
            self._events.restore(events)
        self.wake()

    @contextmanager
    def _changing(self, call: LiveCall | None = None, *, new_leg_bytes: int = NEW_LEG_BYTES) -> Iterator[None]:
        """Hold the lock during an operation, save the changed legs, then wake the listeners.

        Raises CallRefused where `call` has ended, MemoryBudgetError if the budget has no room for `new_leg_bytes`, and
        StateError where the store cannot be written: then all calls are as before.
        """
        with self._lock:
            if call is not None and call not in self._progress.registry:
                raise CallRefused(Reason.NO_CALL)
            self._budget.reserve(new_leg_bytes).release()
            before = self._events.sequence
            kept = (self._progress.state(until_next=True), self._events.state()) if self._store.can_fail else None
            if call is not None:
                self._progress.registry.touch(call)
            yield
            try:
                self._progress.save()
            except StateError:
                if kept is not None:
                    self._progress.restore(kept[0])
                    self._events.restore(kept[1])
                raise
            changed = before != self._events.sequence
        if changed:
            self.wake()
