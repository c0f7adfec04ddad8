"""Measures the figures of benchmarks/README.md on this machine: ratios within one run, with alternating rounds.

    python benchmarks/run.py [--rounds 5] [--quick] [--only NAME]

Needs the installed package. Uses `wrk` to send requests if it is installed, else a small client of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from noojee_fake.testing.process import ServerProcess

CONSTANT = Path(__file__).with_name("constant.py")
SAMPLE_KEY = "f863246a-973e-11e6-8784-08002718f5b5"
METADATA = f"/njadmin/rest/RecordingAPI/retrieveMetaDataByUniqueId?apiKey={SAMPLE_KEY}&uniqueId=1773190799.2"
LEGS = [
    {
        "start": f"2026-03-11T12:0{minute}:00+11:00",
        "end": f"2026-03-11T12:0{minute}:50+11:00",
        "tag": "INV-1042",
        "username": "Fred",
        "destination": "410",
    }
    for minute in range(4)
]
ARCHIVE = {
    "format": "noojee-archive/1",
    "now": "2026-11-24T00:00:00+00:00",
    "calls": [
        {"unique_id": "1773190799.2", "direction": "inbound", "source": "0491570156", "did": "7601", "legs": LEGS}
    ],
}


MARKS = {True: "met", False: "missed", None: ""}


@dataclass(frozen=True)
class Row:
    """One figure with its goal. `met` is None for a figure without a goal."""

    what: str
    figure: str
    goal: str
    met: bool | None


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """Resident memory of a process."""
    line = next(row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def load(url: str, path: str, seconds: int, connections: int) -> int:
    """How many requests a server answers in a number of seconds, over a number of kept connections."""
    if shutil.which("wrk"):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write('wrk.method = "POST"\n')
            script.flush()
            done = subprocess.run(
                ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, url + path],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
        return int(next(line for line in done.stdout.splitlines() if " requests in " in line).split()[0])
    return asyncio.run(_own_load(url, path, seconds, connections))


async def _own_load(url: str, path: str, seconds: float, connections: int) -> int:
    address = urlsplit(url)
    request = f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 0\r\n\r\n".encode()
    until = time.perf_counter() + seconds
    answered = 0

    async def one() -> None:
        nonlocal answered
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        while time.perf_counter() < until:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            answered += 1
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return answered


def start_and_memory(folder: Path, rounds: int, quick: bool) -> list[Row]:
    """The time from start to first answer, and the resident memory of an idle server."""
    seconds, memory = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        with ServerProcess() as server:
            httpx.post(f"{server.base_url}/servicemanager/rest/Time", trust_env=False)
            seconds.append(time.perf_counter() - started)
            memory.append(memory_mib(server.pid))
    answer, idle = statistics.median(seconds), statistics.median(memory)
    return [
        Row("`noojee-fake serve`: start to first answer", f"{answer:.2f} s", "0.5 s or sooner", answer <= 0.5),
        Row("`noojee-fake serve`: resident memory, idle", f"{idle:.0f} MiB", "60 MiB or less", idle <= 60),
    ]


def served(folder: Path, rounds: int, quick: bool) -> list[Row]:
    """Metadata of four legs against a constant answer of the same size.

    A small protocol on httptools and uvloop gives the constant answer.
    """
    archive = folder / "archive.json"
    archive.write_text(json.dumps(ARCHIVE))
    with ServerProcess("--quiet", "--archive", str(archive)) as fake:
        body = httpx.post(fake.base_url + METADATA, trust_env=False).content
        (folder / "answers.json").write_text(json.dumps({METADATA.rpartition("=")[2]: body.decode()}))
        command = (sys.executable, str(CONSTANT), str(folder / "answers.json"))
        with ServerProcess(command=command) as constant:
            assert httpx.post(constant.base_url + METADATA, trust_env=False).content == body
            rates: list[float] = []
            costs: list[float] = []
            for _ in range(rounds):
                measured = []
                for server in (fake, constant):
                    load(server.base_url, METADATA, 1, 16)
                    before = cpu_seconds(server.pid)
                    count = load(server.base_url, METADATA, 1 if quick else 4, 16)
                    measured.append((count, (cpu_seconds(server.pid) - before) / count * 1e6))
                rates.append(measured[0][0] / measured[1][0])
                costs.append(measured[0][1])
    rate = statistics.median(rates)
    cost = statistics.median(costs)
    return [
        Row(
            f"served metadata ({len(body)} bytes), requests a second against a constant answer",
            f"{rate:.2f} ({cost:.0f} us of processor a request)", "0.5 or more", rate >= 0.5,
        )
    ]  # fmt: skip


def in_process(folder: Path, rounds: int, quick: bool) -> list[Row]:
    """httpx with the in-process transport, against httpx over loopback to the same application."""
    from noojee_fake.adapters.httpx_transport import Transport
    from noojee_fake.server.sandboxes import build

    archive = folder / "archive.json"
    archive.write_text(json.dumps(ARCHIVE))
    count = 200 if quick else 1000
    ratios = []

    def microseconds(client: httpx.Client, base: str) -> float:
        started = time.perf_counter()
        for _ in range(count):
            client.post(base + METADATA)
        return (time.perf_counter() - started) / count * 1e6

    inside = httpx.Client(transport=Transport(build(archive=ARCHIVE)))
    with ServerProcess("--quiet", "--archive", str(archive)) as server, httpx.Client(trust_env=False) as over:
        url = server.base_url
        assert inside.post("http://pbx" + METADATA).content == over.post(url + METADATA).content
        for _ in range(rounds):
            ratios.append(microseconds(inside, "http://pbx") / microseconds(over, url))
    ratio = statistics.median(ratios)
    return [
        Row("in process, time a request against httpx over loopback", f"{ratio:.2f}", "0.35 or less", ratio <= 0.35)
    ]


def verify(folder: Path, rounds: int, quick: bool) -> list[Row]:
    """`noojee-contract verify`, as its users run it."""
    rows = []
    for words, goal in (([], 20.0), (["--smoke"], 3.0)):
        seconds = []
        for number in range(1 if quick else 3):
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "noojee_contract", "verify", "--random-seed", str(number), *words],
                cwd=folder, capture_output=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout.decode()[-2000:]
            seconds.append(time.perf_counter() - started)
        took = statistics.median(seconds)
        rows.append(
            Row(
                f"`{' '.join(['noojee-contract verify', *words])}`",
                f"{took:.1f} s",
                f"{goal:.0f} s or less",
                took <= goal,
            )
        )
    return rows


def store(folder: Path, rounds: int, quick: bool) -> list[Row]:
    """The archive in memory and on disk, measured by store.py."""
    import store as archive_store

    return archive_store.measured(folder, rounds=min(rounds, 3), legs=100_000 if quick else 1_000_000)


BENCHMARKS: dict[str, Callable[[Path, int, bool], list[Row]]] = {
    "start": start_and_memory,
    "served": served,
    "in-process": in_process,
    "verify": verify,
    "store": store,
}


def show(rows: list[Row]) -> None:
    """The figures as a table in Markdown."""
    print("| what | figure | goal | |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.figure} | {row.goal} | {MARKS[row.met]} |")


def main() -> int:
    """Measure and print a table. Returns 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="shorter rounds, to check that the benchmarks run")
    parser.add_argument("--only", choices=BENCHMARKS, action="append")
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        for only in options.only or BENCHMARKS:
            rows += BENCHMARKS[only](Path(name), options.rounds, options.quick)
    show(rows)
    print(
        f"\nPython {sys.version.split()[0]}, {os.cpu_count()} cores,"
        f" load by {'wrk' if shutil.which('wrk') else 'the built-in client'}"
    )
    return 1 if any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
