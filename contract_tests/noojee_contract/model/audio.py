"""Reads and compares the audio of legs: linear PCM, A-law, mu-law, and each other coding of libsndfile. Makes tones.

libsndfile reads all codings of WAV on every Python: `wave` does not read A-law, and Python 3.13 has no `audioop`. Heavy
modules are imported on first use.
"""

from __future__ import annotations

import io
import math
import re
import struct
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

RATE = 8000
SHORTEST_SECONDS = -0.5  # against Duration. Source: the recorded calls (DERIVED)
LONGEST_SECONDS = 1.5
LOUDEST_DIFFERENCE = 0.1  # of the loudness
QUIETEST = 1e-4
LOSSY_CODINGS = ("MPEG", "VORBIS", "OPUS", "IMA_ADPCM", "MS_ADPCM")  # beginnings of libsndfile's names
LOSSY_SECONDS = 0.25  # what an encoder may add
LOSSY_LIKENESS = 0.96  # of 1: a compressed recorded call has at least 0.99; two parts of one piece of music have 0.93

_FILE_KINDS = (
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "WAV"),
    (re.compile(rb"RF64....WAVE", re.DOTALL), "WAV"),
    (re.compile(rb"ID3|\xff[\xe2-\xfb]"), "MPEG audio"),
    (re.compile(rb"OggS"), "Ogg"),
    (re.compile(rb"fLaC"), "FLAC"),
    (re.compile(rb"\.snd"), "AU"),
)


class NoSound(ValueError):
    """Content that is no audio; the text says what it looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """The audio of a file. `coding` is libsndfile's name (PCM_16, ALAW, ULAW); `samples` are -1..1, first channel."""

    seconds: float
    sample_rate: int
    channels: int
    coding: str
    samples: numpy.ndarray[Any, Any]


def kind_of(content: bytes) -> str | None:
    """The kind of a file by its first bytes, None if it is no known kind of audio file."""
    return next((kind for magic, kind in _FILE_KINDS if magic.match(content)), None)


def read_sound(content: bytes) -> Sound:
    """The audio in a file. Raises NoSound for JSON, HTML, an empty file, and a file shorter than its header says."""
    import soundfile

    if not content:
        raise NoSound("the body is empty")
    if kind_of(content) is None:
        start = content.lstrip()[:1]
        looks = {b"{": "JSON", b"[": "JSON", b"<": "HTML or XML"}.get(
            start, "something that is no sound file known here"
        )
        raise NoSound(f"the body looks like {looks}")
    _check_riff(content)
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            samples, rate, coding = file.read(dtype="float32", always_2d=True), file.samplerate, file.subtype
    except (soundfile.SoundFileError, RuntimeError, TypeError, ValueError) as error:
        reason = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
        raise NoSound(f"the file cannot be decoded: {reason}") from error
    return Sound(
        seconds=len(samples) / rate, sample_rate=rate, channels=samples.shape[1], coding=coding, samples=samples[:, 0]
    )


def _check_riff(content: bytes) -> None:
    """Raise NoSound for a WAV file shorter than its header says; libsndfile reads such a file without an error."""
    if not content.startswith(b"RIFF"):
        return
    if len(content) < 12:
        raise NoSound("the file is cut off in its first bytes")
    at = 12
    while at + 8 <= len(content):
        name, size = content[at : at + 4], struct.unpack_from("<I", content, at + 4)[0]
        if name == b"data":
            if at + 8 + size > len(content):
                raise NoSound(
                    f"the file is cut off: its header promises {size} bytes of sound, {len(content) - at - 8} came"
                )
            return
        at += 8 + size + size % 2
    raise NoSound("the file is cut off: it has no data chunk")


def same_sound(one: Sound, other: Sound) -> bool:
    """Whether two sounds are the same recording: of one length and nearly equal samples.

    If a lossy coding changed one of them, their spectra are compared instead.
    """
    import numpy

    if one.coding != other.coding and (one.coding.startswith(LOSSY_CODINGS) or other.coding.startswith(LOSSY_CODINGS)):
        return _same_spectra(one, other)
    if one.sample_rate != other.sample_rate or abs(len(one.samples) - len(other.samples)) > one.sample_rate // 10:
        return False
    length = min(len(one.samples), len(other.samples))
    if length == 0:
        return True
    a, b = one.samples[:length], other.samples[:length]
    loud = float(numpy.sqrt(numpy.mean(numpy.square(a)))) or 1e-9
    return float(numpy.sqrt(numpy.mean(numpy.square(a - b)))) <= max(LOUDEST_DIFFERENCE * loud, QUIETEST)


def _same_spectra(one: Sound, other: Sound) -> bool:
    """Whether two sounds have nearly the same spectrum in each twentieth of a second: encoders shift and smooth."""
    import numpy

    if abs(one.seconds - other.seconds) > LOSSY_SECONDS:
        return False
    profiles = []
    for sound in (one, other):
        frame = sound.sample_rate // 20
        count = min(len(sound.samples) // frame, 2000)
        if count == 0:
            return True
        frames = sound.samples[: count * frame].reshape(count, frame)
        spectra = numpy.abs(numpy.fft.rfft(frames, axis=1))[:, : frame // 2]
        profiles.append(spectra / (numpy.linalg.norm(spectra) or 1.0))
    count, bands = (min(profile.shape[axis] for profile in profiles) for axis in (0, 1))
    return float(numpy.sum(profiles[0][:count, :bands] * profiles[1][:count, :bands])) > LOSSY_LIKENESS


def dominant_hertz(sound: Sound) -> float:
    """The strongest frequency of a sound; 0 if it is silent or shorter than a fiftieth of a second."""
    import numpy

    samples = sound.samples[: sound.sample_rate * 10]
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
