"""Sound that was put in: as it came where it has the form asked for, rewritten where not, refused where it is none."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import numpy
import pytest
import soundfile
from hypothesis import example, given
from hypothesis import strategies as st

from noojee_fake.pbx.audio import in_format, wav_form

SOUND = "/sandboxes/default/sound?unique_id=1763589600.1&leg=1"
SUBTYPES = {"wav-pcm": "PCM_16", "wav-alaw": "ALAW", "wav-ulaw": "ULAW"}


def recorded(subtype: str, *, rate: int = 8000, channels: int = 1, frames: int = 800) -> bytes:
    """A file as soundfile writes it: noise that no generated tone resembles."""
    samples = numpy.random.default_rng(7).integers(-9000, 9000, (frames, channels)).astype("int16")
    written = io.BytesIO()
    soundfile.write(written, samples, rate, format="WAV", subtype=subtype)
    return written.getvalue()


def wav(tag: int, channels: int, rate: int, bits: int, samples: bytes, *, chunks: bytes = b"") -> bytes:
    """A WAV file of these chunks, which may contradict its header."""
    align = channels * bits // 8
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, channels, rate, rate * align % 2**32, align % 65536, bits)
    body = b"WAVE" + chunks + fmt + struct.pack("<4sI", b"data", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.fixture(scope="session")
def one_leg(pbx: Callable[..., Any], call: Any, leg: Any) -> Callable[..., Any]:
    return lambda **options: pbx(call("1763589600.1", leg(tag="T")), **options)


def put(caller: Any, sound: bytes) -> Any:
    return caller.control("PUT", SOUND, sound, content_type="audio/x-wav")


def fetched(caller: Any) -> Any:
    return caller.njadmin("retrieveByUniqueId", uniqueId="1763589600.1", leg=1)


@pytest.mark.parametrize("form", SUBTYPES)
def test_stored_sound_comes_back_byte_for_byte(one_leg: Any, form: str) -> None:
    """Where its form is the one that the PBX sends, and always through the control API."""
    caller, sound = one_leg(audio_format=form), recorded(SUBTYPES[form])
    assert put(caller, sound).status == 204
    assert fetched(caller).body == sound
    assert caller.legacy("retrieve", tag="T", leg=1).body == sound
    assert caller.control("GET", SOUND).body == sound


@pytest.mark.parametrize("stored", ["PCM_16", "PCM_24", "PCM_32", "PCM_U8", "ALAW", "ULAW"])
@pytest.mark.parametrize("form", SUBTYPES)
def test_stored_sound_is_sent_in_the_format_of_the_profile(one_leg: Any, stored: str, form: str) -> None:
    """Rewritten, it is as long, as fast and has as many channels; what is stored stays. Source: option audio_format."""
    caller, sound = one_leg(audio_format=form), recorded(stored, rate=16000, channels=2)
    assert put(caller, sound).status == 204
    has_it_already = form == f"wav-{stored[:4].lower()}" or (form == "wav-pcm" and stored.startswith("PCM"))
    with soundfile.SoundFile(io.BytesIO(fetched(caller).body)) as sent:
        assert sent.subtype == (stored if has_it_already else SUBTYPES[form])
        assert (sent.samplerate, sent.channels, sent.frames) == (16000, 2, 800)
    assert caller.control("GET", SOUND).body == sound


def test_other_chunks_of_a_file_are_kept(one_leg: Any) -> None:
    """Recorders write more than sound; odd chunks are padded (RIFF)."""
    sound = wav(1, 1, 8000, 16, b"\1\2" * 100, chunks=b"LIST\3\0\0\0abc\0") + b"note\2\0\0\0hi"
    caller = one_leg()
    assert put(caller, sound).status == 204
    assert fetched(caller).body == sound


GOOD = wav(1, 1, 8000, 16, b"\0" * 160)
NO_SOUND = {
    "nothing": b"",
    "a few bytes": b"RIFF",
    "an error page": b"<!DOCTYPE html><html></html>",
    "a failure object": b'{"Message":"No such recording","Code":-1}',
    "MPEG": b"\xff\xfb\x90\x64" + b"\0" * 400,
    "big-endian": b"RIFX" + GOOD[4:],
    "no wave": GOOD[:8] + b"AVI " + GOOD[12:],
    "header only": GOOD[:12],
    "no data": GOOD[:36],
    "cut off": GOOD[:-1],
    "data before format": GOOD[:12] + GOOD[36:] + GOOD[12:36],
    "short format": GOOD[:12] + b"fmt \4\0\0\0\1\0\1\0data\0\0\0\0",
    "GSM": wav(49, 1, 8000, 16, b"\0" * 160),
    "float": wav(3, 1, 8000, 32, b"\0" * 160),
    "12 bits": wav(1, 1, 8000, 12, b"\0" * 160),
    "A-law of 16 bits": wav(6, 1, 8000, 16, b"\0" * 160),
    "no channel": wav(1, 0, 8000, 16, b""),
    "no rate": wav(1, 1, 0, 16, b"\0" * 160),
    "half a sample": wav(1, 1, 8000, 16, b"\0" * 161),
    "a thousand channels": wav(7, 1025, 8000, 8, b"\0" * 2050),
    "four kilohertz, nearly": wav(7, 1, 3999, 8, b"\0" * 160),
    "four gigahertz": wav(7, 1, 2**32 - 1, 8, b"\0" * 160),
}


@pytest.mark.parametrize("sound", NO_SOUND.values(), ids=NO_SOUND)
def test_what_is_no_sound_is_refused(one_leg: Any, sound: bytes) -> None:
    """400 with a reason, and what was there stays."""
    caller = one_leg()
    assert put(caller, GOOD).status == 204
    answer = put(caller, sound)
    assert answer.status == 400
    assert b"WAV" in answer.body
    assert fetched(caller).body == GOOD


@given(
    tag=st.sampled_from([1, 6, 7]),
    channels=st.integers(0, 40),
    rate=st.integers(0, 800_000),
    bits=st.sampled_from([8, 16, 24, 32]),
    frames=st.integers(0, 20),
    form=st.sampled_from([*SUBTYPES, "mpeg"]),
)
@example(tag=7, channels=1, rate=2**32 - 1, bits=8, frames=8, form="wav-pcm")
@example(tag=7, channels=1, rate=6000, bits=8, frames=20, form="mpeg")
@example(tag=1, channels=3, rate=768_000, bits=16, frames=20, form="mpeg")
@example(tag=1, channels=1, rate=8000, bits=16, frames=0, form="mpeg")
@example(tag=6, channels=1, rate=8000, bits=8, frames=0, form="wav-pcm")
def test_what_is_accepted_can_be_sent_in_every_form(
    tag: int, channels: int, rate: int, bits: int, frames: int, form: str
) -> None:
    """A file that the control API takes never breaks an answer."""
    sound = wav(tag, channels, rate, bits, b"\0" * (channels * bits // 8 * frames))
    try:
        taken = wav_form(sound)
    except ValueError:
        return
    sent = in_format(sound, form)
    if form == "mpeg":
        assert soundfile.info(io.BytesIO(sent)).channels == min(taken.channels, 2)
    else:
        assert (wav_form(sent).channels, wav_form(sent).sample_rate) == (taken.channels, taken.sample_rate)


@pytest.mark.parametrize("rate", [4000, 6000, 8001, 11025, 16000, 96000])
def test_compressed_sound_keeps_its_length_at_any_rate(rate: int) -> None:
    """MPEG audio knows nine rates; the nearest is taken, and the pitch stays."""
    samples = numpy.sin(2 * numpy.pi * 700 * numpy.arange(rate * 3) / rate) * 0.3
    written = io.BytesIO()
    soundfile.write(written, samples, rate, format="WAV", subtype="PCM_16")
    heard, heard_rate = soundfile.read(io.BytesIO(in_format(written.getvalue(), "mpeg")))
    assert len(heard) / heard_rate == pytest.approx(3, abs=0.2)
    spectrum = numpy.abs(numpy.fft.rfft(heard[heard_rate : 2 * heard_rate]))
    assert int(spectrum.argmax()) == pytest.approx(700, abs=2)


def test_the_extensible_form_of_a_header_is_read(one_leg: Any) -> None:
    """Some recorders name the form in a longer format chunk."""
    with_guid = struct.pack("<HHIIHHHHIH", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4, 1) + bytes(14)
    body = b"WAVEfmt " + struct.pack("<I", len(with_guid)) + with_guid + b"data\4\0\0\0\1\2\3\4"
    sound = b"RIFF" + struct.pack("<I", len(body)) + body
    caller = one_leg()
    assert put(caller, sound).status == 204
    assert fetched(caller).body == sound
    assert put(caller, sound.replace(b"\xfe\xff", b"\x02\x00")).status == 400


def test_deleted_sound_keeps_its_metadata(one_leg: Any) -> None:
    """After retention the leg is listed and its sound is not there (W-SL, DOC); until it is put in again."""
    caller = one_leg()
    listed = caller.njadmin("retrieveMetaData", tag="T").body
    assert caller.control("DELETE", SOUND).status == 204
    assert fetched(caller).status == 404
    assert caller.control("GET", SOUND).status == 404
    assert caller.njadmin("retrieveMetaData", tag="T").body == listed
    assert put(caller, GOOD).status == 204
    assert fetched(caller).body == GOOD


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?unique_id=1763589600.1", 400),
        ("?leg=1", 400),
        ("?unique_id=&leg=1", 400),
        ("?unique_id=1763589600.1&leg=one", 400),
        ("?unique_id=1763589600.1&leg=1234567890", 400),
        ("?unique_id=%FF&leg=1", 400),
        ("?unique_id=1763589600.1&leg=2", 404),
        ("?unique_id=1.1&leg=1", 404),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_sound_needs_an_existing_leg(one_leg: Any, query: str, status: int, method: str) -> None:
    """The query names unique id and leg; an unknown one is 404."""
    body = GOOD if method == "PUT" else None
    assert one_leg().control(method, f"/sandboxes/default/sound{query}", body).status == status
