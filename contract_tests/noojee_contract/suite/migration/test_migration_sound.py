"""The audio of a migration: a sample of the legs that both sides list sounds the same."""

from __future__ import annotations

from noojee_contract.clients.retry_after import is_unavailable
from noojee_contract.comparison.audio import Likeness, compare_sounds
from noojee_contract.comparison.difference import LegPair
from noojee_contract.engine.budget import SOUND_TRIES
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import SubjectPair
from noojee_contract.model.audio import NoSound, Sound, UnknownCoding
from noojee_contract.model.coverage import OUTSIDE_SAMPLE, Covered
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.migration.compared import Moved, moved_legs
from noojee_contract.suite.support.audio import (
    audio_answers,
    kind_without_audio,
    read_audio,
)
from noojee_contract.suite.support.listing import LegName, describe_leg, is_longer, name_of


@clause("migration.sound")
def test_a_leg_sounds_the_same(pair: SubjectPair, check: Check) -> None:
    """SPEC: access to the call's audio data."""
    legs = {name_of(moved.old): moved for moved in moved_legs(pair, check)}
    if pair.old.archive is None:
        _check_sample(pair, check, legs)
        return
    for leg, _ in audio_answers(pair.old):
        if name_of(leg) in legs:
            _check_sound(pair, check, legs[name_of(leg)])


def _check_sample(pair: SubjectPair, check: Check, legs: dict[LegName, Moved]) -> None:
    """Compare the sounds of a random sample of legs, and count the others."""
    sampling = pair.sampling
    check.cover(Covered.SOUNDS, known=len(legs))
    short = {name for name, moved in legs.items() if not is_longer(moved.old, sampling.longest_sound)}
    if len(short) < len(legs):
        long = {f"longer than {sampling.longest_sound:g} s": len(legs) - len(short)}
        check.cover(Covered.SOUNDS, not_compared=long)
    drawn = sampling.in_random_order(short)
    tried = compared = 0
    for name in drawn[: sampling.sounds * SOUND_TRIES]:
        if compared == sampling.sounds or any(side.keeps_most_sound for side in pair.sides):
            break
        tried += 1
        reason = _check_sound(pair, check, legs[name])
        compared += reason is None
        check.cover(Covered.SOUNDS, compared=int(reason is None), not_compared=None if reason is None else {reason: 1})
    if tried < len(drawn):
        check.cover(Covered.SOUNDS, not_compared={OUTSIDE_SAMPLE: len(drawn) - tried})


def _check_sound(pair: SubjectPair, check: Check, moved: Moved) -> str | None:
    """Compare the audio of a leg on both sides. Returns why it cannot be compared, None where it was compared."""
    leg = moved.old
    before, after = pair.old.sound(leg.unique_id, leg.number), pair.new.sound(leg.unique_id, leg.number)
    if is_unavailable(before):
        return "without a whole answer of the old side"
    old, new = read_audio(before), read_audio(after)
    if _is_missing(old):
        return "without audio on both sides" if _is_missing(new) else "with audio on the new side only"
    legs = LegPair(moved.old, moved.new)
    if _is_missing(new):
        message = f"{describe_leg(leg)} has audio on the old side and none on the new side: {new}"
        kind = kind_without_audio(pair.new, after)
        check.collect(False, message, after, pair=legs, kind=kind, expected="audio", actual=str(new))
        return None
    if isinstance(old, NoSound) or isinstance(new, NoSound):
        return "in a coding that cannot be decoded"
    found = compare_sounds(old, new)
    if found.likeness is Likeness.UNDECIDED:
        return "too short or too silent"
    same = found.likeness is Likeness.EQUAL
    first = not same and _is_sound_of_first_leg(pair, moved, new)
    message = f"{describe_leg(leg)} has another sound on the new side than on the old side: "
    message += "the sound of leg 1" if first else found.reason
    check.collect(same, message, after, pair=legs, kind=FailureKind.WRONG_AUDIO, same_as=1 if first else None)
    return None


def _is_sound_of_first_leg(pair: SubjectPair, moved: Moved, new: Sound) -> bool:
    """Whether the new side sends the sound of leg 1 instead: one more request to the old side for each call."""
    if moved.old.number == 1:
        return False
    first = read_audio(pair.old.sound(moved.old.unique_id, 1))
    return isinstance(first, Sound) and compare_sounds(first, new).likeness is Likeness.EQUAL


def _is_missing(audio: Sound | NoSound) -> bool:
    """Whether an answer has no audio, or none that is whole. Audio of an unknown coding is not missing."""
    return isinstance(audio, NoSound) and not isinstance(audio, UnknownCoding)
