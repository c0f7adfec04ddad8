"""The numbered events that extensions see of live calls, and the listeners that wait for them.

Source: 05.0 Subscribe (DOC W-SU).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from noojee_fake.errors import MemoryBudgetError
from noojee_fake.pbx.live.call import LiveCall, Status
from noojee_fake.pbx.memory_budget import EVENT_BYTES, GIVING_WAY_SHARE, MemoryBudget, long_bytes

KEPT_HUNGUP = 10_000
"""How many ends of calls are kept for subscribers that have not asked since; fewer if the memory budget is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """What one extension sees of one call from one moment on, as subscribe reports it. `sequence` counts all events."""

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


class CallEvents:
    """The last event of each call by each extension. `lock` is the switchboard's.

    The events of calls that have ended count in `budget`.
    """

    def __init__(self, lock: threading.RLock, budget: MemoryBudget | None = None) -> None:
        self._lock = lock
        self._held = (budget or MemoryBudget()).reserve(0)
        self._sequence = 1
        self._last: dict[str, dict[int, CallEvent]] = {}
        self._over: deque[CallEvent] = deque()
        self._over_bytes = 0
        self._listeners: dict[object, Callable[[], None]] = {}

    @property
    def sequence(self) -> int:
        """The number of the last event; 1 where there was none, so that 0 is before all events."""
        return self._sequence

    def record(self, call: LiveCall, extension: str, status: Status) -> None:
        """Record what an extension sees of a call from now on. The other party is the caller, or the called party."""
        calls = extension == call.caller and extension not in call.channels
        far = call.number if calls else call.held
        self._sequence += 1
        event = CallEvent(
            sequence=self._sequence,
            extension=extension,
            call_id=call.call_id,
            unique_id=call.unique_id,
            secondary_id=next(reversed(call.channels.values()), "") if calls else call.unique_id,
            status=status,
            caller_id=far,
            other_party=far,
            connected_to=far if status is Status.CONNECTED else "",
            outbound_destination=call.number if calls else "",
            queue_call=call.queue is not None,
            click_to_dial=call.click_to_dial,
            inbound=not calls,
            answered_micros=call.answered_micros if status is Status.CONNECTED else None,
        )
        of_extension = self._last.setdefault(extension, {})
        of_extension.pop(call.call_id, None)
        of_extension[call.call_id] = event
        if status is Status.HUNGUP:
            self._over.append(event)
            self._over_bytes += _size_bytes(event)
            while len(self._over) > KEPT_HUNGUP or not self._has_room():
                self._forget(self._over.popleft())

    def since(self, extensions: Iterable[str], after: int) -> tuple[int, dict[str, list[CallEvent]]]:
        """The number of the last event, and for each extension its last event of each call after a number.

        Events are in order, oldest first. `after` 0, or a number that was not reached yet, gives the live calls.
        """
        found: dict[str, list[CallEvent]] = {}
        with self._lock:
            current = not 0 < after <= self._sequence
            for extension in extensions:
                seen: list[CallEvent] = []
                for event in reversed(self._last.get(extension, {}).values()):
                    if not current and event.sequence <= after:
                        break
                    if not (current and event.status is Status.HUNGUP):
                        seen.append(event)
                if seen:
                    found[extension] = seen[::-1]
            return self._sequence, found

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` after each change, from any thread. The returned function removes the listener."""
        listener = object()
        self._listeners[listener] = wake

        def stop() -> None:
            self._listeners.pop(listener, None)

        return stop

    @property
    def listeners(self) -> int:
        """How many listeners wait."""
        return len(self._listeners)

    def wake(self) -> None:
        """Wake all listeners."""
        for listener in list(self._listeners.values()):
            listener()

    def state(self) -> object:
        """The events and their numbers, for `restore`."""
        return self._sequence, {name: seen.copy() for name, seen in self._last.items()}, self._over.copy()

    def restore(self, state: Any) -> None:
        """Set events and numbers to an earlier state. A subscriber with a later number gets the live calls."""
        self._sequence, last, over = state
        self._last = {name: seen.copy() for name, seen in last.items()}
        self._over = over.copy()
        self._over_bytes = sum(map(_size_bytes, over))
        self._held.resize(self._over_bytes, force=True)

    def _has_room(self) -> bool:
        """Count the ends of calls. Returns whether there is room for them."""
        try:
            self._held.resize(self._over_bytes, share=GIVING_WAY_SHARE)
        except MemoryBudgetError:
            return False
        return True

    def _forget(self, event: CallEvent) -> None:
        self._over_bytes -= _size_bytes(event)
        of_extension = self._last.get(event.extension, {})
        if of_extension.get(event.call_id) is event:
            del of_extension[event.call_id]
            if not of_extension:
                del self._last[event.extension]


def _size_bytes(event: CallEvent) -> int:
    """About what an event takes in memory."""
    return EVENT_BYTES + long_bytes(event.caller_id)
