"""The script that repeats a request connects as the target's client does, and asks with the same headers."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from noojee_contract.engine.repeat import repeat_script
from noojee_contract.model.exchange import Exchange, Headers, Request, Response
from noojee_contract.redaction.redact import Redactor
from noojee_contract.targets.target import Target

PATH = "/njadmin/rest/RecordingAPI/retrieveMetaData"


def script_of(target: Target, *, headers: Headers = (), query: str = "tag=null", audio: bool = False) -> list[str]:
    """The lines of the script for a request by tag."""
    url = f"{target.base_url}{PATH}?apiKey=x&{query}"
    exchange = Exchange(
        request=Request(method="POST", url=url, headers=headers, audio=audio),
        response=Response(status=200),
        at=datetime.now(UTC),
    )
    redactor = Redactor(["null", "PL4NTED-SECRET-7f3a"])
    return repeat_script(target, exchange, document=None, redactor=redactor, path=PATH).splitlines()


def curl_words(lines: list[str]) -> list[str]:
    """The words of every curl command of a script: its function takes them."""
    (line,) = [line for line in lines if line.startswith("curl() {")]
    return shlex.split(line)


def test_curl_uses_the_ca_file_of_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an absolute path: the script may run in another folder."""
    monkeypatch.chdir(tmp_path)
    words = curl_words(
        script_of(
            Target(
                name="new", dialect="njadmin", base_url="https://pbx.invalid", ca_file=(Path("my certificates/ca.pem"),)
            )
        )
    )
    assert words[words.index("--cacert") + 1] == str(tmp_path / "my certificates" / "ca.pem")


def test_curl_ends_no_answer_that_the_client_takes() -> None:
    """A server that hangs shows it in the script too. See `Sender`: 16,000 bytes a second, and a listing six times."""
    words = curl_words(script_of(Target(name="new", dialect="njadmin", base_url="https://h", timeout_seconds=2.5)))
    assert words[words.index("--speed-limit") + 1] == "8000"
    assert words[words.index("--speed-time") + 1] == "5"
    assert words[words.index("--max-time") + 1] == "15"
    assert "--cacert" not in words


def test_curl_takes_audio_as_long_as_it_comes() -> None:
    """The client does too."""
    target = Target(name="new", dialect="njadmin", base_url="https://h", timeout_seconds=2.5)
    words = curl_words(script_of(target, audio=True))
    assert "--max-time" not in words
    assert "--speed-limit" in words


def test_curl_expects_the_name_of_the_certificate() -> None:
    """It takes the name from the URL, and connects to the host of the target, whose name stays in the header Host."""
    lines = script_of(
        Target(name="new", dialect="njadmin", base_url="https://10.0.0.7/p", tls_server_name="pbx.invalid")
    )
    words = curl_words(lines)
    assert words[words.index("--connect-to") + 1] == "pbx.invalid:443:10.0.0.7:443"
    assert words[words.index("-H") + 1] == "Host: 10.0.0.7"
    assert "BASE=${BASE:-https://pbx.invalid:443/p}" in lines


@pytest.mark.parametrize(
    ("base_url", "direct"),
    [("http://127.0.0.1:8000", True), ("http://[::1]:8000", True), ("http://localhost", True), ("https://h", False)],
)
def test_curl_uses_a_proxy_where_the_client_does(base_url: str, direct: bool) -> None:
    """The client ignores proxies for addresses of this machine."""
    assert ("--noproxy" in curl_words(script_of(Target(name="new", dialect="njadmin", base_url=base_url)))) is direct


def test_a_common_word_is_no_secret() -> None:
    """A recording tagged null stays readable, although null was also sent as a wrong key."""
    assert (
        "tag=null&apiKey=$NOOJEE_API_KEY" in script_of(Target(name="new", dialect="njadmin", base_url="http://h"))[-1]
    )


def test_headers_of_the_request_are_sent_again() -> None:
    """Those of the dialect and those of this request, each once; credentials are left out, secrets are hidden."""
    sent = (
        ("content-type", "application/x-www-form-urlencoded"), ("range", "bytes=0-9"), ("cookie", "a=b"),
        ("authorization", "Bearer x"), ("x-forwarded-for", "PL4NTED-SECRET-7f3a"),
    )  # fmt: skip
    words = shlex.split(script_of(Target(name="new", dialect="njadmin", base_url="http://h"), headers=sent)[-1])
    assert [words[at + 1] for at, word in enumerate(words) if word == "-H"] == [
        "Content-Type: application/x-www-form-urlencoded", "Range: bytes=0-9", "X-Forwarded-For: [redacted]",
    ]  # fmt: skip
