"""A leg's sound: stored bytes as they are, or a made tone; 8 kHz mono WAV. soundfile is loaded only to leave PCM.

Source: linear PCM, 8 kHz, mono, 16 bit is what Asterisk's MixMonitor writes; UNKNOWN: chosen, row 3 of the reference.
"""

from __future__ import annotations

import array
import io
import math
import struct
import sys
from dataclasses import dataclass
from functools import lru_cache

from noojee_fake.calls import Leg

SAMPLE_RATE = 8000
LONGEST_MADE_SECONDS = 12 * 3600
PCM, ALAW, ULAW = 1, 6, 7
MOST_CHANNELS = 32
HIGHEST_RATE = 768_000

_EXTENSIBLE = 0xFFFE
MPEG = "mpeg"
_TAGS = {"wav-pcm": PCM, "wav-alaw": ALAW, "wav-ulaw": ULAW}
_SUBTYPES = {PCM: "PCM_16", ALAW: "ALAW", ULAW: "ULAW"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WavForm:
    """What a WAV file says of itself."""

    tag: int
    channels: int
    sample_rate: int
    bits: int
    sample_bytes: int


def wav_form(sound: bytes) -> WavForm:
    """The form of a WAV file in PCM, A-law or mu-law. Raises ValueError, saying why, for anything else."""
    if len(sound) < 12 or sound[:4] != b"RIFF" or sound[8:12] != b"WAVE":
        raise ValueError("this is no WAV file: it does not begin with a RIFF/WAVE header")
    at, fmt = 12, None
    while at + 8 <= len(sound):
        name, size = struct.unpack_from("<4sI", sound, at)
        at += 8
        if name == b"fmt ":
            fmt = sound[at : at + size]
        elif name == b"data":
            if fmt is None:
                raise ValueError("this WAV file has its sound before its format")
            if at + size > len(sound):
                raise ValueError(f"this WAV file is cut off: {size} bytes announced, {len(sound) - at} there")
            return _form(fmt, size)
        at += size + size % 2
    raise ValueError("this WAV file has no sound in it")


def _form(fmt: bytes, size: int) -> WavForm:
    if len(fmt) < 16:
        raise ValueError("this WAV file has a broken format chunk")
    tag, channels, rate, _, align, bits = struct.unpack_from("<HHIIHH", fmt)
    if tag == _EXTENSIBLE and len(fmt) >= 26:
        tag = struct.unpack_from("<H", fmt, 24)[0]
    if tag not in _SUBTYPES or bits not in ((8, 16, 24, 32) if tag == PCM else (8,)):
        raise ValueError("this WAV file holds neither linear PCM nor A-law nor mu-law")
    if not channels or not rate or align != channels * bits // 8 or size % align:
        raise ValueError("this WAV file has a broken format chunk")
    if channels > MOST_CHANNELS or rate > HIGHEST_RATE:
        raise ValueError(f"this WAV file has more than {MOST_CHANNELS} channels or {HIGHEST_RATE} samples a second")
    return WavForm(tag=tag, channels=channels, sample_rate=rate, bits=bits, sample_bytes=size)


def in_format(sound: bytes, audio_format: str) -> bytes:
    """Stored sound in the form that the PBX sends: untouched where it has that form already."""
    if audio_format == MPEG:
        return _compressed(sound)
    tag = _TAGS[audio_format]
    if wav_form(sound).tag == tag:
        return sound
    import soundfile

    samples, rate = soundfile.read(io.BytesIO(sound), dtype="int16")
    written = io.BytesIO()
    soundfile.write(written, samples, rate, format="WAV", subtype=_SUBTYPES[tag])
    return written.getvalue()


@lru_cache(maxsize=16)
def _compressed(sound: bytes) -> bytes:
    """MPEG audio, layer III. Source: recordings are compressed (DOC W-SL); into what is UNKNOWN, row 3."""
    import numpy
    import soundfile

    samples, rate = soundfile.read(io.BytesIO(sound), dtype="float32", always_2d=True)
    if len(samples) < rate // 100:  # an encoder makes no frame of less
        samples = numpy.zeros((rate // 100, samples.shape[1]), dtype="float32")
    written = io.BytesIO()
    soundfile.write(written, samples[:, :2], rate, format="MP3", subtype="MPEG_LAYER_III")
    return written.getvalue()


def media_type(sound: bytes) -> tuple[str, str]:
    """Content-Type and the ending of a file name. UNKNOWN: chosen, row 3."""
    return ("audio/x-wav", "wav") if sound.startswith(b"RIFF") else ("audio/mpeg", "mp3")


def made(leg: Leg, audio_format: str) -> bytes | None:
    """A tone exactly as long as the leg's Duration, of a pitch that differs by leg. None beyond twelve hours."""
    seconds = leg.duration_seconds
    if seconds > LONGEST_MADE_SECONDS:
        return None
    tag = _TAGS.get(audio_format, PCM)
    wav = wav_file(one_second(pitch_hertz(leg.call_record_id), tag), seconds, tag)
    return _compressed(wav) if audio_format == MPEG else wav


def pitch_hertz(call_record_id: int) -> int:
    """A whole number of hertz, 300 to 3,300; neighbours lie far apart, and it repeats after 3,001 legs."""
    return 300 + call_record_id * 1009 % 3001


@lru_cache(maxsize=64)
def one_second(hertz: int, tag: int) -> bytes:
    """A second of a tone; since it swings a whole number of times, seconds join without a click."""
    step = 2 * math.pi * hertz / SAMPLE_RATE
    samples = array.array("h", (round(9000 * math.sin(step * at)) for at in range(SAMPLE_RATE)))
    if sys.byteorder == "big":
        samples.byteswap()
    pcm = samples.tobytes()
    if tag == PCM:
        return pcm
    import numpy
    import soundfile

    written = io.BytesIO()
    soundfile.write(written, numpy.frombuffer(pcm, dtype="<i2"), SAMPLE_RATE, format="RAW", subtype=_SUBTYPES[tag])
    return written.getvalue()


def wav_file(block: bytes, times: int, tag: int) -> bytes:
    """A WAV file of a block of 8 kHz mono samples, so many times over; the block has an even number of bytes."""
    size = len(block) * times
    width = 2 if tag == PCM else 1
    fmt = struct.pack("<HHIIHH", tag, 1, SAMPLE_RATE, SAMPLE_RATE * width, width, 8 * width)
    extra = b""
    if tag != PCM:
        fmt += b"\0\0"
        extra = struct.pack("<4sII", b"fact", 4, size)
    chunks = struct.pack("<4sI", b"fmt ", len(fmt)) + fmt + extra
    head = b"WAVE" + chunks + struct.pack("<4sI", b"data", size)
    riff = struct.pack("<4sI", b"RIFF", len(head) + size)
    return b"".join((riff, head, *(block for _ in range(times))))
