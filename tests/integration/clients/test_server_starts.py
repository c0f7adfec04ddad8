"""A server that a target's command starts: how long a run waits, and what the report says if it does not start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from noojee_contract.cli.main import main
from noojee_contract.clients import processes
from noojee_contract.clients.processes import Servers
from noojee_contract.errors import Unreachable

WORKS = "import sys, time; end = time.process_time() + 0.6\nwhile time.process_time() < end: pass\nopen(sys.argv[1], 'w').write('http://127.0.0.1:1')\ntime.sleep(60)"
SLEEPS = "import time; time.sleep(60)"


def command(code: str) -> tuple[str, ...]:
    return ("{python}", "-c", code, "{ready_file}")


def test_a_server_that_works_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loaded machine may need minutes for a start of a second."""
    monkeypatch.setattr(processes, "IDLE_SECONDS", 0.5)
    servers = Servers()
    try:
        assert servers.start(command(WORKS), "pbx").base_url == "http://127.0.0.1:1"
    finally:
        servers.close()


def test_a_server_that_does_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It uses no processor time: it hangs."""
    monkeypatch.setattr(processes, "IDLE_SECONDS", 0.5)
    servers = Servers()
    try:
        with pytest.raises(Unreachable, match="was not ready"):
            servers.start(command(SLEEPS), "pbx")
    finally:
        servers.close()


def test_a_server_that_does_not_start_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 4 with the words of the server, and no internal error for each clause."""
    monkeypatch.chdir(tmp_path)
    words = ", ".join(json.dumps(word) for word in command("raise SystemExit('no such port')"))
    (tmp_path / "t.toml").write_text(f'[targets.pbx]\ndialect = "njadmin"\nwritable = true\ncommand = [{words}]\n')
    code = main(
        [
            "verify",
            "--config",
            "t.toml",
            "--only",
            "metadata.*",
            "--examples",
            "1",
            "--json",
            "r.jsonl",
            "--workers",
            "2",
        ]
    )
    rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert code == 4
    assert {row["outcome"] for row in rows[1:-1]} <= {"inconclusive", "not_applicable"}
    assert [name for name, _ in rows[-1]["unreachable"]] == ["pbx"]
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("UNREACHABLE")
    assert "no such port" in first
