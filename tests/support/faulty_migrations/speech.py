"""Makes sound like speech: syllables of a voice with formants, in a rhythm of its own, over line noise.

No two voices are alike, so that a sound of another leg is never equal by chance.
"""

from __future__ import annotations

import io

import numpy
import soundfile

RATE = 8000
NOISE = 0.002
FORMANTS = ((300, 900), (900, 2300), (2300, 3400))
"""The lowest and highest centre of each formant, in hertz."""


def speech(seconds: float, *, voice: int, channels: int = 1) -> bytes:
    """A WAV file (8 kHz, 16 bit) of exactly this length. With two channels, each has another voice."""
    samples = [_voice(round(seconds * RATE), voice * 10 + channel) for channel in range(channels)]
    file = io.BytesIO()
    soundfile.write(file, numpy.stack(samples, axis=1), RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def _voice(count: int, seed: int) -> numpy.ndarray:
    random = numpy.random.default_rng(seed)
    sound = random.normal(0, NOISE, count)
    pitch = random.uniform(90, 240)
    at = int(random.uniform(0, 0.1) * RATE)
    while at < count:
        length = int(random.uniform(0.08, 0.32) * RATE)
        syllable = _syllable(length, pitch * random.uniform(0.85, 1.2), random)[: count - at]
        sound[at : at + len(syllable)] += syllable
        at += length + int(random.choice((0.01, 0.03, 0.06, 0.35), p=(0.4, 0.3, 0.2, 0.1)) * RATE)
    return numpy.clip(sound, -0.99, 0.99)


def _syllable(length: int, pitch: float, random: numpy.random.Generator) -> numpy.ndarray:
    """A vowel of harmonics under formants, or a hiss."""
    time = numpy.arange(length) / RATE
    envelope = numpy.sin(numpy.pi * numpy.arange(length) / length) ** 0.6
    loud = random.uniform(0.08, 0.5)
    if random.random() < 0.2:
        return loud * 0.4 * envelope * random.normal(0, 0.5, length)
    centres = [random.uniform(*between) for between in FORMANTS]
    sound = numpy.zeros(length)
    for harmonic in range(1, int(3600 / pitch)):
        hertz = harmonic * pitch
        gain = sum(numpy.exp(-(((hertz - centre) / 220) ** 2)) / (1 + rank) for rank, centre in enumerate(centres))
        sound += gain * numpy.sin(2 * numpy.pi * hertz * time + random.uniform(0, 6.28))
    return loud * envelope * sound / 2
