"""Sends streams of bytes to a served fake and checks each answer."""

from __future__ import annotations

import select
from collections import Counter
from contextlib import suppress

from hypothesis import HealthCheck, given, seed, settings

from quality.fuzz.served import Heard, Served, heard_of
from quality.fuzz.streams import streams

QUIET_SECONDS = 0.02
"""So long after its last byte a server that waits for more of a request is left alone."""


def survived(server: Served, *, examples: int, start: int | None = None) -> Counter[str]:
    """Send so many streams, each followed by a good request of another client; how many ended in which way.

    A stream that breaks the server raises, shrunk. `start` is the random seed of the choice of streams; None: as
    Hypothesis does.
    """
    ends: Counter[str] = Counter()

    @given(streams())
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    def survives(segments: list[bytes]) -> None:
        heard = _sent(server, segments)
        server.lives()
        if any(status != 400 for status in heard.statuses):
            ends["understood"] += 1
        else:
            ends["refused" if heard.closed else "waited for"] += 1

    (survives if start is None else seed(start)(survives))()
    return ends


def _sent(server: Served, segments: list[bytes]) -> Heard:
    """Send a stream, and hear what comes of it within a moment."""
    with server.connection() as connection:
        with suppress(OSError):  # it was refused before its end
            for segment in segments:
                connection.sendall(segment)
        received, closed = b"", False
        while not closed and select.select([connection], [], [], QUIET_SECONDS)[0]:
            try:
                part = connection.recv(262_144)
            except ConnectionError:
                part = b""
            received, closed = received + part, not part
    return heard_of(received, closed)
