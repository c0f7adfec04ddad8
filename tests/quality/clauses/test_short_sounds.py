"""A short sound that is fetched again: encoded once more it is the same sound, and another short sound is not."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import count
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from noojee_contract.engine.check import Check, CheckFailed, Inconclusive
from noojee_contract.model.audio import tone
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause_functions
from support.listed_legs import entry
from support.read_only_subjects import read_only_subject

LEG = entry(1, Duration="1")
Fetched = Callable[[int], bytes]


def encoded(samples: Any, coding: str = "PCM_16") -> bytes:
    """A WAV file of 8 kHz."""
    file: Any = io.BytesIO()
    soundfile.write(file, samples, 8000, subtype=coding, format="WAV")
    content: bytes = file.getvalue()
    return content


def noise(seed: int, level: float, seconds: float = 1.0) -> Any:
    """Noise, for which no comparison of spectra decides."""
    return np.random.default_rng(seed).normal(0, level, round(8000 * seconds))


def fetched_again(fetched: Fetched) -> Check:
    """The checks of the clause on a PBX with one leg, whose audio at each request is `fetched`."""
    numbers = count()

    def handle(request: httpx.Request) -> httpx.Response:
        if "retrieveByUniqueId" in str(request.url):
            return httpx.Response(200, content=fetched(next(numbers)), headers={"content-type": "audio/x-wav"})
        return httpx.Response(200, json=[LEG])

    check = Check()
    clause_functions()["audio.asked-again"](
        read_only_subject(httpx.MockTransport(handle), [("unique_id", LEG["UniqueId"])]), check
    )
    assert next(numbers) == 2
    return check


@pytest.mark.parametrize("coding", ["PCM_16", "ALAW", "GSM610"])
@pytest.mark.parametrize("level", [0.05, 0.0])
def test_a_short_sound_encoded_at_each_request_passes(level: float, coding: str) -> None:
    """W-SL: recordings are converted. Neither noise nor silence can be compared by its spectrum."""
    check = fetched_again(lambda number: encoded(noise(1, level), coding if number else "PCM_16"))
    assert check.checks == 1


@pytest.mark.parametrize(
    "other",
    [noise(2, 0.0), noise(2, 0.02), noise(1, 0.05, seconds=0.7), np.zeros(0)],
    ids=["silent", "quieter", "shorter", "empty"],
)
def test_another_short_sound_fails(other: Any) -> None:
    """DERIVED: a retrieval changes nothing."""
    with pytest.raises(CheckFailed) as failed:
        fetched_again(lambda number: encoded(other if number else noise(1, 0.05)))
    assert failed.value.kind is FailureKind.ANSWERS_DIFFER


def test_another_short_tone_of_one_level_fails() -> None:
    """The sound of another leg, which is as long and as loud."""
    with pytest.raises(CheckFailed) as failed:
        fetched_again(lambda number: tone(1, 800 if number else 500))
    assert failed.value.kind is FailureKind.ANSWERS_DIFFER


def test_files_of_an_unknown_coding_decide_nothing() -> None:
    """AAC cannot be decoded here, and an encoder need not write the same file twice."""
    with pytest.raises(Inconclusive):
        fetched_again(lambda number: b"\xff\xf1" + bytes([number]) * 100)
