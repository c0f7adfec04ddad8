"""Audio is decoded in every coding; other content is refused with a reason."""

from __future__ import annotations

import io
import json
import math
import struct
from typing import Any

import numpy as np
import pytest
import soundfile

from noojee_contract.model.audio import NoSound, dominant_hertz, read_sound, tone


def coded(coding: str, content: bytes, file_format: str = "WAV") -> bytes:
    samples, rate = soundfile.read(io.BytesIO(content))
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype=coding, format=file_format)
    return file.getvalue()


@pytest.mark.parametrize("coding", ["PCM_16", "PCM_U8", "ALAW", "ULAW"])
def test_pcm_a_law_and_mu_law_are_read(coding: str) -> None:
    """Asterisk writes each of them; `wave` and `audioop` do not help on Python 3.13."""
    sound = read_sound(coded(coding, tone(1.25, 700)))
    assert sound.seconds == pytest.approx(1.25)
    assert sound.coding == coding
    assert dominant_hertz(sound) == pytest.approx(700, abs=2)


def test_a_tone_has_the_exact_length() -> None:
    """Compared by samples."""
    assert read_sound(tone(3, 440)).seconds == 3
    assert read_sound(tone(0, 440)).seconds == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"), (json.dumps({"Code": -1}).encode(), "JSON"), (b"<html>", "HTML"), (b"hello", "no sound file"),
        (tone(1, 440)[:-1000], "cut off"), (tone(1, 440)[:30], "cut off"), (b"RIFF", "no sound file"),
        (b"RIFF\0\0\0\0WAVE", "cut off"),
        (b"OggS" + b"\0" * 50, "cannot be decoded"), (b"fLaC1234", "cannot be decoded"),
        (b"RIFF\xff\xff\xff\xffWAVEdata" + struct.pack("<I", 2**31), "cannot be decoded"),
    ],
)  # fmt: skip
def test_content_that_is_no_audio_is_refused(content: bytes, says: str) -> None:
    """JSON, HTML, and a file shorter than its header says."""
    with pytest.raises(NoSound, match=says):
        read_sound(content)


def test_silence_has_no_frequency() -> None:
    """There is no strongest frequency."""
    file: Any = io.BytesIO()
    soundfile.write(file, np.zeros(8000), 8000, format="WAV")
    assert dominant_hertz(read_sound(file.getvalue())) == 0.0
    assert not math.isnan(read_sound(file.getvalue()).seconds)
