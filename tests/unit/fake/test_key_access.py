"""The replacement: an API key as a parameter, and as nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

PATH = "/njadmin/rest/RecordingAPI/retrieveMetaData"


@pytest.fixture(scope="session")
def tagged(pbx: Callable[..., Any], call: Any, leg: Any) -> Callable[..., Any]:
    return lambda **options: pbx(call("1763589600.1", leg(tag="T")), **options)


def test_invalid_keys_are_refused_and_never_repeated(tagged: Any) -> None:
    """401 with a failure object, whose text holds nothing of what was given. Source: option njadmin_refused_status."""
    caller = tagged()
    key = caller.key
    wrong = [
        "",
        "apiKey=",
        "apiKey=nobody-knows-me",
        f"apiKey={key.upper()}",
        f"apiKey={key}0",
        f"apiKey={key[:-1]}",
        f"apikey={key}",
        f"ApiKey={key}",
        f"api_key={key}",
        f"apiKey=+{key}",
        f"apiKey=nobody&apiKey={key}",
        "apiKey=%C3%A9%F0%9F%98%80",
        "apiKey=%FF",
        f"apiKey={key}%00",
        f"apiKey={'k' * 100_000}",
        caller.signature(),
    ]
    for query in wrong:
        answer = caller.ask(PATH, f"tag=T&{query}")
        assert answer.status == 401, query[:80]
        assert answer.body in (
            b'{"Message":"Missing apiKey","Code":-1}',
            b'{"Message":"Invalid apiKey","Code":-1}',
        )


def test_the_first_of_two_keys_counts(tagged: Any) -> None:
    """The right key before a wrong one is accepted: the first value wins."""
    caller = tagged()
    assert caller.ask(PATH, f"tag=T&apiKey={caller.key}&apiKey=nobody").status == 200


def test_a_key_in_a_header_or_a_cookie_opens_nothing(tagged: Any) -> None:
    """Credentials count only as parameters. Source: option parameters_in."""
    caller = tagged()
    for headers in (
        (("apikey", caller.key),),
        (("x-api-key", caller.key),),
        (("authorization", f"Bearer {caller.key}"),),
        (("cookie", f"apiKey={caller.key}"),),
    ):
        assert caller.ask(PATH, "tag=T", headers=headers).status == 401


def test_a_key_may_be_percent_encoded(tagged: Any) -> None:
    """A client may encode what needs no encoding."""
    caller = tagged()
    encoded = "".join(f"%{ord(letter):02X}" for letter in caller.key)
    assert caller.ask(PATH, f"%74ag=%54&api%4Bey={encoded}").status == 200


def test_a_user_key_reaches_no_recording(tagged: Any) -> None:
    """A user key opens campaign methods only (DOC W-AK); the status is chosen (option user_key_status)."""
    caller = tagged()
    user_key = caller.sandboxes.default.user_key
    for name in ("retrieveMetaData", "retrieveMetaDataByHour", "retrieve"):
        answer = caller.ask(f"/njadmin/rest/RecordingAPI/{name}", f"tag=T&apiKey={user_key}")
        assert answer.status == 403
        assert user_key.encode() not in answer.body


def test_authentication_comes_before_parameters(tagged: Any) -> None:
    """Who may not ask does not learn what was missing."""
    caller = tagged()
    assert caller.ask(PATH, "apiKey=nobody").status == 401
    assert caller.ask(PATH, f"apiKey={caller.key}").status == 400


def test_a_key_in_the_body_counts_only_in_a_form(tagged: Any) -> None:
    """As servlets do: form bodies are read, others are not; the query goes first. Source: option parameters_in."""
    caller = tagged()
    body = f"tag=T&apiKey={caller.key}".encode()
    for content_type, status in (
        ("application/x-www-form-urlencoded", 200),
        ("Application/X-WWW-Form-URLencoded; charset=UTF-8", 200),
        ("application/json", 401),
        ("text/plain", 401),
        ("", 401),
    ):
        assert caller.ask(PATH, headers=(("content-type", content_type),), body=body).status == status
    assert caller.ask(PATH, "apiKey=nobody", body=body).status == 401
    assert caller.ask(PATH, f"apiKey={caller.key}", body=b"apiKey=nobody&tag=T").status == 200
    assert caller.ask(PATH, body=body + b"&x=" + b"x" * 2_100_000).status == 401
