"""WAV files whose header gives a wrong size are read by the bytes that came; a file that lacks much is cut off."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import soundfile

from noojee_contract.model.audio import NoSound, UnknownCoding, read_sound, tone
from noojee_contract.model.wave_header import CutOff, repair_header

DATA = 44


def with_sizes(content: bytes, riff: int, data: int) -> bytes:
    """A WAV file of `tone` with these sizes in its header."""
    return content[:4] + struct.pack("<I", riff) + content[8:40] + struct.pack("<I", data) + content[DATA:]


def fmt_chunk(**changes: int) -> bytes:
    """A WAV file of `tone` whose format chunk has these values."""
    values = {"tag": 1, "channels": 1, "rate": 8000, "bytes": 16000, "align": 2, "bits": 16} | changes
    content = tone(1, 440)
    return content[:20] + struct.pack("<HHIIHH", *values.values()) + content[36:]


@pytest.mark.parametrize(
    "size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFDB, 48_008, 47_990, 48_044], ids=hex
)  # fmt: skip
def test_a_streamed_header_is_read_by_the_bytes_that_came(size: int) -> None:
    """FFmpeg gives 0xFFFFFFFF, SoX 0x7FFFF000, other writers 0 or a few bytes too many or too few."""
    sound = read_sound(with_sizes(tone(3, 440), size, size))
    assert sound.seconds == 3
    assert sound.header_fault is not None


def test_a_header_of_the_first_block_is_read_by_the_bytes_that_came() -> None:
    """The writer never came back to its header; the sound goes on in silence."""
    content = tone(1, 440)[:DATA] + bytes(80_000)
    assert read_sound(with_sizes(content, 4096 + 36, 4096)).seconds == 5


def test_a_right_header_has_no_fault() -> None:
    """Also with a chunk behind the sound."""
    assert read_sound(tone(3, 440)).header_fault is None
    assert read_sound(tone(3, 440) + b"LIST" + struct.pack("<I", 4) + b"INFO").header_fault is None
    assert read_sound(tone(3, 440) + b"LIST" + struct.pack("<I", 4) + b"INFO").seconds == 3


@pytest.mark.parametrize("missing", [300, 12_000, 47_999])
def test_a_file_that_lacks_much_of_its_sound_is_cut_off(missing: int) -> None:
    """Its header promises more than came."""
    with pytest.raises(CutOff):
        repair_header(tone(3, 440)[:-missing])


def test_a_large_file_format_gives_its_size_elsewhere() -> None:
    """RF64: the size is in the chunk ds64, and 0xFFFFFFFF in the header is no fault."""
    file: Any = io.BytesIO()
    soundfile.write(file, np.zeros(8000), 8000, format="RF64", subtype="PCM_16")
    assert (read_sound(file.getvalue()).seconds, read_sound(file.getvalue()).header_fault) == (1, None)
    with pytest.raises(CutOff):
        repair_header(file.getvalue()[:-2000])


@pytest.mark.parametrize(
    "content",
    [
        fmt_chunk(rate=0), fmt_chunk(rate=0xFFFFFFFF), fmt_chunk(rate=2_000_000_000), fmt_chunk(rate=7),
        fmt_chunk(channels=0, align=0), fmt_chunk(channels=1000, align=2000), fmt_chunk(channels=65535),
        fmt_chunk(bits=0), fmt_chunk(tag=0xFAFA), with_sizes(tone(0, 440)[:DATA], 0xFFFFFFFF, 0xFFFFFFF0)[:20],
        b"fLaC" + b"\xff" * 200, b"OggS" + b"\xff" * 200, b"\xff\xfb" + b"\xff" * 200, b".snd" + b"\xff" * 200,
    ],
)  # fmt: skip
def test_a_header_out_of_bounds_is_no_sound(content: bytes) -> None:
    """Hostile files end in a reason, and need no memory."""
    with pytest.raises(NoSound):
        read_sound(content)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\xff\xf1\x60\x40" + b"\0" * 60, "AAC"), (b"\0\0\0\x20ftypM4A " + b"\0" * 60, "MP4"),
        (b"#!AMR\n" + b"\0" * 60, "AMR"), (fmt_chunk(tag=0x133), "G.729"), (b"\x1aE\xdf\xa3" + b"\0" * 60, "WebM"),
    ],
)  # fmt: skip
def test_audio_that_cannot_be_decoded_here_is_named(content: bytes, name: str) -> None:
    """It is audio; nothing can be said about its sound."""
    with pytest.raises(UnknownCoding, match=name):
        read_sound(content)
