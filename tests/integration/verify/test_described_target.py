"""A target with a dialect file: checked like any other, a wrong file is one line, and its key is in no output."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.clients.client import Client
from noojee_contract.clients.sender import Sender
from noojee_contract.dialects.body import Body, FormBody, JsonBody
from noojee_contract.dialects.custom import CustomDialect
from noojee_contract.dialects.loader.file import read_dialect
from noojee_contract.dialects.model import Method
from noojee_contract.dialects.schemes import KeyInBasic, KeyInHeader, KeyInQuery, Scheme, VendorHash
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.repeat import repeat_script
from noojee_contract.engine.runner import Runner
from noojee_contract.model.cell import CallSource, Cell
from noojee_contract.model.exchange import Exchange, Request, Response
from noojee_contract.model.outcome import Outcome
from noojee_contract.redaction.redact import Redactor
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target
from support.commands import needs_curl
from support.conformant_servers import hosts
from support.conformant_servers.replacement import FOLDER, Replacement, load_app
from support.conformant_servers.replacement_variants import VARIANTS, Variant
from support.faulty_replacements import FAULTY, transport

KEY = "PL4NTED/k3y+0f=the&records api".replace(" ", "-")
Contract = Callable[..., Any]


def run(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A script in bash."""
    (folder / "repeat.sh").write_text(script, encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | variables
    return subprocess.run(
        ["bash", "repeat.sh"], cwd=folder, env=environ, capture_output=True, text=True, timeout=30, check=False
    )


def test_a_wrong_dialect_file_ends_with_two_and_one_line(tmp_path: Path, contract: Contract) -> None:
    """File, JSON path, what to write; no request was made."""
    text = (FOLDER / "dialect.toml").read_text(encoding="utf-8")
    (tmp_path / "records.toml").write_text(text.replace('Start = "rfc3339"', 'Start = "rfc3393"'), encoding="utf-8")
    shutil.copy(FOLDER / "legs.schema.json", tmp_path)
    ran = contract(
        "verify", "--base-url", "http://127.0.0.1:9", "--dialect", "./records.toml", "--api-key-env", "K", K="k"
    )
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert "records.toml: $.formats.Start: unknown value 'rfc3393' (did you mean rfc3339?)" in ran.err


@pytest.mark.parametrize(
    "place", ['header = "X-Caller"\nvalue = "Key {key}"\n', 'query = "caller"\n', 'basic = "{key}:"\n']
)
def test_no_key_of_a_custom_dialect_is_in_any_output(
    place: str, raw_server: Callable[..., Any], tmp_path: Path, contract: Contract
) -> None:
    """The server echoes each request. No report and no stream has the key."""

    def answer(request: bytes, connection: Any) -> None:
        body = json.dumps({"error": {"code": "x", "message": request.decode("latin-1")}, "caller": KEY}).encode()
        head = b"HTTP/1.1 200 OK\r\nX-Caller: " + KEY.encode() + b"\r\nConnection: close\r\nContent-Length: "
        connection.sendall(head + str(len(body)).encode() + b"\r\n\r\n" + body)

    server = raw_server(answer)
    shutil.copytree(FOLDER, tmp_path / "move")
    file = tmp_path / "move" / "dialect.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('header = "Authorization"\nvalue = "Bearer {key}"\n', place), encoding="utf-8")
    reports = ["--junit", "r.xml", "--json", "r.jsonl", "--markdown", "r.md", "--html", "r.html"]
    ran = contract(
        "verify", "--base-url", server.url, "--dialect", "move/dialect.toml", "--api-key-env", "RECORDS_KEY",
        "--recordings", "move/recordings.csv", "--negative-tests", *reports, RECORDS_KEY=KEY,
    )  # fmt: skip
    assert ran.code == 1, ran.out + ran.err
    from base64 import b64encode
    from urllib.parse import quote

    forms = (KEY, quote(KEY, safe=""), json.dumps(KEY)[1:-1], b64encode(f"{KEY}:".encode()).decode())
    assert any(form.encode() in request for form in forms for request in server.requests)
    outputs = [ran.out, ran.err, *(path.read_text(encoding="utf-8") for path in tmp_path.glob("r.*"))]
    assert len(outputs) == 6
    assert [form for form in forms for text in outputs if form in text] == []


@needs_curl
@pytest.mark.parametrize("name", ["seconds-rounded", "range-without-offset", "form-in-ascii", "hour-lasts-in-seconds"])
def test_the_script_of_a_failure_repeats_on_the_replacement(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script fills a sandbox, sends the key as the dialect file says, and gets a leg of the small archive."""
    module, faulty = ModuleType("described_transports"), FAULTY[name]
    made = VARIANTS.get(faulty.variant, Variant())
    dialect = read_dialect(made.described(tmp_path / "described"))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for folder in ("faulty", "conformant"):
        (tmp_path / folder).mkdir()
    module.open = lambda: transport(tmp_path / "faulty", *made.app, *faulty.changes)  # type: ignore[attr-defined]
    target = Target(
        name="records", dialect=dialect.name, described=dialect, capabilities=dialect.capabilities, writable=True,
        transport="described_transports:open",
    )  # fmt: skip
    runner = Runner(RunnerConfig(targets=[target], random_seed=5, examples=10))
    try:
        result = runner.result(
            catalogue()[faulty.clause], clause_functions()[faulty.clause], Cell("records", CallSource.GENERATED)
        )
    finally:
        runner.close()
    assert result.outcome is Outcome.FAILED
    assert result.failure is not None
    assert result.failure.archive is not None
    script = str(result.failure.script)
    assert '-H "Authorization: Bearer $NOOJEE_API_KEY"' in script
    with hosts.wsgi(Replacement(tmp_path / "conformant", load_app(*made.app))) as url:
        done = run(script, tmp_path, BASE=url)
    assert done.returncode == 0, done.stderr + script
    assert "200 OK" in done.stdout
    calls = result.failure.archive["calls"]  # several, if a busy machine had no time to shrink it
    assert any(call["unique_id"] in done.stdout for call in calls)


@needs_curl
@pytest.mark.parametrize(
    "scheme",
    [
        KeyInHeader("X-Caller", 'Key "{key}" of `us`'),
        KeyInQuery("caller"),
        KeyInBasic("records:{key}"),
        VendorHash("GET", "/v2/t"),
    ],
)
def test_the_script_authenticates_as_the_client_does(
    scheme: Scheme, raw_server: Callable[..., Any], tmp_path: Path
) -> None:
    """The script sends the same path, parameters and credentials as the client."""

    def answer(request: bytes, connection: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 13\r\n\r\n1392356108888")

    server = raw_server(answer)
    method = Method(verb="POST", path="/v2/find", query=(("tag", "{tag}"), ("all", "1")))
    dialect = CustomDialect(name="v2", scheme=scheme, methods={"by_tag": method})
    target = Target(name="new", dialect="v2", described=dialect, base_url=server.url)
    with httpx.Client(trust_env=False) as http:
        client = Client(Sender(http), root=server.url, dialect=dialect, key="k-1-of-records", zone=ZoneInfo("UTC"))
        exchange = client.by_tag("a $b `c` \"d\" 'e'")
    redactor = Redactor(client.secrets, names=scheme.names)
    script = repeat_script(target, exchange, document=None, redactor=redactor, path="/v2/find")
    assert "k-1-of-records" not in script
    sent = server.requests[-1]
    count = len(server.requests)
    done = run(script, tmp_path, NOOJEE_API_KEY="k-1-of-records")
    assert done.returncode == 0, done.stderr + script
    assert len(server.requests) > count
    assert _compared(server.requests[-1]) == _compared(sent)


@needs_curl
@pytest.mark.parametrize(
    "body", [JsonBody({"q": {"tag": "{tag}"}, "n": "{tag} $x `y`"}), FormBody((("@tag", "{tag}"), ("n", "'{tag}'")))]
)
def test_the_script_sends_the_body_that_was_sent(body: Body, tmp_path: Path) -> None:
    """The content type and the text are the same, also with characters that a shell interprets."""
    came: list[tuple[str, bytes]] = []

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        came.append((environ["CONTENT_TYPE"], environ["wsgi.input"].read()))
        start_response("200 OK", [])
        return [b"[]"]

    method = Method(verb="POST", path="/find", body=body)
    dialect = CustomDialect(name="v2", scheme=KeyInHeader("X", "{key}"), methods={"by_tag": method})
    with hosts.wsgi(answer) as url, httpx.Client(trust_env=False) as http:
        client = Client(Sender(http), root=url, dialect=dialect, key="k-1-of-us", zone=ZoneInfo("UTC"))
        exchange = client.by_tag("a $b `c` \"d\" 'e' \\ \x00 \n é & =")
        target = Target(name="new", dialect="v2", described=dialect, base_url=url)
        script = repeat_script(target, exchange, document=None, redactor=Redactor(client.secrets), path="/find")
        done = run(script, tmp_path, NOOJEE_API_KEY="k-1-of-us")
    assert done.returncode == 0, done.stderr + script
    assert len(came) == 2
    assert came[0] == came[1]


def _compared(request: bytes) -> tuple[Any, ...]:
    """The parts of a request that are compared: verb, path, sorted parameters and credentials."""
    line, *headers = request.decode("latin-1").split("\r\n")
    verb, target, _ = line.split(" ")
    path, _, query = target.partition("?")
    credentials = sorted(header for header in headers if header.lower().startswith(("authorization:", "x-caller:")))
    return verb, path, sorted(query.split("&")), [header.partition(": ")[2] for header in credentials]


def test_a_request_of_no_sandbox_is_repeated_from_its_root() -> None:
    """A read-only target has no sandbox."""
    dialect = read_dialect(FOLDER / "dialect.toml")
    target = Target(name="new", dialect=dialect.name, described=dialect, base_url="https://records.invalid/prefix")
    asked = Request(method="GET", url="https://records.invalid/prefix/api/v2/legs?day=2021-09-14&hour=15")
    exchange = Exchange(request=asked, response=Response(status=200), at=datetime(2026, 11, 23, tzinfo=UTC))
    script = repeat_script(target, exchange, document=None, redactor=Redactor(), path="/api/v2/legs")
    assert '"$ROOT/api/v2/legs?day=2021-09-14&hour=15" -H "Authorization: Bearer $NOOJEE_API_KEY"' in script
    assert "BASE=${BASE:-https://records.invalid/prefix}" in script


def test_what_a_dialect_file_leaves_out_is_not_applicable(tmp_path: Path, contract: Contract) -> None:
    """Without owner, end and by hour, the clauses about them are not applicable, and the others run."""
    shutil.copytree(FOLDER, tmp_path / "move")
    file = tmp_path / "move" / "dialect.toml"
    text = file.read_text(encoding="utf-8")
    by_hour = text[text.index("[methods.by_hour]") : text.index("[methods.audio]")]
    file.write_text(text.replace(by_hour, "").replace('Username = "agent"\n', "").replace('Duration = "seconds"\n', ""))
    with hosts.wsgi(Replacement(tmp_path)) as url:
        ran = contract(
            "verify", "--base-url", url, "--dialect", "move/dialect.toml", "--writable", "--only", "metadata.owner",
            "--only", "metadata.duration", "--only", "by-hour.answered", "--only", "metadata.by-tag-answered",
            "--examples", "3", "--json", "r.jsonl",
        )  # fmt: skip
    rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    reasons = {row["clause"]: row["reason"] for row in rows if row["kind"] == "result"}
    assert reasons["metadata.owner"] == "the dialect file names no Username"
    assert reasons["metadata.duration"] == "the dialect file names no Duration"
    assert reasons["by-hour.answered"] == "the dialect file describes no by_hour"
    assert reasons["metadata.by-tag-answered"] is None
    assert ran.code == 3
    assert "! by-hour.answered on target" in ran.out
