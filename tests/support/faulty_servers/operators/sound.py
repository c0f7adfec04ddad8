"""Operators on the sound of a leg."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy
import soundfile

from noojee_contract.model.failure import FailureKind
from support.faulty_servers import FaultyServer, with_body
from support.faulty_servers.audio import is_sound
from support.faulty_servers.expected import expect
from support.faulty_servers.operators import SOUND, answering

Samples = Any
HEARD = expect(FailureKind.INVALID_AUDIO, FailureKind.WRONG_AUDIO, FailureKind.INVALID_BODY, FailureKind.REFUSED)


def _with_samples(change: Callable[[Samples, int], tuple[Samples, int]]) -> Callable[[bytes], bytes]:
    """A sound whose samples or rate are changed; the file is a right one."""

    def rewritten(content: bytes) -> bytes:
        samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
        changed, other = change(samples, rate)
        file: Any = io.BytesIO()
        soundfile.write(file, changed, other, subtype="PCM_16", format="WAV")
        written: bytes = file.getvalue()
        return written

    return rewritten


def _with_size(more: int) -> Callable[[bytes], bytes]:
    """The header says another length of the samples."""

    def lying(content: bytes) -> bytes:
        at = content.index(b"data") + 4
        (size,) = struct.unpack("<I", content[at : at + 4])
        return content[:at] + struct.pack("<I", max(0, size + more)) + content[at + 4 :]

    return lying


CHANGES: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    ("ends-early", "lacks its last two seconds", _with_samples(lambda samples, rate: (samples[: -2 * rate], rate))),
    ("begins-late", "lacks its first two seconds", _with_samples(lambda samples, rate: (samples[2 * rate :], rate))),
    ("is-twice-as-long", "is sent twice in a row",
     _with_samples(lambda samples, rate: (numpy.concatenate([samples, samples]), rate))),
    ("is-backwards", "runs backwards", _with_samples(lambda samples, rate: (samples[::-1], rate))),
    ("is-slower", "is played at half its rate", _with_samples(lambda samples, rate: (samples, rate // 2))),
    ("is-faster", "is played at twice its rate", _with_samples(lambda samples, rate: (samples, rate * 2))),
    ("is-silent", "is silent", _with_samples(lambda samples, rate: (samples * 0, rate))),
    ("is-noise", "is noise",
     _with_samples(lambda samples, rate: (numpy.random.default_rng(1).normal(0, 0.2, len(samples)), rate))),
    ("has-a-long-tail", "ends in five seconds of silence",
     _with_samples(lambda samples, rate: (numpy.concatenate([samples, numpy.zeros(5 * rate)]), rate))),
    ("header-says-more", "says more samples than it has", _with_size(100_000)),
    ("header-alone", "is its header alone", lambda content: content[:44]),
    ("loses-its-header", "lacks its header", lambda content: content[44:]),
    ("is-a-page", "is a page labelled as a sound", lambda content: b"<html><body>Not found</body></html>"),
    ("is-json", "is a failure object labelled as a sound", lambda content: b'{"Message":"Not found","Code":-1}'),
    ("is-in-base64", "is written in base64", lambda content: __import__("base64").b64encode(content)),
    ("is-cut-at-a-kilobyte", "ends after a kilobyte", lambda content: content[:1024]),
)  # fmt: skip


def mutants() -> Iterator[FaultyServer]:
    """Each change of every sound that comes."""
    for name, words, change in CHANGES:
        yield FaultyServer(
            name=f"leg-sound-{name}",
            description=f"The sound of a leg {words}.",
            mistake=answering(SOUND, lambda _, answer, change=change: _changed(answer, change)),
            operator=name,
            kind="audio",
            expected=HEARD,
        )


def _changed(answer: httpx.Response, change: Callable[[bytes], bytes]) -> httpx.Response:
    return with_body(answer, change(answer.content)) if is_sound(answer) else answer
