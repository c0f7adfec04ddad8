"""Secrets planted in the environment, in answers and in files are in no output, report, log or temporary file."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from support.commands import environment

KEY = "PL4NTED/k3y+0f=the&staging pbx".replace(" ", "-")
COOKIE = "c00kie-of-a-session-77aa"
OTHER = "an0ther-token-the-server-shows-1234"
Contract = Callable[..., Any]


def forms() -> list[str]:
    """How a credential may look in an output."""
    coded = base64.b64encode(KEY.encode()).decode()
    return [KEY, quote(KEY, safe=""), quote(KEY), json.dumps(KEY)[1:-1], coded, KEY[::-1], COOKIE, OTHER, KEY.upper()]


@pytest.fixture
def echoing(raw_server: Callable[..., Any]) -> Any:
    """A server that echoes each request, and shows secrets of its own."""
    asked: list[bytes] = []

    def answer(request: bytes, connection: Any) -> None:
        line = request.split(b"\r\n", 1)[0].decode("latin-1")
        if not asked and b"/Time" not in request:  # the first answer is valid, so that the run goes on
            asked.append(request)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]")
            return
        said = unquote(line)
        body = json.dumps(
            {
                "Message": f"bad request: {line} / {said} / {KEY} / "
                f"{base64.b64encode(KEY.encode()).decode()} / {KEY[::-1]}",
                "Code": -1, "apiKey": KEY, "token": OTHER, "trace": f"Authorization: Bearer {OTHER}",
            }
        ).encode()  # fmt: skip
        if b"/Time" in request:
            body = b"1795460634123"
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: JSESSIONID=" + COOKIE.encode()
            + b"\r\nX-Echo: " + line.encode() + b"\r\nConnection: close\r\nContent-Length: "
            + str(len(body)).encode() + b"\r\n\r\n" + body
        )  # fmt: skip

    return raw_server(answer)


@pytest.mark.parametrize("dialect", ["recording-api", "njadmin"])
def test_no_planted_secret_is_in_any_output(dialect: str, echoing: Any, tmp_path: Path, contract: Contract) -> None:
    """Every report, both streams, and every file in the folder."""
    (tmp_path / "recordings.csv").write_text("kind,value\ntag,1234\nunique_id,1.2\nhour,2021/09/14 15\n")
    reports = ["--junit", "r.xml", "--json", "r.jsonl", "--markdown", "r.md", "--html", "r.html"]
    ran = contract(
        "verify", "--base-url", echoing.url, "--dialect", dialect, "--api-key-env", "PBX_KEY",
        "--recordings", "recordings.csv", "--negative-tests",
        "--audio", "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}", *reports, PBX_KEY=KEY,
    )  # fmt: skip
    assert ran.code == 1, ran.out + ran.err
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "recordings.csv"]
    assert len(written) == 4
    outputs = {"stdout": ran.out, "stderr": ran.err} | {path.name: path.read_text(encoding="utf-8") for path in written}
    assert any(quote(KEY, safe="").encode() in request or b"hash=" in request for request in echoing.requests)
    for name, text in outputs.items():
        for secret in forms():
            assert secret not in text, f"{name}: {text[max(0, text.find(secret) - 200) : text.find(secret) + 100]}"


def test_the_hash_that_was_sent_is_in_no_output(echoing: Any, tmp_path: Path, contract: Contract) -> None:
    """A hash is a credential for ten seconds or an hour."""
    (tmp_path / "recordings.csv").write_text("kind,value\ntag,1234\n")
    ran = contract(
        "verify", "--base-url", echoing.url, "--dialect", "recording-api", "--api-key-env", "PBX_KEY",
        "--recordings", "recordings.csv", "--json", "r.jsonl", PBX_KEY=KEY,
    )  # fmt: skip
    sent = [
        part.split(b"hash=")[1].split(b" ")[0].split(b"&")[0].decode() for part in echoing.requests if b"hash=" in part
    ]
    assert sent, ran
    for digest in sent:
        assert digest not in ran.out + ran.err + (tmp_path / "r.jsonl").read_text()


def test_plain_pytest_shows_no_secret_in_failures_or_logs(echoing: Any, tmp_path: Path) -> None:
    """Long tracebacks, local variables and captured logs are the usual leaks."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", "noojee_contract.suite", "-p", "no:randomly", "-l",
         "--full-trace", "--log-level=DEBUG", "--noojee-base-url", echoing.url, "--noojee-dialect", "njadmin",
         "--noojee-api-key-env", "PBX_KEY", "--noojee-only", "authentication.*", "--noojee-negative-tests",
         "-o", "log_cli=true"],
        cwd=tmp_path, env=environment(PBX_KEY=KEY), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    for secret in forms():
        assert secret not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "line",
    [
        (
            'command = ["{python}", "-c", "raise SystemExit(1)", "{ready_file}", '
            f'"--token={OTHER}", "--api-key", "{OTHER}"]'
        ),
        f'base_url = "https://user:{OTHER}@pbx.invalid"',
        (
            'base_url = "http://127.0.0.1:9"\n'
            f'audio = "POST {{base}}/x?apiKey={OTHER}&leg={{leg}}"\napi_key_env = "PBX_KEY"'
        ),
        f'base_url = "http://127.0.0.1:9"\napi_key = "{OTHER}"',
        f'base_url = "http://127.0.0.1:9"\napi_key_env = "{OTHER}"',
        f'base_url = "http://127.0.0.1:9"\n[targets.pbx.headers]\nauthorization = "{OTHER}"',
        f'base_url = "http://127.0.0.1:9"\ntimeout_seconds = "{OTHER}"',
        f'base_url = "http://127.0.0.1:9"\nbroken {OTHER}',
    ],
)  # fmt: skip
def test_a_secret_in_a_target_file_is_in_no_output(line: str, tmp_path: Path, contract: Contract) -> None:
    """People put credentials where they do not belong."""
    (tmp_path / "t.toml").write_text(f'[targets.pbx]\ndialect = "njadmin"\nwritable = true\n{line}\n', encoding="utf-8")
    reports = ["--junit", "r.xml", "--json", "r.jsonl", "--markdown", "r.md", "--html", "r.html"]
    ran = contract("verify", "--config", "t.toml", "--only", "authentication.accepted", *reports, PBX_KEY=KEY)
    assert ran.code != 0
    for text in (ran.out, ran.err, *(path.read_text(encoding="utf-8") for path in tmp_path.glob("r.*"))):
        assert OTHER not in text, text
