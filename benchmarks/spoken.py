"""Spoken legs as a PBX records them: speech of espeak-ng in the telephone band.

The recordings contain noise, hold music and announcements.
"""

from __future__ import annotations

import io
import random
import subprocess
from dataclasses import dataclass
from typing import Any

import numpy as np
import soundfile

RATE = 8000
VOICES = (
    "en-gb", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-029", "en-gb-x-gbclan", "en-us+f2", "en-gb+f3", "en-gb+m4",
    "en-us+m7",
)  # fmt: skip
OPENINGS = ("good morning you are speaking to", "thank you for waiting this is", "hello my name is", "service desk")
NAMES = ("Barney", "Wilma", "Fred", "Betty", "Priya", "Chen", "Olga", "Ahmed", "Lucia", "Tomas")
WORDS = (
    "invoice", "delivery", "Thursday", "account", "payment", "order", "refund", "address", "number", "please",
    "monthly", "contract", "water", "meter", "reading", "technician", "appointment", "between", "ten", "and",
    "twelve", "we", "will", "call", "you", "back", "tomorrow", "the", "old", "tariff", "was", "cancelled", "last",
    "winter", "without", "notice",
)  # fmt: skip
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ANNOUNCEMENT = "your call may be recorded for quality and training purposes please hold the line"
Samples = Any


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """A spoken leg: its voice, its text, and its samples at 8 kHz."""

    voice: str
    text: str
    samples: Samples


def speak(text: str, voice: str, words_a_minute: int = 150) -> Samples:
    """The speech of espeak-ng in the telephone band."""
    command = ["espeak-ng", "-v", voice, "-s", str(words_a_minute), "--stdout", text]
    wave = subprocess.run(command, check=True, capture_output=True).stdout
    samples, rate = soundfile.read(io.BytesIO(wave))
    return telephone(samples, rate)


def telephone(samples: Samples, rate: int) -> Samples:
    """Samples at 8 kHz with the band from 300 to 3,400 Hz."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    count = len(samples) * RATE // rate
    kept = np.zeros(count // 2 + 1, dtype=complex)
    most = min(len(kept), len(spectrum))
    kept[:most] = spectrum[:most]
    narrow = np.fft.irfft(kept, count) * (count / len(samples))
    return narrow * (0.1 / (np.sqrt(np.mean(np.square(narrow))) or 1.0))


def sentence(choose: random.Random, words: int) -> str:
    """A greeting, words, and digits."""
    spoken = [
        choose.choice(OPENINGS),
        choose.choice(NAMES),
        *choose.choices(WORDS, k=words),
        *choose.choices(DIGITS, k=6),
    ]
    return " ".join(spoken)


def music(seconds: float, choose: random.Random) -> Samples:
    """Hold music: chords of three notes, four a second."""
    parts = []
    for _ in range(int(seconds * 4) + 1):
        time = np.arange(RATE // 4) / RATE
        notes = [220 * 2 ** (choose.choice((0, 3, 5, 7, 10, 12, 15)) / 12) for _ in range(3)]
        parts.append(sum(np.sin(2 * np.pi * note * time) for note in notes) * np.exp(-4 * time) * 0.06)
    return np.concatenate(parts)[: int(seconds * RATE)]


def pause(seconds: float) -> Samples:
    """Silence."""
    return np.zeros(int(seconds * RATE))


def with_noise(samples: Samples, decibel: float, choose: random.Random) -> Samples:
    """Samples with noise that much quieter than speech."""
    noise = np.random.default_rng(choose.randrange(2**32)).normal(0, 0.1 * 10 ** (-decibel / 20), len(samples))
    return np.clip(samples + noise, -1, 1)


def spoken_legs(count: int, random_seed: int) -> list[Spoken]:
    """Spoken legs of 5 to 30 s. A third has noise, a fifth hold music, a fifth begins with an announcement."""
    choose = random.Random(random_seed)
    legs = []
    for place in range(count):
        voice, text = VOICES[place % len(VOICES)], sentence(choose, choose.randrange(4, 28))
        parts = [speak(text, voice, choose.randrange(130, 180))]
        if place % 5 == 1:
            parts = [speak(ANNOUNCEMENT, "en-gb"), pause(0.5), *parts]
        if place % 5 == 3:
            parts = [*parts, pause(1), music(choose.uniform(4, 9), choose), pause(1), speak(sentence(choose, 8), voice)]
        samples = np.concatenate([pause(choose.uniform(0, 2)), *parts])
        if place % 3 == 0:
            samples = with_noise(samples, choose.choice((15, 20, 30)), choose)
        legs.append(Spoken(voice=voice, text=text, samples=samples))
    return legs
