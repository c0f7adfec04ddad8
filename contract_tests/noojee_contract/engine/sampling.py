"""What a run on read-only targets asks in addition to the recordings files: the limits, and the random sample. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from noojee_contract.targets.target import ALL, Target

DEFAULT_SOUNDS = 20
DEFAULT_LONGEST_SOUND = 70.0
DEFAULT_CALLS = 20

Name = TypeVar("Name", str, tuple[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """The limits of a target or a migration, and the random seed of its samples.

    `calls` is the most calls that only a listing by tag or by hour names and that are also asked for by unique id.
    `sounds` is the most legs whose audio is fetched, `longest_sound` the longest of them in seconds.
    """

    random_seed: int
    calls: int = DEFAULT_CALLS
    sounds: int = DEFAULT_SOUNDS
    longest_sound: float = DEFAULT_LONGEST_SOUND

    def drawn_calls(self, unique_ids: Iterable[str]) -> tuple[str, ...]:
        """A random sample of calls, in their order."""
        names = tuple(dict.fromkeys(unique_ids))
        if len(names) <= self.calls:
            return names
        drawn = set(sorted(names, key=self._rank)[: self.calls])
        return tuple(unique_id for unique_id in names if unique_id in drawn)

    def in_random_order(self, names: Iterable[Name]) -> list[Name]:
        """Tags, or legs by unique id and number, each once in random order: the first of them are a sample.

        The order of two names does not depend on the others, so that all targets of a run draw nearly the same sample.
        """
        return sorted(set(names), key=self._rank)

    def _rank(self, name: str | tuple[str, int]) -> bytes:
        return hashlib.sha256(f"{self.random_seed} {name!r}".encode()).digest()


def sampling_of(targets: Sequence[Target], random_seed: int) -> Sampling:
    """The sampling of one target, or of the targets of a migration: the larger of their limits.

    A migration asks for all listed calls where no target sets `calls`.
    """
    calls = [target.calls for target in targets if target.calls is not None]
    sounds = [target.sounds for target in targets if target.sounds is not None]
    longest = [target.longest_sound for target in targets if target.longest_sound is not None]
    return Sampling(
        random_seed=random_seed,
        calls=max(calls, default=ALL if len(targets) > 1 else DEFAULT_CALLS),
        sounds=max(sounds, default=DEFAULT_SOUNDS),
        longest_sound=max(longest, default=DEFAULT_LONGEST_SOUND),
    )
