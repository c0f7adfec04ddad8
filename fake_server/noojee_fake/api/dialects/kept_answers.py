"""Keeps answers whose calls have all ended: until a call changes, or the clock is set back, they stay the same."""

from __future__ import annotations

from noojee_fake.errors import MemoryBudgetError
from noojee_fake.messages import Response
from noojee_fake.pbx.memory_budget import GIVING_WAY_SHARE, MemoryBudget

MOST_BYTES = 16 * 1024 * 1024
ANSWER_BYTES = 400
"""What an answer takes in memory, next to its body."""


class CacheRoom:
    """The part of the memory budget that one cache takes: at most `MOST_BYTES`, and it gives way to everything else."""

    __slots__ = ("_held",)

    def __init__(self, budget: MemoryBudget) -> None:
        self._held = budget.reserve(0)

    def take(self, size_bytes: int) -> bool:
        """Count another entry. False: there is no room, and the cache must drop all its entries."""
        size = self._held.size_bytes + size_bytes
        if size <= MOST_BYTES:
            try:
                self._held.resize(size, share=GIVING_WAY_SHARE)
            except MemoryBudgetError:
                pass
            else:
                return True
        self._held.resize(0)
        return False


class KeptAnswers:
    """The answers of one method by the value that it was asked for. They count in a memory budget, and give way."""

    __slots__ = ("_kept", "_room")

    def __init__(self, budget: MemoryBudget) -> None:
        self._room = CacheRoom(budget)
        self._kept: dict[str, tuple[int, int, Response]] = {}

    def find(self, wanted: str, changes: int, now_micros: int) -> Response | None:
        """The answer for a value, if it is still right. `changes` is the count of the store."""
        kept = self._kept.get(wanted)
        return kept[2] if kept is not None and kept[0] == changes and now_micros >= kept[1] else None

    def keep(self, wanted: str, changes: int, since_micros: int, response: Response) -> None:
        """Keep an answer that holds from a time on, until the store changes."""
        if self._room.take(len(response.body) + len(wanted) + ANSWER_BYTES):
            self._kept[wanted] = changes, since_micros, response
        else:
            self._kept = {}
