"""A request that differs from an earlier one only in its query is read without the parser, with the same result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noojee_fake.adapters import known_headers, request_reader
from noojee_fake.adapters.request_reader import LARGEST_HEAD_BYTES, Body, Malformed, RequestReader
from noojee_fake.messages import Request
from noojee_fake.pbx.memory_budget import MemoryBudget

AFTER_LINE = b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
GET = b"GET /a?b=c" + AFTER_LINE
OTHER = b"POST /d HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\r\n"
BODY = b"POST /e HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nxy"
LAST = b"GET /f HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
OLD = b"GET /g HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
UPGRADE = b"GET /u HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A request as a connection gets it. `head_bytes` is no part of the comparison of requests."""

    request: Request
    head_bytes: int
    keep_alive: bool
    version: str


class Connection:
    """A reader, and the requests that it read."""

    def __init__(self) -> None:
        self.read: list[Read] = []
        self.reader = RequestReader(self, client="127.0.0.1", secure=False, budget=MemoryBudget())

    def on_head(self, head: Request, *, keep_alive: bool, length: int | None, is_expecting: bool) -> int:
        return 1000

    def on_request(self, request: Request, body: Body | None, keep_alive: bool, version: str) -> None:
        self.read.append(Read(request=request, head_bytes=request.head_bytes, keep_alive=keep_alive, version=version))


Outcome = tuple[list[Read], Malformed | None, int, int, bool]


def outcome(pieces: Sequence[bytes]) -> Outcome:
    """What a connection reads from pieces until its end, why it stops, and what it counts."""
    connection = Connection()
    reader, malformed = connection.reader, None
    for piece in pieces:
        malformed = reader.feed(piece)
        if malformed is not None or not all(each.keep_alive for each in connection.read):
            break
    return connection.read, malformed, reader.heads, reader.raw_bytes, reader.is_reading_body


def parsed_outcome(pieces: Sequence[bytes]) -> Outcome:
    """The same by the parser only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_reader, "known_headers", lambda *_, **__: None)
        return outcome(pieces)


odd_bytes = st.one_of(st.binary(max_size=3), st.sampled_from([b"\r", b"\n", b"\r\n", b" ", b"\t", b"#", b"?", b"\x7f"]))
texts = st.text(st.characters(max_codepoint=0x7F), max_size=12).map(str.encode)
targets = st.one_of(
    st.tuples(st.sampled_from([b"/", b"/a", b"//b", b"*", b"", b"http://h/x?y", b"h:1", b"/?", b"/a?b?c"]), texts).map(
        b"".join
    ),
    st.binary(max_size=12).map(lambda raw: b"/" + raw),
)
other_lines = st.tuples(
    st.sampled_from([b"GET", b"POST", b"HEAD", b"PUT", b"CONNECT", b"PRI", b"SOURCE", b"M-SEARCH", b"get", b"X", b""]),
    st.sampled_from([b" ", b" ", b" ", b"  ", b"\t"]),
    targets,
    st.sampled_from([b" HTTP/1.1", b" HTTP/1.1", b" HTTP/1.1", b" HTTP/1.0", b" HTTP/1.1 ", b" HTTP/2.0", b" ICE/1.0"]),
).map(b"".join)
queries = st.one_of(texts, st.binary(max_size=12), st.sampled_from([b"", b"a?b", b"a#b", b"a b", b"a\x7f", b"\xe9"]))
same_lines = queries.map(lambda query: b"GET /first?" + query + b" HTTP/1.1")
lines = st.one_of(same_lines, same_lines, other_lines)
field = st.sampled_from(
    [
        *(b"Host: h\r\n", b"Accept: */*\r\n", b"Connection: close\r\n", b"Connection: keep-alive\r\n"),
        *(b"Content-Length: 0\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"X:\r\n", b"Y: z\n"),
        *(
            b"Upgrade: h2c\r\n",
            b"Connection: Upgrade\r\n",
            b"Expect: 100-continue\r\n",
            b" folded\r\n",
            b"\xff: \xff\r\n",
        ),
    ]
)
after_lines = st.tuples(
    st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"]),
    st.lists(field, max_size=4).map(lambda fields: b"".join([b"Host: localhost\r\n", *fields])),
    st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r\n\r\n", b"\r\n\r", b""]),
).map(b"".join)


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """Pieces that a client sends: requests with the headers of one or two kinds, some of them bent."""
    kinds = [draw(st.one_of(st.just(AFTER_LINE[9:]), after_lines)) for _ in range(2)]
    pieces = []
    for _ in range(draw(st.integers(2, 5))):
        piece = draw(lines) + draw(st.sampled_from(kinds))
        if draw(st.integers(0, 4)) == 0:
            at = draw(st.integers(0, len(piece)))
            piece = piece[:at] + draw(odd_bytes) + piece[at:]
        pieces.append(piece)
    return [b"GET /first?a=b HTTP/1.1" + kinds[0], *pieces]


queries = st.lists(st.sampled_from([b"a=b", b"&", b"tag=%41", b"=", b"?", b"xxxxxxxx"]), max_size=4).map(b"".join)
tails = st.sampled_from([b"", b"", b"", b"abcde", b"\r\n", b"0\r\n\r\n", b"5\r\nabcde\r\n0\r\n\r\n", GET])


@st.composite
def alike(draw: st.DrawFn) -> list[bytes]:
    """Requests that differ in the query, some of them bent, cut, or with more bytes behind them."""
    start = draw(
        st.sampled_from([b"GET /a?", b"POST /a?", b"HEAD //a%20?", b"PUT /a?", b"GET /a#?", b"GET http://h/a?"])
    )
    end = b" HTTP/1.1" + draw(after_lines)
    pieces = [start + draw(queries) + end]
    for _ in range(draw(st.integers(1, 6))):
        piece = start + draw(queries) + end
        for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
            at = draw(st.integers(0, len(piece)))
            piece = piece[:at] + draw(odd_bytes) + piece[at + draw(st.integers(0, 2)) :]
        piece += draw(tails)
        at = draw(st.one_of(st.just(len(piece)), st.integers(0, len(piece))))
        pieces += [piece[:at], piece[at:]]
    return [piece for piece in pieces if piece]


@given(alike())
@example([GET, *(GET[:at] + GET[at + 1 :] for at in range(len(GET)))])
@example([part for at in range(1, len(GET)) for part in (GET[:at], GET[at:], GET)])
def test_requests_that_differ_in_the_query_are_read_like_new_ones(pieces: list[bytes]) -> None:
    """Cut at any byte, with a body behind them, or two in one packet."""
    assert outcome(pieces) == parsed_outcome(pieces)


@given(streams())
@example([GET, GET, OTHER, GET])
@example([GET, GET.replace(b"b=c", b""), GET.replace(b"b=c", b"b?c"), GET.replace(b"?b=c", b"")])
@example([GET, GET.replace(b"b=c", b"#"), GET])
@example([GET, GET.replace(b"b=c", b"b c"), GET])
@example([GET, GET.replace(b"b=c", b"b\x7f"), GET])
@example([GET, GET.replace(b"b=c", b"b\xff"), GET])
@example([b"GET /a#b?c" + AFTER_LINE, b"GET /a#b?d" + AFTER_LINE, b"GET /a#b?c" + AFTER_LINE])
@example([b"GET /a?b#c" + AFTER_LINE, b"GET /a?d#c" + AFTER_LINE, b"GET /a?b#c" + AFTER_LINE])
@example([GET, GET + OTHER, GET + OTHER, GET])
@example([GET, BODY, GET, BODY])
@example([GET, BODY[:-1], BODY[-1:], GET])
@example([GET, b"\r\n", GET, b"\r\n" + GET, b"\r\n" + GET])
@example([GET, GET + b"\r\n", GET + b"\r\n", GET])
@example([GET, GET[:10], GET[10:], GET])
@example([GET, GET + GET[:10], GET[10:], GET])
@example([GET, OLD, GET, OLD])
@example([GET, OTHER, LAST])
@example([UPGRADE, UPGRADE.replace(b"/u", b"/v"), GET, GET])
@example([GET, b"CONNECT localhost:80" + AFTER_LINE, GET])
@example([GET, b"CONNECT /a" + AFTER_LINE, GET])
@example([GET, GET.replace(b"1.1", b"1.0"), GET])
@example([GET, b"GET /a b" + AFTER_LINE])
@example([GET, b"GET /a#b" + AFTER_LINE, b"GET http://localhost/x" + AFTER_LINE, b"GET /\xff" + AFTER_LINE])
@example([GET, b"GET /a?" + b"x" * LARGEST_HEAD_BYTES + AFTER_LINE])
def test_known_headers_are_read_like_new_ones(pieces: list[bytes]) -> None:
    """Whatever a client sends: with and without the parser, the connection reads and counts the same."""
    assert outcome(pieces) == parsed_outcome(pieces)


def test_request_with_known_headers_is_not_parsed() -> None:
    """Each request has another query; all share the headers of the first."""
    connection = Connection()
    for number in range(3):
        assert connection.reader.feed(b"POST /x?tag=%d" % number + AFTER_LINE) is None
    first, *others = connection.read
    assert [each.request.query for each in others] == ["tag=1", "tag=2"]
    assert all(each.request.headers is first.request.headers for each in others)


def test_part_of_a_body_is_no_known_request() -> None:
    """A body that looks like a request stays a body."""
    head = b"POST /h HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(GET)
    read, *_ = outcome([GET, head, GET, GET])
    assert [each.request.path for each in read] == ["/a", "/h", "/a"]
    assert read[1].request.body == GET


@pytest.mark.parametrize("over", [0, 1])
def test_limit_of_a_head_holds_with_known_headers(over: int) -> None:
    """The target and the headers count together."""
    used = len("Host") + len("localhost") + 4
    longest = b"GET /a?" + b"x" * (LARGEST_HEAD_BYTES - used - 3 + over) + AFTER_LINE
    read, malformed, *_ = outcome([GET, longest])
    assert len(read) == 2 - over
    assert (None if malformed is None else malformed.status) == (431 if over else None)
    assert (read, malformed) == parsed_outcome([GET, longest])[:2]


def test_long_headers_are_not_kept() -> None:
    """A connection keeps no more than the limit; its requests are parsed."""
    long = b"GET /a? HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * known_headers.MOST_BYTES + b"\r\n\r\n"
    read, malformed, *_ = outcome([long, long])
    assert malformed is None
    assert read[0] == read[1]
    assert read[0].request.headers is not read[1].request.headers
