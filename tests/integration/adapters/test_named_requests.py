"""A request that cannot be read is named in the journal by its own request line, and never by another's bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from noojee_fake.adapters.request_reader import Body, Malformed, RequestReader
from noojee_fake.adapters.service import Service
from noojee_fake.api.journal import JournaledExchange
from noojee_fake.messages import Request
from noojee_fake.pbx.memory_budget import MemoryBudget
from noojee_fake.server.sandboxes import build

HOST = b" HTTP/1.1\r\nHost: localhost\r\n"
GOOD = b"GET /good" + HOST + b"\r\n"
SPACE = b"POST /bad?tag=two words" + HOST + b"\r\n"
CHUNKED = b"POST /chunked" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


class Connection:
    """Reads requests, and forgets them."""

    def __init__(self) -> None:
        self.keep_alive: list[bool] = []
        self.heads: list[Request] = []
        self.reader = RequestReader(self, client="127.0.0.1", secure=False, budget=MemoryBudget())

    def on_head(self, head: Request, *, keep_alive: bool, length: int | None, is_expecting: bool) -> int:
        return 1000

    def on_request(self, request: Request, body: Body | None, keep_alive: bool, version: str) -> None:
        self.heads.append(request)
        self.keep_alive.append(keep_alive)

    def malformed(self, pieces: Iterator[bytes]) -> Malformed:
        """Why the last piece cannot be read."""
        found = [self.reader.feed(piece) for piece in pieces]
        assert found[-1] is not None
        assert found[:-1] == [None] * (len(found) - 1)
        return found[-1]


def journaled(*pieces: bytes) -> JournaledExchange:
    """The journal's entry of the request that cannot be read."""
    malformed = Connection().malformed(iter(pieces))
    sandboxes = build()
    Service(sandboxes).malformed(malformed.status, malformed.reason, malformed.start, "127.0.0.1")
    [entry] = sandboxes.default.journal.entries()
    return entry


def named(*pieces: bytes) -> tuple[str, str, str]:
    """The method, the path and the query in the journal."""
    request = journaled(*pieces).request
    return request.method, request.path, request.query


def test_request_in_two_packets_is_named_whole() -> None:
    """A client may send its request in any parts."""
    at = SPACE.index(b"two") + 2
    assert named(SPACE[:at], SPACE[at:]) == ("POST", "/bad", "tag=two words")


def test_request_that_comes_byte_by_byte_is_named_whole() -> None:
    """The last byte is the first that is wrong."""
    raw = b"GET /bad" + HOST + b"Bad Header"
    pieces = [raw[at : at + 1] for at in range(raw.index(b"Bad ") + 4)]
    assert named(*pieces) == ("GET", "/bad", "")


@pytest.mark.parametrize("before", [GOOD, GOOD + GOOD, CHUNKED + b"0\r\n\r\n"])
def test_request_behind_others_in_a_packet_is_named(before: bytes) -> None:
    """The request before it was answered well."""
    assert named(before + SPACE)[:2] == ("POST", "/bad")


def test_rubbish_behind_a_request_has_no_name() -> None:
    """The request before it is not to blame."""
    assert named(GOOD + b"\0\1\2\r\n\r\n") == ("", "", "")


def test_malformed_body_is_named_by_its_head() -> None:
    """The bytes of a body are no request line."""
    assert named(CHUNKED, b"6\r\nsecret\r\n", b"ZZ apiKey=sesame\r\n") == ("POST", "/chunked", "")


def test_request_without_a_method_is_a_target() -> None:
    """Targets are redacted, methods are not."""
    assert named(b"apiKey=sesame /x HTTP/1.1\r\n\r\n") == ("", "apiKey=sesame /x", "")


def test_user_of_an_absolute_target_is_not_kept() -> None:
    """A password in it is a credential."""
    assert named(b"GET http://fred:sesame@localhost/a b HTTP/1.1\r\n\r\n") == ("GET", "http://localhost/a b", "")


def test_refusal_of_a_head_request_has_no_body() -> None:
    """Source: RFC 9110, section 9.3.2."""
    assert journaled(b"HEAD /x HTTP/1.1\r\n\r\n").response.body == b""


def test_trailer_may_end_the_connection() -> None:
    """The parser reads nothing behind `Connection: close`, so a further request would have no answer."""
    connection = Connection()
    connection.reader.feed(CHUNKED + b"0\r\nConnection: close\r\n\r\n")
    assert connection.keep_alive == [False]


def test_host_of_an_absolute_target_replaces_the_header() -> None:
    """Source: RFC 9112, section 3.2.2."""
    connection = Connection()
    connection.reader.feed(b"GET http://localhost@other.example:80/a?b=//c HTTP/1.1\r\nHost: localhost\r\n\r\n")
    [head] = connection.heads
    assert (head.path, head.query, head.header("host")) == ("/a", "b=//c", "other.example:80")


@pytest.mark.parametrize(
    "host", ["a b", "a/b", "fred@a", "a:b", "a?b", "a#b", "http://a", "[::1", "::1", "\xe9", "a\\"]
)
def test_invalid_host_is_refused(host: str) -> None:
    """Source: RFC 9112, section 3.2."""
    raw = f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("latin-1")
    assert Connection().malformed(iter([raw])).status == 400


@pytest.mark.parametrize("host", ["", "a", "a_b-c.d:80", "a:", "[::1]:8000", "[fe80::1%25eth0]", "127.0.0.1", "a%20b"])
def test_valid_host_is_accepted(host: str) -> None:
    """The PBX does not look at the name."""
    assert Connection().reader.feed(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()) is None


def test_length_with_many_zeros_is_a_length() -> None:
    """Python's `int` refuses more than 4300 digits."""
    connection = Connection()
    head = b"POST /x" + HOST + b"Content-Length: " + b"0" * 5000 + b"2\r\n\r\n"
    assert connection.reader.feed(head + b"ab") is None
    assert connection.heads[0].body == b"ab"
