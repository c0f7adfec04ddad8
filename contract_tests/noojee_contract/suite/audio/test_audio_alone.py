"""The audio of one target by itself: no two legs of different length have the same file."""

from __future__ import annotations

from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.audio import NoSound
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.audio import audio_answers, read_audio
from noojee_contract.suite.support.listing import describe_leg, seconds_of
from noojee_contract.suite.support.queries import has_audio

SAME_LENGTH_SECONDS = 1  # a Duration is rounded down, so equal sounds may have Durations that differ by one
LEAST_SECONDS = 1.0  # of sound: files that hold only silence may be equal


@clause("audio.own-file")
def test_legs_of_different_length_have_different_audio(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4: each individual leg is retrieved, and a leg has its own Duration."""
    found: dict[bytes, Leg] = {}
    for listed, exchange in audio_answers(subject):
        if listed.duration_seconds is None or not has_audio(exchange):
            continue
        other = found.setdefault(exchange.body, listed)
        check(
            not _are_of_different_length(listed, other) or not _has_sound(exchange),
            f"{describe_leg(listed)} lasts {listed.duration_seconds} s and {describe_leg(other)} lasts "
            f"{other.duration_seconds} s, yet both have the same audio",
            exchange,
            kind=FailureKind.WRONG_AUDIO,
        )


def _are_of_different_length(one: Leg, other: Leg) -> bool:
    return abs(seconds_of(one) - seconds_of(other)) > SAME_LENGTH_SECONDS


def _has_sound(exchange: Exchange) -> bool:
    sound = read_audio(exchange)
    return not isinstance(sound, NoSound) and sound.sounding_seconds >= LEAST_SECONDS
