"""The figures of benchmarks/README.md, measured on this machine: ratios side by side in one run, rounds interleaved.

    python benchmarks/run.py [--rounds 5] [--quick] [--only NAME]

Needs the package installed; uses `wrk` as the load where it is there, else a small one of its own.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

CONSTANT = """
import asyncio, socket, sys
from pathlib import Path
from noojee_fake.cli.serve import asyncio_run
BODY = Path(sys.argv[1]).read_bytes()
HEADERS = [(b"Content-Type", b"application/json;charset=UTF-8"), (b"Content-Length", str(len(BODY)).encode())]
async def app(scope, receive, send):
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
listening.setblocking(False)
asyncio_run(app, listening, tls=None, ready=Path(sys.argv[2]), base_url=f"http://127.0.0.1:{listening.getsockname()[1]}")
"""
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
SEED = {
    "format": "noojee-archive/1",
    "now": "2026-11-24T00:00:00+00:00",
    "calls": [
        {"unique_id": "1773190799.2", "direction": "inbound", "source": "0491570156", "did": "7601", "legs": LEGS}
    ],
}


MARKS = {True: "met", False: "missed", None: ""}


@dataclass(frozen=True)
class Row:
    """One figure with its goal; `met` None: stated, without a goal."""

    what: str
    figure: str
    goal: str
    met: bool | None


@contextmanager
def process(words: list[str], ready: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, float]]:
    """A server: its process, its base URL, and the seconds from start to first answer."""
    ready.unlink(missing_ok=True)
    started = time.perf_counter()
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not ready.exists():
            if running.poll() is not None:
                raise RuntimeError(f"{words} ended with {running.returncode}")
            time.sleep(0.001)
        url = ready.read_text().strip()
        httpx.post(url + "/servicemanager/rest/Time", trust_env=False)
        yield running, url, time.perf_counter() - started
    finally:
        running.terminate()
        running.wait(10)


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """Resident memory of a process."""
    line = next(row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def load(url: str, path: str, seconds: int, connections: int) -> int:
    """How many requests a server answered in so many seconds, from so many connections that are kept."""
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
    """How soon the served fake answers, and what it holds when idle."""
    ready = folder / "ready"
    seconds, memory = [], []
    for _ in range(rounds):
        with process(
            [sys.executable, "-m", "noojee_fake", "serve", "--port", "0", "--ready-file", str(ready)], ready
        ) as (
            running,
            _,
            took,
        ):
            seconds.append(took)
            memory.append(memory_mib(running.pid))
    answer, idle = statistics.median(seconds), statistics.median(memory)
    return [
        Row("`noojee-fake serve`: start to first answer", f"{answer:.2f} s", "0.5 s or sooner", answer <= 0.5),
        Row("`noojee-fake serve`: resident memory, idle", f"{idle:.0f} MiB", "60 MiB or less", idle <= 60),
    ]


def served(folder: Path, rounds: int, quick: bool) -> list[Row]:
    """Metadata of four legs against a constant answer of the same size from the same server."""
    (folder / "archive.json").write_text(json.dumps(SEED))
    fake_ready, constant_ready = folder / "fake-ready", folder / "constant-ready"
    words = [
        sys.executable,
        "-m",
        "noojee_fake",
        "serve",
        "--port",
        "0",
        "--quiet",
        "--archive",
        str(folder / "archive.json"),
    ]
    with process([*words, "--ready-file", str(fake_ready)], fake_ready) as (fake, fake_url, _):
        body = httpx.post(fake_url + METADATA, trust_env=False).content
        (folder / "body").write_bytes(body)
        (folder / "constant.py").write_text(CONSTANT)
        constant_words = [sys.executable, str(folder / "constant.py"), str(folder / "body"), str(constant_ready)]
        with process(constant_words, constant_ready) as (constant, constant_url, _):
            assert httpx.post(constant_url + METADATA, trust_env=False).content == body
            rates: list[float] = []
            costs: list[float] = []
            for _ in range(rounds):
                measured = []
                for running, url in ((fake, fake_url), (constant, constant_url)):
                    load(url, METADATA, 1, 16)
                    before = cpu_seconds(running.pid)
                    count = load(url, METADATA, 1 if quick else 4, 16)
                    measured.append((count, (cpu_seconds(running.pid) - before) / count * 1e6))
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
    """httpx into the fake without a socket, against httpx over loopback to the same application."""
    from noojee_fake.adapters.httpx_transport import Transport
    from noojee_fake.server.sandboxes import build

    (folder / "archive.json").write_text(json.dumps(SEED))
    ready = folder / "loop-ready"
    words = [
        sys.executable,
        "-m",
        "noojee_fake",
        "serve",
        "--port",
        "0",
        "--quiet",
        "--archive",
        str(folder / "archive.json"),
    ]
    count = 200 if quick else 1000
    ratios = []

    def microseconds(client: httpx.Client, base: str) -> float:
        started = time.perf_counter()
        for _ in range(count):
            client.post(base + METADATA)
        return (time.perf_counter() - started) / count * 1e6

    inside = httpx.Client(transport=Transport(build(archive=SEED)))
    with process([*words, "--ready-file", str(ready)], ready) as (_, url, _), httpx.Client(trust_env=False) as over:
        assert inside.post("http://pbx" + METADATA).content == over.post(url + METADATA).content
        for _ in range(rounds):
            ratios.append(microseconds(inside, "http://pbx") / microseconds(over, url))
    ratio = statistics.median(ratios)
    return [
        Row("in process, time a request against httpx over loopback", f"{ratio:.2f}", "0.35 or less", ratio <= 0.35)
    ]


def verify(folder: Path, rounds: int, quick: bool) -> list[Row]:
    """The main job, as its users call it."""
    rows = []
    for words, goal in (([], 20.0), (["--smoke"], 3.0)):
        seconds = []
        for number in range(1 if quick else 3):
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "noojee_contract", "verify", "--archive", str(number), *words],
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
    """The archive, in memory and on disk; by itself: store.py."""
    import store as of_its_own

    return of_its_own.measured(folder, rounds=min(rounds, 3), legs=100_000 if quick else 1_000_000)


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
    """Measure, and print a table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="shorter rounds: to see that it runs")
    parser.add_argument("--only", choices=BENCHMARKS, action="append")
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        for only in options.only or BENCHMARKS:
            rows += BENCHMARKS[only](Path(name), options.rounds, options.quick)
    show(rows)
    print(
        f"\nPython {sys.version.split()[0]}, {os.cpu_count()} cores, load by {'wrk' if shutil.which('wrk') else 'its own'}"
    )
    return 1 if any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
