"""`noojee-contract archive`: the fake serves the calls of recorded answers again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from noojee_contract.cli.main import main
from noojee_contract.engine.bundled import bundled
from noojee_contract.resources import fixtures
from noojee_fake.testing.embedded import EmbeddedPbx
from support.recorded import BASE, answer, exchange, exchange_file, message

ARCHIVE = bundled()
TAG = ARCHIVE.tags[0]


def listing(pbx: EmbeddedPbx, tag: str = TAG) -> bytes:
    path = f"{BASE}/retrieveMetaData"
    return pbx.client.post(f"{pbx.base_url}{path}", params={"apiKey": pbx.api_key, "tag": tag}).content


@pytest.fixture
def recorded() -> bytes:
    """The listing of a tag, as a PBX with the bundled archive answers it."""
    with EmbeddedPbx(archive=ARCHIVE.document) as pbx:
        return listing(pbx)


def archived(path: Path, tmp_path: Path, *flags: str) -> Path:
    out = tmp_path / "archive.json"
    assert main(["archive", str(path), "--out", str(out), *flags]) == 0
    return out


def served(archive: Path, tag: str = TAG) -> bytes:
    with EmbeddedPbx(archive=archive, now="2026-12-01T00:00:00+00:00") as pbx:
        return listing(pbx, tag)


def legs(content: bytes) -> list[dict[str, str]]:
    """The legs of a listing; of their start, the whole seconds are kept."""
    rows = [{**row, "Start": row["Start"].partition(".")[0]} for row in json.loads(content)]
    return sorted(rows, key=lambda row: (row["UniqueId"], int(row["Leg"])))


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\n\r\n", b"\xef\xbb\xbf"]
)
def test_saved_answer_is_served_again(recorded: bytes, tmp_path: Path, head: bytes) -> None:
    """A body, what curl -i prints, and a byte order mark."""
    file = tmp_path / "answer.json"
    file.write_bytes(head + recorded)
    assert legs(served(archived(file, tmp_path))) == legs(recorded)


def test_exchange_file_is_served_again(recorded: bytes, tmp_path: Path) -> None:
    """A chunked listing counts; sounds, errors and refusals do not."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(recorded), recorded)
    file = exchange_file(
        tmp_path / "day.jsonl",
        [
            exchange(f"{BASE}/retrieveMetaData?tag=x", response=message(chunked)),
            exchange(f"{BASE}/retrieveByUniqueId?uniqueId=1.2&leg=1", b"RIFF"),
            exchange(f"{BASE}/retrieveMetaData?tag=y", response=answer(b'{"Code":-1}', status=401)),
        ],
        time_zone="Australia/Melbourne",
    )
    archive = archived(file, tmp_path)
    assert legs(served(archive)) == legs(recorded)
    assert oct(archive.stat().st_mode & 0o777) == "0o600"


def test_har_file_is_served_again(tmp_path: Path) -> None:
    """The sample of mitmproxy."""
    archive = archived(fixtures("har", "mitmproxy.har"), tmp_path)
    assert [leg["Tag"] for leg in legs(served(archive, "ZERO-1"))] == ["ZERO-1"]


def test_published_by_hour_answer_keeps_its_ends(tmp_path: Path) -> None:
    """The second shape names the end of each leg. Source: W-H (DOC)."""
    published = json.loads(fixtures("exchanges", "published", "metadata-by-hour.json").read_text("utf-8"))
    file = tmp_path / "hour.json"
    file.write_text(published["response"]["body"]["text"], encoding="utf-8")
    document = json.loads(archived(file, tmp_path).read_text("utf-8"))
    ends = [leg["end"] for call in document["calls"] for leg in call["legs"]]
    assert ends[0] == "2021-09-14T15:03:34.000+10:00"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[]", "no answer in it lists legs"),
        (b'{"Message":"x","Code":-1}', "no answer in it lists legs"),
        (b"\xff\x00", "no answer in it lists legs"),
        (b"[" * 200_000, "no answer in it lists legs"),
    ],
)
def test_answer_without_legs_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, says: str
) -> None:
    """Exit code 2, and no file."""
    file = tmp_path / "answer.json"
    file.write_bytes(content)
    assert main(["archive", str(file), "--out", str(tmp_path / "out.json")]) == 2
    error = capsys.readouterr().err
    assert (says in error, error.count("\n")) == (True, 1)
    assert not (tmp_path / "out.json").exists()


def test_leg_that_cannot_be_read_is_named(recorded: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The other legs make an archive; the exit code says that legs are missing."""
    row = json.loads(recorded)[0]
    rows = [row, {**row, "Leg": "77", "CallRecordId": "77"}]
    rows[0]["Start"] = "yesterday"
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    assert main(["archive", str(file), "--out", str(tmp_path / "out.json")]) == 3
    assert (
        f"left out: leg {rows[0]['Leg']} of call {rows[0]['UniqueId']}: Start cannot be read" in capsys.readouterr().err
    )
    assert main(["archive", str(file), "--out", str(tmp_path / "out.json")]) == 2
