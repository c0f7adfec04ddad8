"""The answers of a capture: one for each question, without the requests that only use up a time stamp."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from noojee_contract.model.wire import WireBody, WireExchange, WireMessage
from noojee_contract.traffic.capture.answers import read_answers
from noojee_contract.traffic.exchange_file import ExchangeWriter, FileHeader

AT = datetime(2026, 11, 24, tzinfo=UTC)
EMPTY_LIST = WireBody.of(b"[]")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"


def exchange(url: str, body: WireBody = EMPTY_LIST, head: bytes = ANSWER) -> WireExchange:
    request = WireMessage(head=f"POST {url} HTTP/1.1\r\nHost: pbx\r\n\r\n".encode())
    return WireExchange(at=AT, request=request, response=WireMessage(head=head, body=body))


def written(path: Path, *exchanges: WireExchange, credentials: tuple[str, ...] | None = None) -> Path:
    with ExchangeWriter(path, FileHeader(made_by="record", started=AT, credentials=credentials)) as writer:
        for each in exchanges:
            writer.write(each)
    return path


def test_question_is_named_without_credentials(tmp_path: Path) -> None:
    """A hash is new for each request, and the question is the same."""
    one, other = (f"/rest/RecordingAPI/retrieveMetaData?tag=a&timeStamp={stamp}&hash={stamp}" for stamp in (1, 2))
    found = read_answers(written(tmp_path / "a.jsonl", exchange(one), exchange(other)))
    assert list(found) == ["POST /rest/RecordingAPI/retrieveMetaData tag=a"]


@pytest.mark.parametrize(
    ("named", "asked", "query"),
    [
        (("pass_phrase",), None, "tag=a&pass_phrase={}"),
        (("X-Key", "p\xe4ss"), None, "p%C3%A4ss={}&tag=a"),
        (None, ("pass_phrase",), "tag=a&pass_phrase={}"),
        (None, None, "tag=a&access_token={}"),
    ],
    ids=["header of the file", "encoded", "target", "usual name"],
)
def test_key_of_a_custom_dialect_is_no_part_of_a_question(
    tmp_path: Path, named: tuple[str, ...] | None, asked: tuple[str, ...] | None, query: str
) -> None:
    """Its name comes from the file, or from the target; in a file without names, usual names count."""
    made = [exchange(f"/calls?{query.format(key)}") for key in ("secret", "another")]
    made.append(exchange("/calls?tag=b"))
    found = read_answers(written(tmp_path / "a.jsonl", *made, credentials=named), asked)
    assert list(found) == ["POST /calls tag=a", "POST /calls tag=b"]


def test_parameter_with_a_usual_name_is_a_question_where_the_names_are_known(tmp_path: Path) -> None:
    """An API may name its recordings by a key; two of them are two questions."""
    made = [exchange(f"/calls?key={value}") for value in ("a", "b")]
    found = read_answers(written(tmp_path / "a.jsonl", *made, credentials=("pass_phrase",)))
    assert list(found) == ["POST /calls key=a", "POST /calls key=b"]


@pytest.mark.parametrize(
    ("media_type", "body", "name"),
    [
        ("application/x-www-form-urlencoded", "tag={}&apiKey=secret", "POST /calls tag={}"),
        ("application/json", '{{"tag": "{}"}}', 'POST /calls {{"tag": "{}"}}'),
    ],
)
def test_question_in_a_body_is_a_question_of_its_own(tmp_path: Path, media_type: str, body: str, name: str) -> None:
    """A dialect file may send parameters in a body; each question has the same path."""
    made = []
    for tag in ("a", "b"):
        head = f"POST /calls HTTP/1.1\r\nHost: pbx\r\nContent-Type: {media_type}\r\n\r\n".encode()
        request = WireMessage(head=head, body=WireBody.of(body.format(tag).encode()))
        made.append(replace(exchange("/calls"), request=request))
    assert list(read_answers(written(tmp_path / "a.jsonl", *made))) == [name.format("a"), name.format("b")]


def test_request_that_uses_up_a_time_stamp_is_no_question(tmp_path: Path) -> None:
    """It is sent only if two time stamps are of one millisecond, so a later capture may lack it."""
    spent = exchange("/rest/RecordingAPI/retrieveMetaData?timeStamp=1795478400000&hash=")
    assert read_answers(written(tmp_path / "a.jsonl", spent)) == {}


def test_body_that_was_not_kept_is_sound_by_its_label(tmp_path: Path) -> None:
    """Of sound, only size and hash are kept."""
    head = ANSWER.replace(b"application/json", b"audio/x-wav").replace(b"Length: 2", b"Length: 64044")
    sound = WireBody(content=None, size=64044, sha256="0" * 64)
    (found,) = read_answers(written(tmp_path / "a.jsonl", exchange("/x/retrieve?tag=a&leg=1", sound, head))).values()
    assert (found.status, found.body, found.transport_error) == (200, "audio", None)


def test_answer_that_is_no_http_is_a_transport_error(tmp_path: Path) -> None:
    """An upgrade may answer with anything."""
    garbage = exchange("/x/retrieveMetaData?tag=a", head=b"\x15\x03\x01\x00\r\n\r\n")
    (found,) = read_answers(written(tmp_path / "a.jsonl", garbage)).values()
    assert found.status is None
    assert "no valid HTTP" in (found.transport_error or "")
