"""The sound of a leg: its stored bytes, or a generated tone in 8 kHz mono WAV.

soundfile is loaded only for other formats. A generated tone repeats, so a part of a long tone costs no more than that
part. Encoded sound is cached.
Source: Asterisk's MixMonitor writes linear PCM, 8 kHz, mono, 16 bit; UNKNOWN: chosen, option `audio_format`.
"""

from __future__ import annotations

import array
import hashlib
import io
import math
import struct
import sys
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from noojee_fake.pbx.calls import Leg

if TYPE_CHECKING:
    import numpy

SAMPLE_RATE = 8000
LONGEST_MADE_SECONDS = 12 * 3600
PCM, ALAW, ULAW = 1, 6, 7
MOST_CHANNELS = 32
LOWEST_RATE, HIGHEST_RATE = 4_000, 768_000
MOST_KEPT_BYTES = 64 * 1024 * 1024
PIECE_BYTES = 1024 * 1024

_EXTENSIBLE = 0xFFFE
MPEG = "mpeg"
_MPEG_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_MPEG_KBITS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # layer III of MPEG-2 and 2.5
_FRAME_SAMPLES = 576
_BLOCK_SECONDS = 180  # a whole number of frames
_TAGS = {"wav-pcm": PCM, "wav-alaw": ALAW, "wav-ulaw": ULAW}
_SUBTYPES = {PCM: "PCM_16", ALAW: "ALAW", ULAW: "ULAW"}


@dataclass(frozen=True, slots=True)
class Recording:
    """A sound file: `head`, then `block` repeated `times` times."""

    head: bytes
    block: bytes = b""
    times: int = 0

    @property
    def size_bytes(self) -> int:
        """The length of the file."""
        return len(self.head) + len(self.block) * self.times

    @property
    def tag(self) -> str:
        """A short text of letters, digits and `-`, different for different bytes."""
        return f"{zlib.crc32(self.block, zlib.crc32(self.head)):08x}-{self.size_bytes:x}"

    @property
    def media_type(self) -> tuple[str, str]:
        """Content-Type and file name extension. UNKNOWN: chosen."""
        return ("audio/x-wav", "wav") if self.head.startswith(b"RIFF") else ("audio/mpeg", "mp3")

    def whole(self) -> bytes:
        """All bytes."""
        return self.part(0, self.size_bytes)

    def pieces(self, first: int, after: int) -> Iterator[bytes]:
        """The bytes from `first` to before `after`, at most a mebibyte at a time."""
        for at in range(first, after, PIECE_BYTES):
            yield self.part(at, min(at + PIECE_BYTES, after))

    def part(self, first: int, after: int) -> bytes:
        """The bytes from `first` to before `after`."""
        head, block = self.head, self.block
        if after <= len(head) or first >= after:
            return head[first:after]
        at, end = max(0, first - len(head)), after - len(head)
        begin, last = at // len(block), (end - 1) // len(block)
        at, end = at - begin * len(block), end - last * len(block)
        if begin == last:
            return head[first:] + block[at:end]
        return b"".join((head[first:], block[at:], *(block for _ in range(last - begin - 1)), block[:end]))


@dataclass(frozen=True, slots=True, kw_only=True)
class WavForm:
    """The format of a WAV file."""

    tag: int
    channels: int
    sample_rate: int
    bits: int
    sample_bytes: int


def wav_form(sound: bytes) -> WavForm:
    """The format of a WAV file in PCM, A-law or mu-law. Raises ValueError with the reason for any other content."""
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
    if channels > MOST_CHANNELS or not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise ValueError(
            f"this WAV file has more than {MOST_CHANNELS} channels,"
            f" or not {LOWEST_RATE} to {HIGHEST_RATE} samples a second"
        )
    return WavForm(tag=tag, channels=channels, sample_rate=rate, bits=bits, sample_bytes=size)


class Encoded:
    """A cache of encoded sounds with a limit in bytes. The last sound is kept even if it alone exceeds the limit."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._size_bytes = 0
        self._sounds: OrderedDict[tuple[bytes, str], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, sound: bytes, form: str, encode: Callable[[bytes], bytes]) -> bytes:
        """The encoded form of a sound, from the cache if possible."""
        key = (hashlib.blake2b(sound, digest_size=16).digest(), form)
        with self._lock:
            if key in self._sounds:
                self._sounds.move_to_end(key)
                return self._sounds[key]
        made = encode(sound)
        with self._lock:
            if key not in self._sounds:
                self._size_bytes += len(made)
            self._sounds[key] = made
            while self._size_bytes > self._most_bytes and len(self._sounds) > 1:
                self._size_bytes -= len(self._sounds.popitem(last=False)[1])
        return made


_encoded = Encoded(MOST_KEPT_BYTES)


def in_format(sound: bytes, audio_format: str) -> bytes:
    """Stored sound in the format that the PBX sends. Sound in that format is returned unchanged."""
    if audio_format == MPEG:
        return _encoded.of(sound, MPEG, _compressed)
    tag = _TAGS[audio_format]
    if wav_form(sound).tag == tag:
        return sound
    return _encoded.of(sound, audio_format, lambda stored: _rewritten(stored, tag))


def _rewritten(sound: bytes, tag: int) -> bytes:
    import soundfile

    samples, rate = soundfile.read(io.BytesIO(sound), dtype="int16")
    written = io.BytesIO()
    soundfile.write(written, samples, rate, format="WAV", subtype=_SUBTYPES[tag])
    return written.getvalue()


def _compressed(sound: bytes) -> bytes:
    """MPEG audio, layer III.

    Source: recordings are compressed (DOC W-SL); the format is UNKNOWN, option `audio_aged_form`.
    """
    import soundfile

    samples, rate = soundfile.read(io.BytesIO(sound), dtype="float32", always_2d=True)
    return _mpeg(samples[:, :2], rate)


def _mpeg(samples: numpy.ndarray[Any, Any], rate: int, **settings: Any) -> bytes:
    """MPEG audio at the nearest sample rate that it supports. Encoders need at least a hundredth of a second."""
    import numpy
    import soundfile

    mpeg_rate = min(_MPEG_RATES, key=lambda each: abs(each - rate))
    if mpeg_rate != rate and len(samples):
        places = numpy.arange(len(samples) * mpeg_rate // rate) * (rate / mpeg_rate)
        known = numpy.arange(len(samples))
        samples = numpy.stack([numpy.interp(places, known, channel) for channel in samples.T], axis=1)
    if len(samples) < mpeg_rate // 100:
        samples = numpy.zeros((mpeg_rate // 100, samples.shape[1]), dtype="float32")
    written = io.BytesIO()
    soundfile.write(written, samples, mpeg_rate, format="MP3", subtype="MPEG_LAYER_III", **settings)
    return written.getvalue()


def made(leg: Leg, audio_format: str) -> Recording | None:
    """A tone as long as the leg's Duration, with a pitch of its own for each leg. None beyond twelve hours.

    WAV is exact to the sample, MPEG to the frame (72 ms). A leg of zero seconds has two MPEG frames.
    """
    seconds, hertz = leg.duration_seconds, pitch_hertz(leg.call_record_id)
    if seconds > LONGEST_MADE_SECONDS:
        return None
    if audio_format == MPEG:
        times, rest = divmod(seconds, _BLOCK_SECONDS)
        head = _mpeg_tone(hertz, rest) if rest or not times else b""
        return Recording(head, _mpeg_tone(hertz, _BLOCK_SECONDS) if times else b"", times)
    tag = _TAGS[audio_format]
    second = one_second(hertz, tag)
    return Recording(wav_head(len(second) * seconds, tag), second, seconds)


def pitch_hertz(call_record_id: int) -> int:
    """A whole number of hertz from 300 to 3,300. Consecutive legs differ clearly; it repeats after 3,001 legs."""
    return 300 + call_record_id * 1009 % 3001


@lru_cache(maxsize=64)
def one_second(hertz: int, tag: int) -> bytes:
    """One second of a tone. It has a whole number of periods, so seconds join without a click."""
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


@lru_cache(maxsize=64)
def _mpeg_tone(hertz: int, seconds: int) -> bytes:
    """A tone in the fewest frames of one size, without a header frame, so that such files can be joined."""
    import numpy

    second = numpy.frombuffer(one_second(hertz, PCM), dtype="<i2").astype("float32") / 32768
    encoded = _mpeg(numpy.tile(second, seconds)[:, None], SAMPLE_RATE, bitrate_mode="CONSTANT", compression_level=0.9)
    frame_bytes = _FRAME_SAMPLES // 8 * 1000 * _MPEG_KBITS[encoded[2] >> 4] // SAMPLE_RATE
    return encoded[: frame_bytes * max(2, -(-seconds * SAMPLE_RATE // _FRAME_SAMPLES))]  # decoders need two


def wav_head(size_bytes: int, tag: int) -> bytes:
    """The header of a WAV file with a number of bytes of 8 kHz mono samples; the number must be even."""
    width = 2 if tag == PCM else 1
    fmt = struct.pack("<HHIIHH", tag, 1, SAMPLE_RATE, SAMPLE_RATE * width, width, 8 * width)
    extra = b""
    if tag != PCM:
        fmt += b"\0\0"
        extra = struct.pack("<4sII", b"fact", 4, size_bytes)
    chunks = struct.pack("<4sI", b"fmt ", len(fmt)) + fmt + extra
    head = b"WAVE" + chunks + struct.pack("<4sI", b"data", size_bytes)
    return struct.pack("<4sI", b"RIFF", len(head) + size_bytes) + head
