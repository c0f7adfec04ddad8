"""A download that was cut goes on where it stopped, over a real socket; and restarts if the file has changed."""

from __future__ import annotations

import email.message
import io
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import soundfile

from noojee_fake.adapters.service import Service
from noojee_fake.pbx.clock import SECOND
from noojee_fake.pbx.options import Profile
from support.serving import on_wire

PATH = "/njadmin/rest/RecordingAPI/retrieveByUniqueId?uniqueId=1.1&leg=1&apiKey="
SIZE = 44 + 600 * 16000


@dataclass(frozen=True)
class Served:
    """The PBX behind a socket."""

    port: int
    caller: Any

    @property
    def target(self) -> str:
        return PATH + str(self.caller.key)

    def get(self, **headers: str) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.get(f"http://127.0.0.1:{self.port}{self.target}", headers=given, trust_env=False, timeout=60)

    def cut_off(self, size_bytes: int) -> tuple[email.message.Message, bytes]:
        """The headers, and so much of the body as came before the line went dead."""
        with socket.create_connection(("127.0.0.1", self.port)) as line:
            line.sendall(f"GET {self.target} HTTP/1.1\r\nHost: pbx\r\n\r\n".encode())
            came = b""
            while b"\r\n\r\n" not in came or len(came.partition(b"\r\n\r\n")[2]) < size_bytes:
                came += line.recv(65536)
        head, _, body = came.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        return email.message_from_bytes(head.partition(b"\r\n")[2]), body


@pytest.fixture
def served(pbx: Callable[..., Any], call: Any, leg: Any) -> Iterator[Served]:
    """A leg of ten minutes that ended at noon; the clock is frozen an hour later."""
    long = leg("2026-11-23T11:50:00+11:00", "2026-11-23T12:00:00+11:00")
    caller = pbx(
        call("1.1", long),
        head={"now": "2026-11-23T13:00:00+11:00"},
        audio_methods="post-and-get",
        audio_aged_form="mpeg",
    )
    with on_wire(Service(caller.sandboxes)) as port:
        yield Served(port, caller)


def test_a_cut_download_goes_on_where_it_stopped(served: Served) -> None:
    """Range with If-Range brings the rest of the same bytes."""
    headers, received = served.cut_off(1_000_000)
    assert headers["Content-Length"] == str(SIZE)
    assert 1_000_000 <= len(received) < SIZE
    rest = served.get(Range=f"bytes={len(received)}-", If_Range=headers["ETag"])
    assert rest.status_code == 206
    assert rest.headers["content-range"] == f"bytes {len(received)}-{SIZE - 1}/{SIZE}"
    assert received + rest.content == served.get().content


def test_a_file_that_was_compressed_meanwhile_comes_whole(served: Served) -> None:
    """The nightly run came between: another ETag, and no end of one file behind the beginning of another."""
    headers, received = served.cut_off(1_000_000)
    served.caller.sandboxes.default.clock.step(14 * 3600 * SECOND)
    fresh = served.get(Range=f"bytes={len(received)}-", If_Range=headers["ETag"])
    assert (fresh.status_code, fresh.headers["content-type"]) == (200, "audio/mpeg")
    assert fresh.headers["etag"] != headers["ETag"]
    assert fresh.headers["content-length"] == str(len(fresh.content))
    assert soundfile.info(io.BytesIO(fresh.content)).duration == pytest.approx(600, abs=0.1)
    assert served.get(If_Match=headers["ETag"]).status_code == 412


@pytest.mark.parametrize(("first", "status", "length"), [(SIZE - 1, 206, 1), (SIZE, 416, 0)])
def test_behind_the_last_byte_there_is_nothing(served: Served, first: int, status: int, length: int) -> None:
    """A client that has all bytes gets 416 with the size."""
    answer = served.get(Range=f"bytes={first}-")
    assert (answer.status_code, len(answer.content)) == (status, length)
    assert answer.headers["content-range"].endswith(f"/{SIZE}")


def test_one_connection_carries_every_kind_of_answer(served: Served) -> None:
    """Each says where it ends, so that the next is read from its beginning."""
    url = f"http://127.0.0.1:{served.port}{served.target}"
    with httpx.Client(trust_env=False, limits=httpx.Limits(max_connections=1)) as client:
        tag = client.head(url).headers["etag"]
        several = {"Range": "bytes=0-3,1000-1003"}
        asked = (
            {"If-None-Match": tag},
            {"If-Match": '"x"'},
            several,
            {"Range": f"bytes={SIZE}-"},
            {"Range": "bytes=0-3"},
        )
        answers = [client.get(url, headers=headers) for headers in asked]
        assert [answer.status_code for answer in answers] == [304, 412, 206, 416, 206]
        lines = {answer.extensions["network_stream"].get_extra_info("client_addr") for answer in answers}
        assert len(lines) == 1
        assert None not in lines
        assert [len(answer.content) for answer in (*answers[:2], *answers[3:])] == [0, 0, 0, 4]
        assert answers[2].headers["content-type"].startswith("multipart/byteranges; boundary=")
        assert answers[2].content.count(b"Content-Range: bytes ") == 2


def test_a_post_says_its_length_too(served: Served) -> None:
    """And knows neither ranges nor ETags."""
    url = f"http://127.0.0.1:{served.port}{served.target}"
    answer = httpx.post(url, headers={"Range": "bytes=5-"}, trust_env=False)
    assert (answer.status_code, answer.headers["content-length"], len(answer.content)) == (200, str(SIZE), SIZE)
    assert "etag" not in answer.headers


def test_a_change_of_options_changes_the_etag(served: Served) -> None:
    """Whatever changes the bytes."""
    tags = set()
    for form in ("wav-pcm", "wav-alaw", "wav-ulaw", "mpeg"):
        served.caller.sandboxes.default.profile = Profile({"audio_methods": "post-and-get", "audio_format": form})
        tags.add(served.get(Range="bytes=0-0").headers["etag"])
    assert len(tags) == 4
