"""`verify --exchanges FILE`: the suite on recorded traffic, without a PBX."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.cli.main import main
from noojee_contract.engine.bundled import bundled
from noojee_contract.model.wire import WireExchange
from noojee_contract.targets.applicability import LIVE_CLAUSES
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_fake.testing.process import ServerProcess
from support.recorded import exchange_file, message

ARCHIVE = bundled()
AUDIO = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
SOME = ("metadata.*", "audio.*", "authentication.wrong-refused", "authentication.not-in-basic", "by-hour.post-only")
Verify = Callable[..., tuple[int, dict[str, dict[str, Any]]]]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A call of a served PBX, recorded with its sounds and redacted."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "recordings.csv").write_text(f"kind,value\ntag,{ARCHIVE.tags[0]}\n", encoding="utf-8")
    (folder / "archive.json").write_text(json.dumps(ARCHIVE.document), encoding="utf-8")
    with (
        ServerProcess("--quiet", "--archive", "archive.json", folder=folder) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("PBX_KEY", "f863246a-973e-11e6-8784-08002718f5b5")
        words = [
            "record",
            "--base-url",
            server.base_url,
            "--dialect",
            "njadmin",
            "--api-key-env",
            "PBX_KEY",
            "--audio",
            AUDIO,
        ]
        named = ["--recordings", str(folder / "recordings.csv"), "--time-zone", "Australia/Melbourne"]
        assert main([*words, *named, "--out", str(folder / "day.jsonl")]) == 0
    return folder / "day.jsonl"


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verify:
    """Verifies an exchange file with some clauses. Returns the exit code, and the results by clause."""
    monkeypatch.chdir(tmp_path)

    def run(file: Path, *flags: str) -> tuple[int, dict[str, dict[str, Any]]]:
        only = [word for pattern in SOME for word in ("--only", pattern)]
        code = main(["verify", "--exchanges", str(file), *only, "--json", "report.json", "-n", "1", *flags])
        rows = [json.loads(line) for line in Path("report.json").read_text(encoding="utf-8").splitlines()]
        return code, {row["clause"]: row for row in rows if "clause" in row}

    return run


def test_recorded_answers_of_a_conformant_pbx_pass(recorded: Path, verify: Verify) -> None:
    """Nothing fails; what the file has no answer for is not applicable, with the reason."""
    code, results = verify(recorded)
    counts = Counter(row["outcome"] for row in results.values())
    assert (counts["failed"], counts["error"], counts["inconclusive"]) == (0, 0, 0)
    assert counts["passed"] > 10
    refused = results["authentication.wrong-refused"]
    assert refused["outcome"] == "not_applicable"
    assert "not recorded: POST " in refused["reason"]
    assert all(row["reason"] for row in results.values() if row["outcome"] == "not_applicable")
    assert code in (0, 3)


def test_question_that_is_repeated_says_nothing(recorded: Path, verify: Verify) -> None:
    """A replay gives its one answer again, whatever the headers are: a pass would say nothing about the PBX."""
    names = ("metadata.repeatable", "audio.asked-again", "transport.accept-json", "transport.content-type-check")
    _, results = verify(recorded, "--only", "transport.*")
    assert {results[name]["outcome"] for name in names} == {"not_applicable"}
    assert all("needs a PBX" in results[name]["reason"] for name in names)


def test_question_without_an_answer_is_named(
    recorded: Path, tmp_path: Path, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the PBX answered with 500 is not checked, and the report says so."""
    with ExchangeReader(recorded) as reader:
        exchanges = list(reader)
    first = exchanges[0]
    head = re.sub(rb"tag=[^& ]*", b"tag=lost1", first.request.head)
    broken = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
    lost = replace(first, request=message(head), response=message(broken))
    header = {"dialect": "njadmin", "scheme": "api-key", "time_zone": "Australia/Melbourne"}
    verify(exchange_file(tmp_path / "lost.jsonl", [*exchanges, lost, lost], **header))
    words = " ".join(capsys.readouterr().out.split())
    assert "1 recorded question has no whole answer with status 200" in words


def test_dialect_is_found_by_the_paths(recorded: Path, tmp_path: Path, verify: Verify) -> None:
    """A file of the proxy does not name it, if nobody gave --dialect."""
    with ExchangeReader(recorded) as reader:
        file = exchange_file(tmp_path / "proxied.jsonl", reader, time_zone="Australia/Melbourne")
    code, results = verify(file)
    counts = Counter(row["outcome"] for row in results.values())
    assert (counts["failed"], counts["error"], counts["inconclusive"]) == (0, 0, 0)
    assert results["metadata.by-tag-answered"]["outcome"] == "passed"
    assert code in (0, 3)


@pytest.mark.parametrize("flags", [(), ("--dialect", "njadmin")], ids=["found", "named"])
def test_a_path_in_front_of_all_paths_is_cut(
    flags: tuple[str, ...], recorded: Path, tmp_path: Path, verify: Verify
) -> None:
    """A client asked a reverse proxy that serves the PBX below a path."""
    with ExchangeReader(recorded) as reader:
        behind = [
            replace(each, request=message(each.request.head.replace(b" /njadmin", b" /pbx/two/njadmin", 1)))
            for each in reader
        ]
    file = exchange_file(tmp_path / "behind.jsonl", behind, time_zone="Australia/Melbourne")
    _, results = verify(file, *flags)
    counts = Counter(row["outcome"] for row in results.values())
    assert (counts["failed"], counts["error"], counts["inconclusive"]) == (0, 0, 0)
    assert results["metadata.by-tag-answered"]["outcome"] == "passed"


def test_clauses_that_need_a_pbx_exist() -> None:
    """A wrong id would let its clause pass."""
    assert set(catalogue()) >= LIVE_CLAUSES


def test_recorded_answers_that_differ_fail(recorded: Path, tmp_path: Path, verify: Verify) -> None:
    """Two recorded answers to one question are evidence: the second one lists no leg."""
    with ExchangeReader(recorded) as reader:
        exchanges = list(reader)
        first = exchanges[0]
        empty = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
        header = {"dialect": "njadmin", "scheme": "api-key", "time_zone": "Australia/Melbourne"}
        again = replace(first, response=message(empty))
        file = exchange_file(tmp_path / "twice.jsonl", [*exchanges, again], **header)
    code, results = verify(file)
    assert code == 1
    assert results["metadata.repeatable"]["outcome"] == "failed"


def test_recorded_fault_fails(recorded: Path, tmp_path: Path, verify: Verify) -> None:
    """A PBX that writes a duration as a number fails offline as it does live."""

    def broken(exchange: WireExchange) -> WireExchange:
        response = exchange.response
        if response is None or b'"Duration":"' not in (response.body.content or b""):
            return exchange
        body = (
            (response.body.content or b"")
            .replace(b'"Duration":"', b'"Duration":')
            .replace(b'","Username"', b',"Username"')
        )
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return replace(exchange, response=message(head.encode() + body))

    with ExchangeReader(recorded) as reader:
        header = {"dialect": "njadmin", "scheme": "api-key", "time_zone": "Australia/Melbourne"}
        file = exchange_file(tmp_path / "broken.jsonl", map(broken, reader), **header)
    code, results = verify(file)
    assert code == 1
    assert any(row["outcome"] == "failed" and row["clause"].startswith("metadata.") for row in results.values())


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--exchanges", "none.jsonl"), "does not exist"),
        (("--exchanges", "none.jsonl", "--base-url", "http://127.0.0.1:1"), "leave out --config, --base-url"),
        (
            ("--exchanges", "empty.jsonl"),
            "give --dialect: recording-api, call-management, njadmin or a dialect file",
        ),
        (
            ("--exchanges", "empty.jsonl", "--dialect", "njadmin"),
            "no question by tag, by unique id or by hour is recorded",
        ),
    ],
)
def test_unusable_file_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flags: tuple[str, ...],
    says: str,
) -> None:
    """Exit code 2."""
    monkeypatch.chdir(tmp_path)
    exchange_file(tmp_path / "empty.jsonl", [])
    assert main(["verify", *flags]) == 2
    error = capsys.readouterr().err
    assert (says in error, error.count("\n")) == (True, 1)
