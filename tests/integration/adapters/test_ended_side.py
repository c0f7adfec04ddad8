"""A client that ends its side of a connection (`nc -N`, `shutdown`) still gets the responses to what it has sent."""

from __future__ import annotations

import socket

import pytest

from noojee_fake.adapters import responder
from noojee_fake.adapters.service import Service
from noojee_fake.server.sandboxes import SAMPLE_KEY, Sandboxes, build
from support.serving import on_wire

HOST = b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
CONTROL = b"GET /__noojee/sandboxes" + HOST
PBX = b"GET /nothing" + HOST
SUBSCRIBE = "/servicemanager/rest/CallManagementAPI/subscribe"
POLL = f"POST {SUBSCRIBE}?apiKey={SAMPLE_KEY}&exten=999&lastSequenceNumber=1&timeOut=60".encode() + HOST


def ask(port: int, raw: bytes) -> bytes:
    """What comes for these bytes from a client that ends its side at once."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        received = bytearray()
        while part := connection.recv(65536):
            received += part
        return bytes(received)


@pytest.mark.parametrize(
    ("raw", "statuses"), [(PBX, [b"404"]), (CONTROL, [b"200"]), (CONTROL + PBX + CONTROL, [b"200", b"404", b"200"])]
)
def test_responses_come_after_the_client_ended_its_side(raw: bytes, statuses: list[bytes]) -> None:
    """The control API answers in a thread: the end of the client's side comes first."""
    with on_wire(Service(build())) as port:
        received = ask(port, raw)
    assert [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]] == statuses


def test_streamed_sound_comes_whole_after_the_client_ended_its_side() -> None:
    """A streamed response is longer than the buffers in between."""
    legs = [{"start": "2026-03-11T00:00:00Z", "end": "2026-03-11T00:20:00Z", "tag": "1", "destination": "410"}]
    calls = [{"unique_id": "1773190799.2", "direction": "internal", "source": "400", "legs": legs}]
    archive = {"format": "noojee-archive/1", "time_zone": "UTC", "now": "2026-03-12T00:00:00Z", "calls": calls}
    path = f"/njadmin/rest/RecordingAPI/retrieveByUniqueId?apiKey={SAMPLE_KEY}&uniqueId=1773190799.2"
    with on_wire(Service(build(archive=archive))) as port:
        received = ask(port, f"POST {path}".encode() + HOST)
    assert len(received.partition(b"\r\n\r\n")[2]) == 20 * 60 * 16000 + 44


def test_client_that_ends_its_side_leaves_a_long_poll() -> None:
    """Most clients close both sides at once; the poll must not wait for them."""
    with on_wire(Service(build())) as port:
        assert ask(port, POLL) == b""


def behind_a_poll(sandboxes: Sandboxes, request: bytes, *, times: int) -> int:
    """How many bytes of the memory budget the requests behind a long poll take."""
    before = sandboxes.budget.used_bytes
    with on_wire(Service(sandboxes)) as port, socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(POLL + request * times)
        with socket.create_connection(("127.0.0.1", port), 20) as other:
            other.sendall(CONTROL)  # after its response, the server has read the requests before
            other.recv(1)
        return sandboxes.budget.used_bytes - before


def test_requests_that_wait_count_in_the_memory_budget() -> None:
    """They are read, so that the server sees when the client leaves."""
    request = b"GET /" + b"x" * 10_000 + HOST
    assert behind_a_poll(build(), request, times=10) > 10 * 10_000


def test_waiting_requests_of_a_connection_are_limited() -> None:
    """A thousand heads of 64 KiB for each connection would fill the memory."""
    request = b"GET /" + b"x" * 60_000 + HOST
    assert behind_a_poll(build(), request, times=200) <= responder.MOST_PIPELINED_BYTES
