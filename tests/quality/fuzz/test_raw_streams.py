"""Streams of bytes at random, and of requests that are nearly right.

No status from 500 on, no trace, and the server lives on. `tox -e fuzz` sends many more of them.
"""

from __future__ import annotations

from quality.fuzz.served import Served, request
from quality.fuzz.survival import survived


def test_a_server_survives_any_stream(server: Served) -> None:
    """Each stream is followed by a good request of another client. The streams are not noise: many are understood."""
    ends = survived(server, examples=150)
    assert ends["understood"] >= 10
    assert ends["refused"] >= 10


def test_a_stream_of_every_byte_is_survived(server: Served) -> None:
    """As the first byte, and all of them after a whole request."""
    for byte in set(range(256)) - set(b"\r\n"):
        assert server.ask(bytes([byte]) * 100 + b"\r\n\r\n").closed
    assert server.ask(request("GET", "/") + bytes(range(256))).statuses == (404, 400)
    server.lives()
