"""The same recording in any coding is equal, another recording is different, and too little sound is undecided."""

from __future__ import annotations

import io
import tracemalloc
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import soundfile

from noojee_contract.comparison.audio import Likeness, compare_sounds, differs_when_encoded_again
from noojee_contract.model.audio import Sound, read_sound, tone
from noojee_contract.resources import fixtures

RATE = 8000
CODINGS = (
    ("WAV", "PCM_U8"), ("WAV", "ALAW"), ("WAV", "ULAW"), ("WAV", "GSM610"), ("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM"),
    ("MP3", "MPEG_LAYER_III"), ("OGG", "OPUS"), ("OGG", "VORBIS"),
)  # fmt: skip
LEGS = ("01-internal/leg-1", "02-inbound-direct/leg-1", "03-inbound-queue/leg-2", "04-queue-transfer/leg-3")


def sound(samples: Any, file_format: str = "WAV", coding: str = "PCM_16", rate: int = RATE) -> Sound:
    file: Any = io.BytesIO()
    soundfile.write(file, samples, rate, subtype=coding, format=file_format)
    return read_sound(file.getvalue())


@cache
def recording(name: str) -> Any:
    return soundfile.read(fixtures("archives", "recorded", *f"{name}.wav".split("/")))[0]


def likeness(one: Any, other: Any) -> Likeness:
    return compare_sounds(sound(one), sound(other)).likeness


def resampled(samples: Any, rate: int) -> Any:
    places = np.arange(len(samples) * rate // RATE) * (RATE / rate)
    return np.interp(places, np.arange(len(samples)), samples)


@pytest.mark.parametrize(("file_format", "coding"), CODINGS)
def test_another_coding_is_the_same_recording(file_format: str, coding: str) -> None:
    """Recordings are compressed each night (DOC W-SL); the coding is an option."""
    for one, other in pairwise(LEGS):
        plain, moved = sound(recording(one)), sound(recording(one), file_format, coding)
        assert compare_sounds(plain, moved).likeness is Likeness.EQUAL
        assert compare_sounds(sound(recording(other)), moved).likeness is Likeness.DIFFERENT


@pytest.mark.parametrize("rate", [6000, 11025, 16000, 44100])
def test_another_sample_rate_is_the_same_recording(rate: int) -> None:
    """A replacement may store another rate than the telephone's 8 kHz."""
    plain = recording(LEGS[0])
    assert compare_sounds(sound(plain), sound(resampled(plain, rate), rate=rate)).likeness is Likeness.EQUAL


@pytest.mark.parametrize("seconds", [2, 3, 7.3])
@pytest.mark.parametrize(("file_format", "coding"), CODINGS)
def test_tones_are_compared_by_their_hertz(file_format: str, coding: str, seconds: float) -> None:
    """Two tones have one shape in a log-mel spectrum."""
    samples, _ = soundfile.read(io.BytesIO(tone(seconds, 800)))
    assert (
        compare_sounds(read_sound(tone(seconds, 800)), sound(samples, file_format, coding)).likeness is Likeness.EQUAL
    )
    assert (
        compare_sounds(read_sound(tone(seconds, 810)), sound(samples, file_format, coding)).likeness
        is Likeness.DIFFERENT
    )


def test_half_a_second_of_length_is_tolerated() -> None:
    """Encoders add a part of a second."""
    plain = recording(LEGS[0])
    assert likeness(plain, np.concatenate((plain, np.zeros(RATE * 4 // 10)))) is Likeness.EQUAL
    assert likeness(plain, np.concatenate((plain, np.zeros(RATE * 6 // 10)))) is Likeness.DIFFERENT
    assert likeness(plain, plain[: -RATE * 6 // 10]) is Likeness.DIFFERENT


def test_a_shift_of_an_encoder_is_tolerated() -> None:
    """Encoders put up to a third of a second of silence before the sound."""
    plain = recording(LEGS[0])
    assert likeness(plain, np.concatenate((np.zeros(RATE * 3 // 10), plain))) is Likeness.EQUAL
    assert likeness(plain[: 5 * RATE], plain[RATE : 6 * RATE]) is Likeness.DIFFERENT


@pytest.mark.parametrize("change", ["backwards", "lost", "gap", "replaced", "noise"])
def test_a_changed_part_is_different(change: str) -> None:
    """The worst two seconds decide."""
    plain, changed = recording(LEGS[0]), recording(LEGS[0]).copy()
    part = slice((5 if change == "gap" else 4) * RATE, 6 * RATE)
    changed[part] = {
        "backwards": plain[part][::-1],
        "lost": 0,
        "gap": 0,
        "replaced": recording(LEGS[1])[part],
        "noise": np.random.default_rng(1).normal(0, 0.1, 2 * RATE),
    }[change]
    assert likeness(plain, changed) is Likeness.DIFFERENT


def test_long_silence_does_not_make_another_coding_different() -> None:
    """Silence is equal in each coding."""
    plain = np.concatenate((np.zeros(20 * RATE), recording(LEGS[0])))
    assert compare_sounds(sound(plain), sound(plain, "WAV", "GSM610")).likeness is Likeness.EQUAL


@pytest.mark.parametrize("coding", ["PCM_16", "ALAW"])
def test_a_changed_word_is_different_where_the_samples_are_kept(coding: str) -> None:
    """Another recording would differ everywhere, another coding nowhere much."""
    plain, changed = recording(LEGS[0]), recording(LEGS[0]).copy()
    changed[5 * RATE : 5 * RATE + RATE * 4 // 10] = recording(LEGS[1])[3 * RATE : 3 * RATE + RATE * 4 // 10]
    assert compare_sounds(sound(plain), sound(changed, "WAV", coding)).likeness is Likeness.DIFFERENT


def test_swapped_channels_are_different() -> None:
    """A caller's words would be the agent's."""
    both = np.stack([recording(name)[: 7 * RATE] for name in LEGS[:2]], axis=1)
    found = compare_sounds(sound(both), sound(both[:, ::-1], "MP3", "MPEG_LAYER_III"))
    assert (found.likeness, found.reason) == (Likeness.DIFFERENT, "the two channels are swapped")
    assert compare_sounds(sound(both), sound(both, "WAV", "IMA_ADPCM")).likeness is Likeness.EQUAL


def test_swapped_channels_are_different_where_one_is_silent() -> None:
    """Only one party speaks."""
    plain = recording(LEGS[0])
    left = np.stack((plain, np.zeros(len(plain))), axis=1)
    assert likeness(left, left[:, ::-1]) is Likeness.DIFFERENT
    assert likeness(left, np.stack((plain, plain), axis=1)) is Likeness.DIFFERENT


def test_mono_and_stereo_are_different() -> None:
    """A mix of both parties is another recording."""
    plain = recording(LEGS[0])
    found = compare_sounds(sound(np.stack((plain, plain), axis=1)), sound(plain))
    assert (found.likeness, found.reason) == (Likeness.DIFFERENT, "the first has 2 channels, the second 1 channel")


def test_less_than_two_seconds_of_sound_is_undecided() -> None:
    """The measure needs two seconds, unless the samples are equal."""
    short = recording(LEGS[0])[: RATE * 3 // 2]
    assert likeness(short, recording(LEGS[1])[: RATE * 3 // 2]) is Likeness.UNDECIDED
    assert compare_sounds(sound(short), sound(short, coding="ALAW")).likeness is Likeness.EQUAL


def test_silence_in_place_of_sound_is_different() -> None:
    """The sound is lost; sound in place of silence is undecided."""
    plain = recording(LEGS[0])
    assert likeness(plain, np.zeros(len(plain))) is Likeness.DIFFERENT
    assert likeness(np.zeros(len(plain)), plain) is Likeness.UNDECIDED


def test_steady_noise_is_undecided() -> None:
    """Codings replace noise by other noise."""
    noise = np.random.default_rng(1).normal(0, 0.05, (2, 5 * RATE))
    assert likeness(noise[0], noise[1]) is Likeness.UNDECIDED


def test_memory_does_not_grow_with_length() -> None:
    """A long leg is compared in blocks."""
    peaks = []
    for seconds in (20, 100):
        speech = np.resize(recording(LEGS[0]), seconds * RATE)
        one, other = sound(speech), sound(speech, "WAV", "IMA_ADPCM")
        tracemalloc.start()
        assert compare_sounds(one, other).likeness is Likeness.EQUAL
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5


def short_sounds() -> dict[str, Any]:
    """Sounds that are too short, too silent or too steady to decide whose they are."""
    chance, speech = np.random.default_rng(1), recording(LEGS[0])
    loudest = int(np.argmax(np.convolve(np.square(speech), np.ones(RATE), "valid")))
    return {
        "speech": speech[loudest : loudest + RATE],
        "tone": soundfile.read(io.BytesIO(tone(1, 800)))[0],
        "noise": chance.normal(0, 0.05, RATE),
        "silence": np.zeros(RATE),
        "faint": chance.normal(0, 0.0005, RATE),
    }


@pytest.mark.parametrize("name", ["speech", "tone", "noise", "silence", "faint"])
@pytest.mark.parametrize(("file_format", "coding"), CODINGS)
def test_a_short_sound_may_be_encoded_again(name: str, file_format: str, coding: str) -> None:
    """A server may convert a recording at each request (W-SL), in any coding."""
    samples = short_sounds()[name]
    assert differs_when_encoded_again(sound(samples), sound(samples, file_format, coding)) is None


@pytest.mark.parametrize(
    ("name", "other"), [("speech", "tone"), ("speech", "noise"), ("tone", "speech"), ("noise", "tone")]
)
def test_another_short_sound_of_one_level_differs(name: str, other: str) -> None:
    """Length and level are the same; what sounds is not."""
    first, second = short_sounds()[name], short_sounds()[other]
    level = np.sqrt(np.mean(np.square(first)) / np.mean(np.square(second)))
    assert differs_when_encoded_again(sound(first), sound(second * level)) is not None


@pytest.mark.parametrize("name", ["speech", "tone", "noise"])
def test_a_short_sound_that_is_quieter_differs(name: str) -> None:
    """No coding halves the level, and none makes sound of silence."""
    samples = short_sounds()[name]
    assert differs_when_encoded_again(sound(samples), sound(samples / 2)) is not None
    assert differs_when_encoded_again(sound(np.zeros(RATE)), sound(samples)) is not None


def test_a_short_sound_that_is_cut_differs() -> None:
    """Coders fill their last frame; they do not add or take away a fifth of a second."""
    samples = short_sounds()["speech"]
    assert differs_when_encoded_again(sound(samples), sound(samples[: -RATE // 5])) is not None
