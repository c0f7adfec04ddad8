"""A hostile answer ends in time, and is an exchange in words: nothing is raised. The server is on a socket."""

from __future__ import annotations

import time

import httpx
import pytest

from noojee_contract.clients.body import KEPT_BYTES
from noojee_contract.clients.sender import AnswerBounds, Sender
from noojee_contract.clients.transport import BoundedTransport
from noojee_contract.model.exchange import Exchange, Request
from support.hostile_answers import DRIP_SECONDS, HOSTILE, OK, Hostile, HostileServer, legs, once, with_length

TIMEOUT_SECONDS = 0.4
LONGEST_SECONDS = 5.0  # a loaded machine
ENDLESS = sorted(name for name, hostile in HOSTILE.items() if hostile.again)
BROKEN = ["gzip in gzip of a gibibyte", "gzip of a gibibyte", "false gzip label", "unknown content coding"]


def asked(name: str, *, audio: bool = False) -> Exchange:
    """The exchange with a server that gives a hostile answer."""
    bounds = AnswerBounds(timeout_seconds=TIMEOUT_SECONDS, max_body_bytes=1024 * 1024, largest_audio_bytes=1024 * 1024)
    with HostileServer(HOSTILE[name]) as server, httpx.Client(transport=BoundedTransport(), trust_env=False) as http:
        return Sender(http, bounds=bounds).send(Request(method="POST", url=f"{server.url}/x", audio=audio))


@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_answer_ends_in_time(name: str) -> None:
    """The time-out covers the whole exchange: the head, informational answers, chunks, trailers, empty gzip members."""
    started = time.monotonic()
    exchange = asked(name)
    assert time.monotonic() - started < LONGEST_SECONDS
    assert exchange.transport_error is not None
    assert exchange.body_bytes <= KEPT_BYTES


@pytest.mark.parametrize("name", BROKEN)
def test_a_decoded_body_is_bounded(name: str) -> None:
    """30 KB of gzip in gzip were gigabytes. The beginning is kept for the report."""
    exchange = asked(name)
    assert exchange.transport_error is not None
    assert exchange.body_bytes <= KEPT_BYTES


@pytest.mark.parametrize("audio", [False, True])
def test_long_body_at_a_good_rate_is_whole(audio: bool) -> None:
    """A listing of a slow PBX takes longer than the time for an answer, and is no fault."""
    size = 16 * 8192
    paced = Hostile(lambda: OK + b"Content-Length: %d\r\n\r\n" % size, b" " * 8192, DRIP_SECONDS)
    bounds = AnswerBounds(timeout_seconds=TIMEOUT_SECONDS)
    with HostileServer(paced) as server, httpx.Client(transport=BoundedTransport(), trust_env=False) as http:
        exchange = Sender(http, bounds=bounds).send(Request(method="POST", url=server.url, audio=audio))
    assert (exchange.transport_error, exchange.body_bytes) == (None, size)
    assert exchange.response is not None
    assert exchange.response.seconds > TIMEOUT_SECONDS


def test_message_names_the_key_and_the_longest_time() -> None:
    """What to change, where the server is slow and not hostile."""
    assert asked("endless body at a good rate").transport_error == (
        "the answer did not end within 0.4 s (timeout_seconds, --timeout), or 2.4 s while it comes with "
        "16000 bytes a second"
    )


def test_audio_that_drips_ends_in_time() -> None:
    """Audio may take longer than other answers, but has a lowest rate."""
    exchange = asked("body dripped", audio=True)
    assert exchange.transport_error is not None
    assert "16000 bytes a second" in exchange.transport_error


def test_audio_in_empty_gzip_members_ends_in_time() -> None:
    """Only decoded sound counts for the lowest rate."""
    started = time.monotonic()
    exchange = asked("endless empty gzip members", audio=True)
    assert time.monotonic() - started < LONGEST_SECONDS
    assert exchange.transport_error is not None


def test_a_long_listing_is_read_from_a_file() -> None:
    """A run keeps the beginnings of long answers in memory."""
    with (
        HostileServer(once(lambda: with_length(legs(1000)))) as server,
        httpx.Client(transport=BoundedTransport(), trust_env=False) as http,
    ):
        exchange = Sender(http).send(Request(method="POST", url=server.url))
        assert exchange.response is not None
        assert len(exchange.response.body) == KEPT_BYTES
        assert exchange.body == legs(1000)
        assert len(exchange.json()) == 1000


def test_long_audio_is_read_from_a_file() -> None:
    """The exchange keeps its beginning only."""
    audio = b"RIFF" + bytes(100_000)
    with (
        HostileServer(once(lambda: with_length(audio))) as server,
        httpx.Client(transport=BoundedTransport(), trust_env=False) as http,
    ):
        exchange = Sender(http).send(Request(method="POST", url=server.url, audio=True))
        assert exchange.response is not None
        assert len(exchange.response.body) == KEPT_BYTES
        assert exchange.body_bytes == len(audio)
        assert exchange.body == audio
