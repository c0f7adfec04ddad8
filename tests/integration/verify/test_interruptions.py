"""Ctrl-C and SIGTERM end a run in order: its reports are kept, its servers end, its temporary folders go."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.commands import environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
LONGEST_SECONDS = 90.0
SERVER = '["{python}", "-m", "noojee_fake", "serve", "--port", "0", "--quiet", "--ready-file", "{ready_file}"]'
CONFIG = f"""\
[targets.pbx]
command = {SERVER}
dialect = "njadmin"
writable = true
requests_per_second = 20
"""


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A run of a server that it starts, slow enough to be interrupted."""
    (folder / "t.toml").write_text(CONFIG)
    (folder / "tmp").mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "noojee_contract", "verify", "--config", "t.toml", *words],
        cwd=folder,
        env=environment(TMPDIR=str(folder / "tmp")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_a_result(run: subprocess.Popen[str]) -> None:
    """Wait until the run says that it has checked something."""
    assert run.stderr is not None
    for line in run.stderr:
        if re.match(r"checked \d+ of", line):
            return
    raise AssertionError("the run ended before its first result")


def running_in(folder: Path) -> list[str]:
    """The processes that name a folder in their command."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if os.fsencode(folder / "tmp") in command:
            found.append(command.decode(errors="replace"))
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
@pytest.mark.parametrize(("number", "workers"), [(signal.SIGINT, "1"), (signal.SIGTERM, "2"), (signal.SIGHUP, "2")])
def test_an_interrupted_run_keeps_its_reports(number: signal.Signals, workers: str, tmp_path: Path) -> None:
    """It says how far it came, ends with 3, and leaves no process and no folder."""
    run = started(tmp_path, "-n", workers, "--json", "r.jsonl", "--junit", "r.xml")
    wait_for_a_result(run)
    run.send_signal(number)
    out, err = run.communicate(timeout=LONGEST_SECONDS)
    assert run.returncode == 3, err
    assert "Traceback" not in out + err
    first = out.splitlines()[0]
    came = re.search(r"interrupted at (\d+) of (\d+)", first)
    assert came is not None, first
    footer = json.loads((tmp_path / "r.jsonl").read_text().splitlines()[-1])
    assert (footer["complete"], footer["results"]) == (False, int(came[1]))
    assert 0 < int(came[1]) < int(came[2])
    assert footer["requests"] > 0
    assert (tmp_path / "r.xml").exists()
    assert list((tmp_path / "tmp").iterdir()) == []
    assert running_in(tmp_path) == []


def test_an_interruption_before_the_first_result_is_one_line(tmp_path: Path) -> None:
    """JUnit says it too, because CI reads an old file as a success."""
    run = started(tmp_path, "-n", "1", "--junit", "r.xml")
    until = time.monotonic() + LONGEST_SECONDS
    while not list((tmp_path / "tmp").iterdir()):
        assert time.monotonic() < until
        time.sleep(0.01)
    run.send_signal(signal.SIGTERM)
    out, err = run.communicate(timeout=LONGEST_SECONDS)
    assert (run.returncode, out) == (3, ""), err
    assert err.splitlines()[-1] == "noojee-contract: the suite did not run: it was interrupted before the first result"
    assert "interrupted" in (tmp_path / "r.xml").read_text()
    assert list((tmp_path / "tmp").iterdir()) == []
