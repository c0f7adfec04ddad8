"""The bundled archives: unique over all files, in local time, and with sound that lasts as long as its leg."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import soundfile

from noojee_contract.engine.bundled import bundled
from noojee_contract.resources import fixtures
from noojee_fake.server.sandboxes import build

SEEDS = sorted(
    path for path in fixtures("archives").rglob("*.json") if json.loads(path.read_text(encoding="utf-8")).get("format")
)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_seed_starts_a_pbx(path: Path) -> None:
    """With its sound files, and with a description and a source."""
    document = json.loads(path.read_text(encoding="utf-8"))
    sandboxes = build(archive=document, archive_folder=path.parent)
    assert len(list(sandboxes.default.store.calls())) == len(document["calls"])
    assert document["description"]
    assert document["provenance"]


def test_ids_are_unique_over_all_files() -> None:
    """They are filled into one PBX together."""
    archive = bundled()
    assert max(Counter(call.unique_id for call in archive.calls).values()) == 1
    assert max(Counter(leg.call_record_id for leg in archive.legs).values()) == 1
    assert all(leg.call_record_id for leg in archive.legs)


def test_everything_has_ended_before_the_clock_of_the_archive() -> None:
    """No leg is in progress."""
    now = datetime.fromisoformat(bundled().document["now"])
    assert all(leg.end < now for leg in bundled().legs)


def test_no_leg_starts_before_the_epoch_in_its_unique_id() -> None:
    """SPEC: there is often a small delay between the call's start and the first leg's."""
    for leg in bundled().legs:
        epoch = leg.unique_id.rpartition("-")[2].partition(".")[0]
        assert leg.start >= datetime.fromtimestamp(int(epoch), UTC)


@pytest.mark.parametrize(
    "path",
    sorted(fixtures("archives", "recorded").rglob("leg-*.wav")),
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_a_recorded_sound_lasts_as_long_as_its_leg(path: Path) -> None:
    """From Duration - 0.5 s to under Duration + 1.5 s; 8 kHz, mono, 16 bit."""
    (leg,) = [leg for leg in bundled().legs if leg.sound == path]
    sound = soundfile.info(str(path))
    assert (sound.samplerate, sound.channels, sound.subtype) == (8000, 1, "PCM_16")
    assert leg.duration_seconds - 0.5 <= sound.frames / 8000 < leg.duration_seconds + 1.5


def test_the_recorded_legs_are_those_that_the_recorder_wrote_down() -> None:
    """Each fact of each leg as `call.json` has it, and its sound to the byte."""
    import hashlib

    compared = 0
    for path in sorted(fixtures("archives", "recorded").rglob("call.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        call = bundled().call(document["unique_id"])
        assert call is not None
        for row, leg in zip(document["legs"], call.legs, strict=True):
            direction = ("inbound", "outbound", "internal")[row["Direction"]]
            assert (row["Leg"], row["Duration"], row["Tag"], row["Username"]) == (
                leg.number,
                leg.duration_seconds,
                leg.tag,
                leg.username,
            )
            assert (row["Source"], row["DID"], direction) == (call.source, call.did, call.direction)
            assert (row["Destination"], str(row["CallRecordId"])) == (leg.destination, leg.call_record_id)
            assert (datetime.fromisoformat(row["Start"]), datetime.fromisoformat(row["End"])) == (leg.start, leg.end)
            assert leg.sound is not None
            assert hashlib.sha256(leg.sound.read_bytes()).hexdigest() == row["audio"]["sha256"]
            compared += 1
    assert compared == 24


def test_the_shapes_that_the_pages_describe_are_there() -> None:
    """Internal, outbound, queue, transfers, untagged, late, zero seconds, midnight, daylight saving,
    one tag, mid-call, names.
    """
    archive = bundled()
    zone = archive.zone
    calls = archive.calls
    assert {call.direction for call in calls} == {"inbound", "outbound", "internal"}
    assert {1, 2, 3, 4, 5, 6} <= {len(call.legs) for call in calls}
    assert any(leg.duration_seconds == 0 for leg in archive.legs)
    assert any(not leg.tag for leg in archive.legs)
    assert any(call.source == "" for call in calls)
    assert max(Counter(tag for call in calls for tag in {leg.tag for leg in call.legs} - {""}).values()) >= 3
    assert any({leg.tag for leg in call.legs} == {"", "CRM-5"} for call in calls)
    assert any(leg.start.astimezone(zone).date() != leg.end.astimezone(zone).date() for leg in archive.legs)
    offsets = {
        (call.legs[0].start.astimezone(zone).utcoffset(), call.legs[-1].end.astimezone(zone).utcoffset())
        for call in calls
    }
    assert len([pair for pair in offsets if pair[0] != pair[1]]) == 2
    late = [call for call in calls if call.legs[0].start.timestamp() - float(call.unique_id.rpartition("-")[2]) > 120]
    assert late
    spoken = "".join(leg.tag + leg.username for leg in archive.legs)
    assert all(sign in spoken for sign in "éß漢📞&+%'\"<\\")
