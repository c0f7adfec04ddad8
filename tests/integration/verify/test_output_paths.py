"""Report paths that are no regular file, or name a file which the run reads: exit 2, one line, nothing replaced."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from noojee_contract.cli.main import main
from noojee_contract.errors import TargetError
from noojee_contract.report import writing
from support.commands import environment

CONFIG = """\
[targets.pbx]
base_url = "http://127.0.0.1:9"
dialect = "njadmin"
api_key_env = "NO_SUCH_KEY"
recordings = "calls.csv"
"""
FLAGS = ("--html", "--json", "--junit", "--markdown", "--differences")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each command runs in a folder with a target file and odd paths."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "noojee-contract.toml").write_text(CONFIG)
    (tmp_path / "calls.csv").write_text("kind,value\ntag,1\n")
    (tmp_path / "kept.txt").write_text("kept")
    (tmp_path / "link").symlink_to("kept.txt")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    os.link(tmp_path / "calls.csv", tmp_path / "hard-link")
    return tmp_path


def modes(folder: Path) -> dict[str, int]:
    """The kind of each file of a folder."""
    return {path.name: stat.S_IFMT(path.lstat().st_mode) for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("flag", "path", "says"),
    [
        *((flag, "fifo", "device, pipe or socket") for flag in FLAGS),
        ("--html", "/dev/null", "device, pipe or socket"),
        ("--html", "/dev/full", "device, pipe or socket"),
        ("--html", "link", "symbolic link"),
        ("--html", "dangling", "symbolic link"),
        ("--html", "loop", "symbolic link"),
        ("--html", "loop/report", "symbolic links"),
        ("--html", "kept.txt/report", "Not a directory"),
        ("--html", "folder", "is a folder"),
        ("--html", "x" * 300, "File name too long"),
        ("--html", "noojee-contract.toml", "a file that this command reads"),
        ("--junit", "calls.csv", "a file that this command reads"),
        ("--html", "./folder/../calls.csv", "a file that this command reads"),
        ("--html", "hard-link", "a file that this command reads"),
    ],
)
def test_an_output_that_would_replace_something_is_refused(
    flag: str, path: str, says: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Renaming a report to a device replaces the device, if root does it."""
    before = modes(elsewhere)
    assert main(["verify", flag, path]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1, captured.err
    assert says in captured.err
    assert modes(elsewhere) == before
    assert (elsewhere / "noojee-contract.toml").read_text() == CONFIG
    assert (elsewhere / "kept.txt").read_text() == "kept"
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_two_flags_with_one_file_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The second report would replace the first."""
    assert main(["verify", "--html", "report", "--json", "./report"]) == 2
    assert "name the same file" in capsys.readouterr().err


def test_a_socket_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    """It belongs to a server."""
    path = tmp_path_factory.mktemp("s") / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        with pytest.raises(TargetError, match="device, pipe or socket"):
            writing.write(path, "report")


def test_a_path_that_became_a_link_during_the_run_is_not_replaced(tmp_path: Path) -> None:
    """The file is checked again when it is written, and no part of a report is left behind."""
    before = modes(tmp_path)
    with pytest.raises(TargetError, match="symbolic link"):
        writing.write(tmp_path / "link", "report")
    assert modes(tmp_path) == before


def test_a_kept_report_is_not_replaced_by_itself(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`report r --json r`."""
    assert main(["report", "kept.txt", "--json", "kept.txt"]) == 2
    assert "a file that this command reads" in capsys.readouterr().err
    assert (elsewhere / "kept.txt").read_text() == "kept"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_below_stdout_is_one_line() -> None:
    """A report that nobody gets is not a success."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "noojee_contract", "clauses"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
