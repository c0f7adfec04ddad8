"""The wire server answers the requests of one connection in their order, and leaves no client without an end."""

from __future__ import annotations

import re
import socket
from typing import Any

import pytest

from noojee_fake.adapters import service
from noojee_fake.adapters.service import Service
from noojee_fake.messages import Response, Streamed
from noojee_fake.server.sandboxes import SAMPLE_KEY, Sandboxes, build
from support.serving import on_wire

HOST = b"Host: localhost\r\n"
SLOW = b"GET /__noojee/ HTTP/1.1\r\n" + HOST + b"\r\n"
"""A request of the control API, which a thread answers."""


def ask(sandboxes: Sandboxes, raw: bytes) -> bytes:
    """All bytes that come for these bytes until the server closes the connection."""
    with on_wire(Service(sandboxes)) as port, socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(raw)
        received = bytearray()
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            pass
        return bytes(received)


def statuses(received: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d{3}) ", received)


def test_malformed_request_leaves_the_earlier_response() -> None:
    """A slow request is answered, then the malformed request after it."""
    assert statuses(ask(build(), SLOW + b"GET / x HTTP/1.1\r\n\r\n")) == [b"200", b"400"]


def test_request_after_the_last_one_is_not_carried_out() -> None:
    """`Connection: close` ends the requests of a connection. Source: RFC 9112, section 9.6."""
    sandboxes = build()
    last = b"GET /first HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n"
    assert statuses(ask(sandboxes, last + b"GET /second HTTP/1.1\r\n" + HOST + b"\r\n")) == [b"404"]
    assert [entry.request.path for entry in sandboxes.default.journal.entries()] == ["/first"]


def test_refusal_of_a_long_body_waits_for_the_earlier_response(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client would take the refusal for the response to its earlier request."""
    monkeypatch.setattr(service, "LARGEST_BODY_BYTES", 10)
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST + b"\r\n"
    assert statuses(ask(build(), SLOW + head + b"20\r\n" + b"x" * 32 + b"\r\n")) == [b"200", b"413"]


def test_sound_under_an_encoded_path_is_streamed() -> None:
    """A percent-encoded path names the same method."""
    leg = {"start": "2026-03-11T00:00:00Z", "end": "2026-03-11T00:05:00Z", "destination": "410"}
    call = {"unique_id": "1773190799.2", "direction": "internal", "source": "400", "legs": [leg]}
    sandboxes = build(archive={"format": "noojee-archive/1", "now": "2026-03-12T00:00:00Z", "calls": [call]})
    target = f"/njadmin/rest/RecordingAPI/retrieve%42yUniqueId?apiKey={SAMPLE_KEY}&uniqueId=1773190799.2"
    received = ask(sandboxes, f"POST {target} HTTP/1.1\r\nConnection: close\r\n".encode() + HOST + b"\r\n")
    head, _, body = received.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}" in head.decode().lower()
    assert len(body) > 300 * 16000


def _broken() -> Any:
    yield b"x"
    raise ValueError("a broken piece")


@pytest.mark.parametrize("path", ["/", "/__noojee/"])
@pytest.mark.parametrize(
    "response",
    [Response(200, (("X-Name", "two\nlines"),)), Streamed(200, (("Content-Length", "9"),), pieces=_broken, length=9)],
    ids=["header", "stream"],
)
def test_bug_of_the_adapter_ends_the_connection(monkeypatch: pytest.MonkeyPatch, path: str, response: Response) -> None:
    """It is kept as a bug of the fake, and is not reported as a malformed request."""
    sandboxes = build()
    monkeypatch.setattr(sandboxes, "handle", lambda _: response)
    received = ask(sandboxes, f"GET {path} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
    assert b"400" not in received
    assert [bug.name for bug in sandboxes.own_bugs] == ["ValueError"]
