"""Several ranges in one request: parts of one body, never more than the file (RFC 9110, 14 and 15.3.7)."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noojee_fake.api.dialects.audio_response import send_sound
from noojee_fake.api.dialects.ranges import MOST_RANGES, NEAR_BYTES, spans
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.audio import Recording

SOUND = Recording(bytes(range(256)) * 4, b"0123456789", 900)
SIZE = 10_024


def asked(wanted: str, **headers: str) -> Response:
    given = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return send_sound(Request(method="GET", path="/", headers=(("range", wanted), *given)), SOUND, "1.1-1")


def parts_of(answer: Response) -> list[tuple[str, str, bytes]]:
    """Content-Type, Content-Range and bytes of each part, as an independent reader reads them."""
    headers = dict(answer.headers)
    assert headers["Content-Length"] == str(len(answer.body))
    assert "Content-Range" not in headers
    head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.body, policy=email.policy.HTTP)
    assert message.get_content_type() == "multipart/byteranges"
    boundary = message.get_boundary()
    assert boundary is not None
    found = []
    for part in answer.body.split(f"\r\n--{boundary}".encode())[1:-1]:
        lines, _, body = part.partition(b"\r\n\r\n")
        fields = email.message_from_bytes(lines.lstrip(), policy=email.policy.HTTP)
        found.append((fields["Content-Type"], fields["Content-Range"], body))
    assert answer.body.endswith(f"\r\n--{boundary}--\r\n".encode())
    assert len(found) == len(list(message.iter_parts()))
    return found


def test_several_ranges_are_parts_in_the_requested_order() -> None:
    """Each with its type and its place."""
    whole = SOUND.whole()
    answer = asked("bytes=9000-9009, 0-3,-5", if_range=f'"{SOUND.tag}"')
    assert answer.status == 206
    assert dict(answer.headers)["ETag"] == f'"{SOUND.tag}"'
    assert parts_of(answer) == [
        ("audio/mpeg", f"bytes 9000-9009/{SIZE}", whole[9000:9010]),
        ("audio/mpeg", f"bytes 0-3/{SIZE}", whole[:4]),
        ("audio/mpeg", f"bytes {SIZE - 5}-{SIZE - 1}/{SIZE}", whole[-5:]),
    ]


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("bytes=0-9,5-20", "0-20"),
        ("bytes=10-19,0-9", "0-19"),
        ("bytes=0-9,50-59", "0-59"),
        ("bytes=" + "0-0," * 50 + "0-1", "0-1"),
        ("bytes=0-,-1,5-6", f"0-{SIZE - 1}"),
        (f"bytes=4-5,{SIZE}-", "4-5"),
        ("bytes=,4-5,,", "4-5"),
    ],
)
def test_ranges_that_overlap_or_nearly_touch_are_one(wanted: str, place: str) -> None:
    """One stretch is sent plainly, not as a part, so no byte is sent twice (RFC 9110, 14.2)."""
    answer = asked(wanted)
    assert answer.status == 206
    assert dict(answer.headers)["Content-Range"] == f"bytes {place}/{SIZE}"


def test_too_many_ranges_count_for_nothing() -> None:
    """A hundred are served, one more brings the whole (RFC 9110, 17.15)."""
    spread = [f"{at * 100}-{at * 100}" for at in range(MOST_RANGES)]
    assert len(parts_of(asked("bytes=" + ",".join(spread)))) == MOST_RANGES
    answer = asked("bytes=" + ",".join([*spread, "10020-"]))
    assert (answer.status, len(answer.body)) == (200, SIZE)


def test_several_long_ranges_count_for_nothing() -> None:
    """The parts of one body are in memory. A file of 690 MB, and one long range of it, are streamed instead."""
    sound = Recording(b"", bytes(16_000), 12 * 3600)

    def sent(wanted: str) -> tuple[int, int]:
        request = Request(method="GET", path="/", headers=(("range", wanted),))
        response = send_sound(request, sound, "1.1-1")
        return response.status, response.size_bytes

    assert sent("bytes=0-99,4000000-4000099")[0] == 206
    assert sent("bytes=0-300000000,300000200-600000000") == (200, 12 * 3600 * 16_000)
    assert sent("bytes=0-300000000") == (206, 300_000_001)


def test_a_header_that_comes_twice_is_one_list() -> None:
    """Two Range headers are no range set, two If-None-Match are two lists in one (RFC 9110, 5.3)."""
    twice = (("range", "bytes=0-1"), ("range", "bytes=5-6"))
    assert send_sound(Request(method="GET", path="/", headers=twice), SOUND, "x").status == 200
    known = (("if-none-match", '"x"'), ("if-none-match", f'"{SOUND.tag}"'))
    assert send_sound(Request(method="GET", path="/", headers=known), SOUND, "x").status == 304


def test_the_boundary_occurs_in_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sound that holds its own tag is still taken apart rightly."""
    monkeypatch.setattr(Recording, "tag", "0-1")
    forged = Recording(b"\r\n--0-1--\r\n--0-1-" * 20)
    answer = send_sound(Request(method="GET", path="/", headers=(("range", "bytes=0-99,200-299"),)), forged, "x")
    assert [body for _, _, body in parts_of(answer)] == [forged.head[:100], forged.head[200:300]]


numbers = st.integers(0, SIZE + 200).map(str)
specs = st.one_of(
    st.tuples(numbers, numbers).map(lambda pair: "-".join(sorted(pair, key=int))),
    numbers.map(lambda first: f"{first}-"),
    numbers.map(lambda last: f"-{last}"),
)


@given(st.lists(specs, min_size=1, max_size=8))
@example(["0-0", "81-81", "163-163"])
@example(["5-4"])
def test_every_requested_byte_is_sent_once(wanted: list[str]) -> None:
    """And at most a short gap next to it."""
    covered = set().union(*(named(spec) for spec in wanted))
    found = spans("bytes=" + ", ".join(wanted), SIZE)
    if "5-4" in wanted:
        assert found is None
        return
    assert found is not None
    sent = [byte for first, after in found for byte in range(first, after)]
    assert len(sent) == len(set(sent))
    assert covered <= set(sent) <= set(range(SIZE))
    assert all(covered & set(range(byte - NEAR_BYTES, byte + NEAR_BYTES + 1)) for byte in set(sent) - covered)


def named(spec: str) -> set[int]:
    """The bytes that one range names, spelled out."""
    first, _, last = spec.partition("-")
    if not first:
        return set(range(max(0, SIZE - int(last)), SIZE))
    return set(range(int(first), min(SIZE, int(last) + 1 if last else SIZE)))


@given(st.text(st.sampled_from("bytes=0123456789-, \t\x00;é"), max_size=60), st.integers(0, 50))
@example("bytes=0-0", 0)
@example("bytes=-5", 0)
def test_ranges_of_any_header_lie_within_the_file(header: str, size: int) -> None:
    """Hostile text is met or ignored, never an error."""
    for first, after in spans(header, size) or []:
        assert 0 <= first < after <= size


@given(head=st.binary(max_size=20), block=st.binary(min_size=1, max_size=7), times=st.integers(0, 9), cut=st.data())
def test_a_part_is_cut_as_from_the_whole(head: bytes, block: bytes, times: int, cut: Any) -> None:
    """Without making the whole."""
    whole, sound = head + block * times, Recording(head, block, times)
    assert (sound.whole(), sound.size_bytes) == (whole, len(whole))
    first = cut.draw(st.integers(0, len(whole)))
    after = cut.draw(st.integers(first, len(whole)))
    assert sound.part(first, after) == whole[first:after]


def test_a_part_of_a_long_tone_is_cheap(pbx: Callable[..., Any], call: Any, leg: Any) -> None:
    """A leg of twelve hours is 690 MB: its end comes without them."""
    long = leg("2026-11-20T09:00:00+11:00", "2026-11-20T21:00:00+11:00")
    caller = pbx(call("1.1", long), audio_methods="post-and-get")
    query = f"apiKey={caller.key}&uniqueId=1.1&leg=1"
    path = "/njadmin/rest/RecordingAPI/retrieveByUniqueId"
    size = 44 + 12 * 3600 * 16000
    head = caller.ask(path, query, method="HEAD")
    assert dict(head.headers)["Content-Length"] == str(size)
    end = caller.ask(path, query, method="GET", headers=(("range", "bytes=-32000"),))
    assert dict(end.headers)["Content-Range"] == f"bytes {size - 32000}-{size - 1}/{size}"
    assert end.body[:16000] == end.body[16000:]
