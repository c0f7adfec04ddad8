"""Sound ages with the PBX's clock: compressed by the nightly run, deleted after its retention.

Source: W-SL (DOC); options audio_format and expired_leg.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy
import pytest
import soundfile

from noojee_fake.pbx.clock import SECOND, parse_instant
from noojee_fake.pbx.retention import DAY, RetentionRules, Tier

NOON = "2026-06-10T12:00:00+10:00"
HOUR = 3600 * SECOND
FOR_EVER = RetentionRules()


@pytest.fixture(scope="session")
def three_legs(pbx: Callable[..., Any], call: Any, leg: Any) -> Callable[..., Any]:
    """Legs that end at 11:00 on the 8th and the 9th, and at 11:59 on the 10th; it is noon of that day in Melbourne."""
    legs = (
        leg("2026-06-08T10:59:50+10:00", "2026-06-08T11:00:00+10:00", tag="T"),
        leg("2026-06-09T10:59:50+10:00", "2026-06-09T11:00:00+10:00", tag="T"),
        leg("2026-06-10T11:58:50+10:00", "2026-06-10T11:59:00+10:00", tag="U"),
    )

    def make(rules: RetentionRules = FOR_EVER, **options: str) -> Any:
        caller = pbx(call("1.1", *legs), head={"now": NOON}, **options)
        caller.sandboxes.default.retention.rules = rules
        return caller

    return make


def pass_by(caller: Any, micros: int) -> None:
    caller.sandboxes.default.clock.step(micros)


def sounds(caller: Any) -> list[str]:
    """The type of each leg's sound, or the status that refuses it."""
    answers = [caller.njadmin("retrieveByUniqueId", uniqueId="1.1", leg=number) for number in (1, 2, 3)]
    return [dict(answer.headers)["Content-Type"] if answer.status == 200 else str(answer.status) for answer in answers]


def listed(answer: Any) -> list[str]:
    assert answer.status == 200
    return [row["Leg"] for row in json.loads(answer.body)]


def test_the_nightly_run_compresses_what_ended_before_it(three_legs: Any) -> None:
    """Type, name and length change, what is heard stays; what was recorded since is as it was recorded."""
    caller = three_legs(audio_aged_form="mpeg")
    assert sounds(caller) == ["audio/mpeg", "audio/mpeg", "audio/x-wav"]
    before = caller.njadmin("retrieveByUniqueId", uniqueId="1.1", leg=3)
    pass_by(caller, 14 * HOUR - 1)
    assert caller.legacy("retrieve", tag="U", leg=3) == before
    pass_by(caller, 1)
    after = caller.legacy("retrieve", tag="U", leg=3)
    headers = dict(after.headers)
    assert headers["Content-Type"] == "audio/mpeg"
    assert headers["Content-Disposition"].endswith('"1.1-3.mp3"')
    assert int(headers["Content-Length"]) == len(after.body) < len(before.body) // 4
    heard = [soundfile.read(io.BytesIO(answer.body)) for answer in (before, after)]
    assert abs(len(heard[0][0]) - len(heard[1][0])) / 8000 < 0.1
    assert len({int(numpy.abs(numpy.fft.rfft(samples[:8000])).argmax()) for samples, _ in heard}) == 1


def test_compressing_keeps_the_stored_sound_unchanged(three_legs: Any) -> None:
    """The control API returns the stored bytes; a step back in time restores the first format."""
    written = io.BytesIO()
    noise = numpy.random.default_rng(7).integers(-9000, 9000, 8000).astype("int16")
    soundfile.write(written, noise, 8000, format="WAV", subtype="PCM_16")
    caller, put = three_legs(audio_aged_form="mpeg"), "/sandboxes/default/sound?unique_id=1.1&leg=3"
    assert caller.control("PUT", put, written.getvalue()).status == 204
    assert caller.njadmin("retrieve", tag="U", leg=3).body == written.getvalue()
    pass_by(caller, DAY)
    aged = caller.njadmin("retrieve", tag="U", leg=3).body
    assert soundfile.info(io.BytesIO(aged)).subtype == "MPEG_LAYER_III"
    assert caller.njadmin("retrieve", tag="U", leg=3).body == aged
    assert caller.control("GET", put).body == written.getvalue()
    pass_by(caller, -DAY)
    assert caller.njadmin("retrieve", tag="U", leg=3).body == written.getvalue()


@pytest.mark.parametrize("form", ["wav-alaw", "mpeg"])
def test_unless_chosen_otherwise_age_changes_no_byte(three_legs: Any, form: str) -> None:
    """The default: the sound of an old leg has the form of a fresh one."""
    caller = three_legs(audio_format=form)
    before = sounds(caller)
    assert len(set(before)) == 1
    pass_by(caller, 3650 * DAY)
    assert sounds(caller) == before


def test_thirty_nights_pass_at_once(three_legs: Any) -> None:
    """Sound goes leg by leg as it gets too old; the metadata stay as they were."""
    caller = three_legs(RetentionRules(mid_term_days=7, long_term_days=30), audio_aged_form="mpeg")
    whole = caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1").body
    seen = []
    for _ in range(33):
        seen.append(sounds(caller))
        assert caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1").body == whole
        pass_by(caller, DAY)
    aged, gone = "audio/mpeg", "404"
    assert seen[0] == [aged, aged, "audio/x-wav"]
    assert seen[1:29] == [[aged] * 3] * 28
    assert seen[29:] == [[gone, aged, aged], [gone, gone, aged], [gone] * 3, [gone] * 3]
    pass_by(caller, -33 * DAY)
    assert sounds(caller) == seen[0]


def test_a_record_removed_with_its_sound_leaves_a_gap(three_legs: Any) -> None:
    """By tag, by unique id and by hour, in both dialects; the numbers of the other legs stay.

    Source: option expired_leg.
    """
    caller = three_legs(RetentionRules(mid_term_days=2, long_term_days=0), expired_leg="record-removed")
    asked = (
        lambda: listed(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1")),
        lambda: listed(caller.legacy("retrieveMetaDataByUniqueId", uniqueId="1.1")),
        lambda: listed(caller.njadmin("retrieveMetaData", tag="T")),
    )
    assert [ask() for ask in asked] == [["1", "2", "3"]] * 3
    pass_by(caller, 14 * HOUR)
    assert [ask() for ask in asked] == [["2", "3"]] * 3
    assert sounds(caller) == ["404", "audio/x-wav", "audio/x-wav"]
    first = caller.njadmin("retrieveByUniqueId", uniqueId="1.1")
    assert 'filename="1.1-2.wav"' in dict(first.headers)["Content-Disposition"]
    pass_by(caller, DAY)
    assert [ask() for ask in asked] == [["3"], ["3"], []]
    assert caller.njadmin("retrieve", tag="T").status == 404
    pass_by(caller, DAY)
    assert [ask() for ask in asked] == [[]] * 3
    pass_by(caller, -2 * DAY - 14 * HOUR)
    assert [ask() for ask in asked] == [["1", "2", "3"]] * 3


@pytest.mark.parametrize(("value", "legs"), [("metadata-stays", ["1"]), ("record-removed", [])])
def test_by_hour_leaves_out_what_has_no_record(three_legs: Any, value: str, legs: list[str]) -> None:
    """The hour in which leg 1 ended."""
    caller = three_legs(RetentionRules(mid_term_days=2, long_term_days=0), expired_leg=value)
    assert listed(caller.njadmin("retrieveMetaDataByHour", date="2026/06/08", hour=11)) == ["1"]
    pass_by(caller, 14 * HOUR)
    assert listed(caller.njadmin("retrieveMetaDataByHour", date="2026/06/08", hour=11)) == legs


def test_manually_deleted_sound_keeps_its_metadata(three_legs: Any) -> None:
    """Only the end of retention takes records away."""
    caller = three_legs(expired_leg="record-removed")
    assert caller.control("DELETE", "/sandboxes/default/sound?unique_id=1.1&leg=1").status == 204
    assert sounds(caller)[0] == "404"
    assert listed(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1")) == ["1", "2", "3"]


def test_an_offline_location_has_no_sound_but_metadata(three_legs: Any) -> None:
    """Until it is back."""
    caller = three_legs(
        RetentionRules(long_term_days=0, offline=frozenset({Tier.MID_TERM})), expired_leg="record-removed"
    )
    assert sounds(caller) == ["404", "404", "audio/x-wav"]
    assert listed(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1")) == ["1", "2", "3"]
    caller.sandboxes.default.retention.rules = RetentionRules()
    assert sounds(caller) == ["audio/x-wav"] * 3


def test_encrypted_sound_is_compressed_when_its_call_ends(three_legs: Any) -> None:
    """Not in the night. Source: W-SL (DOC); that encrypted sound is compressed too: UNKNOWN, chosen."""
    caller = three_legs(RetentionRules(encrypted=True), audio_aged_form="mpeg")
    assert sounds(caller) == ["audio/mpeg"] * 3
    caller.sandboxes.default.clock.set(parse_instant("2026-06-10T11:58:59+10:00"))
    assert sounds(caller) == ["audio/x-wav", "audio/x-wav", "404"]
