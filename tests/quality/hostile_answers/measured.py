"""Runs `noojee-contract verify` on a hostile answer in a process of its own, and measures it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from support.hostile_answers import Hostile, HostileServer

LARGEST_BYTES = 300 * 1024 * 1024
TIMEOUT_SECONDS = 1.0
RUN = """
import atexit, pathlib, re, sys
from noojee_contract.cli.main import main

def write_peak():
    status = pathlib.Path("/proc/self/status").read_text()
    pathlib.Path("peak").write_text(re.search(r"VmHWM:\\s*([0-9]+)", status)[1])

atexit.register(write_peak)
sys.exit(main(sys.argv[1:]))
"""
"""Runs the command, and writes its peak memory in KiB. `getrusage` would count the parent's memory too."""
KEY = "k3y-of-hostile-7f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How a run ended, how long it took, the most memory of its process, and the line that names the cause."""

    code: int
    seconds: float
    peak_bytes: int
    output: str

    @property
    def has_traceback(self) -> bool:
        """Whether the run ended with, or reported, an error of noojee-contract."""
        return "Traceback" in self.output or self.code not in (0, 1, 3, 4)

    @property
    def says(self) -> str:
        """The first line of the output that names the answer, for a table."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        named = [line for line in lines if any(word in line for word in ("answer", "expected", "body", "reached"))]
        return (named or lines or [""])[0][:160].replace("|", "/")


def measure(hostile: Hostile, folder: Path, *words: str) -> Measured:
    """Verify a server that gives this answer to every request. `words` are more words of the command."""
    (folder / "recordings.csv").write_text("kind,value\nunique_id,1392271611.238\ntag,1234\n", encoding="utf-8")
    with HostileServer(hostile) as server, (folder / "output").open("wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            [
                sys.executable, "-c", RUN, "verify", "--base-url", server.url, "--dialect", "njadmin",
                "--api-key-env", "HOSTILE_KEY", "--recordings", "recordings.csv", "--timeout", str(TIMEOUT_SECONDS),
                *(words or ("--only", "metadata.by-tag-answered")),
            ],
            cwd=folder,
            env={**os.environ, "HOSTILE_KEY": KEY, "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        code = process.wait()
        seconds = time.monotonic() - started
    return Measured(
        code=code,
        seconds=seconds,
        peak_bytes=int((folder / "peak").read_text()) * 1024,
        output=(folder / "output").read_text(encoding="utf-8", errors="replace"),
    )
