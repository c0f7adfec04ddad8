"""Archive files that cannot be used: each refusal names the JSON path of the invalid value, and nothing is added."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from noojee_fake.errors import ArchiveError
from noojee_fake.pbx.archive_files import HIGHEST_RECORD_ID, read_archive_file, read_calls
from noojee_fake.pbx.store.memory import MemoryStore
from noojee_fake.server.sandboxes import build

CALL = "$.calls[0]"
LEG = "$.calls[0].legs[0]"
SEEDS = Path(__file__).parents[3] / "fixtures" / "archives"
WAV = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\4\0\0\0\1\2\3\4"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"format": "noojee-archive/2"}, "$.format"),
        ({"colour": "red"}, "$"),
        ({"time_zone": 5}, "$.time_zone"),
        ({"time_zone": ""}, "$.time_zone"),
        ({"now": "noon"}, "$.now"),
        ({"now": "2026-02-30T00:00:00Z"}, "$.now"),
        ({"default_account": ""}, "$.default_account"),
        ({"profile": {"tag_match": 5}}, "$.profile.tag_match"),
        ({"calls": {}}, "$.calls"),
        ({"calls": [5]}, "$.calls[0]"),
        ({"description": "\ud800"}, "$.description"),
    ],
)
def test_an_invalid_head_is_refused(archive: Any, change: dict[str, Any], path: str) -> None:
    """The schema validates the form, the reader what a schema cannot express."""
    with pytest.raises(ArchiveError) as refused:
        build(archive=archive() | change)
    assert refused.value.path == path
    assert str(refused.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"unique_id": ""}, f"{CALL}.unique_id"),
        ({"unique_id": "x" * 201}, f"{CALL}.unique_id"),
        ({"unique_id": None}, f"{CALL}.unique_id"),
        ({"direction": "sideways"}, f"{CALL}.direction"),
        ({"direction": "inbound"}, f"{CALL}.did"),
        ({"did": "7601"}, f"{CALL}.did"),
        ({"did": ""}, f"{CALL}.did"),
        ({"created": "yesterday"}, f"{CALL}.created"),
        ({"created": "1969-01-01T00:00:00Z"}, f"{CALL}.created"),
        ({"legs": []}, f"{CALL}.legs"),
        ({"source": 400}, f"{CALL}.source"),
        ({"source": "\udfff"}, f"{CALL}.source"),
        ({"colour": "red"}, CALL),
    ],
)
def test_an_invalid_call_is_refused(archive: Any, call: Any, change: dict[str, Any], path: str) -> None:
    """An inbound call needs a DID, and that of an internal one is `internal` (SPEC)."""
    with pytest.raises(ArchiveError) as refused:
        build(
            archive=archive(call("1.1", **{k: v for k, v in change.items() if k not in ("unique_id", "legs")}) | change)
        )
    assert refused.value.path == path


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"end": "2026-11-20T08:59:59+11:00"}, f"{LEG}.end"),
        ({"end": "2026-11-20T09:00:00"}, f"{LEG}.end"),
        ({"start": "2026-11-20"}, f"{LEG}.start"),
        ({"start": "2026-13-20T09:00:00+11:00"}, f"{LEG}.start"),
        ({"start": "2026-11-20T09:00:00.1234567890Z"}, f"{LEG}.start"),
        ({"leg": 0}, f"{LEG}.leg"),
        ({"leg": -1}, f"{LEG}.leg"),
        ({"leg": "1"}, f"{LEG}.leg"),
        ({"leg": True}, f"{LEG}.leg"),
        ({"leg": 1.5}, f"{LEG}.leg"),
        ({"leg": 10**9}, f"{LEG}.leg"),
        ({"call_record_id": 0}, f"{LEG}.call_record_id"),
        ({"call_record_id": 2**63}, f"{LEG}.call_record_id"),
        ({"call_record_id": "5"}, f"{LEG}.call_record_id"),
        ({"tag": None}, f"{LEG}.tag"),
        ({"tag": "x" * 4001}, f"{LEG}.tag"),
        ({"username": 5}, f"{LEG}.username"),
        ({"destination": None}, f"{LEG}.destination"),
        ({"sound": {}}, f"{LEG}.sound"),
        ({"sound": {"absent": False}}, f"{LEG}.sound"),
        ({"sound": {"file": "a.wav", "absent": True}}, f"{LEG}.sound"),
        ({"sound": {"file": "a.wav"}}, f"{LEG}.sound"),
    ],
)
def test_an_invalid_leg_is_refused(archive: Any, call: Any, leg: Any, change: dict[str, Any], path: str) -> None:
    """With the path of the leg's field; nothing of the document is added."""
    wrong = {"start": "2026-11-20T09:00:00+11:00", "end": "2026-11-20T09:00:10+11:00", "destination": "4"} | change
    store = MemoryStore()
    with pytest.raises(ArchiveError) as refused:
        read_archive_file(archive(call("1.1", wrong), call("2.1")), store)
    assert refused.value.path == path
    assert store.count() == (0, 0)


def test_ids_are_given_once(pbx: Any, call: Any, leg: Any) -> None:
    """Unique ids in a PBX, leg numbers in a call, record ids over all; within one request and over several."""
    caller = pbx(call("1.1", leg(call_record_id=7)))
    wrong = {
        "$.calls[0].unique_id": [call("1.1")],
        "$.calls[1].unique_id": [call("2.1"), call("2.1")],
        "$.calls[0].legs[1].leg": [call("2.1", leg(leg=3), leg(leg=3))],
        "$.calls[0].legs[0].call_record_id": [call("2.1", leg(call_record_id=7))],
        "$.calls[1].legs[0].call_record_id": [call("2.1", leg(call_record_id=8)), call("3.1", leg(call_record_id=8))],
        "$.calls[0].legs[1].leg ": [call("2.1", leg(leg=999_999_999), leg())],
        "$.calls[0].legs[0].call_record_id ": [call("2.1", leg(call_record_id=2.0**63))],
        "$.calls[0].legs[1]": [call("2.1", leg(call_record_id=HIGHEST_RECORD_ID), leg())],
    }
    for path, calls in wrong.items():
        answer = caller.control("POST", "/sandboxes/default/calls", {"calls": [*calls]})
        assert (answer.status, json.loads(answer.body)["path"]) == (400, path.strip())
    for body, path in (({}, "$.calls"), ({"calls": None}, "$.calls"), ({"calls": [], "x": 1}, "$")):
        assert json.loads(caller.control("POST", "/sandboxes/default/calls", body).body)["path"] == path
    assert json.loads(caller.control("GET", "/sandboxes/default").body)["legs"] == 1
    assert caller.control("POST", "/sandboxes/default/calls", {"calls": [call("2.1")]}).status == 201


def test_half_a_surrogate_pair_is_found_wherever_it_hides(archive: Any, call: Any, leg: Any) -> None:
    """JSON can carry it, UTF-8 cannot; keys too."""
    for document, path in (
        (archive(call("1.1", leg(tag="\ud83c"))), f"{LEG}.tag"),
        (archive(call("1.1", leg(), leg(destination="a\udf80"))), "$.calls[0].legs[1].destination"),
        (archive(call("1.1")) | {"\ud800": 1}, "$"),
    ):
        with pytest.raises(ArchiveError) as refused:
            build(archive=document)
        assert refused.value.path.startswith(path)
        str(refused.value).encode()


@pytest.mark.parametrize("made_of", [{"calls": [{1, 2}]}, {"calls": [b"x"]}, {"calls": float("nan")}, {"x": object()}])
def test_what_is_no_json_is_refused(archive: Any, made_of: dict[str, Any]) -> None:
    """A document made in Python may hold anything."""
    with pytest.raises(ArchiveError):
        build(archive=archive() | made_of)


def test_a_list_that_holds_itself_is_refused() -> None:
    """It is no JSON either."""
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ArchiveError):
        read_calls(endless, MemoryStore())
    with pytest.raises(ArchiveError, match="list of calls"):
        read_calls({}, MemoryStore())


def test_sound_files_are_read_next_to_the_archive(
    archive: Any, call: Any, leg: Any, calling: Any, tmp_path: Path
) -> None:
    """By their name relative to the archive file, byte for byte."""
    (tmp_path / "sound").mkdir()
    (tmp_path / "sound" / "leg 1.wav").write_bytes(WAV)
    document = archive(call("1.1", leg(sound={"file": "sound/leg 1.wav"}), leg(sound={"absent": True})))
    caller = calling(build(archive=document, archive_folder=tmp_path))
    assert caller.njadmin("retrieveByUniqueId", uniqueId="1.1", leg=1).body == WAV
    assert caller.njadmin("retrieveByUniqueId", uniqueId="1.1", leg=2).status == 404


@pytest.mark.parametrize(
    "name", ["../leg.wav", "/etc/passwd", "a/../../leg.wav", "a\\b.wav", "a\0b", "none.wav", "text"]
)
def test_other_files_are_refused(archive: Any, call: Any, leg: Any, tmp_path: Path, name: str) -> None:
    """Nothing outside the archive's folder, nothing that is not there, nothing that is no sound."""
    (tmp_path / "leg.wav").write_bytes(WAV)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "text").write_text("no sound")
    with pytest.raises(ArchiveError, match="cannot be used") as refused:
        build(archive=archive(call("1.1", leg(sound={"file": name}))), archive_folder=inner)
    assert refused.value.path == f"{LEG}.sound.file"


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*/*.json")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_archive_of_the_project_is_read(calling: Any, path: Path) -> None:
    """And each of its calls is found in both dialects, with the same document."""
    document = json.loads(path.read_text("utf-8"))
    caller = calling(build(archive=document, archive_folder=path.parent))
    assert document["calls"]
    for call in document["calls"]:
        asked = {"uniqueId": call["unique_id"]}
        old, new = (ask("retrieveMetaDataByUniqueId", **asked).body for ask in (caller.legacy, caller.njadmin))
        assert old == new
