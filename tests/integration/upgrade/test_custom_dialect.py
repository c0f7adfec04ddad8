"""An upgrade check of an API that a dialect file describes: its key is in the query, under a name of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from noojee_contract.cli.main import main
from support.conformant_servers.audio import tone
from support.conformant_servers.hosts import wsgi

KEY = "5a1f0e7c9b3d48261c0ffee0"
LEG = {"call": "1479789000.11", "n": 1, "at": "2026-11-22T09:00:00+11:00", "tag": "a"}
DIALECT = """
format = "noojee-dialect/1"
name = "records"
[authentication]
query = "pass_phrase"
[methods.by_tag]
request = "GET /tags/{tag}"
schema = "legs.json"
[methods.by_unique_id]
request = "GET /calls/{unique_id}"
schema = "legs.json"
[methods.audio]
request = "GET /calls/{unique_id}/{leg}"
[failures]
code = "code"
message = "message"
[fields]
UniqueId = "call"
Leg = "n"
Start = "at"
Tag = "tag"
[formats]
Start = "rfc3339"
"""


class Records:
    """The API. `seconds` is how long its sounds are."""

    def __init__(self, seconds: int) -> None:
        self.sound = tone(seconds, 1)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answers a listing, a sound, or an error that repeats what the key was."""
        came = parse_qs(environ["QUERY_STRING"]).get("pass_phrase", [""])[0]
        kind, body, status = "application/json", json.dumps([LEG]).encode(), "200 OK"
        if came != KEY:
            body, status = json.dumps({"code": 1, "message": "wrong key"}).encode(), "401 Unauthorized"
        elif environ["PATH_INFO"] == f"/calls/{LEG['call']}/1":
            kind, body = "audio/wav", self.sound
        elif environ["PATH_INFO"] != f"/calls/{LEG['call']}":
            body = b"[]"
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """The API before and after an upgrade that cuts its sounds."""
    (tmp_path / "dialect.toml").write_text(DIALECT, encoding="utf-8")
    (tmp_path / "legs.json").write_text("{}", encoding="utf-8")
    (tmp_path / "recordings.csv").write_text(f"kind,value\nunique_id,{LEG['call']}\n", encoding="utf-8")
    monkeypatch.setenv("KEY", KEY)
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        yield stack.enter_context(wsgi(Records(4))), stack.enter_context(wsgi(Records(2)))


def run(command: str, url: str, *words: str) -> int:
    """Runs a command of noojee-contract without redaction."""
    flags = ["--base-url", url, "--dialect", "dialect.toml", "--api-key-env", "KEY", "--recordings", "recordings.csv"]
    return main([command, *words, *flags, "--no-redaction", "--without", "contract", "--without", "profile"])


def test_key_in_the_query_is_in_no_list_and_no_report(
    servers: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without redaction, the exchange file has the key; what names questions has not."""
    before, after = servers
    assert run("capture", before, "--out", "before") == 0, capsys.readouterr()
    reports = {name: tmp_path / f"report.{name}" for name in ("markdown", "html", "junit")}
    words = [word for name, path in reports.items() for word in (f"--{name}", str(path))]
    assert run("upgrade-check", after, "before", *words) == 1
    shown = capsys.readouterr()
    summaries = (tmp_path / "before" / "sounds-1.json").read_text(encoding="utf-8")
    assert list(json.loads(summaries)) == [f"GET /calls/{LEG['call']}/1"]
    for text in (shown.out, shown.err, summaries, *(path.read_text(encoding="utf-8") for path in reports.values())):
        assert KEY not in text
    assert f"GET /calls/{LEG['call']}/1" in shown.out


def test_capture_whose_sounds_are_of_other_questions_is_refused(
    servers: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as a capture of an earlier version, which named questions with the key: its sounds would not be compared."""
    assert run("capture", servers[0], "--out", "before") == 0, capsys.readouterr()
    file = tmp_path / "before" / "sounds-1.json"
    (sound,) = json.loads(file.read_text(encoding="utf-8")).values()
    file.write_text(json.dumps({f"GET /calls/{LEG['call']}/1 pass_phrase={KEY}": sound}), encoding="utf-8")
    capsys.readouterr()
    assert run("upgrade-check", servers[0], "before") == 2
    error = capsys.readouterr().err
    assert "capture again" in error
    assert KEY not in error
