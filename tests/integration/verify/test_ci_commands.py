"""A server puts commands to CI servers in every place of an answer; no output has a line that CI would run."""

from __future__ import annotations

import itertools
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.ci_commands import HOSTILE, commands
from support.commands import environment
from support.leaks.places import PLACES, TIME, answer

GOOD_ANSWERS = 3  # the first contact must go on
REPORTS = ("--junit", "r.xml", "--markdown", "r.md")


class CommandingServer:
    """Answers each request with the next command in the next place. `shown` are the places so far."""

    def __init__(self, raw_server: Callable[..., Any]) -> None:
        self._lock = threading.Lock()
        self._commands = itertools.cycle((*HOSTILE, *(f"x\n{text}\nx" for text in HOSTILE)))
        self._places = itertools.cycle(PLACES)
        self._good = iter(range(GOOD_ANSWERS))
        self.shown: set[str] = set()
        self.url = raw_server(self._answer).url

    def _answer(self, request: bytes, connection: socket.socket) -> None:
        with self._lock:
            if b"Time" in request.split(b"\r\n", 1)[0]:
                made = answer(TIME, content_type="text/plain")
            elif next(self._good, None) is not None:
                made = answer()
            else:
                place = next(self._places)
                self.shown.add(place)
                made = PLACES[place](next(self._commands))
        connection.sendall(made)


def test_no_output_of_verify_is_a_command(
    raw_server: Callable[..., Any], tmp_path: Path, contract: Callable[..., Any]
) -> None:
    """Both streams, and the files that a step of CI may print."""
    server = CommandingServer(raw_server)
    (tmp_path / "recordings.csv").write_text("kind,value\ntag,1234\nunique_id,1.2\n")
    ran = contract(
        "verify", "--base-url", server.url, "--dialect", "njadmin", "--api-key-env", "PBX_KEY",
        "--recordings", "recordings.csv", "--negative-tests", *REPORTS, timeout=300, PBX_KEY="a-key-of-the-pbx",
    )  # fmt: skip
    assert ran.code == 1, ran.out + ran.err
    assert server.shown == set(PLACES)
    outputs = [ran.out, ran.err, *(path.read_text(encoding="utf-8") for path in tmp_path.glob("r.*"))]
    assert len(outputs) == 4
    assert "planted" in ran.out
    for output in outputs:
        assert commands(output) == []


def test_no_output_of_pytest_is_a_command(raw_server: Callable[..., Any], tmp_path: Path) -> None:
    """With the reasons of all outcomes."""
    server = CommandingServer(raw_server)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "recordings.csv").write_text("kind,value\ntag,1234\nunique_id,1.2\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", "noojee_contract.suite", "-p", "no:randomly",
         "-p", "no:cacheprovider", "-rA", "--noojee-base-url", server.url, "--noojee-dialect", "njadmin",
         "--noojee-api-key-env", "PBX_KEY", "--noojee-recordings", "recordings.csv", "--noojee-negative-tests"],
        cwd=tmp_path, env=environment(PBX_KEY="a-key-of-the-pbx"), capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "planted" in done.stdout
    assert commands(done.stdout) == []
    assert commands(done.stderr) == []
