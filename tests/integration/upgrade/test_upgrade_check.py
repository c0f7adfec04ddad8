"""`noojee-contract capture` and `upgrade-check` against two fakes: before and after an upgrade, by sockets."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from noojee_contract.cli.main import main
from noojee_fake.testing.process import ServerProcess
from support.builders import KEY, archive, call, leg
from support.commands import Ran, environment
from support.probing import AUDIO, CALLS, RECORDINGS

REDACTION_KEY = "0123456789abcdef0123456789abcdef"
NUMBER = "0398765432"
OTHER = json.dumps(
    {
        "format": "noojee-capture/1",
        "target": {"name": "other", "dialect": "njadmin"},
        "redaction": None,
        "runs": [{"number": 1, "started": "2026-11-26", "exchanges": 1}],
    }
)


Run = Callable[..., Ran]
Serve = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command of noojee-contract on a target, in the folder of the test."""
    text = "kind,value\n" + "".join(f"{known.kind},{known.value}\n" for known in RECORDINGS)
    (tmp_path / "recordings.csv").write_text(text, encoding="utf-8")

    def start(
        command: str,
        url: str,
        *words: str,
        key: str = REDACTION_KEY,
        dialect: str = "njadmin",
        without: str = "contract",
    ) -> Ran:
        flags = ["--base-url", url, "--dialect", dialect, "--api-key-env", "KEY", "--recordings", "recordings.csv"]
        flags += ["--audio", AUDIO, "--without", without, "--redaction-key-env", "REDACTION_KEY", *words]
        place = ["--out", "before"] if command == "capture" else ["before"]
        monkeypatch.setenv("KEY", KEY)
        monkeypatch.setenv("REDACTION_KEY", key)
        monkeypatch.chdir(tmp_path)
        capsys.readouterr()
        code = main([command, *place, *flags])
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    return start


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves calls with options; the base URL."""
    started: list[ServerProcess] = []

    def start(*calls: dict[str, Any], version: str | None = None, **options: str) -> str:
        number = len(started)
        (tmp_path / f"calls{number}.json").write_text(json.dumps(archive(*(calls or CALLS))), encoding="utf-8")
        profile = tmp_path / f"options{number}.json"
        profile.write_text(json.dumps(options), encoding="utf-8")
        flags = ("--quiet", "--archive", f"calls{number}.json", "--profile", str(profile))
        if version is not None:
            flags = (*flags, "--version", version)
        started.append(ServerProcess(*flags, folder=tmp_path, environment=environment()).start())
        return started[-1].base_url

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def captured(run: Run, serve: Serve) -> str:
    """The base URL of a PBX that was captured twice."""
    url = serve()
    assert run("capture", url).code == 0
    assert run("capture", url).code == 0
    return url


def test_same_pbx_is_go(run: Run, captured: str) -> None:
    """Nothing is reported but noise."""
    ran = run("upgrade-check", captured, "--junit", "report.xml")
    assert ran.code == 0, ran.out + ran.err
    assert ran.out.startswith("GO for target")
    assert re.search("breaks? clients", ran.out, re.IGNORECASE) is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"json_content_type": "text/html;charset=UTF-8"}, "[content type]"),
        ({"start_fraction": "milliseconds"}, "[date format]"),
        ({"tag_selects": "legs"}, "a leg by tag is missing"),
        ({"outbound_did": "internal"}, "DID of a leg"),
        ({"njadmin_bad_request_status": "200"}, "option njadmin_bad_request_status [status]"),
        ({"audio_format": "wav-ulaw", "audio_aged_form": "mpeg"}, "encoded again"),
    ],
)
def test_upgrade_that_changes_an_option_is_found(
    run: Run, serve: Serve, captured: str, options: dict[str, str], says: str
) -> None:
    """By the answers, by the sound, or by the probe."""
    ran = run("upgrade-check", serve(**options))
    assert says in ran.out
    assert ran.code == (0 if says == "encoded again" else 1)


def test_reports_name_the_changes(run: Run, serve: Serve, captured: str, tmp_path: Path) -> None:
    """Markdown, HTML and JUnit, each with the verdict."""
    flags = ("--markdown", "report.md", "--html", "report.html", "--junit", "report.xml")
    assert run("upgrade-check", serve(start_fraction="milliseconds"), *flags).code == 1
    for name in ("report.md", "report.html"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "NO-GO for target" in text
        assert "date format" in text
    suite = ET.parse(tmp_path / "report.xml").getroot()[0]
    assert suite.get("failures") != "0"


def test_capture_holds_no_number_and_no_voice(run: Run, serve: Serve, tmp_path: Path) -> None:
    """Captures are redacted as exchange files are, and of sound they keep a summary."""
    calls = [{**call, "source": NUMBER} for call in CALLS]
    assert run("capture", serve(*calls)).code == 0
    kept = b"".join(path.read_bytes() for path in (tmp_path / "before").iterdir())
    assert NUMBER.encode() not in kept
    assert KEY.encode() not in kept
    assert b"Fred" not in kept
    assert b"RIFF" not in kept


def test_capture_of_another_key_is_refused(run: Run, captured: str, tmp_path: Path) -> None:
    """One line, before any request; the folder stays as it is."""
    before = {path.name: path.read_bytes() for path in (tmp_path / "before").iterdir()}
    for command in ("capture", "upgrade-check"):
        ran = run(command, "http://127.0.0.1:9", key="another-key-of-32-characters-123")
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran.err
        assert "key" in ran.err
    assert {path.name: path.read_bytes() for path in (tmp_path / "before").iterdir()} == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "no JSON"),
        ('{"format": "noojee-capture/9"}', "noojee-capture/1"),
        ('{"format": "noojee-capture/1"}', "broken"),
        (OTHER, "missing"),
    ],
)
def test_broken_capture_is_refused(run: Run, tmp_path: Path, content: str, says: str) -> None:
    """One line, and nothing is overwritten."""
    folder = tmp_path / "before"
    folder.mkdir()
    (folder / "capture.json").write_text(content, encoding="utf-8")
    for command in ("capture", "upgrade-check"):
        ran = run(command, "http://127.0.0.1:9")
        assert (ran.code, ran.err.count("\n")) == (2, 1), ran.err
        assert says in ran.err
    assert (folder / "capture.json").read_text(encoding="utf-8") == content


@pytest.mark.parametrize("name", ["recordings.csv", "before/capture.json"])
def test_report_that_would_replace_an_input_is_refused(run: Run, captured: str, tmp_path: Path, name: str) -> None:
    """The recordings file and the capture are read; no report may have their name."""
    before = (tmp_path / name).read_bytes()
    ran = run("upgrade-check", captured, "--html", name)
    assert (ran.code, ran.err.count("\n")) == (2, 1), ran.err
    assert "would replace a file" in ran.err
    assert (tmp_path / name).read_bytes() == before


def test_target_that_does_not_answer_is_unreachable(run: Run, captured: str) -> None:
    """Exit code 4: an outage is no change of the API. The last line says once that nothing answers, and its place."""
    ran = run("upgrade-check", "http://127.0.0.1:9")
    assert ran.code == 4
    assert ran.err.splitlines()[-1].count("cannot be reached") == 1
    assert "--base-url" in ran.err


def test_target_that_no_clause_reaches_is_named_once(run: Run, captured: str, tmp_path: Path) -> None:
    """The clauses run before the comparison, and say so."""
    outcomes = {"metadata.by-tag-answered": {"outcome": "passed", "severity": "must"}}
    (tmp_path / "before" / "contract.json").write_text(json.dumps(outcomes), encoding="utf-8")
    ran = run("upgrade-check", "http://127.0.0.1:9", without="profile")
    assert ran.code == 4
    assert ran.err.splitlines()[-1].count("cannot be reached") == 1


@pytest.mark.parametrize(("options", "code"), [({"audio_format": "wav-ulaw"}, 0), ({"audio_format": "mpeg"}, 0)])
def test_kept_sound_that_was_encoded_again_is_the_same(
    run: Run, serve: Serve, options: dict[str, str], code: int
) -> None:
    """With --keep-sound, recordings are compared by what can be heard."""
    assert run("capture", serve(), "--keep-sound").code == 0
    ran = run("upgrade-check", serve(**options), "--keep-sound", "--without", "profile")
    assert "encoded again" not in ran.out
    assert ran.code == code, ran.out


def test_api_that_is_not_there_any_more_is_no_go(run: Run, serve: Serve) -> None:
    """The upgrade removed the old API: each answer is 404 now, and the probe learns nothing."""
    assert run("capture", serve(), dialect="recording-api").code == 0
    ran = run("upgrade-check", serve(version="current"), dialect="recording-api")
    assert ran.code == 1, ran.out + ran.err
    assert "[status]: 200 -> 404" in ran.out


def test_three_days_of_traffic_are_go(run: Run, serve: Serve) -> None:
    """New calls carry known tags, the nightly run has encoded sound again, and the clock of the PBX has moved."""
    url = serve(audio_aged_form="mpeg")
    sandbox = f"{url}/__noojee/sandboxes/default"
    for moment in ("2026-11-24T00:00:00+00:00", "2026-11-24T00:10:00+00:00"):
        settings = {"now": moment, "frozen": False}
        httpx.post(f"{sandbox}/clock", json=settings, trust_env=False).raise_for_status()
        assert run("capture", url, dialect="recording-api").code == 0
    for day in (25, 26, 27):
        settings = {"now": f"2026-11-{day}T00:00:00+00:00", "frozen": False}
        httpx.post(f"{sandbox}/clock", json=settings, trust_env=False).raise_for_status()
        epoch = int(datetime.fromisoformat(f"2026-11-{day}T09:00:00+11:00").timestamp())
        new = call(f"{epoch}.{day}", leg(f"2026-11-{day}T09:00:01+11:00", tag="Abc1"))
        httpx.post(f"{sandbox}/calls", json={"calls": [new]}, trust_env=False).raise_for_status()
        ran = run("upgrade-check", url, dialect="recording-api")
        assert ran.code == 0, ran.out + ran.err
    assert "grew by calls that began since" in ran.out


def test_recordings_that_the_pbx_does_not_have_are_inconclusive(run: Run, serve: Serve, tmp_path: Path) -> None:
    """No leg was listed, so nothing is captured: a comparison with it would say nothing."""
    url = serve()
    (tmp_path / "recordings.csv").write_text("kind,value\ntag,no-such-tag\n", encoding="utf-8")
    assert run("capture", url).code == 3
    assert not (tmp_path / "before").exists()


def test_pbx_that_does_not_answer_is_not_captured(run: Run, tmp_path: Path) -> None:
    """Exit code 4, and no folder."""
    assert run("capture", "http://127.0.0.1:9").code == 4
    assert not (tmp_path / "before").exists()


def test_refused_key_ends_a_capture(run: Run, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each row of a recordings file asked with a wrong key could lock the account of a production PBX."""
    url = serve()
    monkeypatch.setenv("WRONG", "no-key-of-anybody")
    ran = run("capture", url, "--api-key-env", "WRONG")
    assert (ran.code, (tmp_path / "before").exists()) == (2, False)
    assert ran.err.splitlines() == ["noojee-contract: target 'target' refuses its key: check the variable WRONG"]


def test_first_requests_of_a_capture_count_against_the_budget(run: Run, serve: Serve) -> None:
    """A production PBX gets no more requests than its target allows."""
    url = serve()
    assert run("capture", url, "--without", "profile", "--request-budget", "4").code == 3
    journal = httpx.get(f"{url}/__noojee/sandboxes/default/journal", trust_env=False).json()
    assert len(journal["entries"]) == 4


@pytest.mark.parametrize("name", ["answers-2.jsonl", "sounds-2.json", "profile.toml", "capture.json"])
def test_broken_file_of_a_capture_is_refused(run: Run, captured: str, tmp_path: Path, name: str) -> None:
    """One line that names the file; a half-written file is no capture."""
    (tmp_path / "before" / name).write_text("{ half", encoding="utf-8")
    ran = run("upgrade-check", "http://127.0.0.1:9")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran.err
    assert name in ran.err
