"""Measures how often the comparison of sounds errs, and its processor time, on spoken legs that set no threshold.

    python benchmarks/audio.py [--legs 60] [--random-seed 1] [--low-rates]

Needs the installed package and espeak-ng; codings at low bit rates need ffmpeg.
"""

from __future__ import annotations

import argparse
import io
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import soundfile
from spoken import ANNOUNCEMENT, DIGITS, RATE, Samples, Spoken, music, pause, sentence, speak, spoken_legs

from noojee_contract.comparison.audio import Likeness, SoundComparison, compare_sounds
from noojee_contract.model.audio import read_sound

Encode = Callable[[Samples], bytes]
CODINGS = {
    "A-law": ("WAV", "ALAW", RATE), "mu-law": ("WAV", "ULAW", RATE), "GSM 6.10": ("WAV", "GSM610", RATE),
    "IMA ADPCM": ("WAV", "IMA_ADPCM", RATE), "8 bit": ("WAV", "PCM_U8", RATE), "16 kHz": ("WAV", "PCM_16", 16_000),
    "MP3": ("MP3", "MPEG_LAYER_III", RATE), "Opus": ("OGG", "OPUS", RATE), "Vorbis": ("OGG", "VORBIS", RATE),
}  # fmt: skip
LOW_RATES = {
    "MP3, 8 kbit/s": ("-c:a", "libmp3lame", "-b:a", "8k", "-f", "mp3"),
    "MP3, 16 kHz, 24 kbit/s": ("-ar", "16000", "-c:a", "libmp3lame", "-b:a", "24k", "-f", "mp3"),
    "Opus, 8 kbit/s": ("-c:a", "libopus", "-application", "voip", "-b:a", "8k", "-f", "ogg"),
}
DRAWN = 2  # of the other recordings that a leg has, in each coding

CHANGED = 20  # legs that are changed a little


@dataclass(kw_only=True)
class Count:
    """What the comparisons of one coding found."""

    true: int = 0
    false: int = 0
    refused: int = 0
    accepted: int = 0
    undecided_true: int = 0
    undecided_false: int = 0
    lowest: float = 1.0
    highest: float = -1.0
    seconds: float = 0.0
    sound_seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def add_true(self, found: SoundComparison, what: str) -> None:
        """Count a pair of one recording."""
        self.true += 1
        self.undecided_true += found.likeness is Likeness.UNDECIDED
        self.lowest = min(self.lowest, 1.0 if found.score is None else found.score)
        if found.likeness is Likeness.DIFFERENT:
            self.refused += 1
            self.wrong.append(f"refused: {what}: {found.reason}")

    def add_false(self, found: SoundComparison, what: str) -> None:
        """Count a pair of two recordings."""
        self.false += 1
        self.undecided_false += found.likeness is Likeness.UNDECIDED
        self.highest = max(self.highest, -1.0 if found.score is None else found.score)
        if found.likeness is Likeness.EQUAL:
            self.accepted += 1
            self.wrong.append(f"accepted: {what}: {found.reason}")


def encoded(samples: Samples, file_format: str, coding: str, rate: int) -> bytes:
    """Samples at 8 kHz as a file in this coding."""
    if rate != RATE:
        places = np.arange(len(samples) * rate // RATE) * (RATE / rate)
        samples = np.interp(places, np.arange(len(samples)), samples)
    file: Any = io.BytesIO()
    soundfile.write(file, samples, rate, subtype=coding, format=file_format)
    written: bytes = file.getvalue()
    return written


def by_ffmpeg(samples: Samples, arguments: tuple[str, ...]) -> bytes:
    """Samples at 8 kHz as a file of ffmpeg."""
    command = ["ffmpeg", "-loglevel", "error", "-i", "-", *arguments, "-"]
    return subprocess.run(
        command, input=encoded(samples, "WAV", "PCM_16", RATE), check=True, capture_output=True
    ).stdout


def encoders(low_rates: bool) -> dict[str, Encode]:
    """The codings by name; codings at low bit rates need ffmpeg."""
    found: dict[str, Encode] = {name: lambda samples, row=row: encoded(samples, *row) for name, row in CODINGS.items()}
    if low_rates:
        found |= {name: lambda samples, row=row: by_ffmpeg(samples, row) for name, row in LOW_RATES.items()}
    return found


def fitted(samples: Samples, count: int) -> Samples:
    """Samples of that length: cut, or repeated."""
    return np.resize(samples, count)


def stretched(samples: Samples, factor: float) -> Samples:
    """Samples at another speed and pitch, cut or padded to the same length."""
    places = np.arange(len(samples)) * factor
    return np.interp(places, np.arange(len(samples)), samples, right=0.0)


@cache
def _announcement() -> Samples:
    return speak(ANNOUNCEMENT, "en-gb")


def hard_negatives(leg: Spoken, others: list[Spoken], choose: random.Random) -> Iterator[tuple[str, Samples]]:
    """Recordings of the same length that are easily taken for this leg."""
    count = len(leg.samples)
    yield "same speaker, other text", fitted(speak(sentence(choose, 20), leg.voice), count)
    yield "begins one second later", np.concatenate((leg.samples[RATE:], leg.samples[:RATE]))
    yield "2 % faster", stretched(leg.samples, 1.02)
    yield "5 % slower", stretched(leg.samples, 0.95)
    yield "backwards", leg.samples[::-1]
    announcement = np.concatenate((_announcement(), pause(0.5)))
    other = choose.choice([spoken for spoken in others if spoken is not leg]).samples
    yield "same announcement, other call", fitted(np.concatenate((announcement, other)), count)
    half = leg.samples.copy()
    half[count // 2 :] = fitted(other, count - count // 2)
    yield "other second half", half
    yield "hold music", music(count / RATE + 1, choose)[:count]
    yield "another leg", fitted(other, count)


def measure(legs: list[Spoken], found: dict[str, Encode], random_seed: int) -> dict[str, Count]:
    """Compare each leg with itself and with other recordings in each coding."""
    choose = random.Random(random_seed)
    counts = {name: Count() for name in found}
    for place, leg in enumerate(legs):
        plain = encoded(leg.samples, "WAV", "PCM_16", RATE)
        negatives = list(hard_negatives(leg, legs, choose))
        for name, encode in found.items():
            moved, count = encode(leg.samples), counts[name]
            started = time.process_time()
            count.add_true(compare_sounds(read_sound(plain), read_sound(moved)), f"leg {place}")
            count.seconds += time.process_time() - started
            count.sound_seconds += len(leg.samples) / RATE
            for what, samples in choose.sample(negatives, DRAWN):
                count.add_false(compare_sounds(read_sound(plain), read_sound(encode(samples))), f"leg {place}, {what}")
        print(f"leg {place + 1} of {len(legs)}", end="\r", file=sys.stderr)
    return counts


def edits(leg: Spoken, choose: random.Random) -> Iterator[tuple[str, Samples]]:
    """A leg with small changes that a listener may notice."""
    samples, at = leg.samples, len(leg.samples) // 2
    for digit in ("a digit replaced", "two digits replaced"):
        word = speak(" ".join(choose.choices(DIGITS, k=2 if digit.startswith("two") else 1)), leg.voice)
        yield digit, np.concatenate((samples[:at], word, samples[at + len(word) :]))[: len(samples)]
    for seconds in (0.1, 0.3, 0.5, 1.0):
        lost = samples.copy()
        lost[at : at + int(seconds * RATE)] = 0
        yield f"{seconds} s silenced", lost
        yield f"{seconds} s left out", np.concatenate((samples[:at], samples[at + int(seconds * RATE) :]))
    yield "the first 0.3 s missing", samples[int(0.3 * RATE) :]
    yield "20 dB quieter", samples * 0.1
    yield "noise added, 15 dB below speech", samples + np.random.default_rng(1).normal(0, 0.018, len(samples))
    yield "another voice, same words", fitted(speak(leg.text, "en-us+f4"), len(samples))


def unheard(legs: list[Spoken], random_seed: int) -> dict[str, int]:
    """How many of these legs are equal to themselves after each small change, stored as GSM 6.10."""
    choose, equal = random.Random(random_seed), dict[str, int]()
    for leg in legs:
        plain = read_sound(encoded(leg.samples, "WAV", "PCM_16", RATE))
        for what, samples in edits(leg, choose):
            found = compare_sounds(plain, read_sound(encoded(samples, "WAV", "GSM610", RATE)))
            equal[what] = equal.get(what, 0) + (found.likeness is Likeness.EQUAL)
    return equal


def main() -> int:
    """Print one row a coding, then what the comparison cannot hear."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--legs", type=int, default=60, help="default 60")
    parser.add_argument("--random-seed", type=int, default=1)
    parser.add_argument("--low-rates", action="store_true", help="codings at low bit rates too, by ffmpeg")
    options = parser.parse_args()
    legs = spoken_legs(options.legs, options.random_seed)
    minutes = sum(len(leg.samples) for leg in legs) / RATE / 60
    print(f"{len(legs)} spoken legs, {minutes:.1f} minutes, random seed {options.random_seed}\n")
    print(
        "| coding | same recording: wrongly different | undecided | lowest score |"
        " other recording: wrongly equal | undecided | highest score | processor time a minute |"
    )
    print("|---|---|---|---|---|---|---|---|")
    wrong = []
    for name, count in measure(legs, encoders(options.low_rates), options.random_seed).items():
        print(
            f"| {name} | {count.refused} of {count.true} | {count.undecided_true} | {count.lowest:.2f} "
            f"| {count.accepted} of {count.false} | {count.undecided_false} | {count.highest:.2f} "
            f"| {count.seconds / count.sound_seconds * 60:.3f} s |"
        )  # fmt: skip
        wrong += [f"{name}: {each}" for each in count.wrong]
    print(*wrong, sep="\n", file=sys.stderr)
    print("\n| change, then GSM 6.10 | taken for equal |\n|---|---|")
    changed = legs[:CHANGED]
    for what, equal in unheard(changed, options.random_seed).items():
        print(f"| {what} | {equal} of {len(changed)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
