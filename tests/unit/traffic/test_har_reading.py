"""HAR files of browsers, of a proxy and of this project become exchanges; a hostile file is one line."""

from __future__ import annotations

import base64
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from noojee_contract.errors import TargetError
from noojee_contract.model.wire import WireExchange
from noojee_contract.resources import fixtures
from noojee_contract.traffic import har_reader
from noojee_contract.traffic.har_reader import har_exchanges
from noojee_contract.traffic.opened import is_har, opened
from support.recorded import exchange, exchange_file

URL = "https://pbx.example/njadmin/rest/RecordingAPI/retrieveMetaData?apiKey=x&tag=1"


def entry(**response: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-03-02T10:15:00.123Z",
        "time": 12.5,
        "timings": {"send": 0, "wait": 10.5, "receive": 2},
        "request": {
            "method": "POST",
            "url": URL,
            "httpVersion": "h2",
            "headers": [{"name": ":method", "value": "POST"}],
        },
        "response": {"status": 200, "statusText": "", "headers": [], "content": {"text": "[]", "size": 2}, **response},
    }


def har(path: Path, *entries: Any) -> Path:
    path.write_text(
        json.dumps({"log": {"version": "1.2", "pages": [{"x": [1]}], "entries": entries}}), encoding="utf-8"
    )
    return path


def read(path: Path) -> list[WireExchange]:
    return list(har_exchanges(path))


def answer(read_exchange: WireExchange) -> tuple[bytes, bytes | None]:
    assert read_exchange.response is not None
    return read_exchange.response.head, read_exchange.response.body.content


def test_browser_entry_becomes_an_exchange(tmp_path: Path) -> None:
    """Pseudo headers of HTTP/2 go, and the length of the decoded body replaces the codings."""
    headers = [("content-type", "application/json"), ("content-encoding", "gzip"), ("set-cookie", "a=1\nb=2")]
    named = [{"name": name, "value": value} for name, value in headers]
    (got,) = read(har(tmp_path / "a.har", entry(headers=named)))
    assert got.request.head == (
        b"POST /njadmin/rest/RecordingAPI/retrieveMetaData?apiKey=x&tag=1 HTTP/1.1\r\nHost: pbx.example\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    assert answer(got) == (
        (
            b"HTTP/1.1 200 \r\ncontent-type: application/json\r\n"
            b"set-cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: 2\r\n\r\n"
        ),
        b"[]",
    )
    assert (got.first_byte_seconds, got.seconds, got.at.microsecond) == (0.0105, 0.0125, 123000)


def test_bodies_keep_their_bytes(tmp_path: Path) -> None:
    """Base64 for sounds; text in the charset of its type; a form of parameters."""
    sound = bytes(range(256))
    coded = {"mimeType": "audio/wav", "encoding": "base64", "text": base64.b64encode(sound).decode(), "size": 256}
    latin = {"mimeType": "text/html; charset=iso-8859-1", "text": "J\xf6rg", "size": 4}
    got = read(har(tmp_path / "a.har", entry(content=coded), entry(content=latin)))
    assert [answer(each)[1] for each in got] == [sound, b"J\xf6rg"]
    form = entry()
    form["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "a b", "value": "1"}],
    }
    (posted,) = read(har(tmp_path / "b.har", form))
    assert posted.request.body.content == b"a+b=1"


def test_entry_without_answer_or_body_says_so(tmp_path: Path) -> None:
    """Status 0 is no answer. A body that the browser left out has a size only."""
    none, left_out = read(
        har(tmp_path / "a.har", entry(status=0, _error="net::ERR_FAILED"), entry(content={"size": 99}))
    )
    assert (none.response, none.transport_error) == (None, "no answer: net::ERR_FAILED")
    assert left_out.response is not None
    assert (left_out.response.body.is_kept, left_out.response.body.size) == (False, 99)


def test_sample_of_mitmproxy_is_read() -> None:
    """The listing and the sound of a fake PBX; see fixtures/README.md."""
    listing, sound = read(fixtures("har", "mitmproxy.har"))
    assert json.loads(answer(listing)[1] or b"")[0]["Tag"] == "ZERO-1"
    assert (answer(sound)[1] or b"")[:4] == b"RIFF"
    assert (listing.method, listing.status, sound.status) == ("POST", 200, 200)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"log":{"entries":[{"request":', "is no JSON after entry 0, or ends there"),
        (b'{"log":{"entries":[]}} x', "is no JSON after entry 0, or ends there"),
        (b'{"log":{}}', "it has no log.entries"),
        (b'{"log":' + b"[" * 100_000, "nested deeper than 64"),
        (b'{"log":{"entries":[{"a":1,"a":2}]}}', "the key 'a' occurs twice"),
        (
            b'{"log":{"entries":[{"request":1,"response":2,"startedDateTime":"x"}]}}',
            "entry 1: a value has the wrong type",
        ),
        (b'{"log":{"entries":[7]}}', None),
        (b'{"log":{"entries":[{"a":' + b"9" * 5000 + b"}]}}", "is no JSON after entry 0, or ends there"),
    ],
)
def test_broken_file_is_one_line(tmp_path: Path, content: bytes, says: str | None) -> None:
    """Depth, repeated keys, half a file, values of other types."""
    path = tmp_path / "a.har"
    path.write_bytes(content)
    if says is None:
        assert read(path) == []
        return
    with pytest.raises(TargetError) as raised:
        read(path)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_entry_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless text ends the reading before it fills the memory."""
    largest_bytes = 8 * 1024**2
    assert largest_bytes < har_reader.LARGEST_ENTRY_BYTES
    monkeypatch.setattr(har_reader, "LARGEST_ENTRY_BYTES", largest_bytes)
    path = tmp_path / "a.har"
    with path.open("wb") as file:
        file.write(b'{"log":{"entries":[{"comment":"')
        for _ in range(largest_bytes // 1024**2 + 8):
            file.write(b"a" * 1024**2)
    tracemalloc.start()
    with pytest.raises(TargetError, match="longer than 8 MiB"):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * largest_bytes


def test_kind_of_file_is_seen_from_its_start(tmp_path: Path) -> None:
    """Both kinds open in one way; the copy of a HAR file is deleted afterwards."""
    with opened(har(tmp_path / "a.har", entry(), entry())) as reader:
        copy = reader.path
        assert (len(reader), reader.header.made_by) == (2, "har")
    assert not copy.exists()
    file = exchange_file(tmp_path / "day.jsonl", [exchange("/a")])
    assert (is_har(file), is_har(tmp_path / "a.har")) == (False, True)
