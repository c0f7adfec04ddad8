"""Exchange files: what is written is read again, byte for byte, and a broken file is one line."""

from __future__ import annotations

import json
import os
import stat
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from noojee_contract.errors import TargetError
from noojee_contract.model.wire import Authentication, WireBody, WireExchange, WireMessage, dechunked
from noojee_contract.traffic.exchange_file import LARGEST_INLINE_BYTES, ExchangeWriter, FileHeader, bodies_folder
from noojee_contract.traffic.exchange_reader import LONGEST_LINE_BYTES, ExchangeReader

AT = datetime(2026, 11, 24, 1, 2, 3, 456000, tzinfo=UTC)
HEADER = FileHeader(made_by="record", started=AT, target="staging", dialect="njadmin", scheme="api-key")
HEAD = b"HTTP/1.1 200 OK\r\nX-ODD:  \xe9 \r\nno colon\r\n\r\n"


def exchange(body: bytes = b"[]", *, head: bytes = HEAD) -> WireExchange:
    return WireExchange(
        at=AT,
        request=WireMessage(head=b"POST /a?tag=1 HTTP/1.1\r\nHost: pbx\r\n\r\n"),
        response=WireMessage(head=head, body=WireBody.of(body)),
        authentication=Authentication(scheme="hash", verdict="right", age_seconds=0.5),
        first_byte_seconds=0.25,
        seconds=0.5,
    )


def written(path: Path, *exchanges: WireExchange, largest_body_bytes: int = 10 * 1024 * 1024) -> Path:
    with ExchangeWriter(path, HEADER, largest_body_bytes=largest_body_bytes) as writer:
        for each in exchanges:
            writer.write(each)
    return path


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "day.jsonl"


@pytest.mark.parametrize(
    "body", [b"", b"[]", "gr\xfc\xdf".encode(), b"\xff\x00\n", b"RIFF\x00\x00", b"a\r\nb\x85\xe2\x80\xa8"], ids=repr
)
def test_an_exchange_is_read_as_it_was_written(file: Path, body: bytes) -> None:
    with ExchangeReader(written(file, exchange(body), exchange())) as reader:
        assert (reader.header, reader.dropped, len(reader)) == (HEADER, False, 2)
        assert list(reader) == [exchange(body), exchange()]
        assert reader.at(1) == exchange()


def test_names_of_credentials_are_read_as_they_were_written(file: Path) -> None:
    with ExchangeWriter(file, replace(HEADER, credentials=("X-Key", "pass_phrase"))):
        pass
    with ExchangeReader(file) as reader:
        assert reader.header.credentials == ("X-Key", "pass_phrase")


def test_file_without_names_of_credentials_is_read(file: Path) -> None:
    """Files that an earlier version wrote have no such key."""
    written(file)
    header = json.loads(file.read_bytes())
    del header["credentials"]
    file.write_text(json.dumps(header) + "\n", encoding="utf-8")
    with ExchangeReader(file) as reader:
        assert reader.header == HEADER


def test_an_exchange_without_an_answer_is_kept(file: Path) -> None:
    unanswered = WireExchange(at=AT, request=WireMessage(head=b"GET / HTTP/1.1\r\n\r\n"), transport_error="timed out")
    with ExchangeReader(written(file, unanswered)) as reader:
        assert list(reader) == [unanswered]


def test_only_the_owner_can_read_the_files(file: Path) -> None:
    old = os.umask(0)
    try:
        written(file, exchange(b"x" * (LARGEST_INLINE_BYTES + 1)))
    finally:
        os.umask(old)
    side = bodies_folder(file) / "1-response.bin"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, side, side.parent)] == [0o600, 0o600, 0o700]


def test_a_body_of_over_one_mebibyte_is_a_side_file(file: Path) -> None:
    body = b"\x01" * (LARGEST_INLINE_BYTES + 1)
    with ExchangeReader(written(file, exchange(body), exchange(body[:-1]))) as reader:
        first, second = reader
        assert first.response is not None
        assert second.response is not None
        assert (first.response.body.content, reader.body(first.response.body)) == (None, body)
        assert second.response.body.content == body[:-1]


def test_of_a_body_past_the_bound_only_size_and_hash_stay(file: Path) -> None:
    with ExchangeReader(written(file, exchange(b"12345"), largest_body_bytes=4)) as reader:
        answer = reader.at(0).response
    assert answer is not None
    assert answer.body == WireBody(
        content=None, size=5, sha256="5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"
    )
    assert not answer.body.is_kept


def test_a_file_is_read_an_exchange_at_a_time(file: Path) -> None:
    """Reading takes memory for a few exchanges, however many there are."""
    body = b"x" * (LARGEST_INLINE_BYTES // 2)
    written(file, *[exchange(body)] * 40)
    tracemalloc.start()
    try:
        with ExchangeReader(file) as reader:
            assert sum(len(each.response.body.read()) for each in reader if each.response is not None) == 40 * len(body)
            assert reader.at(20) == exchange(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * len(body)


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_a_partial_last_line_is_dropped(file: Path, cut: int) -> None:
    content = written(file, exchange(), exchange()).read_bytes()
    file.write_bytes(content[:-cut])
    with ExchangeReader(file) as reader:
        assert (reader.dropped, list(reader)) == (True, [exchange()])


def test_a_file_that_exists_is_not_overwritten(file: Path) -> None:
    before = written(file, exchange()).read_bytes()
    with pytest.raises(TargetError, match="exists"):
        ExchangeWriter(file, HEADER)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TargetError, match="exists"):
        ExchangeWriter(file, HEADER)
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_missing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="No such file"):
        ExchangeWriter(tmp_path / "absent" / "day.jsonl", HEADER)


def broken() -> Iterator[tuple[str, bytes]]:
    header, line = json.dumps(HEADER_LINE), json.dumps(LINE)
    yield "is empty", b""
    yield "no exchange file", b"[1]\n"
    yield "no exchange file", header.replace("exchanges/1", "exchanges/9").encode() + b"\n"
    yield "no exchange file", b'{"log":{"version":"1.2"}}\n'
    yield "no JSON", b"\x7fELF\x02\x01\n"
    yield "nested too deeply", b"[" * 100_000 + b"\n"
    yield "line 2: the line is no JSON", f"{header}\nx\n".encode()
    yield "occurs twice", (header + "\n" + line.replace('"number"', '"at":"","number"') + "\n").encode()
    yield "line 3: a header", f"{header}\n{line}\n{header}\n".encode()
    yield "longer than", f"{header}\n".encode() + b"x" * (LONGEST_LINE_BYTES + 1)
    yield "does not match", (header + "\n" + json.dumps(CLIMBING) + "\n").encode()
    yield "line 2", (header + "\n" + line.replace("2026-11-24", "yesterday") + "\n").encode()
    yield "line 2", (header + "\n" + line.replace('"text": "[]"', '"base64": "?"') + "\n").encode()
    yield "line 2", (header + "\n" + line.replace("200 OK", "\u20ac") + "\n").encode()
    yield "line 2", (header + "\n" + line.replace("false", "NaN").replace("0.5", "NaN") + "\n").encode()


HEADER_LINE = {
    "format": "noojee-exchanges/1", "made_by": "record", "started": "2026-11-24T00:00:00+00:00", "target": None,
    "dialect": None, "scheme": None, "time_zone": None, "base_path": "", "audio": None, "redaction": None,
}  # fmt: skip
LINE = {
    "number": 1, "at": "2026-11-24T00:00:00+00:00", "first_byte_seconds": None, "seconds": 0.5, "authentication": None,
    "request": {"head": "GET / HTTP/1.1\r\n\r\n", "body": {"text": ""}},
    "response": {"head": "HTTP/1.1 200 OK\r\n\r\n", "body": {"text": "[]"}}, "transport_error": None,
}  # fmt: skip
CLIMBING = {**LINE, "response": {"head": "", "body": {"file": "../../etc/passwd", "size": 1, "sha256": "0" * 64}}}


@pytest.mark.parametrize(
    ("says", "content"), [pytest.param(*row, id=f"{number} {row[0]}") for number, row in enumerate(broken())]
)
def test_a_broken_file_is_one_line(file: Path, says: str, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(TargetError, match=says) as raised, ExchangeReader(file) as reader:
        list(reader)
    assert "\n" not in str(raised.value)
    assert str(file) in str(raised.value)


@pytest.mark.parametrize("change", ["missing", "longer", "changed", "pipe"])
def test_a_side_file_that_is_not_the_one_is_refused(file: Path, change: str) -> None:
    body = b"\x01" * (LARGEST_INLINE_BYTES + 1)
    written(file, exchange(body))
    side = bodies_folder(file) / "1-response.bin"
    side.unlink()
    if change == "longer":
        side.write_bytes(body + b"\x01")
    elif change == "changed":
        side.write_bytes(body[:-1] + b"\x02")
    elif change == "pipe":
        os.mkfifo(side)
    with ExchangeReader(file) as reader:
        answer = reader.at(0).response
        assert answer is not None
        with pytest.raises(TargetError, match="side file"):
            reader.body(answer.body)


@pytest.mark.parametrize("kind", ["folder", "pipe", "missing"])
def test_a_path_that_is_no_file_is_one_line(file: Path, kind: str) -> None:
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    with pytest.raises(TargetError, match="cannot be read"):
        ExchangeReader(file)


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
        (b"3;x=y\r\nabc\r\n02\ndefg"[:-2] + b"\r\n0\r\nTrailer: 1\r\n\r\n", b"abcde"),
        (b"0\r\n\r\n", b""),
        (b"3\r\nab", None),
        (b"x\r\nab\r\n0\r\n\r\n", None),
        (b"2\r\nabc\r\n0\r\n\r\n", None),
        (b"2\r\nab\r\n", None),
        (b"", None),
    ],
)
def test_chunks_are_joined(body: bytes, content: bytes | None) -> None:
    assert dechunked(body) == content


def test_headers_keep_case_and_order() -> None:
    message = WireMessage(head=HEAD)
    assert message.fields() == [("X-ODD", "\xe9"), ("", "no colon")]
    assert message.field("x-odd") == "\xe9"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", 200), (b"HTTP/1.0 404\n\n", 404), (b"\xff\xfe", None), (b"", None),
        (b"HTTP/1.1 2x0 OK", None),
    ],
)  # fmt: skip
def test_a_status_is_read_from_the_first_line(head: bytes, status: int | None) -> None:
    assert exchange(head=head).status == status
