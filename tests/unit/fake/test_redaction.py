"""What the access log and the journal show of a request: never a credential, in any encoding."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noojee_fake.redaction import HIDDEN, PUBLIC, Redaction
from noojee_fake.resources import schema_text

SECRET = '0wn k3y/of+the="test\\'
HASH = "ab" * 32
CODINGS = {
    "raw": SECRET,
    "upper case": SECRET.upper(),
    "percent-encoded": quote(SECRET, safe=""),
    "small hex": quote(SECRET, safe="").lower(),
    "plus for space": quote_plus(SECRET),
    "every letter encoded": "".join(f"%{byte:02X}" for byte in SECRET.encode()),
    "encoded twice": quote(quote(SECRET, safe=""), safe=""),
    "as a JSON text": json.dumps(SECRET)[1:-1],
    "JSON numbers": "".join(f"\\u{ord(letter):04x}" for letter in SECRET),
}
redaction = Redaction([SECRET, None, ""])


@pytest.mark.parametrize("coded", CODINGS.values(), ids=CODINGS.keys())
def test_a_known_secret_is_hidden_in_every_coding(coded: str) -> None:
    """In a text, in a path, in a parameter that is shown, in the name of one, in a header."""
    assert redaction.text(f"<{coded}>") == f"<{HIDDEN}>"
    assert redaction.target(f"/a/{coded}/b", f"tag=x{coded}y") == f"/a/{HIDDEN}/b?tag=x{HIDDEN}y"
    assert redaction.query(f"a{coded}") == HIDDEN
    assert redaction.header("x-echo", f"it is {coded}") == f"it is {HIDDEN}"


@given(st.integers(0, 2**20 - 1), st.sampled_from([str.upper, str.lower, str]))
def test_a_secret_that_is_encoded_in_parts_is_hidden(choice: int, case: Any) -> None:
    """Any of its letters may be percent-encoded."""
    coded = "".join(
        "".join(f"%{byte:02x}" for byte in letter.encode()) if choice >> at & 1 or letter in "%&" else letter
        for at, letter in enumerate(SECRET)
    )
    assert redaction.text(case(coded)) == HIDDEN


def test_a_parameter_is_shown_where_it_is_no_credential() -> None:
    """Names in any case; a value without a name, and a value of an unknown name, are hidden."""
    query = f"apiKey=other&tag=INV-7&uniqueID=1.2&hash={HASH}&timeStamp=1&hsah=x&word&=&&leg"
    assert redaction.query(query) == (
        f"apiKey={HIDDEN}&tag=INV-7&uniqueID=1.2&hash={HIDDEN}&timeStamp=1&hsah={HIDDEN}&{HIDDEN}&={HIDDEN}&&leg{HIDDEN}"
    )
    assert redaction.query("tag22") == f"tag{HIDDEN}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"/{HASH}", f"/{HIDDEN}"),
        (HASH.upper()[:63], HIDDEN),
        (HASH + "c", HASH + "c"),
        ("https://x/?a=1&apiKey=other&b=2", f"https://x/?a=1&apiKey={HIDDEN}&b=2"),
        ("next=%2Fx%3FapiKey%3Dother%26b", f"next=%2Fx%3FapiKey%3D{HIDDEN}%26b"),
        ('{"apiKey": "ot\\"her", "Code": -1}', f'{{"apiKey": "{HIDDEN}", "Code": -1}}'),
        ('{"token":12', f'{{"token":"{HIDDEN}"'),
        ("Authorization: Bearer abcdef", f"Authorization: Bearer {HIDDEN}"),
        ('[{"Source":"400","Tag":"keyhole"}]', '[{"Source":"400","Tag":"keyhole"}]'),
        ("", ""),
    ],
)
def test_what_gives_itself_away_is_hidden(text: str, shown: str) -> None:
    """Hashes by their length, other credentials by the name before them, also those of another PBX."""
    assert redaction.text(text) == shown
    assert Redaction([]).text(text) == shown


@pytest.mark.parametrize(
    "name", ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth"]
)
def test_a_header_of_credentials_is_hidden(name: str) -> None:
    """Whatever it holds."""
    assert redaction.header(name, "abc") == HIDDEN
    assert redaction.header("content-type", "text/plain") == "text/plain"


@given(st.integers(1, len(quote(SECRET, safe="")) * 2))
def test_a_text_that_was_cut_off_ends_before_half_a_secret(length: int) -> None:
    """Where the cut went through a secret, its beginning is not shown either."""
    whole = "." * 300 + quote(SECRET, safe="")
    shown = redaction.cut(redaction.text(whole[: 300 + length]))
    assert set(shown) <= set(".") | set(HIDDEN)
    assert Redaction([]).cut("abc") == "abc"


def test_the_parameters_that_are_shown_are_those_of_the_api() -> None:
    """All that its description names, but for key and hash; and the control API's unique_id."""
    api = json.loads(schema_text("pbx.openapi.json"))
    names = {row["name"].lower() for row in api["components"]["parameters"].values()}
    assert names - {"apikey", "hash"} | {"unique_id"} == PUBLIC


def test_filters_of_the_control_api_are_shown_in_its_own_requests() -> None:
    """An access log without `limit=` hides what a reader of it looks for.

    In a request of the API, it may be a secret.
    """
    redaction = Redaction(("s3cret",))
    assert redaction.target("/__noojee/sandboxes/default/journal", "limit=5&path=x") == (
        "/__noojee/sandboxes/default/journal?limit=5&path=[redacted]"
    )
    assert redaction.target("/rest/Time", "limit=5") == "/rest/Time?limit=[redacted]"
