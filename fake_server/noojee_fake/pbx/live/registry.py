"""The live calls of a PBX by unique id, channel, extension and queue, so that no lookup scans all calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from noojee_fake.pbx.live.call import CallRefused, LiveCall, Reason, Status, extension_of

MOST_LIVE_CALLS = 10_000

_BUSY = (Status.CONNECTED, Status.DIALING)


class CallRegistry:
    """The calls, and which parties take part in them. A party joins and leaves together with its channel."""

    def __init__(self) -> None:
        self._calls: dict[str, LiveCall] = {}
        self._by_channel: dict[str, LiveCall] = {}
        self._by_extension: dict[str, dict[int, LiveCall]] = {}
        self._waiting: dict[str, dict[int, LiveCall]] = {}
        self._busy: Counter[str] = Counter()
        """The number of calls on which an extension talks or dials."""
        self._touched: dict[str, LiveCall] | None = None  # calls that changed since the last mark, as they were then
        self._at_mark: dict[str, LiveCall] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[LiveCall]:
        """Oldest first."""
        return iter(self._calls.values())

    def __contains__(self, call: LiveCall) -> bool:
        return self._calls.get(call.unique_id) is call

    def copy(self) -> CallRegistry:
        """A registry with copies of the calls."""
        twins = {unique_id: self._at_mark.get(unique_id, call).copy() for unique_id, call in self._calls.items()}
        made = CallRegistry()
        made._calls = twins
        made._by_channel = {channel: twins[call.unique_id] for channel, call in self._by_channel.items()}
        made._by_extension = _of_twins(self._by_extension, twins)
        made._waiting = _of_twins(self._waiting, twins)
        made._busy = self._busy.copy()
        return made

    def mark(self) -> CallRegistry:
        """The registry as it is now, of which only a copy can be used. It is valid until the next mark.

        It costs much less than a copy: a call is copied when it changes.
        """
        made = CallRegistry()
        made._calls = self._calls.copy()
        made._by_channel = self._by_channel.copy()
        made._by_extension = {extension: calls.copy() for extension, calls in self._by_extension.items()}
        made._waiting = {queue: calls.copy() for queue, calls in self._waiting.items()}
        made._busy = self._busy.copy()
        made._at_mark = self._touched = {}
        return made

    def touch(self, call: LiveCall) -> None:
        """Keep a call as it is for the last mark. Call it before a call changes."""
        if self._touched is not None and call.unique_id not in self._touched:
            self._touched[call.unique_id] = call.copy()

    def taken(self, channel: str) -> bool:
        """Whether a live call has this channel."""
        return channel in self._by_channel

    def add(self, call: LiveCall) -> None:
        """Add a call. Raises CallRefused where there are too many."""
        if len(self._calls) >= MOST_LIVE_CALLS:
            raise CallRefused(Reason.TOO_MANY)
        self._calls[call.unique_id] = self._by_channel[call.unique_id] = call

    def remove(self, call: LiveCall) -> None:
        """Remove a call that has ended. Its parties have left."""
        self.touch(call)
        self.unqueue(call)
        for channel in (call.unique_id, *call.channels.values()):
            self._by_channel.pop(channel, None)
        del self._calls[call.unique_id]

    def ring(self, call: LiveCall, number: str, channel: str) -> None:
        """Add the channel of a party that is called."""
        self.touch(call)
        self._drop_channel(call, number)
        call.channels[number] = channel
        self._by_channel[channel] = call

    def put(self, call: LiveCall, extension: str, status: Status) -> None:
        """Set what an extension sees of a call, and add the extension to the call."""
        self.touch(call)
        self._count(extension, call.parties.get(extension), status)
        call.parties[extension] = status
        self._by_extension.setdefault(extension, {})[call.call_id] = call

    def leave(self, call: LiveCall, number: str) -> None:
        """Remove a party and its channel from a call."""
        self.touch(call)
        self._drop_channel(call, number)
        status = call.parties.pop(number, None)
        if status is not None:
            self._count(number, status, None)
            of_extension = self._by_extension[number]
            del of_extension[call.call_id]
            if not of_extension:
                del self._by_extension[number]

    def enqueue(self, call: LiveCall) -> None:
        """Add a call to the queue that it waits in."""
        if call.queue is not None:
            self._waiting.setdefault(call.queue, {})[call.call_id] = call

    def unqueue(self, call: LiveCall) -> None:
        """Remove a call from its queue, if it waits in one."""
        waiting = self._waiting.get(call.queue or "")
        if waiting is not None and waiting.pop(call.call_id, None) is not None and not waiting:
            del self._waiting[call.queue or ""]

    def waiting(self, queue: str) -> list[LiveCall]:
        """The calls that wait in a queue, oldest first."""
        return list(self._waiting.get(queue, {}).values())

    def of_id(self, unique_id: str) -> LiveCall | None:
        """The call of a unique id or of a channel; None where there is none."""
        return self._by_channel.get(unique_id)

    def find(self, name: str, *, several: str, by_lookup: bool) -> LiveCall:
        """The call of a unique id (it has a dot), a channel or an extension. Raises CallRefused.

        `several` chooses among the calls of an extension: `newest`, `oldest` or `refused` (option `several_calls`).
        `by_lookup` tries every name as a unique id first (option `extension_or_unique_id`).
        """
        if by_lookup or "." in name:
            call = self.of_id(name)
            if call is not None:
                return call
            if not by_lookup:
                raise CallRefused(Reason.NO_CALL)
        found = self.of_extension(extension_of(name))
        if not found:
            raise CallRefused(Reason.NO_CALL)
        if len(found) > 1 and several == "refused":
            raise CallRefused(Reason.SEVERAL_CALLS)
        return found[0] if several == "oldest" else found[-1]

    def of_extension(self, extension: str) -> list[LiveCall]:
        """The calls that an extension takes part in, oldest call first."""
        of_extension = self._by_extension.get(extension, {})
        return [of_extension[call_id] for call_id in sorted(of_extension)]

    def busy(self, extension: str) -> bool:
        """Whether an extension talks or dials."""
        return extension in self._busy

    def _count(self, extension: str, before: Status | None, after: Status | None) -> None:
        self._busy[extension] += (after in _BUSY) - (before in _BUSY)
        if not self._busy[extension]:
            del self._busy[extension]

    def _drop_channel(self, call: LiveCall, number: str) -> None:
        channel = call.channels.pop(number, None)
        if channel is not None:
            self._by_channel.pop(channel, None)


def _of_twins(table: dict[str, dict[int, LiveCall]], twins: dict[str, LiveCall]) -> dict[str, dict[int, LiveCall]]:
    return {name: {call_id: twins[call.unique_id] for call_id, call in row.items()} for name, row in table.items()}
