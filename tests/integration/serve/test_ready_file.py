"""The ready file of each command that listens exists only while the command answers."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from noojee_contract.cli.ready_file import ReadyFile as ContractReadyFile
from noojee_fake.cli.ready_file import ReadyFile as FakeReadyFile
from support.commands import environment, wait_until
from support.recorded import exchange, exchange_file

SERVE = ("noojee_fake", "serve", "--quiet", "--port")
REPLAY = ("noojee_contract", "replay", "day.jsonl", "--port")
RECORD = ("noojee_contract", "record", "--upstream", "http://127.0.0.1:9", "--out", "new.jsonl", "--listen")
Start = Callable[..., subprocess.Popen[str]]


def read(folder: Path) -> str:
    """The content of the ready file; "" while there is none."""
    try:
        return (folder / "pbx.url").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a command on a port with the ready file `pbx.url`; by default it waits until the command answers."""
    started: list[subprocess.Popen[str]] = []
    exchange_file(tmp_path / "day.jsonl", [exchange("/one")])

    def start(command: tuple[str, ...], *flags: str, port: int = 0, waits: bool = True) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, str(port), "--ready-file", "pbx.url", *flags],
            cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        started.append(process)
        if waits:
            wait_until((tmp_path / "pbx.url").exists, process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("command", [SERVE, REPLAY, RECORD], ids=["serve", "replay", "record"])
def test_a_command_that_ends_removes_its_files(
    command: tuple[str, ...], number: signal.Signals, start: Start, tmp_path: Path
) -> None:
    """The ready file and the authority of its certificate; nothing else is left."""
    process = start(command, "--tls-self-signed")
    assert (tmp_path / "pbx.url.ca.pem").exists()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert [path.name for path in tmp_path.iterdir() if "pbx.url" in path.name] == []


@pytest.mark.parametrize("command", [SERVE, REPLAY, RECORD], ids=["serve", "replay", "record"])
def test_a_command_without_a_port_removes_stale_files(command: tuple[str, ...], start: Start, tmp_path: Path) -> None:
    """A script that waits sees that the command ended, and not the file of a run that was killed."""
    (tmp_path / "pbx.url").write_text("http://127.0.0.1:1\n")
    (tmp_path / "pbx.url.ca.pem").write_text("of an earlier run")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(command, port=taken.getsockname()[1], waits=False)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 2, said
    assert [path.name for path in tmp_path.iterdir() if "pbx.url" in path.name] == []


def test_the_file_of_a_killed_server_is_replaced(start: Start, tmp_path: Path) -> None:
    """The URL in the file is always that of a server that answers."""
    killed = start(SERVE)
    killed.kill()
    killed.wait()
    old = read(tmp_path)
    process = start(SERVE, waits=False)
    wait_until(lambda: read(tmp_path) not in ("", old), process)
    url = read(tmp_path).strip()
    assert httpx.get(f"{url}/__noojee/", trust_env=False).status_code == 200


@pytest.mark.parametrize("command", [SERVE, REPLAY], ids=["serve", "replay"])
def test_the_file_of_a_later_server_stays(command: tuple[str, ...], start: Start, tmp_path: Path) -> None:
    """An earlier server with the same ready file removes nothing when it ends."""
    earlier = start(command)
    old = read(tmp_path)
    later = start(command, waits=False)
    wait_until(lambda: read(tmp_path) not in ("", old), later)
    url = read(tmp_path)
    earlier.terminate()
    earlier.communicate(timeout=30)
    assert read(tmp_path) == url


@pytest.mark.parametrize("make", [FakeReadyFile, ContractReadyFile], ids=["fake", "contracts"])
def test_a_file_that_is_replaced_during_the_removal_stays(
    make: type[FakeReadyFile | ContractReadyFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another server writes its file between the look and the removal."""
    path = tmp_path / "pbx.url"
    ready = make(path)
    ready.write("http://127.0.0.1:1")
    rename = Path.rename

    def rename_the_file_of_another(source: Path, target: Path) -> Path:
        other = tmp_path / "other"
        other.write_text("http://127.0.0.1:2\n")
        other.replace(source)
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", rename_the_file_of_another)
    ready.remove()
    assert path.read_text() == "http://127.0.0.1:2\n"
    assert [each.name for each in tmp_path.iterdir()] == ["pbx.url"]
