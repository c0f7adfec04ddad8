"""Errors before the first clause quote servers, proxies and commands: none of them shows a credential."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.leaks.codings import CODINGS, secret_of
from support.leaks.places import PLACES
from support.leaks.scanner import Scanner

Contract = Callable[..., Any]
SECRET = secret_of(200)


@pytest.mark.parametrize(
    "place", ["stack trace", "message of a refusal", "header name", "malformed header", "broken JSON"]
)
def test_an_error_of_a_control_api_shows_no_token(
    place: str, raw_server: Callable[..., Any], tmp_path: Path, contract: Contract
) -> None:
    """The control API quotes the token of the request, with colours of a terminal."""

    def refuse(request: bytes, connection: socket.socket) -> None:
        connection.sendall(PLACES[place](f"\x1b[31m{CODINGS['JSON escape of some letters'](SECRET)} {SECRET}"))

    url = raw_server(refuse).url
    (tmp_path / "t.toml").write_text(
        f'[targets.pbx]\ndialect = "njadmin"\nbase_url = "{url}"\nwritable = true\ncontrol_token_env = "TOKEN"\n'
    )
    ran = contract("verify", "--config", "t.toml", "--smoke", "--junit", "r.xml", TOKEN=SECRET)
    assert ran.code in (2, 4), ran.out + ran.err
    for text in (ran.out, ran.err, (tmp_path / "r.xml").read_text(encoding="utf-8")):
        assert not Scanner([SECRET]).leaks(text), text
        assert "\x1b" not in text


def test_a_proxy_that_fails_shows_no_password(tmp_path: Path, contract: Contract) -> None:
    """The address of a proxy may hold a user and a password."""
    (tmp_path / "recordings.csv").write_text("kind,value\ntag,1234\n")
    for proxy in (
        f"http://user:{SECRET}@127.0.0.1:9",
        f"gopher://user:{SECRET}@127.0.0.1:9",
        f"http://user:{SECRET}@[",
    ):
        ran = contract(
            "verify", "--base-url", "http://pbx.invalid", "--dialect", "njadmin", "--api-key-env", "PBX_KEY",
            "--recordings", "recordings.csv", "--junit", "r.xml", PBX_KEY=secret_of(201), HTTP_PROXY=proxy,
            http_proxy=proxy,
        )  # fmt: skip
        assert ran.code in (2, 4), ran.out + ran.err
        for text in (ran.out, ran.err, (tmp_path / "r.xml").read_text(encoding="utf-8")):
            assert not Scanner([SECRET, secret_of(201)]).leaks(text), text


def test_a_command_that_fails_shows_no_key(tmp_path: Path, contract: Contract) -> None:
    """The last words of a server that does not start are quoted, and never from the middle of a word."""
    code = f"import sys; sys.exit('x ' * 200 + '{SECRET} ' + 'y' * (285))"
    (tmp_path / "t.toml").write_text(
        '[targets.pbx]\ndialect = "njadmin"\nwritable = true\ncontrol_token_env = "TOKEN"\n'
        f'command = ["{{python}}", "-c", "{code}", "{{ready_file}}"]\n'
    )
    ran = contract("verify", "--config", "t.toml", "--only", "authentication.accepted", TOKEN=SECRET)
    assert ran.code == 4, ran.out + ran.err
    assert not Scanner([SECRET]).leaks(ran.out + ran.err), ran.out + ran.err
