"""A request that was read before is not parsed again, and is answered as if it were."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from noojee_fake.adapters import request_reader
from noojee_fake.adapters.request_reader import Body, KnownRequests, RequestReader
from noojee_fake.messages import Request
from noojee_fake.pbx.memory_budget import MemoryBudget

GET = b"GET /a?b=c HTTP/1.1\r\nHost: localhost\r\n\r\n"
OTHER = b"POST /d HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\r\n"
BODY = b"POST /e HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nxy"
LAST = b"GET /f HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
OLD = b"GET /g HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"


class Taken:
    """Requests that a reader read."""

    def __init__(self) -> None:
        self.requests: list[tuple[Request, bool, str]] = []

    def on_head(self, head: Request, *, keep_alive: bool, length: int | None, is_expecting: bool) -> int:
        return 1000

    def on_request(self, request: Request, body: Body | None, *, keep_alive: bool, version: str) -> None:
        self.requests.append((request, keep_alive, version))


def read(known: KnownRequests, pieces: Sequence[bytes], client: str = "127.0.0.1") -> list[tuple[Request, bool, str]]:
    """The requests of a connection whose bytes come in these pieces."""
    taken = Taken()
    reader = RequestReader(taken, known, client=client, secure=False, budget=MemoryBudget())
    for piece in pieces:
        assert reader.feed(piece) is None
    assert not reader.is_reading_body
    return taken.requests


@pytest.mark.parametrize(
    "pieces",
    [
        [GET, GET, OTHER, GET],
        [GET, GET + OTHER, GET + OTHER, GET],
        [GET, BODY, GET, BODY],
        [GET, BODY[:-1], BODY[-1:], GET],
        [GET, b"\r\n", GET, b"\r\n" + GET, b"\r\n" + GET],
        [GET, GET[:10], GET[10:], GET],
        [GET, GET + GET[:10], GET[10:], GET],
        [GET, OLD, GET, OLD],
        [GET, OTHER, LAST],
    ],
)
def test_known_requests_are_read_like_new_ones(pieces: list[bytes]) -> None:
    """However the bytes of a connection are cut: a second connection gets the same requests from the known ones."""
    known = KnownRequests()
    first = read(known, pieces)
    assert first == read(known, pieces)
    assert len(first) == sum(piece.count(b" HTTP/1.") for piece in pieces)


def test_request_of_another_client_is_not_known() -> None:
    """Its address is part of it."""
    known = KnownRequests()
    read(known, [GET])
    [(request, _, _)] = read(known, [GET], client="192.0.2.1")
    assert request.client == "192.0.2.1"


def test_part_of_a_body_is_no_known_request() -> None:
    """A body that looks like a request stays a body."""
    known = KnownRequests()
    head = b"POST /h HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(GET)
    requests = read(known, [GET, head, GET, GET])
    assert [request.path for request, _, _ in requests] == ["/a", "/h", "/a"]
    assert requests[1][0].body == GET


def test_known_requests_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that all differ, as those with hashes, take no more memory than the limit."""
    monkeypatch.setattr(request_reader, "MOST_KNOWN_BYTES", 10 * request_reader.KNOWN_BYTES)
    known = KnownRequests()
    for number in range(1000):
        read(known, [b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number])
    kept = [
        known.find(b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % n, "127.0.0.1", secure=False) for n in range(1000)
    ]
    assert 1 <= sum(each is not None for each in kept) <= 10
