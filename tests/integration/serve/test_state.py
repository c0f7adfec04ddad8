"""`noojee-fake serve --state`: calls outlive the server, and a file that cannot be used is refused in one line."""

from __future__ import annotations

import json
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from noojee_fake.cli.main import main
from noojee_fake.pbx.clock import SECOND
from noojee_fake.pbx.store.sqlite import SqliteStore
from noojee_fake.pbx.store.sqlite_file import VERSION

SPEC = {
    "format": "noojee-archive/1",
    "calls": [
        {
            "unique_id": "1773190799.2", "direction": "internal", "source": "400",
            "legs": [{"start": "2026-03-11T12:00:00+11:00", "end": "2026-03-11T12:00:09+11:00", "tag": "1234", "destination": "410"}],
        }
    ],
}  # fmt: skip


class Running:
    """A server on the state file of the test; `end` gives what it said."""

    def __init__(self, folder: Path, *words: str) -> None:
        ready = folder / "ready"
        ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "noojee_fake", "serve", "--port", "0", "--quiet", "--state", "pbx.state"]
        self.process = subprocess.Popen(
            [*command, "--ready-file", "ready", *words], cwd=folder, stdout=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + 20
        while not ready.exists():
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        self.control = ready.read_text(encoding="utf-8").strip() + "/__noojee/sandboxes/default"

    def calls(self) -> list[str]:
        answer = httpx.get(f"{self.control}/calls", trust_env=False)
        return [call["unique_id"] for call in answer.json()["calls"]]

    def end(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=10)
        assert self.process.returncode == 0
        return said


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts servers in a folder with an archive in it."""
    (tmp_path / "archive.json").write_text(json.dumps(SPEC), encoding="utf-8")
    started: list[Running] = []

    def start(*words: str) -> Running:
        started.append(Running(tmp_path, *words))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
        running.process.communicate()


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The line of a server that does not start on a state file."""
    monkeypatch.setattr(
        "noojee_fake.cli.serve.asyncio_run", lambda *_, **__: None
    )  # one that starts ends with 0 at once

    def ask(path: Path, *words: str) -> str:
        assert (
            main(["serve", "--port", "0", "--state", str(path), "--ready-file", str(tmp_path / "ready"), *words]) == 2
        )
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("noojee-fake: ")
        assert said.err.count("\n") == 1
        assert not (tmp_path / "ready").exists()
        return said.err

    return ask


def test_calls_outlive_the_server(serve: Callable[..., Running], tmp_path: Path) -> None:
    """Those of the archive and those put in later; it says what the file has, and that the archive was left out."""
    running = serve("--archive", "archive.json")
    later = SPEC["calls"][0] | {"unique_id": "1773190800.3"}
    assert httpx.post(f"{running.control}/calls", json={"calls": [later]}, trust_env=False).status_code == 201
    assert "calls are kept in pbx.state, which has 1, with 1 legs" in running.end()
    assert stat.S_IMODE((tmp_path / "pbx.state").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.json", "pbx.state", "ready"]
    running = serve("--archive", "archive.json")
    assert running.calls() == ["1773190799.2", "1773190800.3"]
    said = running.end()
    assert "pbx.state, which has 2, with 2 legs" in said
    assert "the calls of the archive are left out" in said


def test_a_second_server_on_the_file_is_refused(
    serve: Callable[..., Running], refused: Callable[..., str], tmp_path: Path
) -> None:
    """The first one goes on as if nothing had been."""
    running = serve("--archive", "archive.json", "--quiet")
    (tmp_path / "ready").unlink()
    assert "pbx.state is in use; stop what has it open" in refused(tmp_path / "pbx.state")
    assert running.calls() == ["1773190799.2"]


def test_one_of_two_servers_gets_a_new_file(tmp_path: Path) -> None:
    """Started at once: never both, and the one that is refused says why."""
    words = [sys.executable, "-m", "noojee_fake", "serve", "--port", "0", "--state", "pbx.state", "--ready-file"]
    both = [
        subprocess.Popen([*words, f"ready-{number}"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for number in range(2)
    ]
    deadline = time.monotonic() + 20
    while not any(process.poll() is not None for process in both):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    (lost,) = [process for process in both if process.poll() is not None]
    (won,) = [process for process in both if process is not lost]
    assert lost.returncode == 2
    assert b"is in use" in lost.communicate()[1]
    won.terminate()
    won.communicate(timeout=10)
    assert won.returncode == 0


def newer(path: Path) -> None:
    SqliteStore(path, now=lambda: 0).close()
    file = sqlite3.connect(path)
    file.execute(f"PRAGMA user_version = {VERSION + 1}")
    file.close()


def broken(path: Path) -> None:
    SqliteStore(path, now=lambda: SECOND).close()
    path.write_bytes(path.read_bytes()[:8192])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_text(json.dumps(SPEC)), "is no SQLite file; name another"),
        (lambda path: path.mkdir(), "is no plain file"),
        (lambda path: None, "cannot be opened: No such file or directory"),
        (newer, "was written by a newer noojee-fake"),
        (broken, "is broken"),
    ],
    ids=["no-sqlite", "folder", "no-folder", "newer", "broken"],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(
    make: Callable[[Path], object], says: str, refused: Callable[..., str], tmp_path: Path
) -> None:
    """Exit 2, with the file's name and what to do; the file stays as it is."""
    path = tmp_path / "pbx.state"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    line = refused(path if path.exists() else path / "pbx.state")
    assert f"the state file {path}" in line
    assert says in line
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_server_that_cannot_start_makes_no_file(refused: Callable[..., str], tmp_path: Path) -> None:
    """Whatever else is wrong is told first."""
    path = tmp_path / "pbx.state"
    assert "archive file cannot be read" in refused(path, "--archive", str(tmp_path / "nowhere.json"))
    assert "is no address to listen on" in refused(path, "--host", "no.such.host.invalid")
    assert list(tmp_path.iterdir()) == []
