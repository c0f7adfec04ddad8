"""The requests of the vendor's Java client, recorded through the proxy and replayed without the PBX.

Source: C-J (CLIENT), recorded in `fixtures/exchanges/java-binding`; see `fixtures/README.md`.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from noojee_contract.redaction.exchanges import ExchangeRedactor, RedactionRules
from noojee_contract.redaction.stand_ins import StandInKey
from noojee_contract.resources import fixtures
from noojee_contract.traffic.authentication import Authenticator
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_contract.traffic.replay.server import ReplayServer
from noojee_fake.testing.process import ServerProcess
from support.proxying import proxy
from support.recorded import exchange_file

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
REQUESTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))["request"]
    for path in sorted(fixtures("exchanges", "java-binding").glob("*.json"))
}
ORDER = ["dial", "start-extension", "stop-extension", "hangup-extension", "hangup-extension"]
ARCHIVE = {
    "format": "noojee-archive/1",
    "now": "2018-11-24T01:19:21+00:00",
    "time_zone": "Australia/Melbourne",
    "calls": [],
}


def head_of(name: str) -> bytes:
    """The bytes of a request as the client sends them: without Content-Length, with raw brackets and slashes."""
    asked = REQUESTS[name]
    url = urlsplit(asked["url"])
    lines = [f"{asked['method']} {url.path}?{url.query} HTTP/1.1", *(": ".join(header) for header in asked["headers"])]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def answers(port: int, heads: list[tuple[str, bytes]]) -> list[tuple[int, bytes]]:
    """The status and the body of the answer to each request, over one kept connection."""
    found = []
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for method, head in heads:
            connection.sendall(head)
            response = HTTPResponse(connection, method=method)
            response.begin()
            found.append((response.status, response.read()))
    return found


@pytest.fixture
def pbx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served fake with the profile for this client."""
    folder = tmp_path_factory.mktemp("java")
    (folder / "archive.json").write_text(json.dumps(ARCHIVE), encoding="utf-8")
    with ServerProcess("--archive", "archive.json", "--profile", "java-client", "--quiet", folder=folder) as server:
        yield server.base_url


def test_each_request_of_the_client_passes_the_proxy(pbx: str) -> None:
    """The PBX understands each of them through the proxy as it does without."""
    with proxy(pbx) as (port, exchanges):
        found = answers(port, [(REQUESTS[name]["method"], head_of(name)) for name in REQUESTS])
    assert {status for status, _ in found} == {200}
    assert [each.request.head for each in exchanges] == [head_of(name) for name in REQUESTS]
    assert all(each.transport_error is None for each in exchanges)


def test_recorded_conversation_is_replayed_redacted(pbx: str, tmp_path: Path) -> None:
    """Dial, start, stop, hang up, hang up again: the client gets the same codes in the same order, without the PBX."""
    heads = [(REQUESTS[name]["method"], head_of(name)) for name in ORDER]
    with proxy(pbx) as (port, exchanges):
        live = answers(port, heads)
    authenticator = Authenticator(None, KEY)
    redactor = ExchangeRedactor(StandInKey(b"a redaction key of the tests"), RedactionRules(secrets=(KEY,)))
    redacted = [redactor.redact(authenticator.authenticated(each)) for each in exchanges]
    assert {each.authentication.verdict for each in redacted if each.authentication} == {"right"}
    file = exchange_file(tmp_path / "java.jsonl", redacted)
    assert KEY not in file.read_text(encoding="utf-8")
    with ExchangeReader(file) as reader:
        again = [(each.method, each.request.head) for each in reader]
    with ReplayServer(file) as replay:
        replayed = answers(urlsplit(replay.url).port or 0, again)
        assert replay.misses == []
    codes = [json.loads(body)["Code"] for _, body in live]
    assert [json.loads(body)["Code"] for _, body in replayed] == codes
    assert [code == 0 for code in codes] == [True, True, True, True, False]
