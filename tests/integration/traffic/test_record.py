"""`noojee-contract record` on a served PBX: what it asks, what is in the file, and that the file survives a kill."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from noojee_contract.cli.first_contact import Busy
from noojee_contract.cli.main import main
from noojee_contract.engine.bundled import bundled
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_fake.testing import ServerProcess
from support.commands import environment, serve_archive, wait_until
from support.raw_upstream import answering, upstream

AUDIO = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
ARCHIVE = bundled()
CALL = ARCHIVE.calls[4].unique_id
TAG = ARCHIVE.tags[0]
Record = Callable[..., int]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ServerProcess("--quiet") as process:
        yield process.base_url


@pytest.fixture
def record(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    """Records a new sandbox of the server with these flags; the recordings file has these rows."""
    url, key = serve_archive(server, ARCHIVE.document)
    monkeypatch.setenv("PBX_KEY", key)
    monkeypatch.setenv("REDACTION_KEY", "a redaction key of the tests")
    monkeypatch.chdir(tmp_path)

    def run(*flags: str, rows: str = f"unique_id,{CALL}\n", dialect: str = "njadmin") -> int:
        Path("recordings.csv").write_text(f"kind,value\n{rows}", encoding="utf-8")
        words = ["record", "--base-url", url, "--dialect", dialect, "--api-key-env", "PBX_KEY"]
        named = ["--recordings", "recordings.csv"] if rows else []
        return main([*words, "--time-zone", "Australia/Melbourne", *named, *flags])

    return run


def urls(path: str = "day.jsonl") -> list[str]:
    with ExchangeReader(Path(path)) as reader:
        return [exchange.url for exchange in reader]


def methods(path: str = "day.jsonl") -> list[str]:
    return [urlsplit(url).path.rpartition("/")[2] for url in urls(path)]


def test_a_call_and_its_sounds_are_recorded(record: Record) -> None:
    assert record("--out", "day.jsonl", "--audio", AUDIO) == 0
    legs = len(ARCHIVE.calls[4].legs)
    assert methods() == ["retrieveMetaDataByUniqueId", *["retrieveByUniqueId"] * legs]
    with ExchangeReader(Path("day.jsonl")) as reader:
        assert (reader.header.dialect, reader.header.scheme, reader.header.audio) == ("njadmin", "api-key", AUDIO)
        assert {exchange.authentication.verdict for exchange in reader if exchange.authentication} == {"right"}
        assert [exchange.status for exchange in reader] == [200] * (legs + 1)


def test_calls_of_a_tag_are_asked_for_by_unique_id(record: Record) -> None:
    assert record("--out", "day.jsonl", rows=f"tag,{TAG}\n") == 0
    assert methods()[0] == "retrieveMetaData"
    assert set(methods()[1:]) == {"retrieveMetaDataByUniqueId"}
    assert record("--out", "less.jsonl", "--calls", "1", rows=f"tag,{TAG}\n") == 0
    assert len(methods("less.jsonl")) == 2


def test_an_hour_is_recorded(record: Record) -> None:
    assert record("--out", "day.jsonl", "--day", "2021/09/14", "--hours", "15", rows="") == 0
    assert methods()[0] == "retrieveMetaDataByHour"
    query = parse_qs(urlsplit(urls()[0]).query)
    assert (query["date"], query["hour"]) == (["2021/09/14"], ["15"])


def test_hashes_are_recorded_by_their_meaning(record: Record) -> None:
    assert record("--out", "day.jsonl", dialect="recording-api") == 0
    with ExchangeReader(Path("day.jsonl")) as reader:
        exchange = reader.at(len(reader) - 1)
        assert exchange.authentication is not None
        assert (exchange.authentication.scheme, exchange.authentication.verdict) == ("hash", "right")
        assert re.search(r"&timeStamp=[0-9]{13}&hash=redacted-[0-9a-f]{8}$", exchange.url)


def test_no_name_number_or_key_is_in_the_file(record: Record) -> None:
    assert (
        record("--out", "day.jsonl", "--har", "day.har", "--audio", AUDIO, rows=f"tag,{TAG}\nunique_id,{CALL}\n") == 0
    )
    written = Path("day.jsonl").read_text(encoding="utf-8") + Path("day.har").read_text(encoding="utf-8")
    legs = [leg for call in ARCHIVE.calls if call.unique_id == CALL for leg in call.legs]
    private = {CALL, os.environ["PBX_KEY"], *(leg.username for leg in legs)} - {"Administrator"}
    assert [value for value in private if value in written] == []


def test_the_path_of_the_base_url_is_redacted(record: Record) -> None:
    """A replay cuts it from the paths of requests, so that both must agree."""
    assert record("--out", "day.jsonl") == 0
    with ExchangeReader(Path("day.jsonl")) as reader:
        base = reader.header.base_path
        assert base
        assert all(exchange.url.startswith(f"{base}/njadmin/rest/") for exchange in reader)
    assert record("--out", "kept.jsonl", "--no-redaction") == 0
    with ExchangeReader(Path("kept.jsonl")) as reader:
        assert reader.header.base_path != base


def test_a_voice_becomes_a_tone(record: Record) -> None:
    flags = ["--audio", AUDIO, "--redaction-key-env", "REDACTION_KEY"]
    assert record("--out", "tone.jsonl", *flags) == 0
    assert record("--out", "voice.jsonl", *flags, "--keep-sound") == 0
    with ExchangeReader(Path("tone.jsonl")) as tones, ExchangeReader(Path("voice.jsonl")) as voices:
        sounds = [(tone.response, voice.response) for tone, voice in zip(tones, voices, strict=True)][1:]
        for tone, voice in sounds:
            assert tone is not None
            assert voice is not None
            assert tone.body.size == voice.body.size
            assert tones.body(tone.body) != voices.body(voice.body)


def test_one_key_makes_equal_stand_ins(record: Record) -> None:
    for name in ("one.jsonl", "two.jsonl"):
        assert record("--out", name, "--redaction-key-env", "REDACTION_KEY") == 0
    assert record("--out", "other.jsonl") == 0
    assert urls("one.jsonl") == urls("two.jsonl") != urls("other.jsonl")
    headers = []
    for name in ("one.jsonl", "two.jsonl", "other.jsonl"):
        with ExchangeReader(Path(name)) as reader:
            headers.append(reader.header.redaction)
    assert headers[0] == headers[1] != headers[2]


def test_everything_is_kept_without_redaction(record: Record, capsys: pytest.CaptureFixture[str]) -> None:
    assert record("--out", "day.jsonl", "--no-redaction") == 0
    assert f"uniqueId={CALL}" in urls()[0]
    assert "not redacted" in capsys.readouterr().out


def test_the_budget_ends_a_recording_with_a_whole_file(record: Record) -> None:
    assert record("--out", "day.jsonl", "--audio", AUDIO, "--request-budget", "3", rows=f"tag,{TAG}\n") == 3
    assert len(urls()) == 2  # the first contact was the other one


def test_budget_that_ends_in_the_first_contact_is_no_wrong_usage(
    record: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    """A time stamp and a question are two requests; exit code 3, as where the budget ends later, and no file."""
    assert record("--out", "day.jsonl", "--request-budget", "1", dialect="recording-api") == 3
    assert capsys.readouterr().err.splitlines() == [
        "noojee-contract: the request budget of 1 is spent; raise request_budget in the target file to go on"
    ]
    assert not Path("day.jsonl").exists()


def test_busy_pbx_is_no_wrong_usage(
    record: Record, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3, as in `verify` and `upgrade-check`."""
    monkeypatch.setattr("noojee_contract.cli.record.first_contact", lambda *_: Busy("it answered only 503"))
    assert record("--out", "day.jsonl") == 3
    assert capsys.readouterr().err.splitlines() == ["noojee-contract: it answered only 503"]


def test_sounds_without_an_answer_are_counted(record: Record, capsys: pytest.CaptureFixture[str]) -> None:
    assert record("--out", "day.jsonl", "--audio", AUDIO.replace("retrieveByUniqueId", "absent")) == 3
    assert re.search("[1-9] sounds? could not be fetched", capsys.readouterr().out)


@pytest.mark.parametrize(
    "answer",
    [
        (
            b"HTTP/1.1 200 Fine\r\nX-oDD:1\r\ntransfer-ENCODING: chunked\r\n\r\n"
            b"1\r\n[\r\n01;x=y\r\n]\r\n0\r\nTrailer: 1\r\n\r\n"
        ),
        b"HTTP/1.0 200 OK\nb: 1\na: 2\nA: 3\n\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[]",
    ],
    ids=["chunks", "bare line ends", "cut off", "cut chunk"],
)
def test_an_answer_is_kept_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    monkeypatch.setenv("PBX_KEY", "key of a test")
    monkeypatch.chdir(tmp_path)
    Path("recordings.csv").write_text("kind,value\ntag,1\ntag,2\n", encoding="utf-8")
    with upstream(answering(answer)) as port:
        target = ["--base-url", f"http://127.0.0.1:{port}", "--dialect", "njadmin", "--api-key-env", "PBX_KEY"]
        assert main(["record", *target, "--recordings", "recordings.csv", "--out", "day.jsonl", "--no-redaction"]) in (
            0,
            3,
        )
    with ExchangeReader(Path("day.jsonl")) as reader:
        exchange = reader.at(0)
        assert exchange.response is not None
        assert exchange.response.head + exchange.response.body.read() == answer


def test_a_har_file_has_every_exchange(record: Record) -> None:
    assert record("--out", "day.jsonl", "--har", "day.har", "--audio", AUDIO) == 0
    log = json.loads(Path("day.har").read_text(encoding="utf-8"))["log"]
    assert log["version"] == "1.2"
    with ExchangeReader(Path("day.jsonl")) as reader:
        for entry, exchange in zip(log["entries"], reader, strict=True):
            assert entry["request"]["url"].endswith(exchange.url)
            assert entry["response"]["status"] == 200
            assert exchange.response is not None
            assert entry["response"]["_noojee"]["head"] == exchange.response.head.decode("latin-1")
            content = entry["response"]["content"]
            coded = content["text"].encode()
            body = base64.b64decode(coded) if content.get("encoding") == "base64" else coded
            assert len(body) == content["size"]
    assert Path("day.har").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("existing", ["day.jsonl", "day.har"])
def test_no_file_is_overwritten(record: Record, capsys: pytest.CaptureFixture[str], existing: str) -> None:
    Path(existing).write_text("mine", encoding="utf-8")
    assert record("--out", "day.jsonl", "--har", "day.har") == 2
    assert Path(existing).read_text(encoding="utf-8") == "mine"
    assert not (Path("day.jsonl").exists() and Path("day.har").exists())
    assert f"{existing} exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ([], "--out is missing"),
        (["--out", "day.jsonl", "--hours", "9-17"], "--hours needs --day"),
        (
            ["--out", "day.jsonl", "--redaction-key-env", "ABSENT"],
            "ABSENT, which --redaction-key-env names, is not set",
        ),
        (["--out", "day.jsonl", "--redaction-key-env", "REDACTION_KEY", "--no-redaction"], "contradict"),
        (["--out", "absent/day.jsonl"], "No such file"),
        (["--out", "day.jsonl", "--writable"], "unknown flag"),
        (["--out", "day.jsonl", "--day", "2026-02-30"], "must be a day"),
        (["--out", "day.jsonl", "--day", "2026-02-03", "--hours", "17-9"], "must be hours"),
        (["--out", "day.jsonl", "--largest-body", "2x"], "must be a number of bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_flag_is_one_line(
    record: Record, capsys: pytest.CaptureFixture[str], flags: list[str], says: str
) -> None:
    try:
        code = record(*flags)
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not Path("day.jsonl").exists()


def test_a_refused_key_makes_no_file(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PBX_KEY", "another-key")
    assert record("--out", "day.jsonl") == 2
    assert not Path("day.jsonl").exists()


def test_an_unreachable_target_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PBX_KEY", "key")
    monkeypatch.chdir(tmp_path)
    target = ["--base-url", "http://127.0.0.1:1", "--dialect", "njadmin", "--api-key-env", "PBX_KEY"]
    assert main(["record", *target, "--out", "day.jsonl", "--day", "2021/09/14"]) == 4
    assert not Path("day.jsonl").exists()


def test_a_long_body_leaves_only_its_size(record: Record) -> None:
    assert record("--out", "day.jsonl", "--audio", AUDIO, "--largest-body", "1K") == 0
    with ExchangeReader(Path("day.jsonl")) as reader:
        sizes = [each.response.body for each in reader if each.response is not None and not each.response.body.is_kept]
    assert sizes
    assert all(body.size > 1024 and body.sha256 for body in sizes)


def started(server: str, tmp_path: Path, *flags: str) -> subprocess.Popen[str]:
    """A recording of many questions in a process of its own, which has written some exchanges."""
    url, key = serve_archive(server, ARCHIVE.document)
    rows = "".join(f"tag,{TAG}-{number}\n" for number in range(5000))
    (tmp_path / "recordings.csv").write_text(f"kind,value\n{rows}", encoding="utf-8")
    words = ["--base-url", url, "--dialect", "njadmin", "--api-key-env", "PBX_KEY"]
    process = subprocess.Popen(
        [sys.executable, "-m", "noojee_contract", "record", *words, "--recordings", "recordings.csv", *flags],
        cwd=tmp_path,
        env=environment(PBX_KEY=key),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    file = tmp_path / "day.jsonl"
    wait_until(lambda: file.exists() and file.read_bytes().count(b"\n") >= 5, process, seconds=60)
    return process


@pytest.mark.parametrize("delay_seconds", [0, 0.013, 0.041])
def test_a_killed_recording_is_whole(server: str, tmp_path: Path, delay_seconds: float) -> None:
    process = started(server, tmp_path, "--out", "day.jsonl")
    time.sleep(delay_seconds)
    process.kill()
    process.communicate()
    with ExchangeReader(tmp_path / "day.jsonl") as reader:
        exchanges = list(reader)
    assert len(exchanges) >= 4
    assert all(exchange.status == 200 for exchange in exchanges)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_recording_with_a_summary(server: str, tmp_path: Path, number: signal.Signals) -> None:
    process = started(server, tmp_path, "--out", "day.jsonl", "--har", "day.har")
    process.send_signal(number)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 3, error
    assert "interrupted at" in out
    with ExchangeReader(tmp_path / "day.jsonl") as reader:
        entries = json.loads((tmp_path / "day.har").read_text(encoding="utf-8"))["log"]["entries"]
        assert len(entries) == len(reader)
        assert not reader.dropped
