"""The redactor hides everything that could be a credential."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noojee_contract.model.exchange import Exchange, Request, Response, beginning
from noojee_contract.redaction.finder import COMMON, FEW_FORMS
from noojee_contract.redaction.redact import HIDDEN, Redactor

KEY = "S3cr3t/Kéy+with=odd&chars"
PLAIN = "1f8e2c4a-0000-4000-8000-00defacedbee"


def exchange(
    *, url: str = "https://pbx.invalid/", body: bytes = b"", headers: tuple[tuple[str, str], ...] = ()
) -> Exchange:
    return Exchange(
        request=Request(method="POST", url=url, headers=(("authorization", f"Bearer {PLAIN}"),)),
        response=Response(status=200, headers=headers, body=body),
        at=datetime(2026, 11, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "said",
    [
        KEY, quote(KEY, safe=""), json.dumps(KEY), KEY.upper(), KEY[::-1], KEY.encode().hex(),
        base64.b64encode(KEY.encode()).decode(), base64.b64encode(b"user:" + KEY.encode()).decode(),
        base64.b64encode(b"ab" + KEY.encode() + b"xyz").decode(),
    ],
)  # fmt: skip
def test_a_credential_is_hidden_in_any_coding(said: str) -> None:
    """A server may repeat a request in any encoding."""
    hidden = Redactor([KEY]).text(f"before {said} after")
    assert HIDDEN in hidden
    assert said not in hidden


@pytest.mark.parametrize(
    "text",
    [
        "https://h/x?apiKey=abc&tag=1", "https://h/x?tag=1&hash=abc", "api_key=abc", '{"password": "abc"}',
        '{"apiKey":"abc', "https://user:abc@h/", "Authorization: Bearer abcd1234", "token=abc",
    ],
)  # fmt: skip
def test_a_value_with_the_name_of_a_credential_is_hidden(text: str) -> None:
    """The redactor does not know these values."""
    hidden = Redactor().text(text)
    assert HIDDEN in hidden
    assert "abc" not in hidden


def test_ordinary_text_is_unchanged() -> None:
    """Tags, hashes as words and shell variables are no credentials."""
    text = "tag=1234&timeStamp=1392356108888&hash=$HASH apiKey=$NOOJEE_API_KEY the hash is stale"
    assert Redactor(["abc"]).text(text) == text


def test_headers_that_carry_credentials_are_hidden() -> None:
    """Cookies and Authorization, in requests and answers."""
    shown = Redactor().exchange(
        exchange(headers=(("set-cookie", "JSESSIONID=abcdef"), ("x-api-key", "k-123"), ("allow", "POST")))
    )
    assert shown["response"]["headers"] == [["set-cookie", HIDDEN], ["x-api-key", HIDDEN], ["allow", "POST"]]
    assert PLAIN not in json.dumps(shown)


def test_a_cut_body_shows_no_half_credential() -> None:
    """Long bodies are cut, and a word at the cut is not shown."""
    body = b"x" * (16 * 1024 - 10) + PLAIN.encode() + b"y" * 5000
    shown = Redactor([PLAIN]).exchange(exchange(body=body))
    assert PLAIN[:10] not in json.dumps(shown)
    assert shown["response"]["body"]["omitted_bytes"] > 0


def test_audio_is_counted_not_shown() -> None:
    """A report shows only its size."""
    shown = Redactor().exchange(exchange(body=b"RIFF" + bytes(4000)))
    assert shown["response"]["body"] == {"omitted_bytes": 4004}


def test_keys_of_a_document_are_hidden_by_name() -> None:
    """A member called hash is hidden, a member called Tag is not."""
    assert Redactor().document({"hash": "x1", "Tag": "x1", "a": [{"token": 5}]}) == {
        "hash": HIDDEN, "Tag": "x1", "a": [{"token": HIDDEN}],
    }  # fmt: skip


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=30),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_a_credential_is_hidden_in_any_text(secret: str, before: str, after: str) -> None:
    """The text around it does not matter."""
    if secret.lower() in HIDDEN.lower() or secret.lower() in COMMON:
        return
    hidden = Redactor([secret]).text(before + secret + after)
    assert secret not in hidden.replace(HIDDEN, "\0")


@given(st.binary(max_size=200))
def test_any_body_makes_a_document(body: bytes) -> None:
    """An exchange with any bytes can be written as JSON."""
    json.dumps(Redactor([PLAIN]).exchange(exchange(body=body)))


def test_a_text_is_cut_at_a_word_boundary() -> None:
    """The redactor would not recognise half a credential."""
    said = f"The hash was expected to be {PLAIN} and is another"
    for most in range(1, len(said) + 1):
        shown = beginning(said, most)
        assert PLAIN in shown or not any(PLAIN[:part] in shown for part in range(6, len(PLAIN)))
    assert beginning("short", 80) == "short"
    assert beginning("x" * 500 + " is no digit", 80) == "(500 characters) is no digit"


@pytest.mark.parametrize("secret", ["", "1", "abc", "null", "NULL", "admin", "test", "undefined"])
def test_a_short_or_common_word_is_hidden_by_name_only(secret: str) -> None:
    """To replace such a word everywhere hides tags and user names, and gives away which word is a key."""
    redactor = Redactor([secret])
    assert redactor.text(f"tag={secret}&uniqueId=1 {secret}") == f"tag={secret}&uniqueId=1 {secret}"
    if secret:
        assert redactor.text(f"apiKey={secret}&tag=1") == f"apiKey={HIDDEN}&tag=1"


OTHERS = tuple(f"another-{number:04}" for number in range(FEW_FORMS))
LETTERS = st.text("abAB-İΣσςſKé/", min_size=4, max_size=8)


@given(st.lists(LETTERS, min_size=1, max_size=5), st.text("abAB-İΣσςſKé/", max_size=60), st.data())
def test_many_credentials_are_hidden_as_few_are(secrets: list[str], text: str, data: st.DataObject) -> None:
    """One automaton searches for many credentials. Credentials overlap; no part of one is left."""
    text = data.draw(st.permutations([*secrets, text]).map("".join))
    redactor = Redactor(secrets)
    assert Redactor([*secrets, *OTHERS]).text(text) == redactor.text(text)
    assert not any(secret in redactor.text(text) for secret in secrets)


@pytest.mark.parametrize("others", [(), OTHERS])
@pytest.mark.parametrize(
    ("secrets", "text", "shown"),
    [
        (("abcdef", "defghi"), "<abcdefghi>", f"<{HIDDEN}>"),
        (("abab",), "<ababab>", f"<{HIDDEN}>"),
        (("abcd", "xabcdx"), "<xabcdx>", f"<{HIDDEN}>"),
        (("abcd",), "abcdabcd", HIDDEN + HIDDEN),
        (("İstanbul",), "İİstanbul abc", f"İ{HIDDEN} abc"),
        (("ΑΒΓΣ",), "ΑΒΓΣΑ", f"{HIDDEN}Α"),
    ],
)
def test_overlapping_credentials_are_hidden(
    secrets: tuple[str, ...], text: str, shown: str, others: tuple[str, ...]
) -> None:
    """A text in lower case may be longer, and lowers a sigma by the letters around it."""
    assert Redactor([*secrets, *others]).text(text) == shown


@pytest.mark.parametrize(
    "body",
    [
        b"\x00key " + PLAIN.encode(), b"RIFF" + PLAIN.encode(), b"\xff" + PLAIN.encode(), b"\xff" + KEY.encode(),
        PLAIN.encode("utf-16"), b"\x00apiKey=abc",
    ],
)  # fmt: skip
def test_a_credential_in_a_binary_body_is_not_shown(body: bytes) -> None:
    """A body that is no text is shown in base64, which a reader decodes."""
    shown = Redactor([PLAIN, KEY]).exchange(exchange(body=body))["response"]["body"]
    assert shown == {"omitted_bytes": len(body)}
