"""How long a probe waits while the served fake does something large. The goal: 250 ms at most.

    python benchmarks/stall.py [--short]

A probe asks for the metadata of a tag and for the events of an extension every 100 ms. Meanwhile another client reads a
journal of 1,000 large entries, gets 16 MB of sound as MPEG audio, and posts a million legs. Exit 1: a request of the
probe waited longer.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy
import soundfile

from noojee_fake.testing.process import ServerProcess

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
API = "/njadmin/rest/RecordingAPI"
PROBES = (
    f"{API}/retrieveMetaData?apiKey={KEY}&tag=probe",
    f"/servicemanager/rest/CallManagementAPI/subscribe?apiKey={KEY}&exten=410&lastSequenceNumber=0&timeOut=0",
)
"""The first needs the archive, the second the live calls."""
DEFAULT = "/__noojee/sandboxes/default"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
EVERY_SECONDS = 0.1
GOAL_SECONDS = 0.25
LEGS_A_CALL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How large each part is."""

    entries: int
    sound_seconds: int
    legs: int


FULL = Extent(entries=1000, sound_seconds=1000, legs=1_000_000)
SHORT = Extent(entries=100, sound_seconds=60, legs=20_000)


class Client:
    """One connection to the server."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def ask(self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
        """The body of a good answer."""
        self._connection.request(method, target, body, headers or {})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {target.partition('?')[0]}: {answer.status} {content[:300]!r}")
        return content


@contextmanager
def probed(port: int) -> Iterator[list[float]]:
    """Ask every 100 ms in a thread. The list gets the seconds of each wait."""
    waits: list[float] = []
    ended = threading.Event()

    def probe() -> None:
        client = Client(port)
        while not ended.is_set():
            woken = time.perf_counter()
            for target in PROBES:
                began = time.perf_counter()
                client.ask("POST", target)
                waits.append(time.perf_counter() - began)
            ended.wait(max(0.0, woken + EVERY_SECONDS - time.perf_counter()))

    thread = threading.Thread(target=probe)
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join(600)


def call(number: int, tag: str = "") -> dict[str, object]:
    """A call of five legs."""
    times = [
        (f"2026-03-11T12:0{minute}:00+11:00", f"2026-03-11T12:0{minute}:50+11:00") for minute in range(LEGS_A_CALL)
    ]
    legs = [{"start": start, "end": end, "tag": tag or f"T{number}", "destination": "410"} for start, end in times]
    return {
        "unique_id": f"{1_700_000_000 + number}.1",
        "direction": "inbound",
        "source": "0491570156",
        "did": "7601",
        "legs": legs,
    }


def noise(seconds: int) -> bytes:
    """A WAV file of noise, which is slow to encode."""
    written = io.BytesIO()
    samples = numpy.random.default_rng(1).normal(0, 0.2, seconds * 8000)
    soundfile.write(written, samples, 8000, format="WAV", subtype="PCM_16")
    return written.getvalue()


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="stall.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="small parts, to see that the command works")
    extent = SHORT if parser.parse_args().short else FULL
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "profile.toml").write_text('audio_aged_form = "mpeg"')
        with ServerProcess("--quiet", "--profile", "profile.toml", "--memory-budget", "4G", folder=folder) as server:
            worst = _measure(int(server.base_url.rpartition(":")[2]), extent)
    return 0 if worst <= GOAL_SECONDS else 1


def _measure(port: int, extent: Extent) -> float:
    """Measure all parts, and print a row for each. Returns the longest wait of a probe."""
    client = Client(port)
    client.ask("POST", f"{DEFAULT}/calls", json.dumps({"calls": [call(0, "probe")]}).encode(), JSON)
    query = "unique_id=1700000000.1&leg=1"
    client.ask("PUT", f"{DEFAULT}/sound?{query}", noise(extent.sound_seconds), {"Content-Type": "audio/x-wav"})
    for number in range(extent.entries):
        client.ask("POST", f"{API}/retrieveMetaData?apiKey={KEY}&tag={number}", b"x=%41&" * 2700, FORM)
    legs = json.dumps({"calls": [call(number) for number in range(1, extent.legs // LEGS_A_CALL + 1)]}).encode()
    parts: dict[str, Callable[[], bytes]] = {
        f"a journal of {extent.entries:,} large entries is read": lambda: client.ask(
            "GET", f"{DEFAULT}/journal?limit={extent.entries}"
        ),
        f"{extent.sound_seconds * 16_000 / 1e6:g} MB of sound become MPEG audio": lambda: client.ask(
            "POST", f"{API}/retrieveByUniqueId?apiKey={KEY}&uniqueId=1700000000.1"
        ),
        f"{extent.legs:,} legs are posted ({len(legs) / 1e6:.0f} MB)": lambda: client.ask(
            "POST", f"{DEFAULT}/calls", legs, JSON
        ),
    }
    print("| while | takes | probes | longest wait | 99th percentile |\n|---|--:|--:|--:|--:|")
    worst = 0.0
    for name, part in parts.items():
        with probed(port) as waits:
            began = time.perf_counter()
            part()
            took = time.perf_counter() - began
        late = sorted(waits)
        worst = max(worst, late[-1])
        print(
            f"| {name} | {took:.1f} s | {len(late)} | {late[-1] * 1000:.0f} ms |"
            f" {late[int(len(late) * 0.99)] * 1000:.0f} ms |",
            flush=True,
        )
    return worst


if __name__ == "__main__":
    sys.exit(main())
