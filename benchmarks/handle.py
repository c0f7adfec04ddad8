"""Measures the processor time of a request in the fake without a socket, for requests with a key and with hashes.

    python benchmarks/handle.py

It prints the time of `handle`, and the time from the bytes of a request to its written answer. The requests are those
of race.py: each draws one of 10,000 tags, or such a tag and one of 10,000 hashes. All were sent before. The best round
of ten counts.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from race import NOW, archive, starts_of_urls

from noojee_fake.adapters.responder import Shared
from noojee_fake.adapters.service import Service
from noojee_fake.adapters.wire import Connection
from noojee_fake.messages import Request
from noojee_fake.pbx.clock import EPOCH, Clock
from noojee_fake.server.sandboxes import Sandboxes, build

TAGS = 10_000
REQUESTS = 30_000
ROUNDS = 10
CONNECTIONS = 64
HOST = "127.0.0.1:8000"


class Transport:
    """A transport that takes bytes and sends nothing."""

    written = b""

    def get_extra_info(self, name: str) -> tuple[str, int] | None:
        """The address of a client on this machine."""
        return ("127.0.0.1", 50000) if name == "peername" else None

    def is_closing(self) -> bool:
        """Never."""
        return False

    def write(self, data: bytes) -> None:
        """Take an answer."""
        self.written = data


def best_micros(step: Callable[[Any], object], values: Sequence[object]) -> float:
    """The processor time of a step in microseconds, in the best round."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for value in values:
            step(value)
        rounds.append((time.process_time() - began) / len(values) * 1e6)
    return min(rounds)


def measure(sandboxes: Sandboxes, *, hashes: bool) -> tuple[float, float]:
    """The time of `handle`, and of a request from bytes to bytes, in microseconds."""
    draw = random.Random(1)
    starts = starts_of_urls(hashes=hashes)
    urls = [f"{draw.choice(starts)}&tag=T{draw.randrange(TAGS)}" for _ in range(REQUESTS)]
    requests = []
    for url in urls:
        path, _, query = url.partition("?")
        requests.append(Request("POST", path, query, (("host", HOST),), client="127.0.0.1"))
    assert sandboxes.handle(requests[0]).body.startswith(b"[{")
    handling = best_micros(sandboxes.handle, requests)
    shared = Shared(Service(sandboxes))
    connections = [Connection(shared, set(), secure=False) for _ in range(CONNECTIONS)]
    for connection in connections:
        connection.connection_made(Transport())  # type: ignore[arg-type]
    sent = [
        (connections[number % CONNECTIONS], f"POST {url} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        for number, url in enumerate(urls)
    ]
    return handling, best_micros(lambda pair: pair[0].data_received(pair[1]), sent)


async def main() -> int:
    """Print a row for each kind of credential."""
    now = (datetime.fromisoformat(NOW) - EPOCH).total_seconds()
    sandboxes = build(archive=archive(TAGS), clock=Clock(now=round(now * 1e6), frozen=True))
    print("| requests | `handle` | from bytes to bytes |\n|---|--:|--:|")
    for hashes in (False, True):
        handling, whole = measure(sandboxes, hashes=hashes)
        print(f"| {'hashes that vary' if hashes else 'one key'} | {handling:.1f} us | {whole:.1f} us |")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
