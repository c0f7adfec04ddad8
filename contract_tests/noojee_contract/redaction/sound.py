"""Replaces recorded sound by a tone with the same format, codec, length and level, so that no voice is kept. Pure."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
import soundfile
from numpy.typing import NDArray

TONE_HERTZ = 440.0
LEVEL_SECONDS = 0.02
BLOCK_SECONDS = 10
KEPT_CHUNKS = (b"fact",)
FORMAT_BYTES = {1: 18, 2: 50, 3: 18, 6: 18, 7: 18, 0x11: 20, 0x31: 20, 0xFFFE: 40}
"""How much of a format chunk is kept, by the number of the codec; of others 16 bytes."""
Samples = NDArray[np.float32]
_CHUNK = struct.Struct("<4sI")


def is_sound(content: bytes) -> bool:
    """Whether a body begins as a file of sound does: WAV, FLAC, Ogg or MP3."""
    if content[:4] in (b"RIFF", b"RIFX", b"RF64"):
        return content[8:12] == b"WAVE"
    is_mp3_frame = len(content) > 1 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2  # layer III
    return content[:4] in (b"fLaC", b"OggS") or content[:3] == b"ID3" or is_mp3_frame


def tone(content: bytes) -> bytes | None:
    """The sound as a tone, None if it cannot be decoded.

    A WAV file keeps its size, its format and wrong sizes; its other chunks, which may hold names, are blanked. Other
    formats are encoded again.
    """
    if content[:4] == b"RIFF":
        return _wave_tone(content)
    try:
        return _encoded_tone(content)
    except (soundfile.SoundFileError, ValueError, TypeError):
        return None


def _wave_tone(content: bytes) -> bytes | None:
    """A WAV file with a tone in its data chunk. Chunks are followed by their sizes, as far as the bytes go."""
    shown = bytearray(content)
    at = 12
    found = has_format = False
    while at + _CHUNK.size <= len(content):
        name, size = _CHUNK.unpack_from(content, at)
        start, end = at + _CHUNK.size, min(at + _CHUNK.size + size, len(content))
        if name == b"data":
            sound = _data_of_tone(content, end - start)
            if sound is None:
                return None
            shown[start:end] = sound
            found = True
        elif name == b"fmt " and not (has_format or found):
            kept = min(start + FORMAT_BYTES.get(int.from_bytes(content[start : start + 2], "little"), 16), end)
            shown[kept:end] = bytes(end - kept)
            has_format = True
        elif name not in KEPT_CHUNKS:
            shown[start:end] = bytes(end - start)
            if not name.isascii() or name not in (b"LIST", b"bext", b"cue ", b"JUNK", b"PEAK", b"id3 ", b"iXML"):
                shown[at : at + 4] = b"JUNK"
        at = end + size % 2
    shown[at:] = bytes(len(shown[at:]))
    return bytes(shown) if found else None


def _data_of_tone(content: bytes, size: int) -> bytes | None:
    """The bytes of a data chunk with a tone, as many as given."""
    if size == 0:
        return b""
    try:
        encoded = _encoded_tone(content)
    except (soundfile.SoundFileError, ValueError, TypeError):
        return None
    at = encoded.find(b"data", 12)
    sound = encoded[at + _CHUNK.size :][:size] if at >= 0 else b""
    return sound + sound[-1:] * (size - len(sound)) if sound else None


def _encoded_tone(content: bytes) -> bytes:
    written = io.BytesIO()
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        made = {"samplerate": file.samplerate, "channels": file.channels, "format": file.format}
        with soundfile.SoundFile(
            written, "w", subtype=file.subtype, endian="FILE" if file.format != "WAV" else "LITTLE", **made
        ) as out:
            at = 0
            for block in _blocks(file):
                out.write(_tone_like(block, at, file.samplerate))
                at += len(block)
    return written.getvalue()


def _blocks(file: soundfile.SoundFile) -> Iterator[Samples]:
    while True:
        block: Samples = file.read(file.samplerate * BLOCK_SECONDS, dtype="float32", always_2d=True)
        if not len(block):
            return
        yield block


def _tone_like(block: Samples, start: int, rate: int) -> Samples:
    """A tone with the level of a block: the root mean square of each 20 ms and channel."""
    length = max(int(rate * LEVEL_SECONDS), 1)
    padded = np.zeros((-(-len(block) // length) * length, block.shape[1]), np.float32)
    padded[: len(block)] = block
    counts = np.full(len(padded) // length, length)
    counts[-1] = len(block) - (len(counts) - 1) * length
    squares = (padded**2).reshape(len(counts), length, -1).sum(axis=1)
    levels = np.sqrt(squares / counts[:, None]) * np.sqrt(2)
    phase = 2 * np.pi * TONE_HERTZ * (np.arange(start, start + len(block)) / rate)
    sound = np.sin(phase)[:, None] * np.repeat(levels, length, axis=0)[: len(block)]
    found: Samples = np.clip(sound, -1, 1).astype(np.float32)
    return found
