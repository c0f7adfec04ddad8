"""Measures a whole read-only run on one answer with many legs: processor time and peak memory of the process.

    python benchmarks/long_answers.py [LEGS ...]

A tag lists all legs, 1,000 in each call. The suite may take at most five times as long for four times as many legs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from noojee_fake.testing.process import ServerProcess

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
LEGS_OF_A_CALL = 1000
FIRST = datetime(2026, 3, 11, 9, tzinfo=timezone(timedelta(hours=11)))
NAMES = ("--dialect", "njadmin", "--api-key-env", "PBX_KEY", "--recordings", "recordings.csv", "--negative-tests")


def archive(legs: int) -> str:
    """An archive file with so many legs under one tag."""
    calls = [_call(FIRST + timedelta(hours=number), number) for number in range(legs // LEGS_OF_A_CALL)]
    return json.dumps({"format": "noojee-archive/1", "now": "2026-11-24T00:00:00+00:00", "calls": calls})


def _call(start: datetime, number: int) -> dict[str, object]:
    legs = [
        {
            "start": (start + timedelta(seconds=2 * place)).isoformat(),
            "end": (start + timedelta(seconds=2 * place + 1)).isoformat(),
            "tag": "BIG-1",
            "destination": "410",
        }
        for place in range(LEGS_OF_A_CALL)
    ]
    unique_id = f"{int(start.timestamp())}.{number}"
    return {"unique_id": unique_id, "direction": "inbound", "source": "0400000001", "did": "0390000000", "legs": legs}


def measure(legs: int, folder: Path) -> tuple[float, float]:
    """Processor seconds and peak MiB of `noojee-contract verify`. Raises CalledProcessError if it does not pass."""
    (folder / "archive.json").write_text(archive(legs), encoding="utf-8")
    (folder / "recordings.csv").write_text("kind,value\ntag,BIG-1\n", encoding="utf-8")
    with ServerProcess("--archive", "./archive.json", folder=folder) as server:
        command = [sys.executable, "-m", "noojee_contract", "verify", "--base-url", server.base_url, *NAMES]
        process = subprocess.Popen(
            [*command, "--timeout", "60", "-n", "1"],
            cwd=folder, env={**os.environ, "PBX_KEY": KEY}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    """Print a line for each number of legs."""
    for legs in map(int, sys.argv[1:] or ("4000", "16000")):
        with tempfile.TemporaryDirectory() as folder:
            seconds, mebibytes = measure(legs, Path(folder))
        print(f"{legs:,} legs: {seconds:.1f} s of processor time, {mebibytes:.0f} MiB")


if __name__ == "__main__":
    main()
