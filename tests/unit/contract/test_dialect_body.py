"""Values arrive unchanged in the body of a request, as JSON and as a form."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from hypothesis import example, given
from hypothesis import strategies as st

from noojee_contract.dialects.body import FormBody, JsonBody

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(TEXTS, TEXTS)
@example("{leg}", "{tag}")
@example('\x00\r\n"\\', "1' OR '1'='1")
def test_values_arrive_unchanged(tag: str, leg: str) -> None:
    """A value that looks like a name in braces is not replaced, and the rest of the body is kept."""
    values = {"tag": tag, "leg": leg}
    document = json.loads(JsonBody({"a": ["x {tag}", {"b": "{leg}"}], "c": 1.5}).written(values))
    assert document == {"a": [f"x {tag}", {"b": leg}], "c": 1.5}
    pairs = FormBody((("a&b", "{tag} of {leg}"), ("c", "1"))).written(values).decode("ascii")
    assert parse_qsl(pairs, keep_blank_values=True, strict_parsing=True) == [("a&b", f"{tag} of {leg}"), ("c", "1")]


@given(st.one_of(st.integers(-(10**18) + 1, 10**18 - 1).map(str), TEXTS))
def test_a_number_is_sent_as_a_number_if_it_is_one(value: str) -> None:
    """Digits, with or without a minus sign; other values are sent as strings."""
    (sent,) = json.loads(JsonBody(["{leg:number}"]).written({"leg": value}))
    assert sent == value or (isinstance(sent, int) and sent == int(value))
    if value.isascii() and value.isdigit() and len(value) <= 18:
        assert isinstance(sent, int)


def test_parts_without_a_value_are_left_out() -> None:
    """Members, entries and parameters."""
    assert JsonBody({"a": "{tag}", "b": ["{leg:number}", "x{tag}", 1], "c": {}}).written({}) == b'{"b": [1], "c": {}}'
    assert FormBody((("a", "{tag}"), ("b", "1"))).written({}) == b"b=1"
