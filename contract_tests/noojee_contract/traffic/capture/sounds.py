"""What a capture keeps of sound: a hash of the samples, length, channels, and loudness by half second. No spectrum."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import ceil, log10
from typing import Any

from noojee_contract.comparison.audio import Likeness, SoundComparison, compare_sounds
from noojee_contract.comparison.noise.change import Change, ChangeKind, ClientReading
from noojee_contract.model.audio import NoSound, Sound, read_sound

LEVEL_SECONDS = 0.5
QUIETEST_DB = -60
SAME_LEVEL_DB = 6
"""How far the level of a half second may move when sound is encoded again."""
EXACT_CODINGS = ("PCM", "ALAW", "ULAW")
"""Codings of libsndfile that a copy keeps exactly, so that other samples are another sound."""
SAME_SECONDS = 0.5
MOST_OTHER_LEVELS = 0.1
"""The share of half seconds that may differ more: an encoder shifts sound by a part of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundSummary:
    """The sound of a leg. `levels` is the level of each half second in dB of full scale, of all channels together."""

    samples: str
    coding: str
    sample_rate: int
    channels: int
    seconds: float
    levels: tuple[int, ...]

    def document(self) -> dict[str, Any]:
        """The summary as a JSON object."""
        return {**asdict(self), "levels": list(self.levels)}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> SoundSummary:
        """The summary of a JSON object. Raises TypeError for other keys."""
        return cls(**{**document, "levels": tuple(document["levels"])})


def summary_of(content: bytes) -> SoundSummary | None:
    """The summary of a file of sound; None if it cannot be decoded."""
    try:
        sound = read_sound(content)
    except NoSound:
        return None
    digest, levels = hashlib.sha256(), []
    for samples, level in _half_seconds(sound):
        digest.update(samples)
        levels.append(level)
    return SoundSummary(
        samples=digest.hexdigest(),
        coding=sound.coding,
        sample_rate=sound.sample_rate,
        channels=sound.channels,
        seconds=round(sound.seconds, 3),
        levels=tuple(levels),
    )


def _half_seconds(sound: Sound) -> Iterator[tuple[bytes, int]]:
    import numpy

    count = max(1, ceil(sound.seconds / LEVEL_SECONDS))
    for piece in sound.pieces((number * LEVEL_SECONDS for number in range(count)), LEVEL_SECONDS):
        power = float(numpy.mean(numpy.square(piece)))
        level = QUIETEST_DB if power <= 0 else max(QUIETEST_DB, round(10 * log10(power)))
        yield numpy.round(piece * 32768).astype("<i4").tobytes(), level


def sound_change(old: SoundSummary, new: SoundSummary, *, example: str) -> Change | None:
    """What changed in the sound of a leg; None if its samples are the same."""
    if old.samples == new.samples:
        return None
    about = "the sound of a leg"
    if old.channels != new.channels or abs(old.seconds - new.seconds) > SAME_SECONDS or not _same_levels(old, new):
        return Change(kind=ChangeKind.DOCUMENTED, about=about, old=_in_words(old), new=_in_words(new), example=example)
    if (old.coding, old.sample_rate) == (new.coding, new.sample_rate) and old.coding.startswith(EXACT_CODINGS):
        return Change(
            kind=ChangeKind.DOCUMENTED, about=about, old=_in_words(old), new="other sound of this form", example=example
        )
    return Change(
        kind=ChangeKind.INCONCLUSIVE,
        about="sound that was encoded again (capture with --keep-sound to compare it)",
        old=_in_words(old),
        new=_in_words(new),
        example=example,
    )


def kept_sound_change(old: bytes, new: bytes, *, example: str) -> Change | None:
    """What changed in a sound that both captures kept, by what can be heard; None if it is the same recording."""
    try:
        found = compare_sounds(read_sound(old), read_sound(new))
    except NoSound as error:
        found = SoundComparison(likeness=Likeness.UNDECIDED, reason=str(error))
    if found.likeness is Likeness.EQUAL:
        return None
    kind = ChangeKind.DOCUMENTED if found.likeness is Likeness.DIFFERENT else ChangeKind.INCONCLUSIVE
    return Change(kind=kind, about="the sound of a leg", old="the recording", new=found.reason, example=example)


def no_sound(old: SoundSummary, *, example: str) -> Change:
    """The change of a leg whose sound does not come any more."""
    return Change(
        kind=ChangeKind.BREAKS,
        about="the sound of a leg",
        old=_in_words(old),
        new="no sound that can be decoded",
        reading=ClientReading.CONTENT_TYPE,
        example=example,
    )


def _same_levels(old: SoundSummary, new: SoundSummary) -> bool:
    length = min(len(old.levels), len(new.levels))
    others = sum(abs(one - other) > SAME_LEVEL_DB for one, other in zip(old.levels, new.levels, strict=False))
    return length > 0 and others <= max(1, length * MOST_OTHER_LEVELS)


def _in_words(sound: SoundSummary) -> str:
    channels = "mono" if sound.channels == 1 else f"{sound.channels} channels"
    return f"{sound.coding}, {sound.sample_rate} Hz, {channels}, {sound.seconds:g} s"
