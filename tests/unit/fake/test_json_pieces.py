"""Large JSON documents are parsed piece by piece, with the same result as json.loads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noojee_fake.pbx import json_pieces
from noojee_fake.pbx.documents import _slices, mistake

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=30,
)


def refuse(name: str) -> Any:
    raise ValueError(name)


@pytest.fixture(autouse=True)
def _every_text_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_pieces, "SMALL_CHARACTERS", 0)


@pytest.mark.parametrize("indent", [None, 1])
def test_value_is_that_of_json(indent: int | None) -> None:
    """With and without blanks."""

    @given(VALUES)
    def check(value: Any) -> None:
        text = f"\n {json.dumps(value, indent=indent)}\t"
        assert json_pieces.parse_json(text, refuse) == json.loads(text)

    check()


@pytest.mark.parametrize(
    "text",
    [
        "", "[", "{", "[1", "[1,", "[1,]", "[1 2]", '{"a"', '{"a":', '{"a":1', '{"a":1,}', "{1:2}", "[]]", '{"a" 1}',
        "[NaN]", '["\n"]', "nul", '{"a":{"b":[[[1}]]]}',
    ],
)  # fmt: skip
def test_text_that_is_no_json_is_refused(text: str) -> None:
    """As json.loads refuses it."""
    with pytest.raises(ValueError, match=r"."):
        json_pieces.parse_json(text, refuse)


def test_last_of_two_equal_names_wins() -> None:
    """As in json.loads."""
    assert json_pieces.parse_json('{"a":1,"a":2}', refuse) == {"a": 2}


def test_error_in_a_long_list_names_its_entry() -> None:
    """The list is validated in slices; the path counts from its beginning."""
    leg = {"start": "2026-03-11T12:00:00+11:00", "end": "2026-03-11T12:00:09+11:00", "destination": "410"}
    calls = [
        {"unique_id": f"{number}.1", "direction": "internal", "source": "400", "legs": [leg]} for number in range(2500)
    ]
    document = {"format": "noojee-archive/1", "time_zone": "UTC", "calls": calls}
    assert mistake(document, "archive.schema.json") is None
    calls[2345] = {**calls[2345], "direction": "sideways"}
    found = mistake(document, "archive.schema.json")
    assert found is not None
    assert found[1] == "$.calls[2345].direction"


def test_list_beyond_its_limit_is_refused() -> None:
    """The limit of the schema counts the whole list, not a slice."""
    found = mistake({"format": "noojee-archive/1", "time_zone": "UTC", "calls": [{}] * 200_001}, "archive.schema.json")
    assert found is not None
    assert found[1] == "$.calls"


def test_slices_count_the_legs_of_calls() -> None:
    """A hundred calls may have a million legs: they are validated one by one."""
    few = [{"legs": [{}] * 10_000}] * 3
    assert list(_slices(few)) == [(0, 1), (1, 2), (2, 3)]
    assert list(_slices([{"legs": [{}]}] * 1001)) == [(0, 500), (500, 1000), (1000, 1001)]


@pytest.mark.parametrize("text", ["", "plain", "x" * 99 + "ü\U0001f3a7" * 50])
def test_large_body_is_decoded_in_pieces(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a piece ends in the middle of a letter."""
    for piece_bytes in (1, 3, 64):
        monkeypatch.setattr(json_pieces, "PIECE_BYTES", piece_bytes)
        assert json_pieces.decoded(text.encode()) == text


@pytest.mark.parametrize("body", [b"\xff", b"x" * 99 + "ü".encode()[:1]])
def test_large_body_that_is_no_utf8_is_refused(body: bytes) -> None:
    """Also at its end."""
    with pytest.raises(ValueError, match="utf-8"):
        json_pieces.decoded(body)


def test_list_is_emptied_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where its length is no multiple of a piece."""
    monkeypatch.setattr(json_pieces, "FREED_AT_ONCE", 3)
    values = list(range(10))
    json_pieces.let_go(values)
    assert values == []
