"""`noojee-fake serve --state`: calls survive a restart, and an unusable file is refused in one line."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from noojee_fake.cli.main import main
from noojee_fake.errors import StartError
from noojee_fake.pbx.clock import SECOND
from noojee_fake.pbx.store.sqlite import SqliteStore
from noojee_fake.pbx.store.sqlite_file import VERSION
from noojee_fake.testing.process import ServerProcess

SPEC = {
    "format": "noojee-archive/1",
    "calls": [
        {
            "unique_id": "1773190799.2", "direction": "internal", "source": "400",
            "legs": [
                {
                    "start": "2026-03-11T12:00:00+11:00", "end": "2026-03-11T12:00:09+11:00",
                    "tag": "1234", "destination": "410",
                }
            ],
        }
    ],
}  # fmt: skip


class Running:
    """A server on the state file of the test; `end` returns its output."""

    def __init__(self, process: ServerProcess) -> None:
        self.process = process
        self.control = f"{process.base_url}/__noojee/sandboxes/default"

    def calls(self) -> list[str]:
        answer = httpx.get(f"{self.control}/calls", trust_env=False)
        return [call["unique_id"] for call in answer.json()["calls"]]

    def end(self) -> str:
        assert self.process.stop() == 0
        return self.process.output


@pytest.fixture
def run(serve: Callable[..., ServerProcess], tmp_path: Path) -> Callable[..., Running]:
    """Starts servers in a folder with an archive file in it."""
    (tmp_path / "archive.json").write_text(json.dumps(SPEC), encoding="utf-8")
    return lambda *flags: Running(serve("--quiet", "--state", "pbx.state", *flags))


@pytest.fixture
def refused_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """The line of a server that does not start on a state file."""
    monkeypatch.setattr(
        "noojee_fake.cli.serve.run_server", lambda *_, **__: None
    )  # a server that starts ends with 0 at once

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


def test_calls_outlive_the_server(run: Callable[..., Running], tmp_path: Path) -> None:
    """Calls of the archive and added calls. The server reports their number, and that it left the archive out."""
    running = run("--archive", "archive.json")
    later = SPEC["calls"][0] | {"unique_id": "1773190800.3"}
    assert httpx.post(f"{running.control}/calls", json={"calls": [later]}, trust_env=False).status_code == 201
    assert "state file: pbx.state, with 1 calls and 1 legs" in running.end()
    assert stat.S_IMODE((tmp_path / "pbx.state").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.json", "pbx.state"]
    running = run("--archive", "archive.json")
    assert running.calls() == ["1773190799.2", "1773190800.3"]
    said = running.end()
    assert "pbx.state, with 2 calls and 2 legs" in said
    assert "the calls of the archive are left out" in said


def test_second_server_on_a_state_file_is_refused(
    run: Callable[..., Running], refused_file: Callable[..., str], tmp_path: Path
) -> None:
    """The first server is not affected."""
    running = run("--archive", "archive.json", "--quiet")
    assert "pbx.state is in use; stop the process that has it open" in refused_file(tmp_path / "pbx.state")
    assert running.calls() == ["1773190799.2"]


def test_one_of_two_servers_gets_a_new_file(tmp_path: Path) -> None:
    """Of two servers that start at the same time, one answers; the other one says why it does not."""

    def start(_: int) -> ServerProcess | StartError:
        try:
            return ServerProcess("--state", "pbx.state", folder=tmp_path).start()
        except StartError as error:
            return error

    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(start, range(2)))
    (refused,) = [each for each in both if isinstance(each, StartError)]
    (running,) = [each for each in both if isinstance(each, ServerProcess)]
    assert refused.exit_code == 2
    assert "is in use" in refused.log
    assert running.stop() == 0


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
        (lambda path: path.write_text(json.dumps(SPEC)), "is no SQLite file; name another file"),
        (lambda path: path.mkdir(), "is no plain file"),
        (lambda path: None, "cannot be opened: No such file or directory"),
        (newer, "was written by a newer noojee-fake"),
        (broken, "is broken"),
    ],
    ids=["no-sqlite", "folder", "no-folder", "newer", "broken"],
)
def test_unusable_state_file_is_refused_in_one_line(
    make: Callable[[Path], object], says: str, refused_file: Callable[..., str], tmp_path: Path
) -> None:
    """Exit 2, with the name of the file and a hint. The file does not change."""
    path = tmp_path / "pbx.state"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    line = refused_file(path if path.exists() else path / "pbx.state")
    assert f"the state file {path}" in line
    assert says in line
    assert (path.read_bytes() if path.is_file() else None) == before


def test_server_that_cannot_start_makes_no_state_file(refused_file: Callable[..., str], tmp_path: Path) -> None:
    """Other errors are reported first."""
    path = tmp_path / "pbx.state"
    assert "archive file cannot be read" in refused_file(path, "--archive", str(tmp_path / "nowhere.json"))
    assert "is no address to listen on" in refused_file(path, "--host", "no.such.host.invalid")
    assert list(tmp_path.iterdir()) == []


def test_clock_is_part_of_the_state(run: Callable[..., Running]) -> None:
    """A call of a clock that was stepped into the future is still listed after a restart."""
    running = run("--archive", "archive.json")
    clock = {"now": "2031-01-01T00:00:00+00:00", "frozen": True}
    assert httpx.post(f"{running.control}/clock", json=clock, trust_env=False).status_code == 200
    running.end()
    running = run("--archive", "archive.json")
    assert httpx.get(f"{running.control}/clock", trust_env=False).json() == clock
    assert httpx.post(f"{running.control}/clock", json={"frozen": False}, trust_env=False).status_code == 200
    running.end()
    running = run()
    assert httpx.get(f"{running.control}/clock", trust_env=False).json()["now"].startswith("2031-01-01T00:")


def test_deleted_state_file_refuses_changes(run: Callable[..., Running], tmp_path: Path) -> None:
    """507 in the control API and on PBX paths; a live call goes on in memory."""
    running = run("--archive", "archive.json")
    steps = [{"do": "inbound", "did": "0390000000", "source": "0400000001", "as": "call", "tag": "INV-7"}]
    assert httpx.post(f"{running.control}/flow", json={"steps": steps}, trust_env=False).status_code == 200
    live = httpx.get(f"{running.control}/live", trust_env=False).json()
    (tmp_path / "pbx.state").unlink()
    answer = [{"do": "answer", "call": live["calls"][0]["unique_id"], "by": "410"}]
    refused = httpx.post(f"{running.control}/flow", json={"steps": answer}, trust_env=False)
    assert refused.status_code == 507
    assert "was deleted, replaced or truncated" in refused.text
    later = SPEC["calls"][0] | {"unique_id": "1773190800.3"}
    assert httpx.post(f"{running.control}/calls", json={"calls": [later]}, trust_env=False).status_code == 507
    assert httpx.get(f"{running.control}/live", trust_env=False).json() == live
    path = "/servicemanager/rest/CallManagementAPI/hangup"
    query = {"apiKey": "f863246a-973e-11e6-8784-08002718f5b5", "extenOrUniqueId": live["calls"][0]["unique_id"]}
    assert httpx.post(f"{running.process.base_url}{path}", params=query, trust_env=False).status_code == 507
    assert httpx.get(f"{running.control}/live", trust_env=False).json() == live
