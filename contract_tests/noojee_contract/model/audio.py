"""Reads the audio of legs in blocks: linear PCM, A-law, mu-law, and each other coding of libsndfile. Makes tones.

libsndfile reads all codings of WAV on every Python: `wave` does not read A-law, and Python 3.13 has no `audioop`. Heavy
modules are imported on first use. A `Sound` keeps the bytes of a file and never its samples.
"""

from __future__ import annotations

import io
import math
import re
import struct
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from noojee_contract.model.wave_header import CutOff, format_tag, repair_header

if TYPE_CHECKING:
    import numpy

    Samples: TypeAlias = numpy.ndarray[Any, Any]

RATE = 8000
SHORTEST_SECONDS = -0.5  # against Duration. Source: the recorded calls (DERIVED)
LONGEST_SECONDS = 1.5
LOWEST_RATE, HIGHEST_RATE = 1_000, 384_000
MOST_CHANNELS = 16
MOST_SAMPLES = 4_000_000_000  # over all channels: a day of two channels at 16 kHz; a small file can decode to more
BLOCK_SAMPLES = 1 << 17
LEVEL_SECONDS = 0.02
LOUDEST_COUNT = 25  # of these: half a second
QUIETEST_DB = -50  # of full scale: sound below is silence; 8 bit samples are no more exact
RANGE_DB = 30  # sound that much below the loudest half second of a channel is silence
UNDECODED_KINDS = ("AAC", "MP4", "WebM", "AMR")
UNDECODED_TAGS = {
    0x42: "G.723.1", 0x45: "G.726", 0x64: "G.726", 0x83: "G.729", 0xFF: "AAC", 0x133: "G.729", 0x161: "WMA",
    0x1610: "AAC",
}  # fmt: skip

_LEVEL_BINS = 120
_FILE_KINDS = (
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "WAV"),
    (re.compile(rb"RF64....WAVE", re.DOTALL), "WAV"),
    (re.compile(rb"\xff[\xf0\xf1\xf8\xf9]"), "AAC"),
    (re.compile(rb"....ftyp", re.DOTALL), "MP4"),
    (re.compile(rb"ID3|\xff[\xe2-\xfb]"), "MPEG audio"),
    (re.compile(rb"OggS"), "Ogg"),
    (re.compile(rb"fLaC"), "FLAC"),
    (re.compile(rb"\.snd"), "AU"),
    (re.compile(rb"\x1aE\xdf\xa3"), "WebM"),
    (re.compile(rb"#!AMR"), "AMR"),
)


class NoSound(ValueError):
    """Content that is no audio; the text says what it looks like."""


class UnknownCoding(NoSound):
    """Audio of a kind that this package cannot decode, such as AAC: nothing can be said about its sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How loud a channel is. Its loudest half second exceeds `loud_db`, of full scale."""

    loud_db: float
    sounding_seconds: float

    @property
    def silence_db(self) -> float:
        """The level below which the channel is silent."""
        return max(QUIETEST_DB, self.loud_db - RANGE_DB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """The audio of a file. `coding` is libsndfile's name (PCM_16, ALAW, ULAW); `levels` has one entry a channel.

    `header_fault` says what is wrong with the sizes in the header of a WAV file whose sound is whole.
    """

    seconds: float
    sample_rate: int
    channels: int
    coding: str
    levels: tuple[Level, ...]
    content: bytes = field(repr=False)
    header_fault: str | None = None

    @property
    def sounding_seconds(self) -> float:
        """How long a channel sounds; of several channels, the channel that sounds longest."""
        return max(level.sounding_seconds for level in self.levels)

    def pieces(self, starts: Iterable[float], seconds: float) -> Iterator[Samples]:
        """The samples (one row a channel, -1..1) of `seconds` from each start, with zeros outside the sound.

        Starts are seconds in ascending order. The file is decoded once, in blocks.
        """
        import numpy

        size, blocks = round(seconds * self.sample_rate), _blocks(self.content)
        kept, origin = numpy.zeros((0, self.channels), dtype="float32"), 0
        for first in (round(start * self.sample_rate) for start in starts):
            while True:
                passed = min(max(0, first - origin), len(kept))
                kept, origin = kept[passed:], origin + passed
                block = next(blocks, None) if origin + len(kept) < first + size else None
                if block is None:
                    break
                kept = numpy.concatenate((kept, block))
            piece = numpy.zeros((self.channels, size), dtype="float32")
            before = min(max(0, origin - first), size)
            found = kept[: size - before] if origin >= first else kept[:0]
            piece[:, before : before + len(found)] = found.T
            yield piece


def kind_of(content: bytes) -> str | None:
    """The kind of a file by its first bytes, None if it is no known kind of audio file."""
    return next((kind for magic, kind in _FILE_KINDS if magic.match(content)), None)


def read_sound(content: bytes) -> Sound:
    """The audio in a file. Raises NoSound for JSON, HTML, an empty file, and a file much shorter than its header says.

    Raises UnknownCoding for audio that cannot be decoded here.
    """
    import soundfile

    _check_kind(content)
    try:
        content, fault = repair_header(content)
    except CutOff as error:
        raise NoSound(str(error)) from error
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            rate, channels, coding = file.samplerate, file.channels, file.subtype
        frames, levels = _measure(_blocks(content), rate, channels)
    except (soundfile.SoundFileError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, NoSound):
            raise
        reason = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
        raise NoSound(f"the file cannot be decoded: {reason}") from error
    return Sound(
        seconds=frames / rate, sample_rate=rate, channels=channels, coding=coding,
        levels=levels, content=content, header_fault=fault,
    )  # fmt: skip


def _check_kind(content: bytes) -> None:
    """Raise NoSound for content that is no audio, and UnknownCoding for audio that libsndfile does not decode."""
    if not content:
        raise NoSound("the body is empty")
    kind = kind_of(content)
    if kind is None:
        start = content.lstrip()[:1]
        looks = {b"{": "JSON", b"[": "JSON", b"<": "HTML or XML"}.get(
            start, "something that is no sound file known here"
        )
        raise NoSound(f"the body looks like {looks}")
    coding = kind if kind in UNDECODED_KINDS else UNDECODED_TAGS.get(format_tag(content) or 0)
    if coding is not None:
        raise UnknownCoding(f"{coding} cannot be decoded here")


def _blocks(content: bytes) -> Iterator[Samples]:
    """The samples of a file in blocks, one row a sample. Raises NoSound for a header out of all bounds."""
    import numpy
    import soundfile

    with soundfile.SoundFile(io.BytesIO(content)) as file:
        if not LOWEST_RATE <= file.samplerate <= HIGHEST_RATE:
            raise NoSound(f"the file cannot be decoded: its header says {file.samplerate} samples a second")
        if not 1 <= file.channels <= MOST_CHANNELS:
            raise NoSound(f"the file cannot be decoded: its header says {file.channels} channels")
        frames, count = BLOCK_SAMPLES // file.channels, 0
        while len(block := file.read(frames, dtype="float32", always_2d=True)):
            count += block.size
            if count > MOST_SAMPLES:
                raise NoSound(f"the file cannot be decoded: it has more than {MOST_SAMPLES} samples")
            yield numpy.nan_to_num(block, copy=False, posinf=1.0, neginf=-1.0)


def _measure(blocks: Iterator[Samples], rate: int, channels: int) -> tuple[int, tuple[Level, ...]]:
    """The number of samples in each channel, and the level of each channel."""
    import numpy

    size, frames = round(rate * LEVEL_SECONDS), 0
    counts = numpy.zeros((channels, _LEVEL_BINS), dtype="int64")
    rest = numpy.zeros((0, channels), dtype="float32")
    for block in blocks:
        frames += len(block)
        samples = numpy.concatenate((rest, block))
        whole = len(samples) // size * size
        rest = samples[whole:]
        power = numpy.mean(numpy.square(samples[:whole].reshape(-1, size, channels)), axis=1)
        level = numpy.clip(10 * numpy.log10(power + 1e-12) + _LEVEL_BINS, 0, _LEVEL_BINS - 1).astype("int64")
        for channel in range(channels):
            counts[channel] += numpy.bincount(level[:, channel], minlength=_LEVEL_BINS)
    return frames, tuple(_level(channel) for channel in counts)


def _level(counts: numpy.ndarray[Any, Any]) -> Level:
    """The level of a channel from the number of its fiftieths of a second at each level, -120 to -1 dB."""
    import numpy

    at_least = numpy.cumsum(counts[::-1])[::-1]  # how many are as loud as this or louder
    loudest = min(LOUDEST_COUNT, max(1, int(at_least[0]) // 2))
    loud_db = float(numpy.count_nonzero(at_least >= loudest)) - 1 - _LEVEL_BINS
    silence_db = Level(loud_db=loud_db, sounding_seconds=0).silence_db
    return Level(loud_db=loud_db, sounding_seconds=float(at_least[round(silence_db) + _LEVEL_BINS]) * LEVEL_SECONDS)


def dominant_hertz(sound: Sound) -> float:
    """The strongest frequency of the first channel in ten seconds; 0 if it is silent or shorter than a fiftieth."""
    import numpy

    seconds = min(sound.seconds, 10.0)
    samples = next(sound.pieces((0.0,), seconds))[0]
    if len(samples) < sound.sample_rate // 50 or not float(numpy.max(numpy.abs(samples))):
        return 0.0
    spectrum = numpy.abs(numpy.fft.rfft(samples * numpy.hanning(len(samples))))
    return float(numpy.argmax(spectrum) * sound.sample_rate / len(samples))


def tone(seconds: float, hertz: float) -> bytes:
    """A WAV file (8 kHz, mono, 16 bit) of exactly this length with a sine tone."""
    count = round(seconds * RATE)
    step = 2 * math.pi * hertz / RATE
    period = array("h", (round(9000 * math.sin(step * place)) for place in range(min(count, RATE))))
    samples = array("h")
    while len(samples) < count:  # a tone with a whole number of hertz repeats every second
        samples.extend(period[: count - len(samples)])
    sound = samples.tobytes()
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(sound),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        RATE,
        RATE * 2,
        2,
        16,
        b"data",
        len(sound),
    )
    return head + sound
