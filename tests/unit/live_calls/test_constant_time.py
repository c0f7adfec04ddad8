"""Credentials are compared in a time that does not depend on them: by `hmac.compare_digest`, and by nothing else."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

import pytest

from noojee_fake.pbx import credentials
from noojee_fake.pbx.clock import CountedIds
from noojee_fake.pbx.credentials import ApiKeys
from noojee_fake.server.sandboxes import build

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
TOKEN = "t0ken-of-the-control-api"


class Secret(str):
    """A text that refuses to be compared letter by letter."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        raise AssertionError("a credential was compared with ==")

    def __ne__(self, other: object) -> bool:
        raise AssertionError("a credential was compared with !=")

    def startswith(self, *given: Any) -> bool:
        raise AssertionError("a credential was compared by its beginning")


def as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes]]:
    """What was compared in constant time."""
    pairs: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def compare_digest(one: str | bytes, other: str | bytes) -> bool:
        pairs.append((as_bytes(one), as_bytes(other)))
        return compare(one, other)  # type: ignore[type-var]

    monkeypatch.setattr(credentials.hmac, "compare_digest", compare_digest)
    made = credentials.hash_of
    monkeypatch.setattr(credentials, "hash_of", lambda *given: Secret(made(*given)))
    return pairs


@pytest.fixture
def caller(calling: Callable[..., Any]) -> Any:
    sandboxes = build(api_key=Secret(KEY), control_token=Secret(TOKEN), ids=CountedIds())
    sandboxes.default.keys = ApiKeys(global_key=Secret(KEY), user_key=Secret("user-key"))
    sandboxes.default.forget_limits()
    return calling(sandboxes)


def asked(caller: Any, credential: str) -> list[Any]:
    """Every dialect that has credentials."""
    paths = ("/njadmin/rest/RecordingAPI", "/servicemanager/rest/CallManagementAPI", "/rest/RecordingAPI")
    return [caller.ask(f"{path}/retrieveMetaData", f"tag=T&{credential}").body for path in paths]


def test_keys_are_compared_in_constant_time(caller: Any, compared: list[tuple[bytes, bytes]]) -> None:
    """Right ones, wrong ones, a user's, none."""
    refused = b'"Code":-1'
    right = asked(caller, f"apiKey={KEY}")
    assert right[:2] == [b"[]"] * 2
    assert compared == [(KEY.encode(), KEY.encode())] * 2
    for given in ("x", KEY[:-1], KEY + "0", "user-key", "%C3%A9"):
        compared.clear()
        assert all(refused in body for body in asked(caller, f"apiKey={given}"))
        assert {known for _, known in compared} == {KEY.encode(), b"user-key"}


def test_hashes_are_compared_in_constant_time(caller: Any, compared: list[tuple[bytes, bytes]]) -> None:
    signature = caller.signature(key=KEY)
    digest = signature.partition("hash=")[2].encode()
    assert asked(caller, signature)[1:] == [b"[]", b"[]"]
    assert compared == [(digest, digest)] * 2
    compared.clear()
    assert all(b"Invalid hash" in body for body in asked(caller, f"{signature}0")[1:])
    assert compared == [(digest + b"0", digest)] * 2


def test_the_control_token_is_compared_in_constant_time(caller: Any, compared: list[tuple[bytes, bytes]]) -> None:
    for token, status in ((TOKEN, 200), ("wrong", 403)):
        compared.clear()
        answer = caller.control("GET", "/sandboxes", client="192.0.2.1", authorization=f"Bearer {token}")
        assert answer.status == status
        assert compared == [(token.encode(), TOKEN.encode())]
