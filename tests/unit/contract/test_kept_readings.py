"""Decoded answers are kept within a bound of memory, and JSON that would take much memory is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from noojee_contract.dialects.legs import Reading
from noojee_contract.engine.readings import BYTES_A_BYTE, BYTES_OF_A_READING, Readings
from noojee_contract.model.exchange import Exchange, NotJson, Request, Response, json_of
from noojee_contract.redaction.redact import MOST_HEADERS, Redactor

BODY = b"[]"
SIZE = BYTES_OF_A_READING + BYTES_A_BYTE * len(BODY)


def exchange(body: bytes = BODY, *, headers: int = 0) -> Exchange:
    """An exchange with a body, and with many headers."""
    fields = tuple((f"x-{number}", "1") for number in range(headers))
    request = Request(method="GET", url="http://pbx.invalid/")
    return Exchange(request=request, response=Response(status=200, headers=fields, body=body), at=datetime.now(UTC))


class Asked:
    """Reads answers, and counts how often each is decoded."""

    def __init__(self, readings: Readings) -> None:
        self.readings = readings
        self.decoded: list[str] = []

    def read(self, name: str, body: bytes = BODY) -> Reading:
        """The reading of the answer with this name."""

        def decode() -> Reading:
            self.decoded.append(name)
            return Reading(problems=(name,))

        return self.readings.get(name, exchange(body), decode)


def test_a_kept_answer_is_decoded_once() -> None:
    """Many clauses read the same answer."""
    asked = Asked(Readings(most_bytes=2 * SIZE))
    assert [asked.read("a").problems for _ in range(3)] == [("a",)] * 3
    assert asked.decoded == ["a"]


def test_the_answer_read_longest_ago_is_dropped() -> None:
    """It is decoded again when it is needed."""
    asked = Asked(Readings(most_bytes=2 * SIZE))
    for name in ("a", "b", "a", "c", "a", "b"):
        asked.read(name)
    assert asked.decoded == ["a", "b", "c", "b"]


def test_an_answer_beyond_the_bound_is_kept_alone() -> None:
    """A clause reads its legs many times."""
    asked = Asked(Readings(most_bytes=2 * SIZE))
    long = b"[" + b" " * 10_000 + b"]"
    for name, body in (("a", BODY), ("long", long), ("long", long), ("a", BODY)):
        asked.read(name, body)
    assert asked.decoded == ["a", "long", "a"]


def test_a_repeated_key_is_named() -> None:
    """Parsers differ in which of the values they take."""
    with pytest.raises(NotJson, match="the key 'Tag' occurs twice"):
        json_of(b'[{"Leg": 1, "Tag": 1, "Tag": 2}]')


def test_very_many_keys_in_one_object_are_refused() -> None:
    """900,000 keys were 300 MiB in memory."""
    members = ",".join(f'"{number}":1' for number in range(900_000))
    with pytest.raises(NotJson, match="which is no listing"):
        json_of(f"[{{{members}}}]".encode())


def test_a_long_listing_is_read() -> None:
    """The bound is far beyond legs with additional fields."""
    leg = {f"field {number}": "" for number in range(30)}
    assert len(json_of(json.dumps([leg] * 20_000).encode())) == 20_000


def test_a_report_shows_some_of_many_headers() -> None:
    """A server may send thousands."""
    shown = Redactor([]).exchange(exchange(headers=MOST_HEADERS + 5))["response"]["headers"]
    assert shown[-1] == ["...", "and 5 more"]
    assert len(shown) == MOST_HEADERS + 1
