"""A server shows the key in every place of an answer and in every coding; no output of a run has it, or a part."""

from __future__ import annotations

import itertools
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.commands import environment
from support.leaks.codings import CODINGS, secret_of
from support.leaks.places import PLACES, TIME, answer
from support.leaks.scanner import Scanner

Contract = Callable[..., Any]
GOOD_ANSWERS = 3  # the first contact must go on
REPORTS = ("--junit", "r.xml", "--json", "r.jsonl", "--markdown", "r.md", "--html", "r.html")
AUDIO = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"


class HostileServer:
    """Answers each request with the secret in the next place and the next coding. `shown` are the places so far."""

    def __init__(self, raw_server: Callable[..., Any], secret: str) -> None:
        self._secret = secret
        self._lock = threading.Lock()
        self._places = itertools.cycle(PLACES)
        self._codings = itertools.cycle(CODINGS.values())
        self._good = iter(range(GOOD_ANSWERS))
        self.shown: set[str] = set()
        self.url = raw_server(self._answer).url

    def _answer(self, request: bytes, connection: socket.socket) -> None:
        with self._lock:
            if b"Time?" in request or b"/Time" in request.split(b"\r\n", 1)[0]:
                made = answer(TIME, content_type="text/plain")
            elif next(self._good, None) is not None:
                made = answer()
            else:
                place, coding = next(self._places), next(self._codings)
                self.shown.add(place)
                made = PLACES[place](coding(self._secret))
        connection.sendall(made)


def controls(text: str) -> set[str]:
    """The characters of a text that a terminal would obey."""
    return {sign for sign in text if not sign.isprintable() and sign not in "\n\t"}


@pytest.mark.parametrize(("number", "dialect"), list(enumerate(["njadmin", "recording-api", "call-management"])))
def test_no_output_of_verify_shows_the_key(
    number: int, dialect: str, raw_server: Callable[..., Any], tmp_path: Path, contract: Contract
) -> None:
    """All reports and both streams; and no control character reaches the terminal."""
    secret = secret_of(100 + number)
    server = HostileServer(raw_server, secret)
    (tmp_path / "recordings.csv").write_text("kind,value\ntag,1234\nunique_id,1.2\nhour,2021/09/14 15\n")
    ran = contract(
        "verify", "--base-url", server.url, "--dialect", dialect, "--api-key-env", "PBX_KEY",
        "--recordings", "recordings.csv", "--negative-tests", "--audio", AUDIO, *REPORTS, timeout=300, PBX_KEY=secret,
    )  # fmt: skip
    assert ran.code == 1, ran.out + ran.err
    assert server.shown == set(PLACES)
    outputs = {"stdout": ran.out, "stderr": ran.err} | {
        path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("r.*")
    }
    assert len(outputs) == 6
    assert not controls(ran.out + ran.err)
    scanner = Scanner([secret])
    leaks = {name: [str(leak) for leak in scanner.leaks(text)] for name, text in outputs.items()}
    assert not any(leaks.values()), leaks


def test_no_output_of_plain_pytest_shows_the_key(raw_server: Callable[..., Any], tmp_path: Path) -> None:
    """With all its details: local variables, logs of all libraries, reasons of skips, its own JUnit file."""
    secret = secret_of(110)
    server = HostileServer(raw_server, secret)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "recordings.csv").write_text("kind,value\ntag,1234\nunique_id,1.2\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", "noojee_contract.suite", "-p", "no:randomly",
         "-p", "no:cacheprovider", "-v", "-rA", "-l", "--log-level=DEBUG", "-o", "log_cli=true", "--junitxml=p.xml",
         "--noojee-base-url", server.url, "--noojee-dialect", "njadmin", "--noojee-api-key-env", "PBX_KEY",
         "--noojee-recordings", "recordings.csv", "--noojee-negative-tests", "--noojee-audio", AUDIO,
         "--noojee-only", "transport.*", "--noojee-only", "authentication.*"],
        cwd=tmp_path, env=environment(PBX_KEY=secret), capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    scanner = Scanner([secret])
    for output in (done.stdout, done.stderr, (tmp_path / "p.xml").read_bytes()):
        assert not scanner.leaks(output), [str(leak) for leak in scanner.leaks(output)]
        assert not controls(output.decode())
