"""A leg without stored sound has a tone: as long as its Duration, and another than its neighbours'."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy
import pytest
import soundfile

from noojee_fake.pbx import audio
from noojee_fake.pbx.calls import Leg

FORMS = {"wav-pcm": "PCM_16", "wav-alaw": "ALAW", "wav-ulaw": "ULAW"}
ENDS = ("09:00:00", "09:00:00.999", "09:00:01", "09:00:04.5", "09:01:01")


@pytest.fixture(scope="session")
def five_legs(pbx: Callable[..., Any], call: Any, leg: Any) -> Callable[..., Any]:
    legs = [leg("2026-11-20T09:00:00+11:00", f"2026-11-20T{end}+11:00", tag="T") for end in ENDS]
    return lambda **options: pbx(call("1763589600.1", *legs), **options)


def strongest_hertz(samples: Any) -> int:
    spectrum = numpy.abs(numpy.fft.rfft(samples[: audio.SAMPLE_RATE]))
    return int(spectrum.argmax())


@pytest.mark.parametrize("form", FORMS)
def test_a_tone_lasts_exactly_as_long_as_duration(five_legs: Any, form: str) -> None:
    """8 kHz, mono, readable by an independent reader, to the sample.

    Source: option audio_format, option zero_length_legs for zero seconds.
    """
    caller = five_legs(audio_format=form)
    for number, seconds in enumerate((0, 0, 1, 4, 61), start=1):
        answer = caller.njadmin("retrieveByUniqueId", uniqueId="1763589600.1", leg=number)
        assert answer.status == 200
        with soundfile.SoundFile(io.BytesIO(answer.body)) as sound:
            assert (sound.format, sound.subtype) == ("WAV", FORMS[form])
            assert (sound.samplerate, sound.channels, sound.frames) == (8000, 1, 8000 * seconds)
        assert audio.wav_form(answer.body).sample_bytes == 8000 * seconds * (2 if form == "wav-pcm" else 1)


@pytest.mark.parametrize("form", FORMS)
def test_the_tone_identifies_the_leg(five_legs: Any, form: str) -> None:
    """Each leg has a pitch of its own, so sound of the wrong leg is noticed."""
    caller = five_legs(audio_format=form)
    heard = []
    for number in (3, 4, 5):
        answer = caller.legacy("retrieve", tag="T", leg=number)
        samples, _ = soundfile.read(io.BytesIO(answer.body))
        heard.append(strongest_hertz(samples))
    assert heard == [audio.pitch_hertz(record_id) for record_id in (3, 4, 5)]
    assert len(set(heard)) == 3


def test_pitches_repeat_only_after_three_thousand_legs() -> None:
    """Below half the sample rate, and far from those of the neighbouring legs."""
    pitches = [audio.pitch_hertz(record_id) for record_id in range(1, 3002)]
    assert len(set(pitches)) == len(pitches)
    assert min(pitches) >= 300
    assert max(pitches) < audio.SAMPLE_RATE // 2
    assert min(abs(one - other) for one, other in pairwise(pitches)) >= 900


def test_both_dialects_send_the_same_file(five_legs: Any) -> None:
    """By tag and by unique id, in both dialects, headers included. Source: option audio_format."""
    caller = five_legs()
    answers = [
        asked(name, leg=4, **parameters)
        for asked in (caller.njadmin, caller.legacy)
        for name, parameters in (("retrieve", {"tag": "T"}), ("retrieveByUniqueId", {"uniqueId": "1763589600.1"}))
    ]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0].headers == (
        ("Content-Type", "audio/x-wav"),
        ("Content-Disposition", 'attachment; filename="1763589600.1-4.wav"'),
        ("Content-Length", str(44 + 4 * 16000)),
    )


@pytest.mark.parametrize(
    ("unique_id", "name"),
    [
        ("pbx-1763589600.1", "pbx-1763589600.1-1.wav"),
        ('"; filename="x', "___filename__x-1.wav"),
        ("../../etc/passwd", "_.._etc_passwd-1.wav"),
        ("é\r\n😀", "____-1.wav"),
        ("...", "-1.wav"),
        ("a" * 200, "a" * 118 + "-1.wav"),
    ],
)
def test_file_names_are_safe(pbx: Any, call: Any, unique_id: str, name: str) -> None:
    """Nothing of a unique id can break the header or leave the folder that a client saves to."""
    answer = pbx(call(unique_id)).njadmin("retrieveByUniqueId", uniqueId=unique_id, leg=1)
    assert dict(answer.headers)["Content-Disposition"] == f'attachment; filename="{name}"'


def test_without_leg_the_first_leg_of_the_newest_call_is_sent(pbx: Any, call: Any, leg: Any) -> None:
    """Source: option audio_without_leg."""
    caller = pbx(
        call("2.1", leg("2026-11-20T10:00:00+11:00", leg=3, tag="T"), leg("2026-11-20T10:00:10+11:00", leg=2)),
        call("1.1", leg("2026-11-20T09:00:00+11:00", tag="T")),
    )
    by_tag = caller.njadmin("retrieve", tag="T")
    assert by_tag == caller.njadmin("retrieveByUniqueId", uniqueId="2.1", leg=2)
    assert 'filename="2.1-2.wav"' in dict(by_tag.headers)["Content-Disposition"]


@pytest.mark.parametrize("number", ["", "0x1", "-1", "1.0", "+1", "%D9%A1", "%FF", "1" * 10, "one"])
def test_a_leg_number_is_digits(five_legs: Any, number: str) -> None:
    """A malformed leg is a bad request, not an unknown leg."""
    caller = five_legs()
    path = "/njadmin/rest/RecordingAPI/retrieveByUniqueId"
    answer = caller.ask(path, f"apiKey={caller.key}&uniqueId=1763589600.1&leg={number}")
    assert (answer.status, answer.body) == (400, b'{"Message":"Malformed parameter leg","Code":-1}')


@pytest.mark.parametrize("parameters", [{"leg": 6}, {"leg": 0}, {"leg": 999999999}, {"uniqueId": "1.1", "leg": 1}])
def test_missing_sound_is_never_a_file(five_legs: Any, parameters: dict[str, Any]) -> None:
    """An unknown leg is a failure object. Source: option audio_unknown_leg."""
    answer = five_legs().njadmin("retrieveByUniqueId", **({"uniqueId": "1763589600.1"} | parameters))
    assert (answer.status, answer.body) == (404, b'{"Message":"No such recording","Code":-1}')


@pytest.mark.parametrize("listed", ["hidden", "listed"])
def test_a_leg_in_progress_has_no_sound_yet(pbx: Any, call: Any, leg: Any, listed: str) -> None:
    """MixMonitor's file is complete only once it stops; then it is sent."""
    caller = pbx(call("1.1", leg("2026-11-23T23:59:55Z", "2026-11-24T00:00:05Z")), legs_in_progress=listed)
    assert caller.njadmin("retrieveByUniqueId", uniqueId="1.1", leg=1).status == 404
    caller.sandboxes.default.clock.step(5_000_000)
    assert caller.njadmin("retrieveByUniqueId", uniqueId="1.1", leg=1).status == 200


def test_no_tone_is_made_for_more_than_twelve_hours() -> None:
    """An archive with a leg of years does not fill the memory."""
    fields = {"number": 1, "start_micros": 0, "tag": "", "username": None, "destination": "1", "call_record_id": 1}
    longest = audio.LONGEST_MADE_SECONDS * 1_000_000
    assert audio.made(Leg(end_micros=longest + 1_000_000, **fields), "wav-pcm") is None


def test_compressed_sound_is_mpeg_audio_and_lasts_as_long(five_legs: Any) -> None:
    """Recordings are compressed later; type and name follow the bytes, the pitch still identifies the leg.

    Source: option audio_format.
    """
    caller = five_legs(audio_format="mpeg")
    for number, seconds in enumerate((0, 0, 1, 4, 61), start=1):
        answer = caller.njadmin("retrieveByUniqueId", uniqueId="1763589600.1", leg=number)
        headers = dict(answer.headers)
        assert headers["Content-Type"] == "audio/mpeg"
        assert headers["Content-Disposition"].endswith('.mp3"')
        samples, rate = soundfile.read(io.BytesIO(answer.body))
        assert abs(len(samples) / rate - seconds) < 0.2
        if seconds:
            assert strongest_hertz(samples) == pytest.approx(audio.pitch_hertz(number), abs=2)


@pytest.mark.parametrize("seconds", [179, 180, 181, 900])
def test_a_long_compressed_tone_is_joined_without_a_gap(seconds: int) -> None:
    """It is encoded three minutes at a time; length and pitch are right behind each joint, by header and decoded."""
    fields = {"number": 1, "start_micros": 0, "tag": "", "username": None, "destination": "1", "call_record_id": 7}
    made = audio.made(Leg(end_micros=seconds * 1_000_000, **fields), "mpeg")
    assert made is not None
    assert soundfile.info(io.BytesIO(made.whole())).duration == pytest.approx(seconds, abs=0.08)
    samples, rate = soundfile.read(io.BytesIO(made.whole()))
    assert len(samples) / rate == pytest.approx(seconds, abs=0.08)
    for second in (1, seconds // 2, seconds - 2):
        assert strongest_hertz(samples[second * rate :]) == pytest.approx(audio.pitch_hertz(7), abs=2)


def test_twelve_hours_of_mpeg_tone_need_two_encodings(monkeypatch: Any) -> None:
    """Whatever the length of a leg: three minutes, and what is left over."""
    encoded: list[int] = []
    encode = audio._mpeg
    monkeypatch.setattr(
        audio, "_mpeg", lambda samples, *rest, **how: encoded.append(len(samples)) or encode(samples, *rest, **how)
    )
    audio._mpeg_tone.cache_clear()
    fields = {"number": 1, "start_micros": 0, "tag": "", "username": None, "destination": "1", "call_record_id": 7}
    made = audio.made(Leg(end_micros=(12 * 3600 - 1) * 1_000_000, **fields), "mpeg")
    assert made is not None
    assert sorted(encoded) == [179 * 8000, 180 * 8000]
    assert made.size_bytes == pytest.approx(12 * 3600 * 2000, rel=0.001)
