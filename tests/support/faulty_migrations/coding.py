"""Encodes sound. What was encoded before is kept, because a detection run encodes the same sound hundreds of times."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy
import soundfile


def encoded(samples: numpy.ndarray, rate: int, *, format: str, subtype: str) -> bytes:
    """A sound file with these samples (float, mono or a column a channel)."""
    return _encoded(samples.astype("float32").tobytes(), samples.shape, rate, format, subtype)


@lru_cache(maxsize=2000)
def _encoded(content: bytes, shape: tuple[int, ...], rate: int, format_: str, subtype: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, numpy.frombuffer(content, "float32").reshape(shape), rate, format=format_, subtype=subtype)
    return file.getvalue()
