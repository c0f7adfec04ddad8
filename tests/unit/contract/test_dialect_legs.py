"""Answers of a custom dialect: each format, and the problem of a value that does not have it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noojee_contract.dialects.custom import CustomDialect
from noojee_contract.dialects.formats import NUMBERS, TIMES, UNSET, Unread, pattern, text, words
from noojee_contract.dialects.legs import MISSING, Reading
from noojee_contract.dialects.loader.file import read_dialect
from noojee_contract.dialects.model import ErrorRules, Method
from noojee_contract.dialects.schemes import KeyInQuery
from noojee_contract.model.exchange import Exchange, Request, Response
from noojee_contract.model.question import Question

MELBOURNE = ZoneInfo("Australia/Melbourne")
DIALECT = read_dialect(Path(__file__).parents[3] / "docs" / "guides" / "replacement" / "dialect.toml")
ITEM = {
    "id": 501, "callId": "1631595787.5", "legNumber": 2, "startedAt": "2021-09-14T15:03:30.250+10:00",
    "endedAt": "2021-09-14T15:03:34.750+10:00", "seconds": 4, "reference": None, "agent": "Fred", "from": "0400000001",
    "to": "410", "dialled": "7601", "direction": "IN",
}  # fmt: skip
START = datetime(2021, 9, 14, 5, 3, 30, tzinfo=UTC)


def exchange(document: Any, status: int = 200) -> Exchange:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    asked = Request(method="GET", url="http://records.invalid/")
    return Exchange(request=asked, response=Response(status=status, body=body), at=datetime(2026, 11, 23, tzinfo=UTC))


def read(document: Any, status: int = 200, dialect: CustomDialect = DIALECT) -> Reading:
    return dialect.read_answer(Question("tag", "t"), exchange(document, status), zone=MELBOURNE)


def test_a_leg_of_the_example_is_read_field_by_field() -> None:
    """Camel case, numbers, RFC 3339 and words give the same leg as the vendor's forms."""
    reading = read({"items": [ITEM], "count": 1})
    assert reading.problems == ()
    (leg,) = reading.legs
    assert leg.start == (START.replace(microsecond=250_000),)
    assert (leg.unique_id, leg.number, leg.tag, leg.duration_seconds, leg.username) == (
        "1631595787.5",
        2,
        "",
        4,
        "Fred",
    )
    assert (leg.call_record_id, leg.did, leg.direction) == ("501", "7601", "inbound")
    assert (leg.source, leg.destination) == ("0400000001", "410")
    assert leg.texts["Tag"] == ""
    assert leg.texts["Start"] == ITEM["startedAt"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"legNumber": "2"}, "entry 0: legNumber is '2': expected a whole number"),
        ({"legNumber": True}, "legNumber is true: expected a whole number"),
        ({"seconds": 4.5}, "seconds is 4.5: expected a whole number"),
        ({"reference": ""}, "an unset field is written as null"),
        ({"reference": 7}, "reference is 7: expected a text"),
        ({"agent": None}, "null came; an unset field is written as an empty text"),
        ({"startedAt": "2021-09-14T15:03:30"}, "with its offset"),
        ({"startedAt": "2021-02-30T15:03:30Z"}, "day is out of range"),
        ({"startedAt": "0001-01-01T00:00:00Z"}, "a year from 2 to 9998"),
        ({"startedAt": "9999-12-31T23:59:59-11:00"}, "out of range"),
        ({"direction": "INBOUND"}, "expected one of IN, OUT, INT"),
    ],
)
def test_a_wrong_value_is_a_problem_under_the_name_of_the_api(change: dict[str, Any], problem: str) -> None:
    """The other fields of the leg are read."""
    reading = read({"items": [ITEM | change], "count": 1})
    assert problem in reading.problems[0]
    assert reading.legs[0].unique_id == "1631595787.5"


@pytest.mark.parametrize("name", sorted(ITEM))
def test_a_missing_field_is_a_problem(name: str) -> None:
    """The dialect file names it."""
    item = {key: value for key, value in ITEM.items() if key != name}
    assert read({"items": [item]}).problems == (f"entry 0: {name} is missing",)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"count": 0}, "items is missing"),
        ({"items": {}}, "items is an object, not an array"),
        ([ITEM], "items is missing"),
        ({"items": [1]}, "entry 0 is a number"),
        (b"<html>", "not JSON"),
        (b"", "empty"),
    ],
)
def test_a_document_without_a_list_is_a_problem(document: Any, problem: str) -> None:
    """The dialect file names the place of the legs."""
    reading = read(document)
    assert problem in reading.problems[0]
    assert reading.error_body is None


def test_an_error_body_is_read_at_its_place_in_the_file() -> None:
    """The status does not matter, and a code of success is no error."""
    document = {"error": {"code": "not_found", "message": "no such recording"}}
    failure = read(document, 404).error_body
    assert failure is not None
    assert (failure.code, failure.message) == ("not_found", "no such recording")
    assert DIALECT.read_error_body(exchange(document)) == failure
    assert DIALECT.read_error_body(exchange(b"<html>")) is None
    bare = CustomDialect(
        name="bare", scheme=KeyInQuery("key"), methods={"by_tag": Method(verb="GET", path="/")},
        errors=ErrorRules(code=("code",), message=("text",), success=0),
    )  # fmt: skip
    assert bare.read_error_body(exchange({"code": 0, "text": "fine"})) is None
    assert bare.read_error_body(exchange({"code": 7, "text": "no"})) is not None
    assert read([], dialect=bare) == Reading(document="an array")


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("rfc3339", "2021-09-14T05:03:30Z"),
        ("rfc3339", "2021-09-14t15:03:30.000000000+10:00"),
        ("epoch-seconds", 1631595810),
        ("epoch-seconds", "1631595810.0"),
        ("epoch-millis", 1631595810000),
        ("epoch-millis", "1631595810000.0"),
        ("java-timestamp", "2021-09-14 15:03:30.0"),
        ("java-date", "Tue Sep 14 15:03:30 AEST 2021"),
    ],
)
def test_a_time_is_read_in_each_form(form: str, value: Any) -> None:
    """All forms give the same instant."""
    assert TIMES[form](value, MELBOURNE) == (START,)


def test_a_pattern_without_an_offset_is_local_time() -> None:
    """Two instants in a repeated hour, none in a skipped hour."""
    read_local = pattern("%d.%m.%Y %H:%M:%S")
    assert read_local("14.09.2021 15:03:30", MELBOURNE) == (START,)
    assert len(read_local("05.04.2026 02:30:00", MELBOURNE)) == 2
    with pytest.raises(Unread, match="does not exist"):
        read_local("04.10.2026 02:30:00", MELBOURNE)
    assert pattern("%Y-%m-%d %H:%M:%S %z")("2021-09-14 15:03:30 +1000", MELBOURNE) == (START,)
    assert pattern("%Y%m%dT%H%M%SZ")("20210914T050330Z", MELBOURNE) == (START,)


@pytest.mark.parametrize("form", sorted(TIMES))
@given(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.just("9" * 15), st.just([]),
        st.just(MISSING),
    )
)  # fmt: skip
def test_a_value_that_is_no_time_does_not_crash(form: str, value: Any) -> None:
    """Any JSON value."""
    found: tuple[datetime, ...] = ()
    with suppress(Unread):
        found = TIMES[form](value, MELBOURNE)
    assert all(moment.tzinfo is UTC for moment in found)


@pytest.mark.parametrize(
    ("reader", "value", "read_as"),
    [
        (NUMBERS["number"], 4, 4),
        (NUMBERS["text"], "04", 4),
        (NUMBERS["milliseconds"], 4999, 4),
        (text(UNSET["absent"]), MISSING, ""),
        (text(UNSET["null"]), None, ""),
        (text(UNSET["empty"]), "", ""),
        (text(UNSET["null"]), "null", "null"),
        (words({"0": "inbound", "1": "outbound"}), 1, "outbound"),
    ],
    ids=range(8),
)
def test_numbers_texts_and_words_are_read(reader: Any, value: Any, read_as: Any) -> None:
    """Digits in a text, no key at all, a number for a direction."""
    assert reader(value, MELBOURNE) == read_as


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (NUMBERS["number"], -1),
        (NUMBERS["text"], 4),
        (NUMBERS["text"], "٤"),
        (text(UNSET["absent"]), None),
        (text(UNSET["absent"]), ""),
        (text(UNSET["empty"]), MISSING),
        (words({"0": "inbound"}), True),
        (words({"0": "inbound"}), None),
    ],
    ids=range(8),
)
def test_a_value_of_another_format_is_not_read(reader: Any, value: Any) -> None:
    """The reader does not guess."""
    with pytest.raises(Unread):
        reader(value, MELBOURNE)
